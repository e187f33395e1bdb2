package pace_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/pace"
)

const sender = "988015814"

func newPacer(t *testing.T, o pace.Options) *pace.Pacer {
	t.Helper()
	p, err := pace.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// call makes one call that takes no time and is answered well.
func call(t *testing.T, p *pace.Pacer, who string) time.Time {
	t.Helper()
	return callEnding(t, p, who, false, false)
}

func callEnding(t *testing.T, p *pace.Pacer, who string, timedOut, blocked bool) time.Time {
	t.Helper()
	done, err := p.Acquire(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	done(timedOut, blocked)
	return at
}

func TestANewPacerStartsWithItsPermitsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		p := newPacer(t, pace.Options{PerSecond: 10})
		if waited := call(t, p, sender).Sub(start); waited < time.Second {
			t.Errorf("the first call came after %v: the process before may have made ten just now", waited)
		}
	})
}

func TestACallWithoutAnswerKeepsItsPermitOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(t, pace.Options{PerSecond: 1})
		lost := callEnding(t, p, sender, true, false)
		if waited := call(t, p, sender).Sub(lost); waited < 31*time.Second {
			t.Errorf("the permit of a lost call came back after %v", waited)
		}
	})
}

func TestABlockSilencesAllAndThenHalvesTheSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(t, pace.Options{PerSecond: 10})
		blocked := callEnding(t, p, sender, false, true)
		until, why := p.Waiting()
		if why != "block" || !until.Equal(blocked.Add(31*time.Second)) {
			t.Errorf("Waiting says %v, %q", until, why)
		}
		first := call(t, p, sender)
		if waited := first.Sub(blocked); waited < 31*time.Second {
			t.Errorf("a call went out %v after the block", waited)
		}
		if _, why := p.Waiting(); why != "" {
			t.Errorf("after the block Waiting says %q", why)
		}
		if n := callsWithin(t, p, 9*time.Minute); n < 2600 || n > 2700 {
			t.Errorf("%d calls in nine minutes at half speed, want about 2700", n)
		}
		time.Sleep(2 * time.Minute)
		if n := callsWithin(t, p, time.Minute); n < 590 {
			t.Errorf("%d calls in a minute after the slow ten, want about 600", n)
		}
	})
}

func callsWithin(t *testing.T, p *pace.Pacer, d time.Duration) (n int) {
	for start := time.Now(); time.Since(start) < d; n++ {
		call(t, p, sender)
	}
	return n
}

func TestOnePermitIsHalvedByWaitingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(t, pace.Options{PerSecond: 1})
		callEnding(t, p, sender, false, true)
		first := call(t, p, sender)
		if gap := call(t, p, sender).Sub(first); gap < 2*time.Second {
			t.Errorf("at half of one call a second, the next came after %v", gap)
		}
	})
}

func TestWithoutALimitABlockStillHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(t, pace.Options{})
		start := time.Now()
		for range 1000 {
			call(t, p, sender)
		}
		if spent := time.Since(start); spent != 0 {
			t.Errorf("1000 calls without a limit took %v", spent)
		}
		blocked := callEnding(t, p, sender, false, true)
		if waited := call(t, p, sender).Sub(blocked); waited < 31*time.Second {
			t.Errorf("a call went out %v after the block", waited)
		}
	})
}

func TestSendersShareAWindowUnlessAsked(t *testing.T) {
	for _, per := range []bool{false, true} {
		t.Run(fmt.Sprintf("PerSender=%v", per), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPacer(t, pace.Options{PerSecond: 1, PerSender: per})
				blocked := callEnding(t, p, sender, false, true)
				other := call(t, p, "974760673").Sub(blocked)
				if silent := other >= 31*time.Second; silent == per {
					t.Errorf("another sender's call went out after %v", other)
				}
			})
		})
	}
}

func TestPermitsAreGivenInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(t, pace.Options{PerSecond: 3})
		var mu sync.Mutex
		var order []int
		var group sync.WaitGroup
		for n := range 20 {
			group.Go(func() {
				done, err := p.Acquire(t.Context(), sender)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				order = append(order, n)
				mu.Unlock()
				time.Sleep(time.Duration(n%4) * 100 * time.Millisecond)
				done(false, false)
			})
			synctest.Wait() // n stands in line before n+1 comes
		}
		group.Wait()
		if !slices.IsSorted(order) {
			t.Errorf("permits were given in the order %v", order)
		}
	})
}

func TestACancelledWaitUsesNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(t, pace.Options{PerSecond: 1})
		start := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for range 5 { // one at the head, four in line
			group.Go(func() {
				if _, err := p.Acquire(ctx, sender); !errors.Is(err, context.Canceled) {
					t.Errorf("a cancelled wait ended with %v", err)
				}
			})
		}
		synctest.Wait()
		cancel()
		group.Wait()
		if spent := time.Since(start); spent != 0 {
			t.Errorf("cancelled waits ended after %v", spent)
		}
		if waited := call(t, p, sender).Sub(start); waited > 1100*time.Millisecond {
			t.Errorf("after cancelled waits the next call waited %v", waited)
		}
		if _, err := p.Acquire(ctx, sender); !errors.Is(err, context.Canceled) {
			t.Errorf("a permit was given to a cancelled context: %v", err)
		}
	})
}

func TestAWaiterLearnsThatAPermitCameBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(t, pace.Options{PerSecond: 1})
		done, err := p.Acquire(t.Context(), sender)
		if err != nil {
			t.Fatal(err)
		}
		var end time.Time
		time.AfterFunc(5*time.Second, func() {
			end = time.Now()
			done(false, false)
			done(true, true) // of no effect
		})
		if waited := call(t, p, sender).Sub(end); waited < time.Second || waited > 1100*time.Millisecond {
			t.Errorf("the next call went out %v after the answer", waited)
		}
	})
}

func TestANegativeLimitIsAnError(t *testing.T) {
	if _, err := pace.New(t.Context(), pace.Options{PerSecond: -1}); err == nil {
		t.Error("a negative limit was accepted")
	}
}
