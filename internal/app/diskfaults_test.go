package app

import (
	"flag"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"batch/internal/disk/disktest"
)

var everyFault = flag.Bool("disk.all", false, "let every write and sync of a batch fail, and not only some of them")

// fault is how one step on the disk goes wrong.
type fault struct {
	errno syscall.Errno
	after bool // it was applied, and is reported as failed
	lasts bool // so does every later one: a full disk stays full
	power bool // and when the program has ended, the power fails: what was not synced is gone
}

func (f fault) String() string {
	s := map[syscall.Errno]string{syscall.ENOSPC: "the disk is full", syscall.EIO: "the disk is broken"}[f.errno]
	for _, word := range []struct {
		is   bool
		text string
	}{{f.after, " though applied"}, {f.lasts, " for good"}, {f.power, " then a power cut"}} {
		if word.is {
			s += word.text
		}
	}
	return s
}

// Every write, sync, rename and so on, of the ledger, of sent.log and of signed documents,
// fails in turn while a small batch is sent and followed. The books are true afterwards,
// the message names the disk, and the same command finishes the batch once the disk is
// well again.
func TestADiskThatFailsAtAnyStep(t *testing.T) {
	planned := planOffice(t)
	well := planned.open(t)
	counting := disktest.New(t)
	if _, err := well.runOn(counting); err != nil {
		t.Fatal(err)
	}
	well.over(well.truth())
	steps := counting.Steps()
	if steps < 150 {
		t.Fatalf("only %d steps: they are not seen", steps)
	}
	faults := []fault{
		{errno: syscall.ENOSPC}, {errno: syscall.ENOSPC, lasts: true}, {errno: syscall.ENOSPC, after: true},
		{errno: syscall.EIO}, {errno: syscall.EIO, power: true}, {errno: syscall.EIO, after: true}, {errno: syscall.EIO, after: true, lasts: true, power: true},
	}
	stride := steps/3 + 1
	if *everyFault {
		stride = 1
	}
	for n, f := range faults {
		for k := 1 + n*stride/len(faults); k <= steps; k += stride {
			t.Run(fmt.Sprintf("%s at step %d", f, k), func(t *testing.T) {
				t.Parallel()
				planned.open(t).suffer(f, k)
			})
		}
	}
}

// suffer runs the batch with a fault at step k, and goes on from what is left.
func (o *office) suffer(f fault, k int) {
	o.t.Helper()
	var struck atomic.Pointer[disktest.Step]
	d := disktest.New(o.t)
	d.OnStep = func(s disktest.Step) error {
		if s.After != f.after || s.N < k || s.N > k && !f.lasts {
			return nil
		}
		struck.CompareAndSwap(nil, &s)
		return f.errno
	}
	_, err := o.runOn(d)
	at := struck.Load()
	switch {
	case at == nil:
		o.t.Logf("there is no step %d this time", k)
	case err != nil:
		o.wantDiskNamed(err)
	}
	if f.power {
		left := o.dir + ".left"
		must(o.t, d.Leave(o.dir, left, disktest.Nothing))
		o.dir = left
	}
	books := o.truth()
	if err == nil {
		o.over(books) // it was of no consequence: a checkpoint, the pace's last word
	}
	o.finish()
	if o.t.Failed() {
		o.t.Logf("the step was %+v; the process ended with: %v", at, err)
	}
}

func (o *office) wantDiskNamed(err error) {
	o.t.Helper()
	e := Explain(err)
	if !strings.Contains(e.Message, "disk") || !strings.Contains(e.Message, o.dir) || e.Remedy == "" || e.Kind != KindInternal {
		o.t.Errorf("the disk is not named, or what to do is not said: %s: %q, to do: %q", e.Kind, e.Message, e.Remedy)
	}
}
