package pdfprep

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"batch/internal/mailout"
)

// Recipe names what is made of sources: their digests in order, and with what. Equal
// recipes mean that a document made before may be used again; another version of this
// package or of its library has others. A document of one source is a copy, which no version
// changes.
func Recipe(sources []mailout.Digest) mailout.Digest {
	how := "copy"
	if len(sources) != 1 {
		how = "merge/3 pdfcpu " + model.VersionStr
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%d\n", how, len(sources))
	for _, s := range sources {
		h.Write(s[:])
	}
	return mailout.Digest(h.Sum(nil))
}

// Make has the files at paths (slash-separated, below the documents' folder) checked and
// made into one document, in their order, which is stored as [Stored](store, its digest).
// What is wrong with a file is in the findings of its part, what is wrong with them
// together in those of the whole; with either, nothing was stored. An error means that
// nothing could be found out, or not be stored.
//
// A file is read once: what is checked, merged and named by its digest are the same
// bytes. Files and documents that the books know are not checked and not made again.
func (p *Pool) Make(ctx context.Context, paths []string) (mailout.Made, error) {
	if len(paths) == 0 {
		return mailout.Made{}, errors.New("making a document: it has no parts")
	}
	if len(paths) > maxParts { // a document is named by its first part
		return mailout.Made{Findings: problems(paths[0], []finding{{Code: codeManyParts, N: len(paths)}})}, nil
	}
	p.calls.RLock()
	defer p.calls.RUnlock()
	if p.life.Err() != nil {
		return mailout.Made{}, errClosed
	}
	made, err := p.make(ctx, paths)
	if err != nil {
		return mailout.Made{}, fmt.Errorf("making a document of %s: %w", mailout.BarePath(paths[0]), err)
	}
	return made, nil
}

func (p *Pool) make(ctx context.Context, paths []string) (made mailout.Made, err error) {
	files, free, err := p.read(ctx, paths)
	defer free()
	if err != nil {
		return made, err
	}
	w := &work{pool: p, files: files}
	var out outcome
	if w.readable() {
		w.recipe = Recipe(w.digests())
		out, err = p.making.share(ctx, w.recipe, func() (outcome, error) { return w.run(ctx) })
	} else {
		out, err = w.run(ctx)
	}
	if err != nil {
		return made, err
	}
	made.Prepared = out.prepared
	if !made.SHA256.IsZero() {
		made.Recipe = w.recipe
	}
	for i, f := range files {
		if !f.judged() { // it has the same bytes as the one that was
			f.verdict.Store(out.verdicts[i])
		}
		made.Parts = append(made.Parts, f.inspection())
	}
	made.Findings = blame(made.Parts, out.wrong)
	return made, nil
}

// blame puts into words what is wrong with a document as a whole: at the part that is the
// cause, where that is known, else at the first, by which a document is named.
func blame(parts []mailout.Inspection, wrong []finding) (all []mailout.Problem) {
	for _, f := range wrong {
		switch {
		case f.Code == codeMergedTooLarge:
			all = append(all, mergedTooLarge(parts))
		case f.N > 0 && f.N <= len(parts):
			all = append(all, f.problem(parts[f.N-1].Source.Path))
		default:
			all = append(all, f.problem(parts[0].Source.Path))
		}
	}
	return all
}

// work is one document in the making.
type work struct {
	pool   *Pool
	files  []*file
	recipe mailout.Digest // zero where a file could not be read
	had    mailout.Stored // what the books say the recipe made
	have   bool           // … and its file is there, as it was
}

// outcome is what became of a work, for all who wanted the same.
type outcome struct {
	verdicts []*verdict // of each file; nil where it could not be read
	wrong    []finding  // with the document as a whole
	prepared mailout.Prepared
}

// readable reports whether all files could be read.
func (w *work) readable() bool {
	return !slices.ContainsFunc(w.files, func(f *file) bool { return f.pdf == nil })
}

// tooMuch reports whether the files are too much to be merged, each of them being small
// enough.
func (w *work) tooMuch() bool {
	return slices.ContainsFunc(w.files, func(f *file) bool { return f.left }) && !slices.ContainsFunc(w.files, (*file).tooLarge)
}

// sendable reports whether every file may be sent.
func (w *work) sendable() bool { return !slices.ContainsFunc(w.files, (*file).refused) }

func (w *work) digests() []mailout.Digest {
	all := make([]mailout.Digest, len(w.files))
	for i, f := range w.files {
		all[i] = f.sha256
	}
	return all
}

// run finds the document or makes it. The books are asked here, where no other does the
// same work at the same time: whoever was first has noted what it made.
func (w *work) run(ctx context.Context) (out outcome, err error) {
	if err := w.look(ctx); err != nil {
		return out, err
	}
	var pdf []byte
	if pdf, out.wrong, err = w.judge(ctx); err != nil {
		return out, err
	}
	for _, f := range w.files {
		out.verdicts = append(out.verdicts, f.verdict.Load())
	}
	if w.tooMuch() {
		out.wrong = []finding{{Code: codeMergedTooLarge}}
	}
	switch {
	case !w.sendable() || len(out.wrong) > 0:
	case w.have:
		out.prepared = w.had.Prepared
	default:
		out.prepared, err = w.keep(ctx, pdf)
	}
	return out, err
}

// look asks the books for the document.
func (w *work) look(ctx context.Context) error {
	if w.recipe.IsZero() {
		return nil
	}
	had, found, err := w.pool.o.Books.PreparedBy(ctx, w.recipe)
	if err != nil || !found {
		return err
	}
	w.had = had
	var same bool
	if w.have, same, err = have(w.pool.o.Store, had); w.have && !same {
		w.had.Prepared, err = w.pool.keeper.refresh(mailout.MadeBy{Recipe: w.recipe, Stored: had})
	}
	return err
}

// judge brings about the verdicts that are missing and, where the document is to be made
// and no file stands in the way, its bytes.
func (w *work) judge(ctx context.Context) (pdf []byte, wrong []finding, err error) {
	merging := len(w.files) > 1 && !w.have && w.readable()
	if merging && w.sendable() {
		var all bool
		if pdf, wrong, all, err = w.judgeAndMerge(ctx); err != nil || all {
			return pdf, wrong, err
		}
	}
	for _, f := range w.files {
		if err := f.judge(ctx, w.pool); err != nil {
			return nil, nil, err
		}
	}
	if merging && w.sendable() {
		pdf, wrong, _, err = w.merge(ctx, nil)
		return pdf, wrong, err
	}
	return w.files[0].pdf, nil, nil
}

// judgeAndMerge has one worker judge what nobody else judges and merge everything, in one
// go. all is false where that could not be: while others are at one of the files, or where
// the worker did not live to answer and each file is to be judged by itself, so that the
// one to blame is named.
func (w *work) judgeAndMerge(ctx context.Context) (pdf []byte, wrong []finding, all bool, err error) {
	mine := map[*file]bool{}
	defer func() {
		for f := range mine {
			f.release()
		}
	}()
	for _, f := range w.files {
		if f.claim() {
			mine[f] = true
		} else if !mine[f] && !f.judged() {
			return nil, nil, false, nil
		}
	}
	return w.merge(ctx, mine)
}

// merge has a worker judge the claimed files and merge all. all is false where it did not
// live to judge them all; those that it judged before stay judged.
func (w *work) merge(ctx context.Context, claimed map[*file]bool) (pdf []byte, wrong []finding, all bool, err error) {
	req := request{Merge: true}
	var bodies [][]byte
	for _, f := range w.files {
		req.Files = append(req.Files, part{Bytes: int64(len(f.pdf)), Known: !claimed[f]})
		bodies = append(bodies, f.pdf)
	}
	said, code, err := w.pool.ask(ctx, req, bodies)
	if err != nil {
		return nil, nil, false, err
	}
	for i, v := range said.verdicts {
		if f := w.files[i]; claimed[f] {
			f.settle(w.pool, v)
		}
	}
	switch {
	case code == codeTimeout || code == codeMemory: // another time it may live
		wrong = []finding{{Code: code}}
	case code != "":
		wrong = []finding{{Code: codeMerge}}
	case !w.sendable():
	case len(said.pdf) > 0 && said.merged.Pages == w.pages(): // one that claims another number is not believed
		pdf = said.pdf
	case !said.merged.sound(0) || said.merged.Pages > 0:
		wrong = []finding{{Code: codeMerge}}
	default:
		wrong = said.merged.Findings
	}
	return pdf, wrong, code == "" || len(said.verdicts) == len(w.files), nil
}

// pages is the sum of the files' pages; all are judged.
func (w *work) pages() (sum int) {
	for _, f := range w.files {
		sum += f.verdict.Load().Pages
	}
	return sum
}

// keep stores the document and notes in the books what made it.
func (w *work) keep(ctx context.Context, pdf []byte) (mailout.Prepared, error) {
	return w.pool.keeper.keep(ctx, pdf, mailout.MadeBy{
		Recipe: w.recipe, Gone: w.had.SHA256,
		Stored: mailout.Stored{Prepared: mailout.Prepared{SHA256: mailout.SumDigest(pdf), CRC32: crc32.ChecksumIEEE(pdf), Bytes: int64(len(pdf)), Pages: w.pages()}},
	})
}
