package reconcile_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/reconcile"
)

var (
	soakDays = flag.Int("soak.days", 2, "virtual days of TestFollowingForWeeks")
	soakSeed = flag.Uint64("soak.seed", 1, "its seed")
)

// Following goes on for weeks, in one process, or by a scheduled job that looks four times a
// day. Changes come when people act, and more than once; downloads break off, confirmations and
// polls are lost, and somebody else's jobs lie on the queue all the time. Nothing is lost by
// it, and nothing grows: memory, goroutines, open files, the write-ahead log.
func TestFollowingForWeeks(t *testing.T) {
	for name, pause := range map[string]time.Duration{"at a stretch": 0, "four times a day": 6 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { soak(t, time.Duration(*soakDays)*24*time.Hour, pause) })
		})
	}
}

const (
	soakRowsADay = 5
	strangers    = 2
)

func soak(t *testing.T, whole, pause time.Duration) {
	rows := soakRowsADay * int(whole/(24*time.Hour))
	w := newWorld(t, rows+1) // the last row's signer does nothing: there is always something to wait for
	w.opts.Takers, w.opts.Once = 4, pause > 0
	w.trouble(rand.New(rand.NewPCG(*soakSeed, uint64(pause))))
	began, document := time.Now(), sealed(t, "one")
	for job := range mailout.JobID(strangers) {
		w.desk.put(mailout.Change{JobID: job + 1, Status: mailout.InProgress}, nil)
	}
	end, stop := context.WithTimeout(t.Context(), whole)
	defer stop()
	var beside sync.WaitGroup
	beside.Go(func() { w.people(began, whole-24*time.Hour, rows, document) })
	v := &vitals{folder: w.dir}
	beside.Go(func() { v.watch(end, whole/60) })

	for w.soft = end; pause == 0 && end.Err() == nil; {
		w.ends(reconcile.EndInterrupted)
	}
	for pause > 0 && end.Err() == nil {
		w.ends(reconcile.EndDone)
		w.reopen()
		w.trouble(rand.New(rand.NewPCG(*soakSeed, uint64(time.Since(began)))))
		time.Sleep(pause)
	}
	beside.Wait()
	v.flat(t)
	for line := first; line < first+rows; line++ {
		w.kept(line, fmt.Sprintf("k%d-%d.pdf", line, jobAt(line)), document)
	}
	w.unconfirmed(0)
	w.alarms("foreign 0 1", "foreign 0 2")
	if left := w.desk.left(); left != strangers {
		t.Errorf("%d changes are left at the portal, want those of strangers", left)
	}
}

// people act, each row's at a time of its own. Before that up to three changes, of any moment,
// tell that nobody has signed yet.
func (w *world) people(began time.Time, most time.Duration, rows int, document []byte) {
	type act struct {
		at   time.Duration
		line int
		last bool
	}
	r := rand.New(rand.NewPCG(*soakSeed, 7))
	var acts []act
	for line := first; line < first+rows; line++ {
		over := time.Duration(r.Int64N(int64(most)))
		for range r.IntN(4) {
			acts = append(acts, act{time.Duration(r.Int64N(int64(over + 1))), line, false})
		}
		acts = append(acts, act{over, line, true})
	}
	slices.SortFunc(acts, func(a, b act) int { return int(a.at - b.at) })
	for _, a := range acts {
		time.Sleep(a.at - time.Since(began))
		if a.last {
			w.desk.put(w.signed(a.line), document)
		} else {
			w.desk.put(w.waiting(a.line), nil)
		}
	}
}

// trouble has one call in twelve fail, with its effect or without. A download that fails is
// tried again by then, so that no alarm is raised.
func (w *world) trouble(r *rand.Rand) {
	var mu sync.Mutex
	chance := func(n int) bool {
		mu.Lock()
		defer mu.Unlock()
		return r.IntN(n) == 0
	}
	broken := map[mailout.JobID]bool{}
	w.desk.call = func(call string, job mailout.JobID) (applied bool, err error) {
		mu.Lock()
		again := call == "fetch" && broken[job]
		delete(broken, job)
		mu.Unlock()
		if again || !chance(12) {
			return false, nil
		}
		if call == "fetch" {
			mu.Lock()
			broken[job] = true
			mu.Unlock()
		}
		return chance(2), &mailout.CallError{Call: call, Kind: mailout.OutcomeUnknown, Code: "reset", Message: "it broke off", Speed: mailout.Speed{TimedOut: true}}
	}
	w.desk.poll = func() (mailout.Poll, error) {
		if !chance(12) {
			return mailout.Poll{}, nil
		}
		return mailout.Poll{}, &mailout.CallError{Call: "poll", Kind: mailout.OutcomeUnknown, Code: "reset", Message: "it broke off", Speed: mailout.Speed{TimedOut: true}}
	}
}

// vitals are looked at again and again.
type vitals struct {
	folder  string
	samples []sample
}

// sample is what a process takes at one moment: bytes, and how many.
type sample struct {
	memory, log       int64
	goroutines, files int
}

func (v *vitals) watch(end context.Context, every time.Duration) {
	for {
		select {
		case <-end.Done():
			return
		case <-time.After(every):
			v.look()
		}
	}
}

func (v *vitals) look() {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s := sample{memory: int64(m.HeapAlloc), goroutines: runtime.NumGoroutine()}
	if info, err := os.Stat(filepath.Join(v.folder, "ledger.db-wal")); err == nil {
		s.log = info.Size()
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil { // elsewhere nobody counts them
		s.files = len(open)
	}
	v.samples = append(v.samples, s)
}

// flat wants the last third of the time to take no more than the first: of memory a tenth, or
// as much as a few changes in hand; of the rest what four takers may have open.
func (v *vitals) flat(t *testing.T) {
	t.Helper()
	n := len(v.samples) / 3
	if n == 0 {
		t.Fatal("nobody has looked")
	}
	early, late := peak(v.samples[:n]), peak(v.samples[2*n:])
	t.Logf("at most, in the first third %+v, in the last %+v", early, late)
	const some, pages = 2 << 20, 4096 + 24
	if late.memory > early.memory+early.memory/10+some {
		t.Errorf("memory grows: %d bytes, then %d", early.memory, late.memory)
	}
	if late.goroutines > early.goroutines+8 || late.files > early.files+8 {
		t.Errorf("goroutines or open files grow: %+v, then %+v", early, late)
	}
	if late.log > 2000*pages { // SQLite begins it anew at 1000 pages
		t.Errorf("the write-ahead log has %d bytes", late.log)
	}
}

func peak(all []sample) (p sample) {
	for _, s := range all {
		p = sample{max(p.memory, s.memory), max(p.log, s.log), max(p.goroutines, s.goroutines), max(p.files, s.files)}
	}
	return p
}
