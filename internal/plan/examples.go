package plan

import (
	"cmp"

	"batch/internal/mailout"
)

// sampler picks three rows for a person to look at, as rows stream by: the first, which
// tells whether columns were understood; the last, which tells whether the sheet ended
// where its owner thinks; and of those between the one with the most signers, steps,
// documents and files, which tells the most. Where several are equal in that, it is one of the
// second half of them, for what goes wrong in a sheet often goes wrong from some line on.
type sampler struct {
	first, fullest, last *mailout.Record
	equals               int // rows as full as the fullest, itself included
}

func (s *sampler) add(r mailout.Record) {
	if s.first == nil {
		s.first = &r
		return
	}
	if s.last != nil {
		s.between(s.last)
	}
	s.last = &r
}

func (s *sampler) between(r *mailout.Record) {
	fuller := 1
	if s.fullest != nil {
		fuller = compareFullness(r.Row, s.fullest.Row)
	}
	switch {
	case fuller > 0:
		s.fullest, s.equals = r, 1
	case fuller == 0:
		if s.equals++; s.equals&(s.equals-1) == 0 { // a power of two: the newest lies in the second half
			s.fullest = r
		}
	}
}

func compareFullness(a, b mailout.Row) int {
	return cmp.Or(cmp.Compare(len(a.Job.Signers), len(b.Job.Signers)), cmp.Compare(a.Job.OrderGroups(), b.Job.OrderGroups()),
		cmp.Compare(len(a.Documents), len(b.Documents)), cmp.Compare(sources(a), sources(b)))
}

func sources(r mailout.Row) (n int) {
	for _, d := range r.Documents {
		n += len(d.Sources)
	}
	return n
}

// all are the rows picked, in the manifest's order.
func (s *sampler) all() (picked []mailout.Record) {
	for _, r := range []*mailout.Record{s.first, s.fullest, s.last} {
		if r != nil {
			picked = append(picked, *r)
		}
	}
	return picked
}
