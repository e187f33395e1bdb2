package pdfprep

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"batch/internal/mailout"
)

const (
	// readBudget is how many bytes of inputs are in memory at once, however many documents
	// are being made; one document may always be.
	readBudget = 24 << 20
	// maxRead is the largest file that is looked into. One that is too large to be sent is
	// checked too, to say what its pictures take.
	maxRead = maxMergeBytes
)

// read reads the files at paths, with what the books know of them. free gives their memory
// back to other documents.
func (p *Pool) read(ctx context.Context, paths []string) (files []*file, free func(), err error) {
	total := p.sizeOf(paths)
	if err := p.budget.Acquire(ctx, total); err != nil {
		return nil, func() {}, context.Cause(ctx)
	}
	free = func() { p.budget.Release(total) }
	var sum int64
	for _, path := range paths {
		f, err := p.files.get(ctx, path, func() (*file, error) {
			f := p.load(path)
			return f, f.look(ctx, p)
		})
		if err != nil {
			return nil, free, err
		}
		if sum += f.bytes; sum > maxMergeBytes && f.pdf != nil && len(paths) > 1 {
			f = &file{path: path, sha256: f.sha256, bytes: f.bytes, left: true, turn: f.turn}
		}
		files = append(files, f)
	}
	return files, free, nil
}

// sizeOf is how many bytes of memory files will take, at most the whole budget.
func (p *Pool) sizeOf(paths []string) (total int64) {
	for _, path := range paths {
		if p.files.find(path) != nil {
			continue
		}
		if info, err := p.stat(path); err == nil && info.Size() <= maxRead {
			total = min(total+info.Size(), readBudget)
		}
	}
	return total
}

// load reads one file whole and takes its digest.
func (p *Pool) load(path string) *file {
	f := newFile(path)
	in, err := p.open(path)
	if err != nil {
		f.refuse(explain(err))
		return f
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		f.refuse(explain(err))
		return f
	}
	if f.bytes = info.Size(); f.bytes > maxRead {
		return f
	}
	pdf := make([]byte, f.bytes+1) // one more, to notice that it grew
	n, err := io.ReadFull(in, pdf)
	switch {
	case err == nil:
		f.refuse(finding{Code: codeChanged})
		return f
	case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		f.refuse(explain(err))
		return f
	}
	f.pdf, f.bytes = pdf[:n], int64(n)
	f.sha256 = mailout.SumDigest(f.pdf)
	if wrong := notPDF(path, f.pdf); wrong != nil {
		f.pdf, f.wrong = nil, wrong
	}
	return f
}

var (
	errOutside    = errors.New("outside the documents' folder")
	errNotRegular = errors.New("not a regular file")
)

// stat looks at a file below the documents' folder.
func (p *Pool) stat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)) {
		return nil, errOutside
	}
	return p.o.Documents.Stat(filepath.FromSlash(name))
}

// open opens a regular file for reading. It never waits for the other end of a pipe, and
// checks again what was opened, should it have been exchanged meanwhile.
func (p *Pool) open(name string) (*os.File, error) {
	before, err := p.stat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, errNotRegular
	}
	f, err := p.o.Documents.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
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
func explain(err error) finding {
	switch {
	case errors.Is(err, errNotRegular):
		return finding{Code: codeNotAFile}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return finding{Code: codeMissing}
	case errors.Is(err, errOutside), strings.Contains(err.Error(), "escapes from parent"): // os.Root has no value to compare with
		return finding{Code: codeOutside}
	}
	return finding{Code: codeUnreadable}
}
