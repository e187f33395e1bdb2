package pdfprep

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"batch/internal/mailout"
)

// read returns the file's bytes, at most what one job may carry, or what is wrong.
func (p *Pool) read(name string) ([]byte, *mailout.Problem) {
	if !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil, refuse(name, finding{Code: codeOutside})
	}
	f, err := openRegular(p.o.Documents, filepath.FromSlash(name))
	if err != nil {
		return nil, p.explain(name, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, p.explain(name, err)
	}
	if info.Size() > mailout.MaxDocumentBytes {
		return nil, refuse(name, finding{Code: codeTooLarge, N: int(info.Size())})
	}
	b, err := io.ReadAll(io.LimitReader(f, mailout.MaxDocumentBytes+1))
	if err != nil {
		return nil, p.explain(name, err)
	}
	if len(b) > mailout.MaxDocumentBytes { // it grew
		return nil, refuse(name, finding{Code: codeTooLarge, N: len(b)})
	}
	return b, nil
}

func refuse(name string, f finding) *mailout.Problem {
	problem := f.problem(name)
	return &problem
}

var errNotRegular = errors.New("not a regular file")

// openRegular opens a regular file for reading. It never waits for the other end of a
// pipe, and checks again what was opened, should it have been exchanged meanwhile.
func openRegular(root *os.Root, name string) (*os.File, error) {
	before, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, errNotRegular
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	if opened, err := f.Stat(); err != nil || !opened.Mode().IsRegular() {
		f.Close()
		return nil, errors.Join(err, errNotRegular)
	}
	return f, nil
}

// explain puts an error of the file system into a finding. Its own text is not shown.
func (p *Pool) explain(name string, err error) *mailout.Problem {
	switch {
	case errors.Is(err, errNotRegular):
		return refuse(name, finding{Code: codeNotAFile})
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return p.missing(name)
	case strings.Contains(err.Error(), "escapes from parent"): // os.Root has no value to compare with
		return refuse(name, finding{Code: codeOutside})
	}
	return refuse(name, finding{Code: codeUnreadable})
}

// maxListed bounds the search for a file that was meant.
const maxListed = 100_000

// missing refuses a file that is not there, and points to one whose name differs in upper
// and lower case only: such a manifest works on Windows and nowhere else.
func (p *Pool) missing(name string) *mailout.Problem {
	problem := refuse(name, finding{Code: codeMissing})
	dir, err := p.o.Documents.Open(filepath.FromSlash(path.Dir(name)))
	if err != nil {
		return problem
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(maxListed) // what could be listed is enough for a hint
	for _, n := range names {
		if strings.EqualFold(n, path.Base(name)) {
			problem.Message = "there is no such file, but one whose name differs in capital letters"
			problem.Remedy = "write the name in the manifest exactly as the file's: " + n
			break
		}
	}
	return problem
}
