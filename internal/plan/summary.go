package plan

import (
	"fmt"
	"iter"
	"sort"
	"time"

	"batch/internal/mailout"
)

// Summary is what a batch would do, for a person to look at before approving.
type Summary struct {
	Rows      int // all, skipped ones included
	Skipped   int
	Jobs      int
	Shapes    []Shape // most frequent first
	Documents int
	Bytes     int64
	ByEmail   int // signers told by e-mail given in the manifest
	BySMS     int // … by SMS given in the manifest
	ByLookup  int // … by the person's own registered choice
	Later     int // jobs that start at a time of their own
	LastEnd   time.Time
	Calls     int // API calls to create, follow, fetch and confirm every job
	Examples  []mailout.Record
}

// Shape is how many jobs have so many signers in so many order groups.
type Shape struct{ Signers, Groups, Jobs int }

func (s Shape) String() string {
	switch {
	case s.Signers == 1:
		return "1 signer"
	case s.Groups == 1:
		return fmt.Sprintf("%d signers at the same time", s.Signers)
	case s.Groups == s.Signers:
		return fmt.Sprintf("%d signers one after another", s.Signers)
	}
	return fmt.Sprintf("%d signers in %d groups", s.Signers, s.Groups)
}

const (
	examples    = 3
	callsPerJob = 4 // create, take the change, fetch, confirm
)

// Summarize reads a batch's rows and says what sending them at now would do.
func Summarize(rows iter.Seq2[mailout.Record, error], now time.Time) (Summary, error) {
	var s Summary
	shapes := map[Shape]int{}
	for r, err := range rows {
		if err != nil {
			return s, err
		}
		s.Rows++
		if r.Skipped {
			s.Skipped++
			continue
		}
		s.Jobs++
		shapes[Shape{Signers: len(r.Job.Signers), Groups: r.Job.OrderGroups()}]++
		s.count(r, now)
		if len(s.Examples) < examples {
			s.Examples = append(s.Examples, r)
		}
	}
	for shape, n := range shapes {
		shape.Jobs = n
		s.Shapes = append(s.Shapes, shape)
	}
	sort.Slice(s.Shapes, func(i, j int) bool {
		a, b := s.Shapes[i], s.Shapes[j]
		if a.Jobs != b.Jobs {
			return a.Jobs > b.Jobs
		}
		return a.Signers*10+a.Groups < b.Signers*10+b.Groups
	})
	s.Calls = callsPerJob * s.Jobs
	return s, nil
}

func (s *Summary) count(r mailout.Record, now time.Time) {
	for _, d := range r.Documents {
		s.Documents++
		s.Bytes += d.Bytes
	}
	for _, p := range r.Job.Signers {
		switch {
		case p.Notify != mailout.NotifyGiven:
			s.ByLookup++
		default:
			if p.Email != "" {
				s.ByEmail++
			}
			if p.Mobile != "" {
				s.BySMS++
			}
		}
	}
	if r.Job.Activation.After(now) {
		s.Later++
	}
	if end := lastEnd(r.Job, now); end.After(s.LastEnd) {
		s.LastEnd = end
	}
}

// lastEnd is when a job sent now has ended at the latest: its availability, once for
// every order group (portal.xsd, signer/@order).
func lastEnd(j mailout.Job, now time.Time) time.Time {
	start := now
	if j.Activation.After(now) {
		start = j.Activation
	}
	seconds, ok := j.AvailableSeconds(now)
	each := time.Duration(seconds) * time.Second
	if !ok {
		each = mailout.DefaultAvailable
	}
	return start.Add(time.Duration(j.OrderGroups()) * each)
}
