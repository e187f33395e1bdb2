package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

// asked collects the questions of an App and answers them alike.
type asked struct {
	questions []string
	yes       bool
}

func (q *asked) ask(question string) bool {
	q.questions = append(q.questions, question)
	return q.yes
}

func (d *desk) send(ctx context.Context, id mailout.BatchID, q *asked) (Sent, error) {
	d.App.o.Ask = q.ask
	return d.Send(ctx, SendOptions{Batch: id, ApprovedBy: "typed", Seen: saidOf(d.t, d.App, id), Soft: ctx})
}

// saidOf is what a person who looks now has seen of a batch.
func saidOf(t testing.TB, a *App, id mailout.BatchID) int64 {
	t.Helper()
	b, err := a.Books(t.Context(), id)
	must(t, err)
	return b.LastSaid
}

// opens are the moments at which the jobs of a batch open.
func (d *desk) opens() (all []time.Time) {
	for _, j := range d.portal.Sandbox.Jobs("") {
		all = append(all, j.Opens)
	}
	return all
}

// What is fixed stays for a batch that is gone on with, as long as all that is left is at the
// portal before. When it would not be, a person is asked; a yes fixes another moment for
// what is left, and for nothing else.
func TestAHoldThatIsTooNearForTheRest(t *testing.T) {
	d := newDesk(t)
	d.ws.Config.Send.Hold = 30 * time.Minute
	b := d.plan(3)
	must(t, d.ledger.Approve(t.Context(), b.Batch, "typed", 0))
	near := time.Now().Add(200 * time.Millisecond) // three rows take longer
	_, err := d.ledger.Hold(t.Context(), b.Batch, time.Time{}, near)
	must(t, err)
	no := &asked{}
	sent, err := d.send(t.Context(), b.Batch, no)
	if err == nil || Explain(err).Kind != KindUsage || !strings.Contains(err.Error(), "3 rows still to be sent would take until") || !strings.Contains(Explain(err).Remedy, "batch cancel "+string(b.Batch)) {
		t.Errorf("sending ended with %v", err)
	}
	if len(no.questions) != 1 || sent.Books.Totals[mailout.Planned] != 3 || len(d.opens()) != 0 {
		t.Errorf("asked was %q, the totals are %v", no.questions, sent.Books.Totals)
	}
	began := time.Now()
	sent, err = d.send(t.Context(), b.Batch, &asked{yes: true})
	if err != nil || sent.Books.Totals[mailout.Created] != 3 {
		t.Fatalf("sending ended with %v, %v", sent.Books.Totals, err)
	}
	until := sent.Books.HeldUntil
	if until.Before(began.Add(30*time.Minute)) || until.After(began.Add(40*time.Minute)) || until.Second() != 0 {
		t.Errorf("sent at %v, it is held until %v", began, until)
	}
	for _, at := range d.opens() {
		if !at.Equal(until) {
			t.Errorf("a job opens at %v, not %v", at, until)
		}
	}
}

// A batch that is gone on with in time keeps its moment, and nobody is asked.
func TestAHoldIsKeptInTime(t *testing.T) {
	d := newDesk(t)
	d.ws.Config.Send.Hold = 30 * time.Minute
	b := d.plan(3)
	must(t, d.ledger.Approve(t.Context(), b.Batch, "typed", 0))
	fixed := time.Now().Add(5 * time.Minute).Truncate(time.Minute)
	_, err := d.ledger.Hold(t.Context(), b.Batch, time.Time{}, fixed)
	must(t, err)
	q := &asked{}
	sent, err := d.send(t.Context(), b.Batch, q)
	if err != nil || !sent.Books.HeldUntil.Equal(fixed) || len(q.questions) != 0 {
		t.Errorf("held until %v, asked %q, %v", sent.Books.HeldUntil, q.questions, err)
	}
	for _, at := range d.opens() {
		if !at.Equal(fixed) {
			t.Errorf("a job opens at %v, not %v", at, fixed)
		}
	}
}

