package ledger_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"batch/internal/disk"
)

// watchedDisk is the system's disk. Before and after each write to it, which is one to
// sent.log, look is called.
type watchedDisk struct {
	disk.Disk
	look func(after bool)
}

type watchedFile struct {
	disk.File
	disk *watchedDisk
}

func (d *watchedDisk) OpenFile(name string, flag int, mode fs.FileMode) (disk.File, error) {
	f, err := d.Disk.OpenFile(name, flag, mode)
	return watchedFile{f, d}, err
}

func (f watchedFile) Write(p []byte) (int, error) {
	f.disk.look(false)
	defer f.disk.look(true)
	return f.File.Write(p)
}

// atTheLine does something that appends to sent.log, and opens what was on disk just
// before, or just after, that line was written.
func (b *books) atTheLine(after bool, do func()) *books {
	b.t.Helper()
	var found *books
	b.disk.look = func(is bool) {
		if is == after {
			found = b.crash()
		}
	}
	defer func() { b.disk.look = func(bool) {} }()
	do()
	return found
}

// putLog writes another sent.log.
func (b *books) putLog(content string) {
	b.t.Helper()
	must(b.t, os.WriteFile(filepath.Join(b.dir, "sent.log"), []byte(content), 0o600))
}

// crash opens a copy of what is on disk at this moment, as the next process finds it.
func (b *books) crash() *books {
	b.t.Helper()
	return b.crashWith(b.sentLog())
}

// crashWith does the same with another sent.log.
func (b *books) crashWith(sentLog string) *books {
	b.t.Helper()
	dir := b.crashFolder()
	must(b.t, os.WriteFile(filepath.Join(dir, "sent.log"), []byte(sentLog), 0o600))
	return openBooks(b.t, dir, b.clock)
}

// crashFolder is a copy of the folder as it is at this moment.
func (b *books) crashFolder() string {
	b.t.Helper()
	dir := b.t.TempDir()
	for _, name := range []string{"ledger.db", "ledger.db-wal", "sent.log"} {
		raw, err := os.ReadFile(filepath.Join(b.dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // nothing is in the write-ahead log
		}
		must(b.t, err)
		must(b.t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
	}
	return dir
}
