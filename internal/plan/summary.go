package plan

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"batch/internal/mailout"
)

// Summary is what a batch would do, for a person to look at before approving. It is of
// the jobs that would be sent; rows left out are counted and nothing else.
type Summary struct {
	Rows      int // all, those left out included
	Skipped   int // left out
	Jobs      int
	Shapes    []Shape      // most frequent first
	Senders   []SenderJobs // most jobs first
	Documents Volume
	Notified  Notified
	Start     Start
	FirstEnd  time.Time // the earliest moment at which a job may expire
	LastEnd   time.Time // by which every job is over
	Calls     int       // to the portal, about; see callsOf
	Examples  []mailout.Record
}

// SenderJobs is how many jobs are sent for an organization.
type SenderJobs struct {
	Sender mailout.OrgNumber
	Jobs   int
}

// Volume is how much is sent, and of how many files it is made.
type Volume struct {
	Files   int // different input files
	Sent    int // documents, over all jobs
	Pages   int
	Bytes   int64
	Largest JobSize // the job with the most bytes
}

// JobSize is the size of one job's documents together.
type JobSize struct {
	Line  int
	Bytes int64 // at most mailout.MaxDocumentBytes
}

// Notified counts signers by how they are told.
type Notified struct {
	Lookup    int // as the person has chosen in the national contact register
	LookupSMS int // … and by SMS
	Email     int // at the e-mail address in the manifest only
	Mobile    int // by SMS to the number in the manifest only
	Both      int // at both
	Later     int // of all these: told only when those who sign before them have signed
}

// Start is when jobs begin: signers are told, and their time begins to run.
type Start struct {
	AtOnce int       // jobs that begin when they are sent …
	Held   time.Time // … or at this moment, until which the batch is held; zero: it is not
	Later  int       // jobs with an activation time that is still ahead …
	First  time.Time
	Last   time.Time // … and the earliest and the latest of those
}

// Summarize reads a batch's rows and says what sending them at now, or holding them until
// then, would do.
func Summarize(rows iter.Seq2[mailout.Record, error], now time.Time) (Summary, error) {
	t := tally{now: now, shapes: map[Shape]int{}, senders: map[mailout.OrgNumber]int{}, files: map[string]bool{}}
	for r, err := range rows {
		if err != nil {
			return Summary{}, err
		}
		t.add(r)
	}
	return t.summary(), nil
}

// tally is a summary in the making.
type tally struct {
	Summary
	now      time.Time
	ends     mailout.Ends
	shapes   map[Shape]int
	senders  map[mailout.OrgNumber]int
	files    map[string]bool
	examples sampler
}

func (t *tally) add(r mailout.Record) {
	t.Rows++
	if r.Skipped {
		t.Skipped++
		return
	}
	t.Jobs++
	t.shapes[shapeOf(r.Job)]++
	t.senders[r.Job.Sender]++
	t.Calls += callsOf(r.Job)
	t.addDocuments(r)
	t.Notified.add(r.Job)
	t.addTimes(r.Job)
	t.examples.add(r)
}

func (t *tally) addDocuments(r mailout.Record) {
	size := JobSize{Line: r.Line}
	for _, d := range r.Documents {
		t.Documents.Sent++
		t.Documents.Pages += d.Pages
		size.Bytes += d.Bytes
		for _, s := range d.Sources {
			t.files[s.Path] = true
		}
	}
	t.Documents.Bytes += size.Bytes
	if size.Bytes > t.Documents.Largest.Bytes {
		t.Documents.Largest = size
	}
}

func (n *Notified) add(j mailout.Job) {
	first := firstOrder(j)
	for _, p := range j.Signers {
		if p.Order > first {
			n.Later++
		}
		switch {
		case p.Notify == mailout.NotifyLookupSMS:
			n.LookupSMS++
		case p.Notify == mailout.NotifyLookup:
			n.Lookup++
		case p.Email != "" && p.Mobile != "":
			n.Both++
		case p.Email != "":
			n.Email++
		default:
			n.Mobile++
		}
	}
}

// firstOrder is the order of those who sign first.
func firstOrder(j mailout.Job) int {
	if len(j.Signers) == 0 {
		return 0
	}
	return slices.MinFunc(j.Signers, func(a, b mailout.Signer) int { return cmp.Compare(a.Order, b.Order) }).Order
}

// addTimes takes in when a job begins and ends: after one availability where nobody of
// the first order group signs, and at the latest as [mailout.Ends] says.
func (t *tally) addTimes(j mailout.Job) {
	start := t.now
	if j.Activation.After(t.now) {
		start = j.Activation
		t.Start.Later++
		t.Start.First, t.Start.Last = earlier(t.Start.First, start), later(t.Start.Last, start)
	} else {
		t.Start.AtOnce++
	}
	each := mailout.DefaultAvailable
	if seconds, ok := j.AvailableSeconds(t.now); ok {
		each = time.Duration(seconds) * time.Second
	}
	t.FirstEnd = earlier(t.FirstEnd, start.Add(each))
	t.ends.Add(j)
}

// earlier and later take the zero time for none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// callsOf is how many calls a job takes from its creation to its end, where all sign: one
// creates it; each signature is a status change, which one poll brings and one call
// confirms; one fetches the signed document. Polls that find the queue empty come on top:
// one each ten minutes, whatever the number of jobs.
func callsOf(j mailout.Job) int { return 1 + 2*len(j.Signers) + 1 }

func (t *tally) summary() Summary {
	t.Documents.Files, t.LastEnd = len(t.files), t.ends.Last(t.now)
	t.Shapes = slices.SortedFunc(maps.Keys(t.shapes), func(a, b Shape) int {
		return cmp.Or(cmp.Compare(t.shapes[b], t.shapes[a]), cmp.Compare(a.Signers, b.Signers), cmp.Compare(a.Groups, b.Groups))
	})
	for i := range t.Shapes {
		t.Shapes[i].Jobs = t.shapes[t.Shapes[i]]
	}
	for sender, jobs := range t.senders {
		t.Senders = append(t.Senders, SenderJobs{sender, jobs})
	}
	slices.SortFunc(t.Senders, func(a, b SenderJobs) int {
		return cmp.Or(cmp.Compare(b.Jobs, a.Jobs), cmp.Compare(a.Sender, b.Sender))
	})
	t.Examples = t.examples.all()
	return t.Summary
}

// Shape is how many jobs have so many signers in so many order groups.
type Shape struct{ Signers, Groups, Jobs int }

func shapeOf(j mailout.Job) Shape { return Shape{Signers: len(j.Signers), Groups: j.OrderGroups()} }

// String tells signers and groups in words.
func (s Shape) String() string {
	switch {
	case s.Signers == 1:
		return "1 signer"
	case s.Groups == 1:
		return fmt.Sprintf("%d signers at the same time", s.Signers)
	case s.Groups == s.Signers:
		return fmt.Sprintf("%d signers one after another", s.Signers)
	}
	return fmt.Sprintf("%d signers in %d steps", s.Signers, s.Groups)
}
