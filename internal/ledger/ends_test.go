package ledger_test

import (
	"testing"
	"time"

	"batch/internal/mailout"
)

// Why sending ended stands in the books until it ends otherwise, also for the next process.
func TestWhySendingEnded(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	note := func(reason string) {
		b.clock.pass(time.Hour)
		must(t, b.NoteEnd(t.Context(), id, reason))
	}
	want := func(reason string, at time.Time) {
		t.Helper()
		if got := b.again().info(id); got.EndReason != reason || !got.EndedAt.Truncate(time.Hour).Equal(at) { // the clock ticks a little
			t.Errorf("it ended for %q at %v, want %q at %v", got.EndReason, got.EndedAt, reason, at)
		}
	}
	want("", time.Time{})
	note("")
	want("", time.Time{})
	note("the portal did not answer for ten minutes")
	want("the portal did not answer for ten minutes", noon.Add(2*time.Hour))
	note("stopped on request")
	want("stopped on request", noon.Add(3*time.Hour))
	note("")
	want("", noon.Add(4*time.Hour))
	note("")
	want("", noon.Add(4*time.Hour))

	ready := b.planned(row(4))
	must(t, b.NoteEnd(t.Context(), ready, "stopped on request"))
	if got := b.info(ready).EndReason; got != "" {
		t.Errorf("sending of a batch that nobody approved ended for %q", got)
	}
}

// Lost answers count over restarts and interruptions, and from nothing after an approval.
// Neither rows that died with a process nor those that were found again are among them.
func TestLostAnswersCountSinceTheApproval(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4), row(5), row(6))
	lost := mailout.Outcome{Kind: mailout.OutcomeUnknown, Code: "timeout", LastByte: noon}
	want := func(when string, n int) {
		t.Helper()
		got, err := b.Lost(t.Context(), id)
		if err != nil || got != n {
			t.Errorf("%s: %d answers are lost, want %d (%v)", when, got, n, err)
		}
	}
	want("before the first", 0)
	first := b.begin(id, 2)
	b.settle(first, lost)
	b.created(id, 3, 103)
	b.settle(b.begin(id, 4), lost)
	want("two lost, one not", 2)
	b.begin(id, 5)
	b.clock.pass(time.Minute)
	b = b.crash()
	b.recover()
	b.wantState(id, 5, mailout.Unknown)
	want("after a crash", 2)
	b.take(b.change(first, 102, mailout.InProgress, mailout.SignerWaiting))
	want("one is found again", 1)
	must(t, b.Approve(t.Context(), id, "went on"))
	want("going on", 1)
	must(t, b.StopBatch(t.Context(), id, "enough"))
	b.clock.pass(time.Minute)
	must(t, b.Approve(t.Context(), id, "typed"))
	want("a person has approved", 0)
	b.settle(b.begin(id, 6), lost)
	want("and another is lost", 1)
}

// What was withdrawn before it was sent, or is proved not sent, has not gone out; and what a
// person found absent may have.
func TestWhatHasGoneOut(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4), row(5), row(6))
	want := func(when string, begun bool, out int) {
		t.Helper()
		got, err := b.Begun(t.Context(), id)
		must(t, err)
		n, err := b.Out(t.Context(), id)
		if err != nil || got != begun || n != out {
			t.Errorf("%s: begun %v with %d out, want %v with %d, %v", when, got, n, begun, out, err)
		}
	}
	want("before the first", false, 0)
	must(t, b.WishCancelled(t.Context(), id, []int{2}, "by kari"))
	b.settle(b.begin(id, 3), notSent)
	must(t, b.WishCancelled(t.Context(), id, []int{3}, "by kari"))
	want("withdrawn and not sent", false, 0)
	b.settle(b.begin(id, 4), lost)
	b.created(id, 5, 105)
	want("one lost, one at the portal", true, 2)
	must(t, b.StopBatch(t.Context(), id, "enough"))
	b.clock.pass(time.Hour)
	must(t, b.Approve(t.Context(), id, "typed"))
	want("a person has approved", true, 0)
	b.created(id, 6, 106)
	want("and another is out", true, 1)
	b.resolve(id, 4, mailout.VerdictAbsent)
	want("one is planned again", true, 1)
}
