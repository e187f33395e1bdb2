package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"batch/internal/disk/disktest"
	"batch/internal/mailout"
)

// officeValues stand in the office's list.
var officeValues = planted{"a@example.com", "b@example.com", "c@example.com", "document;"}

// Every write, sync, rename and removal fails in turn while a batch is purged, or the power is
// cut there. What is left opens, says that it is not yet rid of everything, and the same
// command does the rest: then nothing is left.
func TestPurgingOnADiskThatFailsAtAnyStep(t *testing.T) {
	planned := planOffice(t)
	done := planned.open(t)
	if _, err := done.run(done.options()); err != nil {
		t.Fatal(err)
	}
	done.over(done.truth())
	done.report()
	counting := disktest.New(t)
	if err := done.copied().purgeOn(counting); err != nil {
		t.Fatal(err)
	}
	steps := counting.Steps()
	if steps < 60 {
		t.Fatalf("only %d steps: they are not seen", steps)
	}
	faults := []fault{{errno: syscall.ENOSPC, lasts: true}, {errno: syscall.EIO}, {errno: syscall.EIO, power: true}, {errno: syscall.EIO, after: true, lasts: true, power: true}}
	stride := steps/4 + 1
	if *everyFault {
		stride = 1
	}
	for n, f := range faults {
		for k := 1 + n*stride/len(faults); k <= steps; k += stride {
			t.Run(fmt.Sprintf("%s at step %d", f, k), func(t *testing.T) {
				o := done.copied()
				o.t = t
				o.purgeBroken(f, k)
			})
		}
	}
}

// copied is the office in another folder, with the same portal.
func (o *office) copied() *office {
	o.t.Helper()
	c := *o
	c.dir = filepath.Join(o.t.TempDir(), "office")
	must(o.t, os.CopyFS(c.dir, os.DirFS(o.dir)))
	for _, input := range []string{"manifest.csv", "side.pdf"} { // the owner's own
		os.Remove(filepath.Join(c.dir, input))
	}
	return &c
}

// report writes one.
func (o *office) report() {
	o.t.Helper()
	a, err := Open(o.t.Context(), o.options())
	must(o.t, err)
	_, err = a.Report(o.t.Context(), o.batch, ReportOptions{Format: "csv", WithNationalIDs: true})
	must(o.t, errors.Join(err, a.Close()))
}

func (o *office) purgeOn(d *disktest.Disk) (err error) {
	options := o.options()
	if d != nil {
		options.Disk, options.VFS = d, d.VFS()
	}
	a, err := Open(o.t.Context(), options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	_, err = a.Purge(o.t.Context(), PurgeOptions{Batch: o.batch, Signed: true, By: "by a test", Soft: o.t.Context()})
	return err
}

// purgeBroken purges with a fault at step k, and once more.
func (o *office) purgeBroken(f fault, k int) {
	o.t.Helper()
	d := disktest.New(o.t)
	d.OnStep = func(s disktest.Step) error {
		if s.After != f.after || s.N < k || s.N > k && !f.lasts {
			return nil
		}
		return f.errno
	}
	failed := o.purgeOn(d)
	if f.power {
		left := o.dir + ".left"
		must(o.t, d.Leave(o.dir, left, disktest.Nothing))
		o.dir = left
	}
	a, err := Open(o.t.Context(), o.options())
	must(o.t, err)
	before, err := a.Books(o.t.Context(), o.batch)
	must(o.t, err)
	ended, err := a.Purging(o.t.Context(), o.batch)
	must(o.t, errors.Join(err, a.Close()))
	if before.State != mailout.Done && before.State != mailout.Purged || before.Totals.Sum() != officeRows {
		o.t.Errorf("after %v the books are %+v", failed, before)
	}
	if !ended.Ended.IsZero() {
		officeValues.gone(o.t, "after an end in the books", o.dir)
	}
	if err := o.purgeOn(nil); err != nil {
		o.t.Fatalf("purging once more: %v", err)
	}
	officeValues.gone(o.t, "purged once more", o.dir)
	a, err = Open(o.t.Context(), o.options())
	must(o.t, err)
	defer a.Close()
	if ended, err := a.Purging(o.t.Context(), o.batch); err != nil || ended.Ended.IsZero() {
		o.t.Errorf("purged once more, it has not ended: %v", err)
	}
}
