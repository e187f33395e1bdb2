package simulation

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"batch/internal/app"
	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// world is one batch on its way through one portal. What happens in it follows from its
// seed.
type world struct {
	t      *testing.T
	seed   uint64
	nature nature
	plan   *plan
	dir    string // the workspace
	portal *sandbox.Sandbox
	net    *network
	began  time.Time

	mu      sync.Mutex
	lives   int
	last    *life
	want    account                                // how it has to end; nil: nobody says
	told    account                                // … and did
	alarms  []mailout.Alarm                        // … and what was open then
	doom    *death                                 // of the first process; nil: by the seed
	planted func(kind, about string, n int) string // what goes wrong with the nth call of a kind about a row's attempt; nil: by the seed
	deaths  int
	counts  map[string]int
	rowOf   map[string]string             // job id → row's name, for the dice
	lost    map[mailout.Ref]bool          // attempts whose process died, or whose connection broke
	hasty   map[mailout.Ref]bool          // attempts of which a person said "absent" though they had a job
	wished  map[int]bool                  // rows that a person wished cancelled
	broken  int                           // connections that the network broke
	struck  map[string]int                // faults of the portal, by what they did
	heard   time.Time                     // when a call came last that was not a poll in vain
	foreign int                           // jobs of strangers so far
	again   again                         // changes that come again
	served  map[mailout.Digest]string     // signed documents that the portal has given out whole, with their jobs
	kept    map[string]mailout.Digest     // files that were kept when nobody ran
	ending  app.Ending                    // of the last process that lived
	moved   time.Duration                 // by which the portal's clock is ahead of ours
	ahead   map[mailout.Ref]time.Duration // by which it was when an attempt's job was made
	calm    bool                          // nothing goes wrong any more
	log     []string
	inside  sync.WaitGroup // calls that are being answered
}

// nature is how a world is, by its seed.
type nature struct {
	Faults      float64       // share of calls that something goes wrong with
	Deaths      int           // processes that die
	Late        bool          // … and none before it has sent, and no connection is used twice
	PerSecond   int           // calls_per_second
	Canary      int           // rows sent before a person approves going on; 0: all
	SignAfter   time.Duration // of signers
	Poll        time.Duration // until an empty queue may be polled again
	Cancels     float64       // share of rows that a person wishes cancelled
	CancelTurn  int           // … while the process of so many turns runs,
	CancelAfter time.Duration // … so long after its start
	Patient     bool          // a process is left to wait; else it is stopped when nothing is going on
	Stops       float64       // share of processes that a person stops with Ctrl-C
	Hasty       float64       // share of "absent" that a person says without having searched
	Cron        bool          // every second process only follows, as a scheduled job does
	Again       float64       // share of changes that come again
	Cut         float64       // share of downloads that are cut
	Lost        float64       // share of confirmations that are lost, or whose answers are
	Foreign     int           // jobs of strangers in our queues
	Purge       bool          // the batch is purged in the end
	XAdES       bool
	Style       sandbox.PAdESStyle
	ByJob       bool // a confirmation counts for the job's newest status
}

func natureOf(seed uint64) nature {
	r := dice(seed, "nature")
	n := nature{
		Faults:    pick(r, 0, 0, 0.03, 0.1, 0.25),
		Deaths:    pick(r, 0, 1, 1, 2, 2, 3),
		PerSecond: pick(r, 1, 3, 10, 10),
		Canary:    pick(r, 0, 0, 0, 2),
		SignAfter: pick(r, time.Second, 20*time.Second, 4*time.Minute, 25*time.Minute),
		Poll:      pick(r, 5*time.Second, time.Minute, 10*time.Minute),
		Cancels:   pick(r, 0, 0, 0.3, 1),
		Stops:     pick(r, 0, 0, 0.3),
		Patient:   r.IntN(8) == 0,
		Hasty:     pick(r, 0, 0, 0, 0.5),
		Cron:      r.IntN(4) == 0,
		Again:     pick(r, 0, 0.4, 0.9),
		Cut:       pick(r, 0, 0, 0.3, 0.7),
		Lost:      pick(r, 0, 0, 0.3, 0.7),
		Foreign:   pick(r, 0, 0, 1, 2, 3),
		Purge:     r.IntN(4) == 0,
		XAdES:     storyOf(seed)%3 == 0,
		Style:     pick(r, sandbox.StyleSeal, sandbox.StyleSeal, sandbox.StyleVarying),
		ByJob:     r.IntN(2) == 0,
	}
	n.CancelTurn, n.CancelAfter = 1+r.IntN(3), time.Duration(r.IntN(int(pick(r, 4*time.Second, 45*time.Second, 20*time.Minute))))
	return n
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// dice are the seed's for one thing, whenever and in whatever order it happens.
func dice(seed uint64, about ...any) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, seed)
	for _, a := range about {
		fmt.Fprint(h, "/", a)
	}
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

