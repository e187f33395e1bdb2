// Package disktest is a disk for tests on which any operation can fail, in both ways, and
// at any moment of which one can see what a crash would leave.
//
//	d := disktest.New(t)
//	l, err := ledger.Open(ctx, ledger.Options{…, Disk: d, VFS: d.VFS()})
//	d.OnStep = func(s disktest.Step) error {
//		if s.N == 17 && !s.After {
//			return syscall.ENOSPC // step 17 is not applied, and fails
//		}
//		return nil
//	}
//
// A Disk stands for two things at once: for the [disk.Disk] that sent.log and the signed
// documents are written through, and for the disk below SQLite, as a VFS of its own name.
// The steps of both are counted in one row: what creates, writes, cuts, syncs, renames or
// removes a file or a folder. Reading is no step, and neither is SQLite's index of the
// write-ahead log (-shm), which is memory.
//
// Files that are written past it (the manifest, prepared documents) are left alone:
// [Disk.Leave] copies them as they are.
package disktest

import (
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"batch/internal/disk"
)

// Op is what a step does.
type Op string

// The steps.
const (
	Create     Op = "create" // a file that was not there
	Write      Op = "write"
	Truncate   Op = "truncate"
	Sync       Op = "sync"
	Rename     Op = "rename"
	Remove     Op = "remove"
	MakeFolder Op = "make folder"
	SyncFolder Op = "sync folder"
)

// Step is one operation, before or after it is done.
type Step struct {
	N     int // from 1, in the order in which they begin; the same before and after
	Op    Op
	Path  string // of a rename, the old name
	After bool
}

// Disk is the disk of one process.
type Disk struct {
	// OnStep is called before and after each step, from whichever goroutine does it. An error
	// before it means that the step fails and is not applied; one after it, that it was applied
	// and is reported as failed. Of an error that is not syscall.ENOSPC SQLite sees an I/O error. OnStep may
	// call Leave, and nothing else of the Disk. It must not be changed while a step may be
	// under way.
	OnStep func(Step) error

	name  string // of the VFS
	steps atomic.Int64

	mu    sync.Mutex           // held while a step is applied and while Leave looks: what it sees is of one moment
	dirty map[string][]*change // by file: what was written since its last sync
	names []*naming            // what was done to names since their folders were synced
}

var _ disk.Disk = (*Disk)(nil)

// New is a disk whose VFS lives until the test's cleanup; everything that was opened on it
// is closed before then.
func New(t testing.TB) *Disk {
	t.Helper()
	d := &Disk{dirty: map[string][]*change{}}
	done, err := d.register()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	return d
}

// VFS is the name under which SQLite knows the disk.
func (d *Disk) VFS() string { return d.name }

// Steps is how many steps have begun.
func (d *Disk) Steps() int { return int(d.steps.Load()) }

// do is one step: f applies it, and notes in the books of this package what it did.
func (d *Disk) do(op Op, path string, f func(Step) error) error {
	s := Step{N: int(d.steps.Add(1)), Op: op, Path: path}
	if err := d.tell(s); err != nil {
		return err
	}
	if err := d.apply(s, f); err != nil {
		return err
	}
	s.After = true
	return d.tell(s)
}

// tell tells an error as package os does, with its operation and its path.
func (d *Disk) tell(s Step) error {
	if d.OnStep == nil {
		return nil
	}
	err := d.OnStep(s)
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		return &fs.PathError{Op: string(s.Op), Path: s.Path, Err: err}
	}
	return err
}

func (d *Disk) apply(s Step, f func(Step) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return f(s)
}
