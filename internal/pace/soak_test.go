package pace_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/pace"
)

var (
	soakHours = flag.Int("pace.hours", 1, "virtual hours of TestNoEleventhCallWhateverHappens")
	soakSeed  = flag.Uint64("pace.seed", 1, "the first of its seeds")
)

// Processes come and go over one store, killed or closed, with the wall clock put forward
// or back in between. Their calls are of all kinds; they are held up on the way, given up,
// blocked. Whatever happens, the portal never counts an eleventh call in any second, nobody
// calls into a block, half speed is half, and no poll comes before its time.
func TestNoEleventhCallWhateverHappens(t *testing.T) {
	for seed := *soakSeed; seed < *soakSeed+seeds; seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, seed, seed%2 == 0)
				for w.elapsed() < time.Duration(*soakHours)*time.Hour {
					w.process()
					w.restart()
				}
				w.judge()
			})
		})
	}
}

var (
	senders = []string{"988015814", "974760673"}
	kinds   = []string{"create", "create", "create", "confirm", "fetch", "cancel"}
)

const (
	seeds        = 8
	callersEach  = 20               // of each sender, beside the one that polls its queue
	longestDelay = 25 * time.Second // of a call that is given up, from then until it arrives
)

// world is what outlives a process: the portal, the network, the store, and what the
// processes have learnt and kept there.
type world struct {
	t      *testing.T
	seed   uint64
	start  time.Time
	random *rand.Rand // between processes
	portal *portal
	kept   *store
	per    bool // a window for each sender

	onTheWay sync.WaitGroup // calls, some of which nobody waits for any more

	mu        sync.Mutex
	windows   map[string]*learnt
	processes int
	killed    int
	forward   int // how often the clock was put forward
	givenUp   int // calls
	unheard   int // polls whose answer nobody read, or kept
}

// learnt is what the callers of one window know about a block.
type learnt struct {
	at, silent, slow time.Time
	departures       []time.Time // the last five at half speed
}

func newWorld(t *testing.T, seed uint64, per bool) *world {
	w := &world{
		t: t, seed: seed, start: time.Now(), random: rand.New(rand.NewPCG(seed, 0)),
		portal: newPortal(10, seed), kept: &store{}, per: per, windows: map[string]*learnt{},
	}
	w.portal.others = 3000
	return w
}

func (w *world) elapsed() time.Duration { return time.Since(w.start) }

// weather changes every three minutes.
func (w *world) weather() weather {
	names := slices.Sorted(maps.Keys(jitters))
	return jitters[names[(uint64(w.elapsed()/(3*time.Minute))+w.seed)%uint64(len(names))]]
}

func (w *world) key(sender string) string {
	if w.per {
		return sender
	}
	return "*"
}

// process lives for a moment or for minutes. In the end it finishes its calls and is
// closed, or gives them up and is closed, or it is killed among them.
func (w *world) process() {
	w.processes++
	alive, kill := context.WithCancel(w.t.Context())
	defer kill()
	working, stop := context.WithCancel(alive)
	calling, giveUp := context.WithCancel(alive)
	p, err := pace.New(alive, pace.Options{PerSecond: 10, PerSender: w.per, Store: mortal{w.kept, alive}})
	if err != nil {
		w.t.Fatal(err)
	}
	var group sync.WaitGroup
	for n := range len(senders) * (callersEach + 1) {
		c := &caller{world: w, pace: p, alive: alive, working: working, calling: calling,
			sender: senders[n%len(senders)], polls: n < len(senders),
			random: rand.New(rand.NewPCG(w.seed, uint64(w.processes*1000+n)))}
		group.Go(c.run)
	}
	time.Sleep(upTo(w.random, []time.Duration{time.Minute, time.Minute, 15 * time.Minute}[w.random.IntN(3)]))
	switch w.random.IntN(4) {
	case 0:
		giveUp()
		fallthrough
	case 1:
		stop()
		group.Wait()
		if err := p.Close(); err != nil {
			w.t.Error(err)
		}
	default:
		w.killed++
		kill()
		group.Wait()
	}
	giveUp()
	stop()
}

// restart is the time between two processes. A clock that is put forward takes kept times
// for past: nothing in the store could tell.
func (w *world) restart() {
	time.Sleep(upTo(w.random, []time.Duration{1, 2 * time.Second, time.Minute}[w.random.IntN(3)]))
	if w.random.IntN(4) > 0 {
		return
	}
	shift := upTo(w.random, []time.Duration{20 * time.Second, time.Hour, 10000 * time.Hour}[w.random.IntN(3)])
	if w.random.IntN(2) == 0 {
		w.forward++
		clear(w.windows)
	} else {
		shift = -shift
	}
	for key, until := range w.kept.kept {
		w.kept.kept[key] = until.Add(-shift)
	}
}

// mortal is the store of one process: when it is killed, nothing is kept any more.
type mortal struct {
	*store
	alive context.Context
}

func (m mortal) SavePace(ctx context.Context, key string, until time.Time) error {
	if m.alive.Err() != nil {
		return nil
	}
	return m.store.SavePace(ctx, key, until)
}

func (w *world) judge() {
	w.onTheWay.Wait()
	p := w.portal
	for _, fault := range p.faults {
		w.t.Errorf("seed %d: %s", w.seed, fault)
	}
	if excused := w.unheard + w.forward*len(senders); p.early > excused {
		w.t.Errorf("seed %d: %d polls came too early; %d answers were not read, the clock was put forward %d times", w.seed, p.early, w.unheard, w.forward)
	}
	if len(p.calls) != 5 || p.blocks == 0 || w.killed == 0 || w.givenUp == 0 || p.most < p.limit {
		w.t.Errorf("seed %d: too little happened", w.seed)
	}
	w.t.Logf("%v: calls %v, at most %d in a second, %d given up; %d blocks, %d early polls; %d processes, %d killed",
		w.elapsed().Round(time.Second), p.calls, p.most, w.givenUp, p.blocks, p.early, w.processes, w.killed)
}