// The moment leaves time to send all of it, and to cancel all of it, at the pace that is set.
func TestUntilWhenABatchIsHeld(t *testing.T) {
	const hold = time.Hour
	now := time.Date(2026, 11, 21, 12, 0, 30, 0, time.UTC)
	for _, c := range []struct {
		name          string
		perSecond     int
		left, skipped int
		all           int
		want          time.Duration // after now
	}{
		{"a few", 10, 3, 0, 3, hold + time.Minute},
		{"thousands", 10, 10_000, 0, 10_000, hold + time.Minute + 2*1300*time.Second},
		{"the rest of thousands", 10, 100, 0, 10_000, hold + time.Minute + 1313*time.Second},
		{"slowly", 1, 600, 400, 1000, hold + time.Minute + 2*780*time.Second},
		{"without a limit", 0, 10_000, 0, 10_000, hold + time.Minute + 2*1300*time.Second},
	} {
		d := newDesk(t)
		d.ws.Config.Portal.CallsPerSecond, d.App.now = c.perSecond, func() time.Time { return now }
		b := mailout.BatchInfo{Rows: c.all, Totals: mailout.Totals{mailout.Planned: c.left, mailout.Skipped: c.skipped}}
		if got := d.holdFrom(b, hold); got.Before(now.Add(c.want)) || got.After(now.Add(c.want+time.Minute)) || got.Second() != 0 {
			t.Errorf("%s: held until %v after, want %v at least and hardly more", c.name, got.Sub(now), c.want)
		}
	}
}

func TestWhatIsHeld(t *testing.T) {
	d := newDesk(t)
	planned := mailout.Totals{mailout.Planned: 2}
	for _, c := range []struct {
		name   string
		b      mailout.BatchInfo
		canary int
		held   bool
	}{
		{"a batch with hold", mailout.BatchInfo{Settings: `{"send.hold":"30m0s"}`, Totals: planned}, 0, true},
		{"one without", mailout.BatchInfo{Settings: `{}`, Totals: planned}, 0, false},
		{"one of an older version", mailout.BatchInfo{Totals: planned}, 0, false},
		{"a canary", mailout.BatchInfo{Settings: `{"send.hold":"30m0s"}`, Totals: planned}, 1, false},
		{"a canary of a batch that is held", mailout.BatchInfo{Settings: `{"send.hold":"30m0s"}`, Totals: planned, HeldUntil: time.Now().Add(time.Hour)}, 1, true},
		{"nothing to send", mailout.BatchInfo{Settings: `{"send.hold":"30m0s"}`, Totals: mailout.Totals{mailout.Created: 2}}, 0, false},
	} {
		if h, _, err := d.holdNow(c.b, c.canary); err != nil || h.until.IsZero() == c.held {
			t.Errorf("%s: held until %v, %v", c.name, h.until, err)
		}
	}
	if _, err := d.heldUntil(mailout.BatchInfo{Settings: `{"send.hold":"soon"}`, Totals: planned}); err == nil {
		t.Error("a hold that nobody can read is taken for none")
	}
}

// Whoever approves is told until when nobody would know: and that a canary is not held.
func TestWhatAPersonWhoApprovesIsToldOfAHold(t *testing.T) {
	d := newDesk(t)
	note := func(id mailout.BatchID, canary int, want string) {
		t.Helper()
		b, err := d.ledger.Batch(t.Context(), id)
		must(t, err)
		if got, err := d.HoldNote(t.Context(), b, canary); err != nil || !strings.HasPrefix(got, want) || (got == "") != (want == "") {
			t.Errorf("with a canary of %d the note is %q, %v", canary, got, err)
		}
	}
	note(d.plan(2).Batch, 0, "")
	d.ws.Config.Send.Hold = time.Hour
	b := d.plan(2).Batch
	note(b, 0, "Nobody is told before about 20")
	note(b, 1, "The rows of the canary are not held")
	d.ws.Config.Stop.Canary = 1
	note(b, 0, "The rows of the canary are not held")
	must(t, d.ledger.Approve(t.Context(), b, "typed", 0))
	must(t, d.ledger.StopBatch(t.Context(), b, "the canary is out"))
	note(b, 0, "Nobody is told before about 20")
}
