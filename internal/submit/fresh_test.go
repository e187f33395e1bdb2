package submit_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/submit"
)

// clocks are a process's two: the bubble's, which stands for the monotonic one, and a wall
// clock that goes on while the machine is asleep.
type clocks struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clocks) sleep(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// now has no monotonic reading to which a sleep would be nothing: here it counts.
func (c *clocks) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Round(0).Add(c.ahead)
}

// Between permit and first byte the machine sleeps, or the disk is slow: the call begins
// under a permit of its second all the same, with the intent and the Ref of before, and
// nothing is sent under the old one. Where it was so long that the job XML is of another
// time, the row is begun anew.
func TestTheCallBeginsUnderAFreshPermit(t *testing.T) {
	const once, anew = "permit, intent 2, permit, bytes 2, outcome 2", "permit, intent 2, permit, outcome 2, permit, permit, intent 2, bytes 2, outcome 2"
	for name, tt := range map[string]struct {
		slept, took time.Duration // by the wall clock alone; by both
		want        string
	}{
		"at once":                 {0, 0, "permit, intent 2, bytes 2, outcome 2"},
		"a second on a slow disk": {0, time.Second, "permit, intent 2, bytes 2, outcome 2"},
		"longer on a slow disk":   {0, 1100 * time.Millisecond, once},
		"a nap":                   {2 * time.Second, 0, once},
		"a minute of sleep":       {59 * time.Second, 0, once},
		"a night":                 {8 * time.Hour, 0, anew},
		"stopped for a night":     {0, 8 * time.Hour, anew},
	} {
		for _, where := range []string{"at the documents", "at the intent"} {
			t.Run(name+" "+where, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, c, first := newWorld(1), &clocks{}, true
					step := func(int) error {
						if first {
							c.sleep(tt.slept)
							time.Sleep(tt.took)
						}
						first = false
						return nil
					}
					if where == "at the intent" {
						w.begin = func(line int) error {
							w.mu.Unlock() // a bubble's time stands still while somebody waits for a mutex
							defer w.mu.Lock()
							return step(line)
						}
					} else {
						w.prepare = step
					}
					res, err := w.run(t, submit.Options{Now: c.now})
					if err != nil || res.Ending != submit.EndDone || w.rows[2] != mailout.Created {
						t.Fatalf("Run = %+v, %v; the row is %s", res, err, w.rows[2])
					}
					if got := strings.Join(w.steps, ", "); got != tt.want {
						t.Errorf("steps:\n got %s\nwant %s", got, tt.want)
					}
					if w.given != w.taken || w.sent[2] != 1 {
						t.Errorf("%d permits of %d were given back, %d calls made", w.given, w.taken, w.sent[2])
					}
				})
			})
		}
	}
}

// No other permit is to be had, because a person asked to stop meanwhile: nothing was sent,
// and the row is planned again.
func TestAStopWhileThePermitIsTakenAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, c := newWorld(3), &clocks{}
		soft, stop := context.WithCancel(t.Context())
		w.begin = func(int) error {
			c.sleep(time.Hour)
			stop()
			return nil
		}
		res, err := w.run(t, submit.Options{Now: c.now, Soft: soft})
		if err != nil || res.Ending != submit.EndInterrupted || len(w.sent) > 0 {
			t.Errorf("Run = %+v, %v after %v", res, err, w.sent)
		}
		if n := w.count()[mailout.Planned]; n != 3 {
			t.Errorf("%d rows are planned, want all: nothing was sent", n)
		}
	})
}
