package disktest_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"batch/internal/disk/disktest"
)

func open(t *testing.T, path, vfs string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?vfs="+vfs+"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	must(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func count(t *testing.T, path, vfs string) (n int) {
	t.Helper()
	db := open(t, path, vfs)
	defer db.Close()
	must(t, db.QueryRow(`SELECT count(*) FROM t`).Scan(&n))
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What was committed is there after a power cut at any step, however little, or whichever
// part, of what was not synced reaches the disk.
func TestAPowerCutLeavesWhatWasCommitted(t *testing.T) {
	d, dir := disktest.New(t), t.TempDir()
	coin := rand.New(rand.NewPCG(1, 2))
	keeps := []func(disktest.Step) bool{nil, disktest.Nothing, func(disktest.Step) bool { return coin.IntN(2) == 0 }}
	type cut struct {
		at        string
		committed int
	}
	var cuts []cut
	committed := -1 // the table is not there yet
	d.OnStep = func(s disktest.Step) error {
		if committed < 0 {
			return nil
		}
		for _, keep := range keeps {
			at := filepath.Join(t.TempDir(), "left")
			must(t, d.Leave(dir, at, keep))
			cuts = append(cuts, cut{at, committed})
		}
		return nil
	}
	db := open(t, filepath.Join(dir, "a.db"), d.VFS())
	_, err := db.Exec(`CREATE TABLE t (x TEXT); PRAGMA wal_autocheckpoint = 5`)
	must(t, err)
	for committed = range 8 {
		_, err := db.Exec(`INSERT INTO t VALUES (randomblob(3000))`)
		must(t, err)
	}
	committed++
	must(t, db.Close())
	d.OnStep = nil
	if len(cuts) < 100 {
		t.Fatalf("only %d cuts", len(cuts))
	}
	for _, c := range cuts {
		// The transaction that was under way may be there or not.
		if n := count(t, filepath.Join(c.at, "a.db"), d.VFS()); n != c.committed && n != c.committed+1 {
			t.Errorf("%d rows are left after %d commits", n, c.committed)
		}
	}
}

// A disk that loses what was synced would be seen: without the syncs, rows are gone.
func TestAPowerCutLosesWhatWasNotSynced(t *testing.T) {
	d, dir := disktest.New(t), t.TempDir()
	db := open(t, filepath.Join(dir, "a.db"), d.VFS())
	_, err := db.Exec(`CREATE TABLE t (x TEXT); PRAGMA synchronous = NORMAL; INSERT INTO t VALUES ('a')`)
	must(t, err)
	left := filepath.Join(t.TempDir(), "left")
	must(t, d.Leave(dir, left, disktest.Nothing))
	if n := count(t, filepath.Join(left, "a.db"), d.VFS()); n != 0 {
		t.Errorf("%d rows are left of a commit that was not synced", n)
	}
}

// Each step of a commit fails once, in both ways, and SQLite is told what happened to it.
func TestEveryStepCanFail(t *testing.T) {
	for _, after := range []bool{false, true} {
		for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EIO} {
			for k := 1; ; k++ {
				if !failAt(t, k, after, errno) {
					if k < 8 {
						t.Errorf("only %d steps", k-1)
					}
					break
				}
			}
		}
	}
}

func failAt(t *testing.T, k int, after bool, errno syscall.Errno) (struck bool) {
	t.Helper()
	d, dir := disktest.New(t), t.TempDir()
	var at disktest.Step
	d.OnStep = func(s disktest.Step) error {
		if s.N == k && s.After == after {
			at, struck = s, true
			return errno
		}
		return nil
	}
	db := open(t, filepath.Join(dir, "a.db"), d.VFS())
	_, err := db.Exec(`CREATE TABLE t (x TEXT)`)
	var se *sqlite.Error
	if struck && err != nil && !errors.As(err, &se) {
		t.Fatalf("step %d (%s): %v", k, at.Op, err)
	}
	full := errors.As(err, &se) && se.Code() == sqlite3.SQLITE_FULL
	if want := at.Op == disktest.Write && errno == syscall.ENOSPC; err != nil && full != want {
		t.Errorf("step %d (%s) fails with %v, and SQLite says %v", k, at.Op, errno, err)
	}
	if !struck {
		must(t, err)
	}
	d.OnStep = nil
	must(t, db.Close())
	if _, err := open(t, filepath.Join(dir, "a.db"), d.VFS()).Exec(`CREATE TABLE IF NOT EXISTS t (x TEXT); INSERT INTO t VALUES ('a')`); err != nil {
		t.Errorf("after step %d (%s) failed: %v", k, at.Op, err)
	}
	return struck
}

// Names are durable with their folder, and bytes with their file.
func TestNamesAndBytes(t *testing.T) {
	d, dir := disktest.New(t), t.TempDir()
	steps := []struct {
		name        string
		do          func() error
		worst, kept string // what a power cut leaves at its worst, and the death of a process
	}{
		{"made", func() error { return d.MkdirAll(in(dir, "signed", "b"), 0o700) }, "", ""},
		{"its parents synced", func() error { return errors.Join(d.SyncFolder(dir), d.SyncFolder(in(dir, "signed"))) }, "", ""},
		{"written", func() error { return write(d, in(dir, "signed", "b", "temp"), "whole", false) }, "", "temp=whole"},
		{"more, synced", func() error { return write(d, in(dir, "signed", "b", "temp"), "!", true) }, "", "temp=whole!"},
		{"the folder synced", func() error { return d.SyncFolder(in(dir, "signed", "b")) }, "temp=whole!", "temp=whole!"},
		{"more", func() error { return write(d, in(dir, "signed", "b", "temp"), "?", false) }, "temp=whole!", "temp=whole!?"},
		{"renamed", func() error { return d.Rename(in(dir, "signed", "b", "temp"), in(dir, "signed", "b", "pdf")) }, "temp=whole!", "pdf=whole!?"},
		{"the folder synced again", func() error { return d.SyncFolder(in(dir, "signed", "b")) }, "pdf=whole!", "pdf=whole!?"},
		{"removed", func() error { return d.Remove(in(dir, "signed", "b", "pdf")) }, "pdf=whole!", ""},
	}
	for _, s := range steps {
		must(t, s.do())
		if got := left(t, d, dir, disktest.Nothing); got != s.worst {
			t.Errorf("%s: a power cut leaves %q, want %q", s.name, got, s.worst)
		}
		if got := left(t, d, dir, nil); got != s.kept {
			t.Errorf("%s: a death leaves %q, want %q", s.name, got, s.kept)
		}
	}
}

func in(parts ...string) string { return filepath.Join(parts...) }

func write(d *disktest.Disk, path, text string, sync bool) error {
	f, err := d.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(text))
	if err == nil && sync {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func left(t *testing.T, d *disktest.Disk, dir string, keep func(disktest.Step) bool) (all string) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "left")
	must(t, d.Leave(dir, to, keep))
	entries, _ := os.ReadDir(filepath.Join(to, "signed", "b")) // not there: nothing is
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(to, "signed", "b", e.Name()))
		must(t, err)
		all += fmt.Sprintf("%s=%s", e.Name(), raw)
	}
	return all
}
