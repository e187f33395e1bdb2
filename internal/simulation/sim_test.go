package simulation

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/app"
)

var (
	seeds = flag.Int("sim.seeds", 8*thorough, "how many seeds TestSeeds runs")
	twice = flag.Int("sim.twice", 2*thorough, "how many seeds are run twice")
	from  = flag.Uint64("sim.from", 1, "the first of them")
)

// TestMain hands over to the PDF worker where that is what was started.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == app.WorkerArg {
		os.Exit(app.RunWorker(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// stories is how many different batches seeds are run on.
const stories = 24

func storyOf(seed uint64) uint64 { return seed % stories }

// plans are the batches: of two senders, every fourth held, each with other people.
type plans [stories]*plan

func newPlans(t *testing.T) (all plans) {
	plain, held := newPlan(t, 7, true, nil), newHeldPlan(t, 7, true, 15*time.Minute, nil)
	for n := range all {
		all[n] = []*plan{plain, plain, plain, held}[n%4].with(anybody(uint64(n)))
	}
	return all
}

func (p plans) of(seed uint64) *plan { return p[storyOf(seed)] }

func TestSeeds(t *testing.T) {
	p := newPlans(t)
	for seed := *from; seed < *from+uint64(*seeds); seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			live(t, p.of(seed), seed, natureOf(seed))
		})
	}
}

// live lets a seed's world live to its end, and tells its rows' logs.
func live(t *testing.T, p *plan, seed uint64, n nature) (logs map[int]string) {
	want := p.undisturbed(t, n.XAdES)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p, seed, n)
		w.want = want
		w.play()
		w.look(func(c *checker) { logs = c.logs() })
	})
	return logs
}

// What happens to a row follows from the seed, however busy the machine is: else no failure
// could be repeated. (But for what a process does at one instant: rows that begin together
// reach the disk in any order, of two calls that wait for one permit any may get it, and a stop
// may come before or after a call. So here there are permits for all, nobody dies before the
// rows have left, and only deaths and faults end anything.)
func TestTheSameSeedGivesTheSameLogs(t *testing.T) {
	p := newPlan(t, 6, false, alike("SIGNED", "REJECTED", "SIGNED"))
	for seed := *from; seed < *from+uint64(*twice); seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			n := natureOf(seed)
			n.PerSecond, n.Late, n.Canary, n.Stops, n.Cancels, n.Again, n.Foreign = 100, true, 0, 0, 0, 0, 0
			first, second := live(t, p, seed, n), live(t, p, seed, n)
			for line := range first {
				if first[line] != second[line] {
					t.Errorf("line %d, once:\n%s\nand again:\n%s", line, first[line], second[line])
				}
			}
		})
	}
}
