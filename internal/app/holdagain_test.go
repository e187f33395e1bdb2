package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

// plannedBeside sends and follows a batch with nothing left to send, of which one row is lost
// and one is with its signers; beside it a person finds no job of the lost one.
func (d *desk) plannedBeside(id mailout.BatchID) (Sent, error) {
	d.t.Helper()
	ctx := d.t.Context()
	for line, o := range map[int]mailout.Outcome{2: {Kind: mailout.OutcomeUnknown, Code: "timeout"}, 3: {Kind: mailout.OutcomeAccepted, JobID: 999, Status: 200}} {
		ref, err := d.ledger.BeginAttempt(ctx, id, line, "q", mailout.SumDigest([]byte("x")))
		must(d.t, err)
		_, err = d.ledger.Settle(ctx, ref, o)
		must(d.t, err)
	}
	resolved := make(chan error, 1)
	d.App.o.Every = 10 * time.Millisecond
	soft, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	began := make(chan struct{}, 1)
	d.App.o.Progress = func(Progress) { // its times have been looked at
		if len(d.opens()) > 0 {
			stop() // what follows is no part of this
		}
		select {
		case began <- struct{}{}:
		default:
		}
	}
	go func() {
		<-began
		resolved <- d.ledger.Resolve(ctx, id, 2, mailout.Finding{Verdict: mailout.VerdictAbsent, By: "by kari"}, 0)
	}()
	sent, err := d.Send(ctx, SendOptions{Batch: id, ApprovedBy: "went on", Seen: saidOf(d.t, d.App, id), Soft: soft, Follow: true})
	must(d.t, <-resolved)
	return sent, err
}

// Rows that are planned again after the hold has passed, or of a batch of which it was never
// fixed, stop and ask, also where the run began with nothing to send.
func TestHoldOfARowThatIsPlannedAgain(t *testing.T) {
	for _, c := range []struct {
		name         string
		fixed, later time.Duration // fixed is how far ahead the moment was; later, how much time has passed
		why          string        // why the row is not sent; empty: it is, and held
	}{
		{"passed", time.Minute, 2 * time.Minute, "the batch is held until"},
		{"not fixed", 0, 0, "it is not fixed until when"},
		{"in time", 20 * time.Minute, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.ws.Config.Send.Hold = 30 * time.Minute
			b := d.plan(2)
			must(t, d.ledger.Approve(t.Context(), b.Batch, "typed", 0))
			until := time.Now().Add(c.fixed).Truncate(time.Second)
			if c.fixed > 0 {
				_, err := d.ledger.Hold(t.Context(), b.Batch, time.Time{}, until)
				must(t, err)
			}
			q := &asked{}
			d.App.o.Ask, d.App.now = q.ask, func() time.Time { return time.Now().Add(c.later) }
			sent, err := d.plannedBeside(b.Batch)
			opens := d.opens()
			if c.why != "" && (err != nil || sent.Ending != EndStopped || !strings.Contains(sent.Books.StopReason, c.why) || len(opens) > 0 || len(q.questions) > 0) {
				t.Errorf("sending ended with %q (%s), jobs open at %v, asked was %q, %v", sent.Ending, sent.Books.StopReason, opens, q.questions, err)
			}
			if c.why == "" && (err != nil || len(opens) != 1 || !opens[0].Equal(until)) {
				t.Errorf("the job opens at %v, want %v; sending ended with %q (%s), %v", opens, until, sent.Ending, sent.Reason, err)
			}
		})
	}
}
