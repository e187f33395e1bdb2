package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"batch/internal/disk"
	"batch/internal/report"
)

// noteBeside puts the entry of the report at path into the report.json of its folder, which
// it replaces as a whole; report.ErrNotOurs where that is somebody else's.
func noteBeside(d disk.Disk, path string, e report.Entry) error {
	folder, name := filepath.Split(path)
	err := editBeside(d, folder, func(b report.Beside) (raw []byte, needed bool, err error) {
		if there, _ := b.Entry(name); there.SHA256 == e.SHA256 && there.WrittenAt.Equal(e.WrittenAt) {
			return nil, false, nil
		}
		raw, err = b.With(name, e)
		return raw, true, err
	})
	if err != nil {
		return err
	}
	return d.SyncFolder(filepath.Clean(folder))
}

// besideTries bounds how often report.json is written anew because another process wrote it
// at the same moment.
const besideTries = 5

// editBeside changes the report.json of a folder until nothing more is needed. No lock is taken,
// for the folder may be anywhere: what another process wrote since it was read is read again. Of
// two that rename at the very same moment the first may lose its entry; its report stands in the
// books all the same.
func editBeside(d disk.Disk, folder string, change func(report.Beside) (raw []byte, needed bool, err error)) error {
	path := filepath.Join(folder, report.BesideName)
	for range besideTries {
		was, err := besideBytes(folder)
		if err != nil {
			return err
		}
		b, err := report.ReadBeside(was)
		if err != nil {
			return err
		}
		raw, needed, err := change(b)
		if err == nil && needed {
			err = replace(d, path, raw, func() bool {
				is, err := besideBytes(folder)
				return err == nil && bytes.Equal(is, was)
			})
		}
		if err != nil {
			return fmt.Errorf("changing %s: %w", report.BesideName, err)
		}
		if !needed {
			return nil
		}
	}
	return nil
}

func readBeside(folder string) (report.Beside, error) {
	raw, err := besideBytes(folder)
	if err != nil {
		return report.Beside{}, err
	}
	return report.ReadBeside(raw)
}

// besideBytes is the content of a folder's report.json; nil where there is none.
func besideBytes(folder string) ([]byte, error) {
	path := filepath.Join(folder, report.BesideName)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err == nil && (!info.Mode().IsRegular() || info.Size() > report.MaxBeside):
		return nil, report.ErrNotOurs
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", report.BesideName, err)
	}
	return raw, nil
}

// replace puts a file in the place of another, whole, 0600, unless that is no longer as it was.
func replace(d disk.Disk, path string, content []byte, still func() bool) error {
	f, err := d.CreateTemp(filepath.Dir(path), unfinishedReport+"*")
	if err != nil {
		return err
	}
	defer d.Remove(f.Name()) // gone already where all went well
	_, err = io.Copy(f, bytes.NewReader(content))
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil || !still() {
		return err
	}
	return d.Rename(f.Name(), path)
}
