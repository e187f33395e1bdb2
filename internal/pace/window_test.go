package pace_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/pace"
)

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
