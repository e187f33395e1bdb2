package ledger_test

import (
	"fmt"
	"testing"

	"batch/internal/mailout"
)

// again makes a row another attempt at one of an earlier batch.
func again(batch mailout.BatchID, line int) func(*mailout.Row) {
	return func(r *mailout.Row) { r.Earlier = mailout.RowID{Batch: batch, Line: line} }
}

// titled gives a row a letter of its own, as a corrected title does.
func titled(title mailout.Text) func(*mailout.Row) {
	return func(r *mailout.Row) { r.Job.Title = title }
}

// expired brings a row to its end without a signature.
func (b *books) expired(id mailout.BatchID, line int, job mailout.JobID) {
	b.t.Helper()
	ref := b.created(id, line, job)
	if s := b.finish(b.change(ref, job, mailout.JobFailed, mailout.SignerExpired)); s != mailout.Expired {
		b.t.Fatalf("line %d is %s", line, s)
	}
}

// wantStanding compares a row's standing as "state alarms again".
func (b *books) wantStanding(id mailout.BatchID, line int, want string) {
	b.t.Helper()
	s, found, err := b.Standing(b.t.Context(), mailout.RowID{Batch: id, Line: line})
	must(b.t, err)
	if got := fmt.Sprint(s.State, " ", s.Alarms, " ", s.Again.RowID); !found || got != want {
		b.t.Errorf("line %d of %s stands %q (known: %t), want %q", line, id, got, found, want)
	}
	again, err := b.TriedAgain(b.t.Context(), id)
	must(b.t, err)
	if by, tried := again[line]; b.record(id, line).State != mailout.Skipped && (tried == s.Again.IsZero() || by != s.Again.RowID) {
		b.t.Errorf("line %d of %s was tried again by %v, and it stands %q", line, id, by, want)
	}
}

// A row is tried again once somebody has approved a batch with an attempt that was not left out.
func TestTheStandingOfARow(t *testing.T) {
	b := newBooks(t)
	first := b.approved(row(2), row(3), row(4, skipped))
	b.wantStanding(first, 2, "planned 0 ")
	b.expired(first, 2, 71)
	b.wantStanding(first, 2, "expired 0 ")
	b.wantStanding(first, 4, "skipped 0 ")
	if _, found, err := b.Standing(t.Context(), mailout.RowID{Batch: first, Line: 99}); found || err != nil {
		t.Errorf("a row that is not there is known (%v)", err)
	}

	plan := b.planned(row(7, again(first, 2)), row(8, skipped, again(first, 3)))
	b.wantStanding(first, 2, "expired 0 ")
	must(t, b.Approve(t.Context(), plan, "--yes"))
	b.wantStanding(first, 2, fmt.Sprintf("expired 0 %s line:7", plan))
	b.wantStanding(first, 3, "planned 0 ")

	must(t, b.raw(`INSERT INTO alarms (at, kind, batch, line, job_id, detail) VALUES ('2026-11-21T12:00:00.000000Z', 'duplicate', ?, 2, 72, 'two')`, string(first)))
	b.wantStanding(first, 2, fmt.Sprintf("expired 1 %s line:7", plan))
}

// A row that was left out, and was an attempt itself, hides neither a job that lives nor an
// attempt that somebody else made.
func TestWhatWasLeftOutIsPassedOver(t *testing.T) {
	b := newBooks(t)
	first := b.approved(row(2), row(3))
	b.expired(first, 2, 71)
	b.created(first, 3, 72)
	left := b.approved(row(5, skipped, again(first, 2)), row(6, skipped, again(first, 3)))
	b.wantStanding(left, 5, "expired 0 ")
	b.wantStanding(left, 6, "created 0 ")
	b.wantStanding(first, 2, "expired 0 ")

	later := b.approved(row(8, titled("corrected"), again(left, 5)))
	b.wantStanding(first, 2, fmt.Sprintf("expired 0 %s line:8", later))
	b.wantStanding(left, 5, fmt.Sprintf("expired 0 %s line:8", later))

	other := b.approved(row(2, titled("third")), row(9))
	b.expired(other, 2, 73)
	mine := b.approved(row(4, skipped, again(other, 2)))
	theirs := b.approved(row(4, titled("fourth"), again(other, 2)))
	b.wantStanding(mine, 4, fmt.Sprintf("expired 0 %s line:4", theirs))
}

// Between planning and approval the earlier row may come to life, or be tried again elsewhere.
func TestAnApprovalLooksOnceMore(t *testing.T) {
	b := newBooks(t)
	first := b.approved(row(2), row(3), row(4))
	ref := b.begin(first, 2)
	b.settle(ref, refused)
	b.expired(first, 3, 71)
	plan := b.planned(row(7, titled("corrected"), again(first, 2)))
	b.take(b.change(ref, 70, mailout.InProgress, mailout.SignerWaiting))
	b.wantState(first, 2, mailout.Created)
	wantErr(t, b.Approve(t.Context(), plan, "--yes"), mailout.ErrStands)
	b.wantBatch(plan, mailout.Ready)

	taken := b.approved(row(7, titled("second"), again(first, 3)))
	b.wantBatch(taken, mailout.Approved)
	plan = b.planned(row(8, titled("third"), again(first, 3)))
	wantErr(t, b.Approve(t.Context(), plan, "--yes"), mailout.ErrStands)
	plan = b.planned(row(8, titled("fourth"), again("2026-01-01-x9", 3)), row(9, skipped, again(first, 3)))
	must(t, b.Approve(t.Context(), plan, "--yes")) // of another ledger; and left out
}

