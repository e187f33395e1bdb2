package reconcile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"batch/internal/mailout"
)

// Each step of the ledger fails once, in both ways; then the ledger is opened again and
// the change comes again.
func TestAStepOfTheLedgerThatFails(t *testing.T) {
	for _, step := range []string{"take", "fetched", "keep", "conclude", "try", "note", "empty"} {
		for _, how := range []mode{notApplied, applied} {
			t.Run(fmt.Sprint(step, " ", how), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { failOnce(t, step, how) })
			})
		}
	}
}

func failOnce(t *testing.T, step string, how mode) {
	w := newWorld(t, 1)
	document := sealed(t, "one")
	w.desk.put(w.waiting(2), nil)
	if step == "empty" {
		w.opts.Once = true // the queue is empty before the job is signed
	} else {
		w.desk.put(w.signed(2), document)
	}
	final := false // a step of the change on the way does not count
	w.books.fail = func(s string) mode {
		if s == step && (final || step == "empty") {
			return how
		}
		return ""
	}
	w.books.hook = func(s string) { final = final || s == "before fetched" }
	w.desk.hook = func(s string) {
		final = final || s == "fetch"
		if s == "confirm" && w.at(2).State != mailout.Signed && final {
			t.Error("a final change was confirmed before the row had ended")
		}
	}
	if step == "take" {
		final = true
	}
	if _, err := w.follow(); !errors.Is(err, errDisk) {
		t.Fatalf("following ended with %v, want the disk's error", err)
	}
	w.opts.Once = false
	w.reopen()
	if step == "empty" {
		w.desk.put(w.signed(2), document)
	}
	w.done()
	w.kept(2, "k2-1002.pdf", document)
	w.files("k2-1002.pdf")
	w.alarms()
	w.unconfirmed(0)
	if w.desk.left() != 0 {
		t.Errorf("%d changes are left at the portal", w.desk.left())
	}
}

// What is on disk at any moment is copied, with the portal as it is then, and gone on
// with: a crash there loses nothing.
func TestACrashAtAnyMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		document, other := sealed(t, "one"), sealed(t, "two")
		// Something else has line 3's name already.
		folder := filepath.Join(w.dir, "signed", string(w.id))
		must(t, os.MkdirAll(folder, 0o700))
		must(t, os.WriteFile(filepath.Join(folder, "k3-1003.pdf"), []byte("mine"), 0o600))
		w.desk.put(w.waiting(2), nil)
		w.desk.put(w.signed(2), document)
		w.desk.put(w.signed(3), other)
		for n, c := range w.everyMoment(30) {
			res, err := c.follow()
			if err != nil {
				t.Fatalf("after crash %d: %+v, %v", n, res, err)
			}
			c.kept(2, "k2-1002.pdf", document)
			c.kept(3, "k3-1003.2.pdf", other)
			c.files("k2-1002.pdf", "k3-1003.2.pdf", "k3-1003.pdf")
			c.alarms()
			c.unconfirmed(0)
			if c.desk.left() != 0 {
				t.Errorf("after crash %d: %d changes are left at the portal", n, c.desk.left())
			}
			if t.Failed() {
				t.Fatalf("crash %d was the first that went wrong", n)
			}
		}
	})
}

// everyMoment follows to the end and returns a copy of what was there before each step, and
// of what is there at the end; fewer than least of them mean that the steps are not seen.
func (w *world) everyMoment(least int) (copies []*world) {
	w.t.Helper()
	shoot := func(step string) {
		if step != "poll" {
			copies = append(copies, w.copied())
		}
	}
	w.desk.hook, w.books.hook = shoot, shoot
	w.done()
	copies = append(copies, w.copied())
	if len(copies) < least {
		w.t.Fatalf("only %d moments were copied", len(copies))
	}
	return copies
}

// copied is the workspace and the portal as they are at this moment.
func (w *world) copied() *world {
	w.t.Helper()
	dir := w.t.TempDir()
	must(w.t, os.CopyFS(dir, without{os.DirFS(w.dir)}))
	c := openWorld(w.t, dir, w.desk.clone())
	c.id, c.refs = w.id, w.refs
	return c
}

// without hides the index of the write-ahead log, which a crash does not leave either.
type without struct{ fs.FS }

func (f without) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(f.FS, name)
	var all []fs.DirEntry
	for _, e := range entries {
		if e.Name() != "ledger.db-shm" {
			all = append(all, e)
		}
	}
	return all, err
}

// The portal may hand out other bytes of the same document the next time. What was
// fetched before the crash is what is kept.
func TestTheNextDownloadHasOtherBytes(t *testing.T) {
	for _, crowd := range []int{0, 1, 2} { // files that have the name already
		for _, step := range []string{"fetched", "keep"} {
			for _, how := range []mode{notApplied, applied} {
				synctest.Test(t, func(t *testing.T) { otherBytes(t, crowd, step, how) })
			}
		}
	}
}

func otherBytes(t *testing.T, crowd int, step string, how mode) {
	w := newWorld(t, 1)
	folder := filepath.Join(w.dir, "signed", string(w.id))
	must(t, os.MkdirAll(folder, 0o700))
	names := []string{"k2-1002.pdf", "k2-1002.2.pdf", "k2-1002.3.pdf"}
	for _, name := range names[:crowd] {
		must(t, os.WriteFile(filepath.Join(folder, name), []byte(name), 0o600))
	}
	document, again := sealed(t, "one"), sealed(t, "one, made anew")
	w.desk.put(w.signed(2), document)
	w.books.fail = func(s string) mode {
		if s == step {
			return how
		}
		return ""
	}
	if _, err := w.follow(); !errors.Is(err, errDisk) {
		t.Fatalf("following ended with %v, want the disk's error", err)
	}
	w.reopen()
	w.desk.documents["/1002/pades"] = again
	w.done()
	want := document
	if step == "fetched" && how == notApplied {
		want = again // the first bytes were not safe: they are swept away
	}
	w.kept(2, names[crowd], want)
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != crowd+1 {
		t.Errorf("%d files are there of %d (crowd %d, %s %s)", len(entries), crowd+1, crowd, step, how)
	}
}

// Folders may be named as people name them.
func TestWhatACrashLeftIsSweptInAnyFolder(t *testing.T) {
	for _, name := range []string{"Utsending [november]", "Utsending [2026", "100% ?*"} {
		synctest.Test(t, func(t *testing.T) {
			w := openWorld(t, filepath.Join(t.TempDir(), name), newDesk())
			w.id = "2026-11-21-a7"
			folder := filepath.Join(w.dir, "signed", string(w.id))
			must(t, os.MkdirAll(folder, 0o700))
			must(t, os.WriteFile(filepath.Join(folder, ".fetch-1.part"), []byte("half"), 0o600))
			must(t, os.WriteFile(filepath.Join(folder, "k2-1.pdf"), []byte("whole"), 0o600))
			w.done()
			w.files("k2-1.pdf")
		})
	}
}
