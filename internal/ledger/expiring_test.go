package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"batch/internal/mailout"
)

// Jobs near their end are those that the portal ends by then: by their own availability, their
// deadline, or the portal's thirty days, and not those whose next group has just begun.
func TestExpiringJobs(t *testing.T) {
	b := newBooks(t)
	two := func(r *mailout.Row) {
		r.Job.Available = 5 * day
		r.Job.Signers = append(r.Job.Signers, mailout.Signer{Email: "b@example.com", Order: 1, Notify: mailout.NotifyGiven})
	}
	id := b.approved(row(2), row(3, func(r *mailout.Row) { r.Job.Available = 5 * day }),
		row(4, func(r *mailout.Row) { r.Job.Deadline = noon.Add(6 * day) }), row(5, two), row(6, func(r *mailout.Row) { r.Job.Available = 5 * day }))
	for line := 2; line <= 6; line++ {
		b.created(id, line, mailout.JobID(line+10))
	}
	b.finish(b.change(b.record(id, 6).Ref, 16, mailout.JobFailed, mailout.SignerRejected)) // over
	b.clock.pass(4 * day)
	c := b.change(b.record(id, 5).Ref, 15, mailout.InProgress, mailout.SignerSigned) // the second has five days from now
	b.take(c)
	for by, want := range map[time.Duration]string{4 * day: "[]", 5*day + time.Hour: "[3]", 7 * day: "[3 4]", 10 * day: "[3 4 5]", 31 * day: "[2 3 4 5]"} {
		var got []int
		for r, err := range b.Expiring(t.Context(), id, noon.Add(by)) {
			must(t, err)
			got = append(got, r.Line)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("within %v: lines %v, want %s", by, got, want)
		}
	}
}
