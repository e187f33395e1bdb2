package pdfprep

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
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
	Unfinished = ".unfinished-" // how the names begin of files that have no digest's name yet
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
		if !strings.HasPrefix(entry.Name(), Unfinished) {
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

// unfinished is a prepared file on its way into the store: written, but neither synced nor
// under its name. A crash leaves it to a later start to sweep.
type unfinished struct {
	f        *os.File // nil: the file is in its place already
	path     string   // its place
	modified int64    // when it was written, Unix nanoseconds; set by finish
}

// begin writes pdf into the folder dir for the place of digest d. A file that is there and
// right is not written again; one that is there and wrong is replaced.
func begin(dir string, d mailout.Digest, pdf []byte) (*unfinished, error) {
	u := &unfinished{path: Stored(dir, d)}
	if right, err := holds(u.path, d); err == nil && right {
		return u, nil
	}
	f, err := os.CreateTemp(dir, Unfinished+"*") // 0600
	if err != nil {
		return nil, fmt.Errorf("storing a prepared file: %w", err)
	}
	if _, err := f.Write(pdf); err != nil {
		return nil, errors.Join(fmt.Errorf("storing a prepared file: %w", err), f.Close(), os.Remove(f.Name()))
	}
	u.f = f
	return u, nil
}

// finish brings the file to the disk and under its name; only syncFolder makes the name last.
func (u *unfinished) finish() error {
	if u.f != nil {
		err := errors.Join(u.f.Sync(), u.f.Close())
		if err == nil {
			err = os.Rename(u.f.Name(), u.path)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("storing a prepared file: %w", err), os.Remove(u.f.Name()))
		}
	} else if err := syncFile(u.path); err != nil { // whoever wrote it may not have
		return fmt.Errorf("storing a prepared file: %w", err)
	}
	info, err := os.Stat(u.path)
	if err != nil {
		return fmt.Errorf("storing a prepared file: %w", err)
	}
	u.modified = info.ModTime().UnixNano()
	return nil
}

// settle removes a file that we have written and another's took the place of: nobody knows
// of it. One that was there before is somebody's.
func (u *unfinished) settle(kept bool) error {
	if kept || u.f == nil {
		return nil
	}
	return os.Remove(u.path)
}

// have reports whether the file of a document is there as it was. One with another time
// is read: it may have been copied back, or be damaged, and is then made anew; same is
// false for it. An error is of the disk: nothing is known of the file then, and to make it
// anew would take it from the batch that has it.
func have(dir string, d mailout.Stored) (there, same bool, err error) {
	path := Stored(dir, d.SHA256)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, false, nil
	case err != nil:
		return false, false, fmt.Errorf("looking for a prepared file: %w", err)
	case info.Size() != d.Bytes:
		return false, false, nil
	case info.ModTime().UnixNano() == d.Modified:
		return true, true, nil
	}
	there, err = holds(path, d.SHA256)
	return there, false, err
}

// holds reports whether a file has the bytes that a digest says.
func holds(path string, d mailout.Digest) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, fmt.Errorf("reading a prepared file: %w", err)
	}
	defer f.Close()
	got, err := mailout.ReadDigest(f)
	if err != nil {
		return false, fmt.Errorf("reading a prepared file: %w", err)
	}
	return got == d, nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
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

// OpenStored opens a prepared file to compare it with its digest. One that was read whole
// and is another gets another time when it is closed, so that the next plan, which trusts
// the time, reads it and makes it anew.
func OpenStored(store string, d mailout.Digest) (io.ReadCloser, error) {
	f, err := os.Open(Stored(store, d))
	if err != nil {
		return nil, err
	}
	return &suspect{f: f, want: d, sum: sha256.New()}, nil
}

type suspect struct {
	f     *os.File
	want  mailout.Digest
	sum   hash.Hash
	whole bool // read to its end
}

func (s *suspect) Read(b []byte) (int, error) {
	n, err := s.f.Read(b)
	s.sum.Write(b[:n])
	s.whole = s.whole || err == io.EOF
	return n, err
}

func (s *suspect) Close() error {
	if s.whole && mailout.Digest(s.sum.Sum(nil)) != s.want {
		_ = os.Chtimes(s.f.Name(), time.Time{}, time.Unix(0, 0)) // else a person has to delete it
	}
	return s.f.Close()
}

// List names the prepared files in the folder store by their digests, in no order.
func List(store string) ([]mailout.Digest, error) {
	entries, err := os.ReadDir(store)
	if err != nil {
		return nil, fmt.Errorf("listing the folder of prepared files: %w", err)
	}
	var all []mailout.Digest
	for _, e := range entries {
		name, isPDF := strings.CutSuffix(e.Name(), ".pdf")
		if d, err := mailout.ParseDigest(name); isPDF && err == nil {
			all = append(all, d)
		}
	}
	return all, nil
}

// Remover returns what removes a prepared file; one that is gone already is removed.
func Remover(store string) func(mailout.Digest) error {
	return func(d mailout.Digest) error {
		if err := os.Remove(Stored(store, d)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("removing a prepared file: %w", err)
		}
		return nil
	}
}
