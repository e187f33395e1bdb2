package pdfprep

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"batch/internal/mailout"
)

// Stored is the path of the prepared file with digest d in the folder store. It says
// nothing about whether the file is there.
func Stored(store string, d mailout.Digest) string {
	return filepath.Join(store, d.String()+".pdf")
}

const (
	unfinished = ".unfinished-" // prefix of files that have no digest's name yet
	leftOver   = 24 * time.Hour // an older one belongs to a process that died
)

// openStore makes the folder and removes what killed processes left in it. A younger
// unfinished file may be another process's, at work beside this one.
func openStore(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the folder of prepared files: %w", err)
	}
	entries, err := os.ReadDir(dir) // no Glob: the folder's own name may hold its characters
	if err != nil {
		return fmt.Errorf("listing the folder of prepared files: %w", err)
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), unfinished) {
			continue
		}
		info, err := entry.Info()
		if err == nil && time.Since(info.ModTime()) > leftOver {
			err = os.Remove(filepath.Join(dir, entry.Name()))
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("sweeping the folder of prepared files: %w", err)
		}
	}
	return nil
}

// store keeps pdf under its digest's name. The name appears only when all bytes are on
// the disk: a crash before leaves an unfinished file, which a later start sweeps. A file
// that is there and right is not written again; one that is there and wrong is replaced.
func store(dir string, d mailout.Digest, pdf []byte) (err error) {
	path := Stored(dir, d)
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, pdf) {
		return nil
	}
	f, err := os.CreateTemp(dir, unfinished+"*") // 0600
	if err != nil {
		return fmt.Errorf("storing a prepared file: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("storing a prepared file: %w", err), os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(pdf)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(dir)
}

// syncFolder makes a new name last. Windows has no such thing and does it by itself.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
