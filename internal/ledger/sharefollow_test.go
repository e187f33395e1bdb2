package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// What takers write at the same moment, each about its own job, is in one commit, beside what
// is being sent; and it is on disk when they go on.
func TestTakersThatWaitShareACommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooks(t)
		id := b.approved(row(2), row(3), row(4), row(5), row(6), row(7))
		change := map[int]mailout.Change{}
		taken := map[int]mailout.Taken{}
		for line := 3; line <= 7; line++ {
			ref := b.created(id, line, mailout.JobID(line))
			change[line] = b.change(ref, mailout.JobID(line), mailout.Completed, mailout.SignerSigned)
			if line > 3 {
				taken[line] = b.take(change[line])
			}
		}
		for line := 5; line <= 7; line++ {
			must(t, b.Fetched(t.Context(), taken[line], mailout.JobID(line), keptFile("pdf", "t", "")))
		}
		for line := 6; line <= 7; line++ {
			must(t, b.KeepSigned(t.Context(), taken[line], mailout.JobID(line), keptFile("pdf", "t", fmt.Sprint(line, ".pdf"))))
		}
		must(t, discardState(b.Conclude(t.Context(), taken[7], change[7])))
		b.tryConfirm(taken[7], 7)

		commits, before := 0, 0
		must(t, ledger.CountCommits(b.Ledger, func() { commits++ }))
		var errs [6]error
		b.waitBehind(func() { _, errs[0] = b.BeginAttempt(t.Context(), id, 2, "queue", jobXML) },
			func() { before = commits; _, errs[1] = b.TakeChange(t.Context(), change[3]) },
			func() { errs[2] = b.Fetched(t.Context(), taken[4], 4, keptFile("pdf", "t", "")) },
			func() { errs[3] = b.KeepSigned(t.Context(), taken[5], 5, keptFile("pdf", "t", "5.pdf")) },
			func() { errs[4] = discardState(b.Conclude(t.Context(), taken[6], change[6])) },
			func() { errs[5] = b.Confirmed(t.Context(), taken[7], 7) })
		must(t, errors.Join(errs[:]...))
		if commits-before != 1 {
			t.Errorf("%d commits for five takers and the note of an intent, want one", commits-before)
		}
		next := b.crash()
		next.wantState(id, 2, mailout.Sending)
		next.wantState(id, 6, mailout.Signed)
		next.wantUnconfirmed(id, 4) // of five that have come: 7 is confirmed
		for line, want := range map[int]string{3: "change", 5: "kept", 7: "confirmed"} {
			if got := strings.Join(next.history(id, line), ", "); !strings.Contains(got, want) {
				t.Errorf("line %d: %s: %q is missing", line, got, want)
			}
		}
		if temps := next.temps(); len(temps) != 1 {
			t.Errorf("the books count on the temporary files %v, want that of line 4", temps)
		}
		next.wantSum(id)
	})
}

func discardState(_ mailout.State, err error) error { return err }

// A step that cannot be (the schema lets nothing be confirmed whose document is not kept) leaves nothing of itself, and the others as they are.
func TestOneTakersFailureIsNoneOfTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooks(t)
		id := b.approved(row(2), row(3), row(4))
		first := b.change(b.created(id, 3, 3), 3, mailout.Completed, mailout.SignerSigned)
		second := b.change(b.created(id, 4, 4), 4, mailout.Completed, mailout.SignerSigned)
		taken := b.take(first)
		var confirmed, kept, took error
		b.waitBehind(func() { b.begin(id, 2) },
			func() { confirmed = b.Confirmed(t.Context(), taken, 3) },
			func() { kept = b.KeepSigned(t.Context(), taken, 3, keptFile("pdf", "t", "3.pdf")) },
			func() { _, took = b.TakeChange(t.Context(), second) })
		if confirmed == nil || kept == nil || took != nil {
			t.Errorf("confirming without a document: %v; keeping one that was not fetched: %v; another job's change: %v; want only the last to be written", confirmed, kept, took)
		}
		next := b.crash()
		next.wantUnconfirmed(id, 2)
		if got := strings.Join(next.history(id, 3), ", "); strings.Contains(got, "kept") || strings.Contains(got, "confirmed") {
			t.Errorf("what was refused left its mark: %s", got)
		}
		next.wantState(id, 2, mailout.Sending)
	})
}

// A step that waited while sent.log failed under somebody else's is written, but nothing is
// confirmed any more.
func TestNothingIsConfirmedBehindAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooks(t)
		id := b.approved(row(2), row(3))
		c := b.change(b.created(id, 3, 3), 3, mailout.Completed, mailout.SignerSigned)
		taken := b.take(c)
		b.keepDocument(taken, 3)
		var begun, tried error
		b.waitBehind(func() { _, begun = b.BeginAttempt(t.Context(), id, 2, "queue", jobXML) },
			func() { _, tried = b.TryConfirm(t.Context(), taken, 3) },
			func() { must(t, ledger.BreakSentLog(b.Ledger)) })
		if begun == nil || tried == nil || tried.Error() != begun.Error() {
			t.Errorf("the intent: %v; the confirmation that waited behind it: %v; want the same error", begun, tried)
		}
	})
}

// A taker whose context has ended by the time it would note a confirmation notes nothing: it
// will not confirm either.
func TestAnEndedTakerNotesNoConfirmation(t *testing.T) {
	b, _, taken, c := signed(t)
	b.keepDocument(taken, c.JobID)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := b.TryConfirm(ctx, taken, c.JobID); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's end", err)
	}
	if b.tryConfirm(taken, c.JobID) {
		t.Error("it was noted all the same")
	}
}
