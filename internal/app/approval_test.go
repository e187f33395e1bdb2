package app

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"batch/internal/mailout"
)

// A resume that has read "approved" goes on without asking anybody. Where a stop rule ended
// the process that had the lock before it, it goes on with nothing, and says what came.
func TestWhoGoesOnLiftsNoStop(t *testing.T) {
	d := newDesk(t)
	b := d.plan(3)
	must(t, d.ledger.Approve(t.Context(), b.Batch, "typed", 0))
	other := d.other()
	speaker, err := other.speak(t.Context())
	must(t, err)
	read := saidOf(t, d.App, b.Batch)
	stopped := make(chan error, 1)
	go func() { // while the other waits for the lock
		time.Sleep(300 * time.Millisecond)
		stopped <- other.ledger.StopBatch(context.WithoutCancel(t.Context()), b.Batch, "5 answers were lost")
		speaker.close()
	}()
	sent, err := d.Send(t.Context(), SendOptions{Batch: b.Batch, ApprovedBy: "went on", Seen: read, Soft: t.Context()})
	must(t, <-stopped)
	if n := len(d.portal.Sandbox.Jobs("")); n > 0 {
		t.Errorf("%d letters went out of a batch that a stop rule had stopped, approved by nobody", n)
	}
	if err != nil || sent.Ending != EndStopped || sent.Books.State != mailout.Stopped || sent.Books.StopReason != "5 answers were lost" {
		t.Errorf("sending ended with %q of a batch that is %s (%s), %v", sent.Ending, sent.Books.State, sent.Books.StopReason, err)
	}
	if len(sent.Since) != 1 || sent.Since[0].Kind != "stopped" || sent.Since[0].Detail != "5 answers were lost" {
		t.Errorf("what came since is %v", sent.Since)
	}
	if sent, err = d.send(t.Context(), b.Batch, &asked{}); err != nil || sent.Books.Totals[mailout.Created] != 3 {
		t.Errorf("after a yes to that stop sending ended with %v, %v", sent.Books.Totals, err)
	}
}

// A yes is an answer to the stop that was shown. One that came after it, for the same reason
// or another, after somebody else went on, is not lifted by it.
func TestAYesIsNoAnswerToALaterStop(t *testing.T) {
	d := newDesk(t)
	b := d.plan(3)
	stop := func(reason string) {
		must(t, d.ledger.Approve(t.Context(), b.Batch, "--yes", saidOf(t, d.App, b.Batch)))
		must(t, d.ledger.StopBatch(t.Context(), b.Batch, reason))
	}
	stop("5 answers were lost")
	asked := saidOf(t, d.App, b.Batch)
	stop("5 answers were lost")
	sent, err := d.Send(t.Context(), SendOptions{Batch: b.Batch, ApprovedBy: "typed", Seen: asked, Soft: t.Context()})
	kinds := slices.Collect(func(yield func(string) bool) {
		for _, h := range sent.Since {
			yield(h.Kind)
		}
	})
	if err != nil || sent.Ending != EndStopped || sent.Books.Totals[mailout.Planned] != 3 || !slices.Equal(kinds, []string{"approved", "stopped"}) {
		t.Errorf("sending ended with %q, %v, since then %q, %v", sent.Ending, sent.Books.Totals, kinds, err)
	}
}

// What a person withdrew before it was sent is neither "sent so far" nor a canary.
func TestWhatWasWithdrawnIsNoCanary(t *testing.T) {
	d := newDesk(t)
	b := d.plan(6)
	must(t, d.ledger.Approve(t.Context(), b.Batch, "typed", 0))
	must(t, d.ledger.WishCancelled(t.Context(), b.Batch, []int{2, 3}, "by kari"))
	sent, err := d.Send(t.Context(), SendOptions{Batch: b.Batch, ApprovedBy: "went on", Seen: saidOf(t, d.App, b.Batch), Soft: t.Context(), Canary: 2})
	if err != nil || sent.Books.StopReason != "the canary is out: rows sent so far: 2" || sent.Books.Totals[mailout.Created] != 2 {
		t.Errorf("sending ended with %q, %v, the books say %q, %v", sent.Ending, sent.Books.Totals, sent.Books.StopReason, err)
	}
	if n := len(d.portal.Sandbox.Jobs("")); n != 2 {
		t.Errorf("the portal has %d jobs and the books say %q", n, sent.Books.StopReason)
	}
}

