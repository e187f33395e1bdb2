package pace_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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

// server notes when calls arrive, as the portal would.
type server struct {
	mu       sync.Mutex
	arrivals []time.Time
}

func (s *server) arrive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrivals = append(s.arrivals, time.Now())
}

// busiest is the most calls in any half-open second that begins with a call; no second
// anywhere can hold more.
func (s *server) busiest() int {
	most, first := 0, 0
	for i, at := range s.arrivals {
		for at.Sub(s.arrivals[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// refused counts the calls that Jetty's DoSFilter would answer with 429: those that come
// less than 1000 of its whole milliseconds after the tenth before them.
func (s *server) refused(limit int) (n int) {
	for i := limit; i < len(s.arrivals); i++ {
		if s.arrivals[i].UnixMilli()-s.arrivals[i-limit].UnixMilli() < 1000 {
			n++
		}
	}
	return n
}

func upTo(r *rand.Rand, d time.Duration) time.Duration { return time.Duration(r.Int64N(int64(d))) }

// The latencies are those that break departure counting: some calls arrive at once, some
// are held up on the way there and arrive in a heap with later ones, some answers are slow.
func TestNoEleventhCallInAnySecond(t *testing.T) {
	jitters := map[string]func(*rand.Rand) (there, back time.Duration){
		"none": func(*rand.Rand) (a, b time.Duration) { return 0, 0 },
		"even": func(r *rand.Rand) (a, b time.Duration) {
			return upTo(r, 200*time.Millisecond), upTo(r, 200*time.Millisecond)
		},
		"late arrivals": func(r *rand.Rand) (a, b time.Duration) { return upTo(r, 3*time.Second), 0 },
		"late answers":  func(r *rand.Rand) (a, b time.Duration) { return 0, upTo(r, 3*time.Second) },
		"heaps": func(r *rand.Rand) (a, b time.Duration) {
			now := time.Now() // everything on the way arrives when the next full 700 ms begin
			return now.Truncate(700 * time.Millisecond).Add(700 * time.Millisecond).Sub(now), upTo(r, 20*time.Millisecond)
		},
		"rare and huge": func(r *rand.Rand) (a, b time.Duration) {
			if r.IntN(20) == 0 {
				return upTo(r, 20*time.Second), upTo(r, 20*time.Second)
			}
			return upTo(r, 30*time.Millisecond), upTo(r, 30*time.Millisecond)
		},
	}
	for name, jitter := range jitters {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { hammer(t, 10, jitter) })
		})
	}
}

// hammer lets forty callers call for an hour and judges what the server saw.
func hammer(t *testing.T, limit int, jitter func(*rand.Rand) (there, back time.Duration)) {
	p := newPacer(t, pace.Options{PerSecond: limit})
	s, start := &server{}, time.Now()
	var mu sync.Mutex
	var spent time.Duration
	var group sync.WaitGroup
	for n := range 40 {
		random := rand.New(rand.NewPCG(7, uint64(n)))
		group.Go(func() {
			for time.Since(start) < time.Hour {
				done, err := p.Acquire(t.Context(), sender)
				if err != nil {
					t.Error(err)
					return
				}
				there, back := jitter(random)
				time.Sleep(there)
				s.arrive()
				time.Sleep(back)
				done(false, false)
				mu.Lock()
				spent += there + back
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if most := s.busiest(); most > limit {
		t.Errorf("%d calls arrived in one second, %d are allowed", most, limit)
	}
	if n := s.refused(limit); n > 0 {
		t.Errorf("DoSFilter would have refused %d calls", n)
	}
	calls := float64(len(s.arrivals))
	best := float64(limit) / (1 + spent.Seconds()/calls)
	if rate := calls / time.Since(start).Seconds(); rate < 0.97*best {
		t.Errorf("%.3f calls a second, possible are %.3f: %.1f %%", rate, best, 100*rate/best)
	} else {
		t.Logf("%.3f calls a second, %.1f %% of what is possible", rate, 100*rate/best)
	}
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
