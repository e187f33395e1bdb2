package table

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// What a file may weigh. A million rows of fifteen columns are about 200 MB of CSV;
// the rows that fit into one sheet are about 60 MB of workbook.
const (
	maxText     = 512 << 20
	maxWorkbook = 100 << 20

	// With maxText this bounds the work that rows make: a small sheet can have a million
	// rows of a single cell far to the right, or name one long text in each of them.
	maxCells = 64 << 20 // empty ones left of others included
)

var errManyCells = broken("manifest-too-large", "the list has more than 60 million cells", "remove what is not part of the list, such as cells far to the right, or split it into several manifests")

// source is a file on the disk. It is read always through the one descriptor: a name that
// comes to mean another file changes nothing of what is read, and is noticed by unchanged.
type source struct {
	*os.File
	path string
	info fs.FileInfo
	text textSurvey        // of workbooks too: what of them is text tells what they are
	head []byte            // the first bytes
	sum  [sha256.Size]byte // of a workbook, as it was when it was opened
}

// openSource opens a file and reads it once, for what kind of bytes it holds.
func openSource(path string) (*source, error) {
	// A named pipe holds up an ordinary open until somebody writes to it.
	opened, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken("manifest-missing", "there is no file of that name", "check the name and the folder")
	} else if err != nil {
		return nil, broken("manifest-unreadable", "the file cannot be opened: "+reason(err), "check that it is not open in another program and that you may read it")
	}
	s := &source{File: opened, path: path}
	if err := s.survey(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *source) survey() (err error) {
	s.info, err = s.Stat()
	switch {
	case err == nil && s.info.IsDir():
		return broken("manifest-not-a-file", "that is a folder", "name the spreadsheet itself")
	case err != nil || !s.info.Mode().IsRegular():
		return broken("manifest-not-a-file", "that is not an ordinary file", "name the spreadsheet itself")
	}
	if s.info.Size() > maxText {
		return broken("manifest-too-large", "the file is larger than 512 MB", "split the list into several manifests")
	}
	h, all := sha256.New(), io.Writer(&s.text)
	if isWorkbook(s.path) {
		all = io.MultiWriter(all, h)
	}
	if err := s.pass(all); err != nil {
		return err
	}
	s.sum = [sha256.Size]byte(h.Sum(nil))
	if !s.text.some {
		return broken("manifest-empty", "the file is empty", "save the list again; a header and one row are the least")
	}
	s.head = make([]byte, 200)
	n, _ := s.ReadAt(s.head, 0)
	s.head = s.head[:n]
	return nil
}

// pass reads the whole file into w.
func (s *source) pass(w io.Writer) error {
	n, err := io.CopyBuffer(w, io.NewSectionReader(s, 0, maxText+1), make([]byte, 64<<10))
	if err != nil {
		return broken("manifest-unreadable", "the file cannot be read: "+reason(err), "check the disk or the network drive and try again")
	}
	if n != s.info.Size() {
		return errChanged
	}
	return nil
}

func (s *source) digest() ([sha256.Size]byte, error) {
	h := sha256.New()
	err := s.pass(h)
	return [sha256.Size]byte(h.Sum(nil)), err
}

var errChanged = broken("manifest-changed", "the file was changed while it was being read", "wait until it is saved, close it in other programs, and run the command again")

// unchanged makes sure that the file is what it was when it was opened, and that the
// name still means that file.
func (s *source) unchanged() error {
	now, err := os.Stat(s.path)
	switch {
	case err != nil || !os.SameFile(now, s.info):
		return broken("manifest-changed", "while the file was being read, another file or a link was put in its place", "make sure which of them is meant, and run the command again")
	case now.Size() != s.info.Size() || !now.ModTime().Equal(s.info.ModTime()):
		return errChanged // after its last byte was read
	}
	return nil
}

// reason is the cause of a file error without the path, which the caller shows.
func reason(err error) string {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}
