package pace_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/pace"
)

// efficiencyLimit is the least part of what the rule allows that may be used: ten permits,
// each of which makes a call in a second and the mean latency.
const efficiencyLimit = 0.97

func TestNoEleventhCallInAnySecond(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(jitters)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { hammer(t, 10, jitters[name]) })
		})
	}
}

// TestEfficiency is also what make bench prints. Time is virtual, so the figures are exact.
func TestEfficiency(t *testing.T) {
	for _, mean := range []time.Duration{5 * time.Millisecond, 50 * time.Millisecond, 500 * time.Millisecond, 2500 * time.Millisecond} {
		t.Run(mean.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hammer(t, 10, func(r *rand.Rand) (there, back time.Duration) { return upTo(r, mean), upTo(r, mean) })
			})
		})
	}
}

// hammer lets forty callers call for an hour and judges what the portal saw.
func hammer(t *testing.T, limit int, jitter weather) {
	p, portal, start := newPacer(t, pace.Options{PerSecond: limit}), newPortal(limit, 7), time.Now()
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
				portal.arrive("create", sender, "")
				time.Sleep(back)
				done(false, false)
				mu.Lock()
				spent += there + back
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for _, fault := range portal.faults {
		t.Error(fault)
	}
	calls := float64(portal.calls["create"])
	best := float64(limit) / (1 + spent.Seconds()/calls)
	rate := calls / time.Since(start).Seconds()
	if rate < efficiencyLimit*best {
		t.Errorf("%.1f %% of what the rule allows are used, at least %.0f %% must be", 100*rate/best, 100*efficiencyLimit)
	}
	t.Logf("%.3f calls a second, %.1f %% of what the rule allows (limit %.0f %%)", rate, 100*rate/best, 100*efficiencyLimit)
}
