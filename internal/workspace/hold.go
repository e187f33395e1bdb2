package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Hold makes a lock of its own at path, where nothing may be, and takes it. The operating
// system lets go of it when the process ends, however it ends.
func Hold(path string) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return hold(f)
}

// Inherit takes the lock that another process made in dir with [Hold]; where that one still
// has it the error is a *Held, and fs.ErrNotExist where there is none. Nothing is written, and
// no link is followed: whoever made the folder may have put one there.
func Inherit(dir, name string) (*Lock, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no lock", filepath.Join(dir, name))
	}
	f, err := root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return hold(f)
}

func hold(f *os.File) (*Lock, error) {
	err := lockFile(f)
	if err == nil {
		return &Lock{file: f}, nil
	}
	f.Close()
	if errors.Is(err, errHeld) {
		return nil, &Held{Path: f.Name()}
	}
	return nil, err
}

// IsPrivate reports whether a folder, by its os.Lstat, belongs to whoever runs the program and
// is closed to all others. On Windows every folder counts as such: the one for temporary files,
// which this is asked about, is the user's own there.
func IsPrivate(info fs.FileInfo) bool { return info.IsDir() && isOwn(info) }
