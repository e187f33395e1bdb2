package simulation

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	"batch/internal/app"
	"batch/internal/disk/disktest"
	"batch/internal/mailout"
)

// death is when a process dies: so many steps behind the nth call of a kind, or where no
// kind is said behind its start.
type death struct {
	kind  string
	nth   int
	steps int
	power bool // the power fails: what was not synced may be lost
	all   bool // … and all of it is
}

func (d death) String() string {
	how := "killed"
	if d.power {
		how = "without power"
	}
	if d.kind == "" {
		return fmt.Sprintf("%s at step %d", how, d.steps)
	}
	return fmt.Sprintf("%s %d steps behind %s %d", how, d.steps, d.kind, d.nth)
}

// life is one process, from its start to its end or death.
type life struct {
	w     *world
	n     int
	death *death // nil: it lives to its end
	disk  *disktest.Disk
	kill  context.CancelFunc
	next  string        // what is on disk when it dies
	over  chan struct{} // closed when that is copied

	gone atomic.Bool

	mu     sync.Mutex
	steps  int
	armed  bool
	left   int // steps until it dies, once armed
	counts map[string]int
	conns  []*conn
}

// live runs a process: it does something with the workspace, and ends or dies. Afterwards
// the folder is as the process left it, or as its death did.
func (w *world) live(d *death, what string, do func(ctx context.Context, l *life, a *app.App) error) (lived bool, err error) {
	w.t.Helper()
	ctx, kill := context.WithCancel(w.t.Context())
	defer kill()
	w.lives++
	l := &life{w: w, n: w.lives, death: d, kill: kill, over: make(chan struct{}), counts: map[string]int{},
		next: filepath.Join(w.t.TempDir(), "left")}
	if d != nil {
		l.armed, l.left = d.kind == "", d.steps
	}
	w.last = l
	l.disk = disktest.New(w.t)
	l.disk.OnStep = l.onDisk
	w.note("process %d: %s", l.n, what)
	err = l.run(ctx, do)
	if !l.dead() {
		w.note("process %d: ends with %v after %d steps", l.n, err, l.disk.Steps())
		return true, err
	}
	<-l.over
	must(w.t, os.RemoveAll(w.dir))
	must(w.t, os.Rename(l.next, w.dir)) // the ledger knows its folder
	w.deaths++
	return false, nil
}

func (l *life) run(ctx context.Context, do func(ctx context.Context, l *life, a *app.App) error) error {
	a, err := l.open(ctx)
	if err != nil {
		return err
	}
	err = do(ctx, l, a)
	if closed := a.Close(); err == nil {
		err = closed
	}
	return err
}

// open opens the workspace as this process, or as another that runs beside it and dies with
// it.
func (l *life) open(ctx context.Context) (*app.App, error) {
	return app.Open(ctx, app.Options{Dir: l.w.dir, Ask: func(string) bool { return true },
		Found: func(r mailout.Recovered) { l.w.note("process %d finds %+v", l.n, r) },
		Dial:  l.w.net.dial(l), Disk: l.disk, VFS: l.disk.VFS()})
}

func (l *life) dead() bool { return l.gone.Load() }

func (l *life) count(name string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[name]++
	return l.counts[name]
}

// met counts a call that has come to the portal.
func (l *life) met(kind string) {
	n := l.count("call " + kind)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.death != nil && l.death.kind == kind && l.death.nth == n {
		l.armed = true
	}
}

func (l *life) onDisk(s disktest.Step) error {
	when := "before"
	if s.After {
		when = "behind"
	}
	if l.step("disk", fmt.Sprintf("%s %s %s", when, s.Op, filepath.Base(s.Path))) {
		return syscall.EIO
	}
	return nil
}

// step is a moment at which the process may die. It reports whether it is dead.
func (l *life) step(where, what string) (dead bool) {
	l.mu.Lock()
	l.steps++
	dies := false
	if l.armed && !l.dead() {
		dies = l.left == 0
		l.left--
	}
	if dies {
		l.gone.Store(true)
	}
	l.mu.Unlock()
	if dies {
		l.die(where, what)
	}
	return l.dead()
}

// die lets nothing more of the process be heard, and then copies what is on disk at one
// moment. So everything that the process ever said was said before that moment.
func (l *life) die(where, what string) {
	defer close(l.over)
	defer l.kill()
	l.mu.Lock()
	conns := l.conns
	l.mu.Unlock()
	for _, c := range conns {
		if l.death.power {
			c.reset()
		} else {
			c.Close() // what it has written is the system's to deliver
		}
	}
	var keep func(disktest.Step) bool
	if l.death.power {
		keep = func(s disktest.Step) bool { return !l.death.all && l.w.dice("kept", l.n, s.N).IntN(2) == 0 }
	}
	l.w.note("process %d: %v (%s %s)", l.n, l.death, where, what)
	if err := l.disk.Leave(l.w.dir, l.next, keep); err != nil {
		l.w.t.Errorf("copying what a crash leaves: %v", err)
	}
}

// connected takes a connection into the process's; false: it is dead.
func (l *life) connected(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, c)
	return !l.dead()
}
