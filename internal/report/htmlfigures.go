package report

import (
	"math/bits"
	"slices"
	"time"

	"batch/internal/mailout"
)

// figures are what a page shows of all rows of a batch together. Times are in seconds since
// 1970, in no order, so that a million rows take a few megabytes.
type figures struct {
	now time.Time

	totals mailout.Totals
	turns  map[string]int
	needs  needs
	sent   []int64     // when each job was sent
	signed []int64     // when the last signature of a signed job was given
	ended  []int64     // when the others ended that were sent
	waits  [10][]int64 // how long signers took from their turn to their signature, in seconds, by order group (portal.xsd: at most ten)
	ends   []int64     // when the portal is expected to end the jobs that wait for signers
}

func newFigures(now time.Time) *figures {
	return &figures{now: now, totals: mailout.Totals{}, turns: map[string]int{}, needs: needs{}}
}

// count takes in the line of a row.
func (f *figures) count(l line) {
	r := l.rec
	f.totals[r.State]++
	whose := l.shows(colTurn)
	f.turns[whose]++
	if whose == theSender {
		f.needs.count(l)
	}
	if at := r.ExpiresAt(); !at.IsZero() {
		f.ends = append(f.ends, at.Unix())
	}
	if r.SentAt.IsZero() {
		return
	}
	f.timeToSign(*r)
	f.answer(*r)
}

// answer notes when a job was sent and when it ended. A refused row, and one whose answer
// was lost, has no job.
func (f *figures) answer(r mailout.Record) {
	if r.JobID == 0 {
		return
	}
	f.sent = append(f.sent, r.SentAt.Unix())
	switch {
	case r.State == mailout.Signed:
		f.signed = append(f.signed, endedAt(r).Unix())
	case r.State.Final():
		f.ended = append(f.ended, endedAt(r).Unix())
	}
}

// endedAt is when the last of a job's signers did something, by the portal's clock; where
// the portal did not say, or its clock is ahead (a sandbox's may be moved), when we heard of it.
func endedAt(r mailout.Record) (at time.Time) {
	for _, s := range r.Settled {
		if s.Since.After(at) {
			at = s.Since
		}
	}
	if at.IsZero() || at.After(r.Since) {
		return r.Since
	}
	return at
}

// timeToSign notes how long each signer took who has signed. A turn begins when the job
// starts, or with the last signature of the order groups before (portal.xsd, signer/@order).
func (f *figures) timeToSign(r mailout.Record) {
	for i, s := range r.Settled[:min(len(r.Settled), len(r.Job.Signers))] {
		if s.Status != mailout.SignerSigned || s.Since.IsZero() {
			continue
		}
		start, before := r.Starts(), uint16(0)
		for k, other := range r.Job.Signers[:min(len(r.Settled), len(r.Job.Signers))] {
			if other.Order >= r.Job.Signers[i].Order {
				continue
			}
			before |= 1 << other.Order
			if since := r.Settled[k].Since; since.After(start) {
				start = since
			}
		}
		group := bits.OnesCount16(before)
		f.waits[group] = append(f.waits[group], max(0, int64(s.Since.Sub(start)/time.Second)))
	}
}

// open is how many rows are not over yet.
func (f *figures) open() int { return f.totals.Sum() - f.totals.Final() }

// quantile is the value below which the share q of sorted lies, between two of them where
// it falls there (the median of 1 and 3 is 2).
func quantile(sorted []int64, q float64) int64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + int64((at-float64(low))*float64(sorted[high]-sorted[low]))
}

// upTo counts how many of sorted are not after a moment.
func upTo(sorted []int64, at int64) int {
	n, _ := slices.BinarySearch(sorted, at+1)
	return n
}
