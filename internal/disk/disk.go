// Package disk is how the books and the signed documents reach the disk: the few file
// operations that they are written through, so that a test can let any of them fail and
// see what a power cut would leave. (The ledger itself is written by SQLite, through a VFS;
// package disktest stands in for both.)
//
// What each operation promises is what the operating system promises. A file's bytes are
// safe once its Sync has returned, its name once SyncFolder has: neither does the work of
// the other. A rename is there whole or not at all.
package disk

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
)

// Disk does what its methods' namesakes in package os do. Paths are the system's own.
type Disk interface {
	OpenFile(name string, flag int, mode fs.FileMode) (File, error)
	CreateTemp(folder, pattern string) (File, error) // 0600
	MkdirAll(folder string, mode fs.FileMode) error
	Rename(from, to string) error
	Remove(name string) error

	// SyncFolder makes durable which names a folder has, and what they name.
	SyncFolder(folder string) error
}

// File is an open file; an [os.File] is one.
type File interface {
	io.ReaderAt
	io.Writer
	io.Closer
	Name() string
	Stat() (fs.FileInfo, error)
	Sync() error
}

// OS is the operating system's.
var OS Disk = system{}

// Or is d, or the operating system's where d is nil.
func Or(d Disk) Disk {
	if d == nil {
		return OS
	}
	return d
}

type system struct{}

func (system) OpenFile(name string, flag int, mode fs.FileMode) (File, error) {
	return file(os.OpenFile(name, flag, mode))
}

func (system) CreateTemp(folder, pattern string) (File, error) {
	return file(os.CreateTemp(folder, pattern))
}

// file keeps a nil pointer from becoming a File that is not nil.
func file(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (system) MkdirAll(folder string, mode fs.FileMode) error { return os.MkdirAll(folder, mode) }
func (system) Rename(from, to string) error                   { return os.Rename(from, to) }
func (system) Remove(name string) error                       { return os.Remove(name) }

// SyncFolder does nothing on Windows, which has no such call and needs none.
func (system) SyncFolder(folder string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(folder)
	if err != nil {
		return fmt.Errorf("syncing a folder: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("syncing a folder: %w", err)
	}
	return nil
}