// Both rows tell of each other; a draft and a superseded plan tell nothing.
func TestLinkedRows(t *testing.T) {
	b := newBooks(t)
	first := b.approved(row(2))
	b.expired(first, 2, 71)
	old := b.planned(row(6, again(first, 2)))
	second := b.approved(row(7, again(first, 2)))
	b.wantBatch(old, mailout.Superseded)
	earlier, later, err := b.Linked(t.Context(), mailout.RowID{Batch: first, Line: 2})
	must(t, err)
	want := mailout.Tried{RowID: mailout.RowID{Batch: second, Line: 7}, State: mailout.Planned}
	if earlier != nil || len(later) != 1 || later[0] != want {
		t.Errorf("the first row has %v before it and %v after", earlier, later)
	}
	earlier, later, err = b.Linked(t.Context(), mailout.RowID{Batch: second, Line: 7})
	must(t, err)
	want = mailout.Tried{RowID: mailout.RowID{Batch: first, Line: 2}, State: mailout.Expired}
	if earlier == nil || *earlier != want || len(later) != 0 {
		t.Errorf("the second row has %v before it and %v after", earlier, later)
	}
}

// A plan that becomes a lost batch takes along what its rows are other attempts at.
func TestARebuiltBatchKeepsWhatItTriedAgain(t *testing.T) {
	b := newBooks(t)
	old := sealed(t)
	id := old.approved(row(2, again("2026-11-01-x7", 14)))
	old.begin(id, 2)
	b.older(old.sentLog())
	planned := b.planned(row(2, again("2026-11-01-x7", 14)))
	b.rebuild(planned, id)
	earlier, _, err := b.Linked(t.Context(), mailout.RowID{Batch: id, Line: 2})
	must(t, err)
	if earlier == nil || earlier.RowID != (mailout.RowID{Batch: "2026-11-01-x7", Line: 14}) {
		t.Errorf("the rebuilt row is another attempt at %v", earlier)
	}
}

// A cell that could not be read is known as such later.
func TestOddCellsAreKept(t *testing.T) {
	b := newBooks(t)
	columns := []mailout.Column{{Name: "Mobil", Value: "701234567", Field: "mobile", Odd: true}, {Name: "Kode", Value: "7", More: []mailout.Text{"8"}, Odd: true}, {Name: "Navn", Value: "Kari"}}
	id := b.planned(row(2, func(r *mailout.Row) { r.Columns = columns }))
	if got := b.record(id, 2).Columns; fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", columns) {
		t.Errorf("the columns come back as %#v", got)
	}
}

// An approved batch may be held, or stand still, while the earlier row comes to life: its other
// attempt is looked at once more when its intent is written.
func TestAnIntentLooksOnceMore(t *testing.T) {
	b := newBooks(t)
	first := b.approved(row(2), row(3), row(4))
	ref := b.begin(first, 2)
	b.settle(ref, refused)
	b.expired(first, 3, 71)
	b.expired(first, 4, 73)
	id := b.approved(row(7, titled("corrected"), again(first, 2)), row(8, titled("corrected"), again(first, 3)), row(9, titled("corrected"), again(first, 4)))
	b.take(b.change(ref, 70, mailout.InProgress, mailout.SignerWaiting)) // it was refused, and has a job
	b.take(b.change(b.record(first, 3).Ref, 72, mailout.InProgress, mailout.SignerWaiting))
	for _, line := range []int{7, 8} {
		_, err := b.BeginAttempt(t.Context(), id, line, "queue", jobXML)
		wantErr(t, err, mailout.ErrStands)
		b.wantState(id, line, mailout.Planned)
	}
	b.settle(b.begin(id, 9), notSent)
	b.begin(id, 9) // it does not stand in its own way
}

// Who lays the alarm of a second job to rest knows of the job: it may still be signed, or was.
func TestAnotherJobStandsInTheWay(t *testing.T) {
	b := newBooks(t)
	first := b.approved(row(2), row(3), row(4))
	for line := 2; line <= 4; line++ {
		job := mailout.JobID(10 * line)
		ref := b.created(first, line, job)
		b.take(b.change(ref, job+1, mailout.InProgress, mailout.SignerWaiting))
		b.finish(b.change(ref, job, mailout.JobFailed, mailout.SignerExpired))
	}
	b.finish(b.change(b.record(first, 3).Ref, 31, mailout.Completed, mailout.SignerSigned))
	b.finish(b.change(b.record(first, 4).Ref, 41, mailout.JobFailed, mailout.SignerExpired))
	alarms, err := b.Alarms(t.Context())
	must(t, err)
	for _, a := range alarms {
		_, err := b.LayAlarm(t.Context(), a.ID, "seen")
		must(t, err)
	}
	for line, want := range map[int]mailout.JobID{2: 21, 3: 31, 4: 0} {
		s, _, err := b.Standing(t.Context(), mailout.RowID{Batch: first, Line: line})
		must(t, err)
		others, err := b.OtherJobs(t.Context(), first)
		must(t, err)
		if s.Other != want || s.Free() != (want == 0) || others[line] != want {
			t.Errorf("line %d has another job %d (%d), want %d; free: %t", line, s.Other, others[line], want, s.Free())
		}
	}
}
