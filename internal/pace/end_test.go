package pace_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/pace"
)

func end(t *testing.T, p *pace.Pacer) {
	t.Helper()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// What the next process must wait for after the one before, by the way that one ended.
func TestTheNextProcessWaitsForCallsThatMayStillArrive(t *testing.T) {
	const second, lost = 1005 * time.Millisecond, 31 * time.Second
	for name, c := range map[string]struct {
		first func(t *testing.T, p *pace.Pacer)
		want  time.Duration
	}{
		"closed before any call": {end, second},
		"closed after its calls": {func(t *testing.T, p *pace.Pacer) { call(t, p, sender); end(t, p) }, second},
		"killed before any call": {func(*testing.T, *pace.Pacer) {}, second},
		"killed after a call":    {func(t *testing.T, p *pace.Pacer) { call(t, p, sender) }, lost},
		"closed, with a call that was given up": {func(t *testing.T, p *pace.Pacer) {
			callEnding(t, p, sender, true, false)
			end(t, p)
		}, lost},
		"closed, long after a call that was given up": {func(t *testing.T, p *pace.Pacer) {
			callEnding(t, p, sender, true, false)
			time.Sleep(lost)
			end(t, p)
		}, second},
		"closed, with a call under way": {func(t *testing.T, p *pace.Pacer) {
			if _, err := p.Acquire(t.Context(), sender); err != nil {
				t.Fatal(err)
			}
			end(t, p)
		}, lost},
		"closed, and used again": {func(t *testing.T, p *pace.Pacer) {
			call(t, p, sender)
			end(t, p)
			call(t, p, sender)
		}, lost},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				kept := &store{}
				c.first(t, newPacer(t, pace.Options{PerSecond: 10, Store: kept}))
				start := time.Now()
				p := newPacer(t, pace.Options{PerSecond: 10, Store: kept})
				until, why := p.Waiting()
				if silent := why == pace.Lost && until.Equal(start.Add(lost)); silent != (c.want == lost) {
					t.Errorf("Waiting says %v, %q", until, why)
				}
				if waited := call(t, p, sender).Sub(start); waited != c.want {
					t.Errorf("the next process waited %v, want %v", waited, c.want)
				}
			})
		})
	}
}

// A process that waits for the calls of a killed one, and is closed meanwhile, does not
// hide them from the next.
func TestClosingWhileWaitingKeepsTheMark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &store{}
		call(t, newPacer(t, pace.Options{PerSecond: 10, Store: kept}), sender)
		second := newPacer(t, pace.Options{PerSecond: 10, Store: kept})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := second.Acquire(ctx, sender); err == nil {
			t.Fatal("a permit was given")
		}
		end(t, second)
		start := time.Now()
		if waited := call(t, newPacer(t, pace.Options{PerSecond: 10, Store: kept}), sender).Sub(start); waited != 31*time.Second {
			t.Errorf("the third process waited %v", waited)
		}
	})
}

// No call is made that the next process could not learn of.
func TestWithoutTheMarkThereIsNoPermit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("disk full")
		kept := &store{}
		p := newPacer(t, pace.Options{PerSecond: 10, Store: kept})
		kept.failing = full
		if _, err := p.Acquire(t.Context(), sender); !errors.Is(err, full) {
			t.Errorf("Acquire ended with %v", err)
		}
	})
}

// Without a limit nothing is counted, and nothing is waited for.
func TestWithoutALimitARestartCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &store{}
		call(t, newPacer(t, pace.Options{Store: kept}), sender)
		start := time.Now()
		if waited := call(t, newPacer(t, pace.Options{Store: kept}), sender).Sub(start); waited != 0 || len(kept.kept) != 0 {
			t.Errorf("waited %v; kept: %v", waited, kept.kept)
		}
	})
}

// Of two reasons to wait the one that holds longer is told.
func TestWaitingTellsWhatHoldsLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &store{}
		callEnding(t, newPacer(t, pace.Options{PerSecond: 10, Store: kept}), sender, false, true)
		time.Sleep(20 * time.Second) // and is killed
		p := newPacer(t, pace.Options{PerSecond: 10, Store: kept})
		if until, why := p.Waiting(); why != pace.Lost || time.Until(until) != 31*time.Second {
			t.Errorf("before any call: %q for %v", why, time.Until(until))
		}
		callEnding(t, p, sender, false, true)
		if until, why := p.Waiting(); why != pace.Block || time.Until(until) != 31*time.Second {
			t.Errorf("after a block: %q for %v", why, time.Until(until))
		}
	})
}
