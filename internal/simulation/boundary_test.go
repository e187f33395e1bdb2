package simulation

import (
	"flag"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/sandbox"
)

var stride = flag.Int("sim.stride", 230/thorough+1, "TestDeathAtEveryBoundary takes every such step; 1: all")

// still is a world in which nothing goes wrong but what a test makes go wrong.
func still() nature {
	return nature{PerSecond: 10, SignAfter: time.Second, Poll: 5 * time.Second, Style: sandbox.StyleSeal}
}

// A process that sends and follows three rows dies at one step after the other, killed and
// without power; another goes on. (A step is the same moment as the one behind it where nothing
// is between them, and never mind.)
func TestDeathAtEveryBoundary(t *testing.T) {
	p := newPlan(t, 3, false, alike("SIGNED", "SIGNED", "REJECTED"))
	steps, want := stepsOf(t, p), p.undisturbed(t, false)
	for step := 0; step < steps; step++ {
		for i, d := range []death{{steps: step}, {steps: step, power: true, all: true}} {
			if (step+i**stride/2)%*stride != 0 {
				continue
			}
			t.Run(fmt.Sprint(d), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, p, uint64(step), still())
					w.doom, w.want = &d, want
					w.play()
				})
			})
		}
	}
}

// stepsOf is how many steps a process takes that nothing happens to.
func stepsOf(t *testing.T, p *plan) (steps int) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p, 0, still())
		w.goOn(1)
		if books := w.check(); books.Totals.Final() != p.rows {
			t.Errorf("one process left %v", books.Totals)
		}
		steps = w.last.steps
	})
	return steps
}