// A stop rule is no canary: what --canary, or batch.toml, asks for holds after it, and its
// rows count from there on. A canary that was out, and approved, is not asked for again.
func TestACanaryHoldsAfterAnotherStop(t *testing.T) {
	d := newDesk(t)
	b := d.plan(6)
	send := func(canary, want int) {
		t.Helper()
		sent, err := d.Send(t.Context(), SendOptions{Batch: b.Batch, ApprovedBy: "--approve", Seen: saidOf(t, d.App, b.Batch), Soft: t.Context(), Canary: canary})
		if n := sent.Books.Totals[mailout.Created]; err != nil || n != want {
			t.Errorf("a canary of %d: %d letters are out, want %d; it ended with %q (%s), %v", canary, n, want, sent.Ending, sent.Reason, err)
		}
	}
	must(t, d.ledger.Approve(t.Context(), b.Batch, "typed", 0))
	must(t, d.ledger.StopBatch(t.Context(), b.Batch, "3 rows in a row were refused"))
	send(1, 1)
	must(t, d.ledger.Approve(t.Context(), b.Batch, "typed", saidOf(t, d.App, b.Batch)))
	must(t, d.ledger.StopBatch(t.Context(), b.Batch, "5 answers were lost"))
	send(1, 6)
}

// The rows that a stop rule ended with are no canary of the approval that follows.
func TestACanaryCountsFromTheApproval(t *testing.T) {
	d := newDesk(t)
	b := d.plan(6)
	d.ws.Config.Stop.Canary = 2
	must(t, d.ledger.Approve(t.Context(), b.Batch, "typed", 0))
	ref, err := d.ledger.BeginAttempt(t.Context(), b.Batch, 2, "q", mailout.SumDigest([]byte("x")))
	must(t, err)
	_, err = d.ledger.Settle(t.Context(), ref, mailout.Outcome{Kind: mailout.OutcomeUnknown, Code: "timeout"})
	must(t, err)
	sent, err := d.send(t.Context(), b.Batch, &asked{}) // a kill, or Ctrl-C: the canary goes on
	if err != nil || sent.Books.Totals[mailout.Created] != 1 {
		t.Errorf("going on: %v, %q, %v", sent.Books.Totals, sent.Reason, err)
	}
	c := d.plan(4)
	must(t, d.ledger.Approve(t.Context(), c.Batch, "typed", 0))
	ref, err = d.ledger.BeginAttempt(t.Context(), c.Batch, 2, "q", mailout.SumDigest([]byte("x")))
	must(t, err)
	_, err = d.ledger.Settle(t.Context(), ref, mailout.Outcome{Kind: mailout.OutcomeUnknown, Code: "timeout"})
	must(t, err)
	must(t, d.ledger.StopBatch(t.Context(), c.Batch, "1 answers were lost"))
	if sent, err = d.send(t.Context(), c.Batch, &asked{}); err != nil || sent.Books.Totals[mailout.Created] != 2 {
		t.Errorf("after a stop rule: %v, %q, %v", sent.Books.Totals, sent.Reason, err)
	}
}

// Until the first row is sent a changed manifest stops the approval, also where a row was
// withdrawn.
func TestAChangedManifestAfterAWithdrawal(t *testing.T) {
	for _, withdrawn := range []bool{false, true} {
		d := newDesk(t)
		b := d.plan(3)
		must(t, d.ledger.Approve(t.Context(), b.Batch, "typed", 0))
		if withdrawn {
			must(t, d.ledger.WishCancelled(t.Context(), b.Batch, []int{2}, "by kari"))
		}
		raw, err := os.ReadFile(d.manifest)
		must(t, err)
		must(t, os.WriteFile(d.manifest, append(raw, "Avtale 9;person9@example.com;1.pdf\r\n"...), 0o600))
		sent, err := d.Send(t.Context(), SendOptions{Batch: b.Batch, ApprovedBy: "--approve", Seen: saidOf(t, d.App, b.Batch), Soft: t.Context()})
		if err != nil || len(sent.Problems) == 0 || sent.Books.Totals[mailout.Created] > 0 || len(d.portal.Sandbox.Jobs("")) > 0 {
			t.Errorf("withdrawn %v: %d problems, %v, %v", withdrawn, len(sent.Problems), sent.Books.Totals, err)
		}
	}
}
