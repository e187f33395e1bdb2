package disktest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"batch/internal/disk"
)

// OpenFile opens a file; to open one that is there is no step.
func (d *Disk) OpenFile(name string, flag int, mode fs.FileMode) (disk.File, error) {
	name, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	open := func() (*os.File, error) { return os.OpenFile(name, flag, mode) }
	if _, err := os.Lstat(name); err == nil || flag&os.O_CREATE == 0 {
		f, err := open()
		if err != nil {
			return nil, err
		}
		return &file{f, d}, nil
	}
	return d.create(name, open)
}

// CreateTemp makes a file. The step's path is the pattern: the name is not known before.
func (d *Disk) CreateTemp(folder, pattern string) (disk.File, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	return d.create(filepath.Join(folder, pattern), func() (*os.File, error) { return os.CreateTemp(folder, pattern) })
}

func (d *Disk) create(path string, open func() (*os.File, error)) (disk.File, error) {
	var f *os.File
	err := d.do(Create, path, func(s Step) (err error) {
		if f, err = open(); err == nil {
			d.created(s, f.Name())
		}
		return err
	})
	if err != nil && f != nil { // applied, and reported as failed
		f.Close()
	}
	if err != nil {
		return nil, err
	}
	return &file{f, d}, nil
}

// MkdirAll makes a folder and those above it, in one step; where all are there it is none.
func (d *Disk) MkdirAll(folder string, mode fs.FileMode) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	var missing []string
	for at := folder; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(at); !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		missing = append(missing, at)
	}
	if len(missing) == 0 {
		return os.MkdirAll(folder, mode)
	}
	return d.do(MakeFolder, folder, func(s Step) error {
		err := os.MkdirAll(folder, mode)
		for _, made := range missing {
			d.named(s, made, func(t *tree) { t.drop(made) })
		}
		return err
	})
}

// Rename renames a file.
func (d *Disk) Rename(from, to string) error {
	from, to, err := absolute(from, to)
	if err != nil {
		return err
	}
	return d.do(Rename, from, func(s Step) error {
		covered, _ := os.ReadFile(to) // nil where nothing is covered
		if err := os.Rename(from, to); err != nil {
			return err
		}
		d.dirty[to] = d.dirty[from]
		delete(d.dirty, from)
		d.named(s, to, func(t *tree) {
			t.move(to, from)
			if covered != nil {
				t.files[to] = covered
			}
		})
		return nil
	})
}

// Remove removes a file.
func (d *Disk) Remove(name string) error {
	name, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	return d.do(Remove, name, func(s Step) error {
		had, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.Remove(name); err != nil {
			return err
		}
		d.removed(s, name, had)
		return nil
	})
}

// SyncFolder makes the names in a folder durable.
func (d *Disk) SyncFolder(folder string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	return d.do(SyncFolder, folder, func(Step) error {
		if err := disk.OS.SyncFolder(folder); err != nil {
			return err
		}
		d.synced(folder)
		return nil
	})
}

func absolute(a, b string) (string, string, error) {
	a, err1 := filepath.Abs(a)
	b, err2 := filepath.Abs(b)
	return a, b, errors.Join(err1, err2)
}

// file is an open file of the Disk.
type file struct {
	disk.File // and no more: an os.File's own ReadFrom and WriteString would write past the steps
	disk      *Disk
}

func (f *file) Write(b []byte) (n int, err error) {
	err = f.disk.do(Write, f.Name(), func(s Step) error {
		info, err := f.Stat()
		if err != nil {
			return err
		}
		// What is written through a Disk is written at the end of a file.
		n, err = f.File.Write(b)
		f.disk.wrote(f.Name(), &change{step: s, size: info.Size(), at: info.Size(), after: b[:n]})
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

func (f *file) Sync() error {
	return f.disk.do(Sync, f.Name(), func(Step) error {
		if err := f.File.Sync(); err != nil {
			return err
		}
		delete(f.disk.dirty, f.Name())
		return nil
	})
}
