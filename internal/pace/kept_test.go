package pace_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/pace"
)

// store keeps what it is given as a ledger does: wall-clock times, nothing monotonic.
type store struct {
	mu      sync.Mutex
	kept    map[string]time.Time
	failing error
}

func (s *store) SavePace(_ context.Context, key string, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failing != nil {
		return s.failing
	}
	if s.kept == nil {
		s.kept = map[string]time.Time{}
	}
	s.kept[key] = until.Round(0)
	return nil
}

func (s *store) LoadPace(context.Context) (map[string]time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.kept), s.failing
}

func TestABlockOutlivesTheProcess(t *testing.T) {
	for _, per := range []bool{false, true} { // the setting may change in between
		synctest.Test(t, func(t *testing.T) {
			kept := &store{}
			first := newPacer(t, pace.Options{PerSecond: 10, PerSender: per, Store: kept})
			blocked := callEnding(t, first, sender, false, true)
			end(t, first)

			time.Sleep(5 * time.Second)
			second := newPacer(t, pace.Options{PerSecond: 10, PerSender: !per, Store: kept})
			if until, why := second.Waiting(); why != "block" || !until.Equal(blocked.Add(31*time.Second)) {
				t.Errorf("the next process says %v, %q", until, why)
			}
			if waited := call(t, second, sender).Sub(blocked); waited < 31*time.Second || waited > 32*time.Second {
				t.Errorf("the next process called %v after the block", waited)
			}
			if n := callsWithin(t, second, time.Minute); n > 300 {
				t.Errorf("%d calls in a minute: the next process did not go at half speed", n)
			}
		})
	}
}

func TestAPermittedPollTimeOutlivesTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept, start := &store{}, time.Now()
		first := newPacer(t, pace.Options{PerSecond: 10, Store: kept})
		if err := first.PollAfter(t.Context(), sender, "hr/avtaler", 10*time.Minute); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Minute)
		second := newPacer(t, pace.Options{PerSecond: 10, Store: kept})
		const unlike = 3 * time.Second // for clocks that do not run alike
		if next := second.NextPoll(sender, "hr/avtaler"); !next.Equal(start.Add(10*time.Minute + unlike)) {
			t.Errorf("the next process may poll at %v", next)
		}
		awaitPoll(t, second, "another queue", 0)
		awaitPoll(t, second, "hr/avtaler", 6*time.Minute+unlike)
	})
}

func awaitPoll(t *testing.T, p *pace.Pacer, queue string, want time.Duration) {
	t.Helper()
	start := time.Now()
	if err := p.AwaitPoll(t.Context(), sender, queue); err != nil {
		t.Fatal(err)
	}
	if waited := time.Since(start); waited != want {
		t.Errorf("queue %q was held %v, want %v", queue, waited, want)
	}
}

func TestAPollMayFollowAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &store{}
		p := newPacer(t, pace.Options{Store: kept})
		poll := func(wait time.Duration) {
			t.Helper()
			if err := p.PollAfter(t.Context(), sender, "q", wait); err != nil {
				t.Fatal(err)
			}
		}
		poll(0)
		if len(kept.kept) != 0 {
			t.Errorf("a time that is past was kept: %v", kept.kept)
		}
		awaitPoll(t, p, "q", 0)
		poll(time.Minute)
		poll(-time.Second) // the portal thought better of it
		awaitPoll(t, p, "q", 0)
		awaitPoll(t, newPacer(t, pace.Options{Store: kept}), "q", 0)
	})
}

func TestWaitingNamesThePollThatSomebodyWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(t, pace.Options{PerSecond: 10})
		for queue, wait := range map[string]time.Duration{"a": 10 * time.Minute, "b": time.Minute, "c": time.Second} {
			if err := p.PollAfter(t.Context(), sender, queue, wait); err != nil {
				t.Fatal(err)
			}
		}
		if _, why := p.Waiting(); why != "" {
			t.Errorf("nobody waits, Waiting says %q", why)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for _, queue := range []string{"a", "b"} {
			group.Go(func() {
				if err := p.AwaitPoll(ctx, sender, queue); !errors.Is(err, context.Canceled) {
					t.Errorf("a cancelled wait ended with %v", err)
				}
			})
		}
		synctest.Wait()
		if until, why := p.Waiting(); why != "poll" || !until.Equal(p.NextPoll(sender, "b")) {
			t.Errorf("Waiting says %v, %q", until, why)
		}
		cancel()
		group.Wait()
		if _, why := p.Waiting(); why != "" {
			t.Errorf("nobody waits any more, Waiting says %q", why)
		}
	})
}

// A clock that was a year ahead when the times were kept must not stop the next process
// for a year.
func TestTimesFromAWrongClockAreCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		year := time.Now().AddDate(1, 0, 0)
		kept := &store{kept: map[string]time.Time{
			"silence/*": year, "slow/*": year, "poll/" + sender + "/q": year, "of a later version": year,
		}}
		start := time.Now()
		p := newPacer(t, pace.Options{PerSecond: 10, Store: kept})
		if waited := call(t, p, sender).Sub(start); waited > 31*time.Second {
			t.Errorf("the first call waited %v", waited)
		}
		if next := p.NextPoll(sender, "q"); next.After(start.Add(10 * time.Minute)) {
			t.Errorf("the next poll is at %v", next)
		}
	})
}

// A time that is garbled on its way is taken for the ten minutes of production; one that a
// portal can mean is kept as it is, across a restart too.
func TestOnlyAPollTimeThatCanBeMeantIsBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for said, want := range map[time.Duration]time.Duration{
			-time.Hour: 0, 0: 0, 30 * time.Second: 30 * time.Second, time.Hour: time.Hour,
			2 * time.Hour: 10 * time.Minute, 1000 * time.Hour: 10 * time.Minute,
		} {
			kept, start := &store{}, time.Now()
			p := newPacer(t, pace.Options{PerSecond: 10, Store: kept})
			if err := p.PollAfter(t.Context(), sender, "q", said); err != nil {
				t.Fatal(err)
			}
			for n, p := range []*pace.Pacer{p, newPacer(t, pace.Options{PerSecond: 10, Store: kept})} {
				wait := max(0, p.NextPoll(sender, "q").Sub(start))
				if wait < want || wait > want+want/100 {
					t.Errorf("told to wait %v, process %d waits %v, want %v", said, n+1, wait, want)
				}
			}
		}
	})
}

func TestAStoreThatFailsEndsThePermits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("disk full")
		if _, err := pace.New(t.Context(), pace.Options{PerSecond: 10, Store: &store{failing: full}}); !errors.Is(err, full) {
			t.Errorf("New ended with %v", err)
		}

		kept := &store{}
		p := newPacer(t, pace.Options{PerSecond: 10, Store: kept})
		done, err := p.Acquire(t.Context(), sender)
		if err != nil {
			t.Fatal(err)
		}
		kept.failing = full
		done(false, true)
		if _, err := p.Acquire(t.Context(), sender); !errors.Is(err, full) {
			t.Errorf("a permit was given although the block is not kept: %v", err)
		}
		if err := p.PollAfter(t.Context(), sender, "q", time.Minute); !errors.Is(err, full) {
			t.Errorf("PollAfter ended with %v", err)
		}
	})
}

// The store gets the block even when the context of the blocked call has ended with it.
func TestABlockIsKeptAfterItsCallIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &store{}
		p := newPacer(t, pace.Options{PerSecond: 10, Store: strict{kept}})
		ctx, cancel := context.WithCancel(t.Context())
		done, err := p.Acquire(ctx, sender)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		done(false, true)
		if len(kept.kept) != 3 {
			t.Errorf("kept: %v", kept.kept)
		}
	})
}

// strict refuses an ended context, as a database does.
type strict struct{ *store }

func (s strict) SavePace(ctx context.Context, key string, until time.Time) error {
	return errors.Join(ctx.Err(), s.store.SavePace(ctx, key, until))
}