func (w *world) dice(about ...any) *rand.Rand { return dice(w.seed, about...) }

// strikes reports whether something goes wrong, as often as it does in this world.
func (w *world) strikes(r *rand.Rand, share float64) bool {
	return r.Float64() < w.nature.Faults*share && !w.isCalm()
}

func (w *world) isCalm() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calm
}

// newWorld makes a world, inside a bubble. Its portal is closed at the test's end.
func newWorld(t *testing.T, p *plan, seed uint64, n nature) *world {
	t.Helper()
	w := &world{t: t, seed: seed, nature: n, plan: p, dir: filepath.Join(t.TempDir(), "workspace"), began: time.Now(),
		counts: map[string]int{}, rowOf: map[string]string{}, lost: map[mailout.Ref]bool{}, hasty: map[mailout.Ref]bool{},
		wished: map[int]bool{}, struck: map[string]int{}, ahead: map[mailout.Ref]time.Duration{},
		again: again{final: map[int64]bool{}, known: map[int64]bool{}}, served: map[mailout.Digest]string{}}
	must(t, copyFolder(w.dir, p.dir))
	must(t, w.settings())
	portal, err := sandbox.New(sandbox.Options{PKI: p.pki, Brokers: []string{otherSender}, Act: w.act, PollInterval: n.Poll,
		NoLimits: n.Late, ConfirmsJob: n.ByJob, PAdESStyle: n.Style, Outcome: w.made, Strike: w.strike})
	must(t, err)
	w.portal, w.net = portal, newNetwork(w)
	w.serve()
	w.clockMoves()
	return w
}

// madeLate reports whether the portal's clock was ahead of ours, when the job was made, by
// about as much as a job is open: no portal's clock is, but one that clockMoves has moved
// while a row was not sent yet.
func (w *world) madeLate(ref mailout.Ref) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ahead[ref] > 29*24*time.Hour
}

// clockMoves lets days pass where nothing else is going on, so that deadlines go by.
func (w *world) clockMoves() {
	w.every(max(2*time.Minute, 4*w.nature.Poll)+7, func() {
		next, ok := w.portal.NextEvent()
		if by := next.Sub(w.portal.Clock()); ok && by > 30*time.Minute && !w.unseen() {
			w.note("the portal's clock moves by %v", by)
			must(w.t, w.portal.Advance(by))
			w.mu.Lock()
			w.moved += by
			w.mu.Unlock()
		}
	})
}

// unseen reports whether the portal has news for us.
func (w *world) unseen() bool {
	return slices.ContainsFunc(w.portal.Jobs(""), func(j sandbox.JobView) bool { return j.Unseen && !j.Foreign })
}

// every does something again and again, until the test's end.
func (w *world) every(interval time.Duration, do func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				do()
			}
		}
	}()
	w.t.Cleanup(func() { close(over); <-ended })
}

// serve lets the portal answer until the test's end.
func (w *world) serve() {
	server := &http.Server{Handler: http.HandlerFunc(w.answer), ConnContext: withLife, ErrorLog: quiet(),
		IdleTimeout: pick(w.dice("idle"), 3*time.Second, 9*time.Second+999*time.Millisecond, time.Minute)}
	server.SetKeepAlivesEnabled(!w.nature.Late)
	served := make(chan struct{})
	listener := tlsListener(w.net, w.portal)
	go func() { defer close(served); server.Serve(listener) }()
	w.t.Cleanup(func() {
		server.Close()
		<-served
		w.inside.Wait()
		must(w.t, w.portal.Close())
		if w.t.Failed() {
			w.t.Logf("seed %d, %+v; repeat it with\n\tgo test ./internal/simulation -run '^%s$' -sim.from=%d -sim.seeds=1 -sim.twice=1 -sim.stride=1\n%s",
				w.seed, w.nature, strings.ReplaceAll(w.t.Name(), "/", "$/^"), w.seed, strings.Join(w.log, "\n"))
		}
	})
}

// note writes a line of the log that a failing seed prints.
func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, fmt.Sprintf("%14v  ", time.Since(w.began).Round(time.Microsecond))+fmt.Sprintf(format, args...))
}

// nth counts what happens under a name, from 1.
func (w *world) nth(name string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts[name]++
	return w.counts[name]
}

func (w *world) netFault(l *life, what string) {
	w.mu.Lock()
	w.broken++
	w.mu.Unlock()
	w.note("process %d: %s", l.n, what)
}

// copyFolder copies a workspace in which nobody writes.
func copyFolder(to, from string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		switch name := to + strings.TrimPrefix(path, from); {
		case err != nil:
			return err
		case e.IsDir():
			return os.MkdirAll(name, 0o700)
		default:
			return copyFile(name, path)
		}
	})
}

func copyFile(to, from string) error {
	raw, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, raw, 0o600)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
