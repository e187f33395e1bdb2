package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"batch/internal/mailout"
)

// A batch with [send] hold has one activation time for all of its rows (design.md, Times):
// nobody is told before all of them are at the portal, a person has had the time that hold
// says to think again, and all of them could be cancelled. It is fixed once, in the ledger,
// before the first of them is sent. A canary goes out before, and is not held.

// holdMargin is for what comes before the first call, and for a block on the way.
const holdMargin = time.Minute

// held says until when the rows of a batch are held that are sent now.
type held struct {
	asked bool      // the rows are to be held: it was planned so, and they are no canary
	until time.Time // fixed, or expected; zero: there are none to hold
	fixed time.Time // what the books have; zero: nothing. Another than until is to be replaced by it
}

// holdOf is how long a batch is to be held after the end of sending: as it was planned, for
// that was approved.
func holdOf(b mailout.BatchInfo) (time.Duration, error) {
	if b.Settings == "" {
		return 0, nil // an older version planned it
	}
	var s struct {
		Hold string `json:"send.hold"`
	}
	if err := json.Unmarshal([]byte(b.Settings), &s); err != nil || s.Hold == "" {
		return 0, err
	}
	return time.ParseDuration(s.Hold)
}

// holdNow finds until when rows that are sent now are held. passed says that what is fixed
// is too near for the rows that are left; where a person goes on, they are held anew.
func (a *App) holdNow(b mailout.BatchInfo, canary int) (h held, passed caution, err error) {
	hold, err := holdOf(b)
	left := b.Totals[mailout.Planned]
	if err != nil || hold == 0 || b.HeldUntil.IsZero() && canary > 0 {
		return h, passed, err
	}
	if h = (held{asked: true, fixed: b.HeldUntil}); left == 0 {
		return h, passed, nil // what a person plans again is held as the others are, or not sent
	}
	if h.until = a.holdFrom(b, hold); h.fixed.IsZero() {
		return h, passed, nil
	}
	if passed = a.holdPassed(left, h.fixed, a.now()); passed.what == "" {
		h.until = h.fixed
		return h, passed, nil
	}
	passed.question = fmt.Sprintf("Nobody would be told of them before about %s instead. Send them?", a.clock(h.until))
	passed.remedy = fmt.Sprintf("take back with `batch cancel %s` what is sent; or send the rest, too, to be held until about %s", b.ID, a.clock(h.until))
	passed.unless = "for that"
	return h, passed, nil
}

// holdFrom is until when a batch is held whose rows are sent from now on: the expected end of
// sending, hold, and the time to cancel all of it. It is a whole minute, as it is told.
func (a *App) holdFrom(b mailout.BatchInfo, hold time.Duration) time.Time {
	all := b.Rows - b.Totals[mailout.Skipped]
	return a.now().Add(holdMargin + a.callsTake(b.Totals[mailout.Planned]) + hold + a.callsTake(all) + time.Minute).Truncate(time.Minute)
}

// callsTake is how long so many calls take at the workspace's pace; without a limit, at the
// portal's.
func (a *App) callsTake(calls int) time.Duration {
	return CallsTake(calls, cmp.Or(a.CallsPerSecond(), PortalCallsPerSecond))
}

// holdPassed says that so many rows, if they are sent from now on, are not all at the portal
// before until.
func (a *App) holdPassed(left int, until, now time.Time) (c caution) {
	if end := now.Add(a.callsTake(left)); end.After(until) {
		c.what = fmt.Sprintf("the batch is held until %s, and %s still to be sent would take until %s", a.clock(until), rows(left), a.clock(end))
	}
	return c
}

func rows(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

// clock tells a moment in the workspace's zone.
func (a *App) clock(t time.Time) string { return t.In(a.Zone()).Format("2006-01-02 15:04") }

// heldUntil is until when a batch would be held if what is left of it were sent now: expected
// as long as nothing is fixed. Zero: it is not held.
func (a *App) heldUntil(b mailout.BatchInfo) (time.Time, error) {
	h, _, err := a.holdNow(b, 0)
	return h.until, err
}

// HoldNote says to a person who is about to approve a batch until when nobody would know of
// it; empty: it is not held.
func (a *App) HoldNote(ctx context.Context, b mailout.BatchInfo, canary int) (string, error) {
	until, err := a.heldUntil(b)
	if err != nil || until.IsZero() {
		return "", err
	}
	if canary, err = a.Canary(ctx, b.ID, canary); err != nil {
		return "", err
	}
	if canary > 0 && b.HeldUntil.IsZero() {
		return "The rows of the canary are not held: their signers are told at once.", nil
	}
	return fmt.Sprintf("Nobody is told before about %s.", a.clock(until)), nil
}

// fixHold commits until when the rows are held that are sent from now on, where that is not
// fixed, and tells it. A crash after it leaves a batch that is held and of which nothing more
// was sent: whoever goes on keeps to the same time, or asks.
func (a *App) fixHold(ctx context.Context, id mailout.BatchID, h held) (until time.Time, err error) {
	if h.until.IsZero() {
		return h.fixed, nil
	}
	b, err := a.ledger.Batch(ctx, id)
	if err != nil {
		return until, err
	}
	if until = h.fixed; !until.Equal(h.until) {
		hold, err := holdOf(b)
		if err != nil {
			return until, err
		}
		// People take their time with answers: it is reckoned anew.
		until, err = a.ledger.Hold(ctx, id, h.fixed, a.holdFrom(b, hold))
		if errors.Is(err, mailout.ErrNotApproved) {
			return h.fixed, nil // all of it was withdrawn meanwhile, or the batch was stopped: no intent is written
		}
		if err != nil {
			return until, err
		}
	}
	if a.o.Progress != nil {
		p := progressOf(b.Totals, false)
		p.Until, p.Why = until.In(a.Zone()), "hold"
		p.Wait = fmt.Sprintf("nobody is told before %s: until then batch cancel %s takes it all back", a.clock(until), id)
		a.o.Progress(p)
	}
	return until, nil
}
