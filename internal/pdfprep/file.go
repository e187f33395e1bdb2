package pdfprep

import (
	"context"
	"encoding/json"
	"regexp"
	"sync/atomic"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"batch/internal/mailout"
)

// tool names what verdicts depend on besides the file: another version's are not believed.
// Count its number up whenever the checks change.
var tool = "check/3 pdfcpu " + model.VersionStr

// maxFindings is more than there are kinds of findings; isPDFA is no claim, or one of ISO
// 19005-1 to -4.
const maxFindings = 100

var isPDFA = regexp.MustCompile(`^([1-4][a-z]?)?$`)

// file is an input on its way into documents, perhaps into many at the same time. All but
// its verdict is as it was when it was read.
type file struct {
	path    string
	pdf     []byte         // nil: it is not looked into
	sha256  mailout.Digest // of the whole file, where it could be read
	bytes   int64          // also of one that is too large to be read
	wrong   *mailout.Problem
	left    bool                    // not read: those before it are too much to be merged already
	verdict atomic.Pointer[verdict] // nil: not judged yet
	turn    chan struct{}           // holds one entry while somebody judges the file
}

func newFile(path string) *file { return &file{path: path, turn: make(chan struct{}, 1)} }

// refuse says what is wrong with a file that is not looked into.
func (f *file) refuse(why finding) {
	wrong := why.problem(f.path)
	f.pdf, f.wrong = nil, &wrong
}

// tooLarge reports whether the file alone is more than a job may carry. It is judged all
// the same, for what its pictures take.
func (f *file) tooLarge() bool { return f.bytes > mailout.MaxDocumentBytes }

// refused reports whether the file may not be sent, as far as is known.
func (f *file) refused() bool {
	v := f.verdict.Load()
	return f.wrong != nil || f.left || f.tooLarge() || v != nil && v.Pages == 0
}

// claim makes the caller the one who judges the file. It is false where there is nothing to
// judge, or somebody else is at it.
func (f *file) claim() bool {
	if f.judged() {
		return false
	}
	select {
	case f.turn <- struct{}{}:
	default:
		return false
	}
	if f.judged() { // since we looked
		f.release()
		return false
	}
	return true
}

func (f *file) release() { <-f.turn }

// judged reports whether nothing is left to be found out about the file.
func (f *file) judged() bool { return f.pdf == nil || f.verdict.Load() != nil }

// look finds the file's verdict in the books.
func (f *file) look(ctx context.Context, p *Pool) error {
	if f.pdf == nil {
		return nil
	}
	known, found, err := p.o.Books.Verdict(ctx, tool, f.sha256)
	if err != nil || !found {
		return err
	}
	var v verdict
	if json.Unmarshal(known, &v) == nil && v.sound(f.bytes) { // else it is made anew
		f.verdict.Store(&v)
	}
	return nil
}

// judge has the file judged and waits for it, whoever does it.
func (f *file) judge(ctx context.Context, p *Pool) error {
	select {
	case f.turn <- struct{}{}:
		defer f.release()
		return f.judgeClaimed(ctx, p)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// judgeClaimed has a worker judge a file that is claimed.
func (f *file) judgeClaimed(ctx context.Context, p *Pool) error {
	if f.judged() {
		return nil
	}
	said, code, err := p.ask(ctx, request{Files: []part{{Bytes: int64(len(f.pdf))}}}, [][]byte{f.pdf})
	switch {
	case err != nil:
		return err
	case code != "": // not for the books: another time, on an idle machine, it may live
		f.verdict.Store(&verdict{Findings: []finding{{Code: code}}})
	default:
		f.settle(p, said.verdicts[0])
	}
	return nil
}

// settle takes a worker's verdict and notes it for the books. A worker that a file took
// over may say anything.
func (f *file) settle(p *Pool, v verdict) {
	if !v.sound(f.bytes) {
		f.verdict.Store(&verdict{Findings: []finding{{Code: codeCrash}}})
		return
	}
	f.verdict.Store(&v)
	p.keeper.note(f.sha256, v)
}

// sound reports whether a verdict on a PDF of so many bytes is one of check's: pages, or a
// reason why not.
func (v verdict) sound(bytes int64) bool {
	if v.Pages < 0 || v.Pages > maxPages || v.Images < 0 || v.Images > bytes || len(v.Findings) > maxFindings || !isPDFA.MatchString(v.PDFA) {
		return false
	}
	refused := false
	for _, f := range v.Findings {
		e, known := catalogue[f.Code]
		if !known {
			return false
		}
		refused = refused || e.severity == mailout.Stop
	}
	return refused == (v.Pages == 0)
}

// inspection puts into words what was found.
func (f *file) inspection() mailout.Inspection {
	in := mailout.Inspection{Source: mailout.Source{Path: f.path, SHA256: f.sha256}, Bytes: f.bytes}
	if v := f.verdict.Load(); v != nil {
		in.Pages, in.PDFA, in.Images = v.Pages, v.PDFA, v.Images
		in.Findings = problems(f.path, v.Findings)
	}
	switch {
	case f.wrong != nil:
		in.Findings = []mailout.Problem{*f.wrong}
	case f.tooLarge() && in.OK():
		problem := finding{Code: codeTooLarge}.problem(f.path)
		problem.Message, problem.Remedy = tooLarge(f.bytes, in.Images)
		in.Findings = append([]mailout.Problem{problem}, in.Findings...)
	}
	return in
}
