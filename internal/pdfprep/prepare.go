package pdfprep

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"batch/internal/mailout"
)

// Recipe names what is made of sources: their digests in order, and with what. Equal
// recipes mean that a document made before may be used again; another version of this
// package or of its library has others. A document of one source is a copy, which no version
// changes.
func (p *Pool) Recipe(sources []mailout.Source) mailout.Digest {
	how := "copy"
	if len(sources) != 1 {
		how = "merge/1 pdfcpu " + model.VersionStr
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%d\n", how, len(sources))
	for _, s := range sources {
		h.Write(s.SHA256[:])
	}
	return mailout.Digest(h.Sum(nil))
}

// made is what making a document came to: the document, or why there is none.
type made struct {
	mailout.Prepared
	findings []finding
}

// unfit is a source that is not what it was. It is no result of the recipe, so nobody
// else is to get it.
type unfit struct{ problem mailout.Problem }

func (u *unfit) Error() string { return u.problem.Message }

// Prepare makes the document of sources, in their order, and stores it as
// [Stored](store, its digest). The sources must be as they were when their digests were
// taken; each is inspected if it was not yet. With problems nothing was stored.
func (p *Pool) Prepare(ctx context.Context, sources []mailout.Source) (mailout.Prepared, []mailout.Problem, error) {
	if len(sources) == 0 {
		return mailout.Prepared{}, nil, errors.New("preparing a document: it has no sources")
	}
	at := sources[0].Path // a document is named by its first part
	if len(sources) > maxParts {
		return mailout.Prepared{}, problems(at, []finding{{Code: codeManyParts, N: len(sources)}}), nil
	}
	pages, wrong, err := p.recheck(ctx, sources)
	if err != nil || len(wrong) > 0 {
		return mailout.Prepared{}, wrong, err
	}
	m, err := p.merges.get(ctx, p.Recipe(sources), func() (made, error) { return p.make(ctx, sources, pages) })
	var u *unfit
	switch {
	case errors.As(err, &u):
		return mailout.Prepared{}, []mailout.Problem{u.problem}, nil
	case err != nil:
		return mailout.Prepared{}, nil, fmt.Errorf("preparing a document of %s: %w", at, err)
	}
	return m.Prepared, problems(at, m.findings), nil
}

// recheck adds up the sources' pages and says which of them may not be used.
func (p *Pool) recheck(ctx context.Context, sources []mailout.Source) (pages int, wrong []mailout.Problem, err error) {
	for _, s := range sources {
		found, err := p.Inspect(ctx, s.Path)
		if err != nil {
			return 0, nil, err
		}
		pages += found.Pages
		wrong = append(wrong, mailout.Stopping(found.Findings)...)
		if found.OK() && found.Source.SHA256 != s.SHA256 {
			wrong = append(wrong, finding{Code: codeChanged}.problem(s.Path))
		}
	}
	return pages, wrong, nil
}

// make reads the sources again, makes the document of them and stores it.
func (p *Pool) make(ctx context.Context, sources []mailout.Source, pages int) (made, error) {
	files, err := p.readAll(sources)
	if err != nil {
		return made{}, err
	}
	pdf, findings, err := p.join(ctx, files, pages)
	if err != nil || len(findings) > 0 {
		return made{findings: findings}, err
	}
	digest := mailout.SumDigest(pdf)
	if err := store(p.o.Store, digest, pdf); err != nil {
		return made{}, err
	}
	return made{Prepared: mailout.Prepared{
		SHA256: digest, CRC32: crc32.ChecksumIEEE(pdf), Bytes: int64(len(pdf)), Pages: pages,
	}}, nil
}

// readAll reads the very bytes that were inspected. Memory is bounded: what is too much
// to merge is refused before it is all read. The error is an *unfit.
func (p *Pool) readAll(sources []mailout.Source) (files [][]byte, err error) {
	total := 0
	for _, s := range sources {
		b, wrong := p.read(s.Path)
		if wrong == nil && mailout.SumDigest(b) != s.SHA256 {
			wrong = refuse(s.Path, finding{Code: codeChanged})
		}
		if total += len(b); wrong == nil && total > maxMergeBytes {
			wrong = refuse(s.Path, finding{Code: codeMergedTooLarge})
		}
		if wrong != nil {
			return nil, &unfit{*wrong}
		}
		files = append(files, b)
	}
	return files, nil
}

// join makes one PDF of files, which must have so many pages.
func (p *Pool) join(ctx context.Context, files [][]byte, pages int) ([]byte, []finding, error) {
	if len(files) == 1 {
		return files[0], nil, nil
	}
	rep, merged, err := p.ask(ctx, files...)
	if err != nil {
		return nil, nil, err
	}
	if len(merged) > 0 && rep.Pages == pages {
		return merged, nil, nil
	}
	if len(mailout.Stopping(problems("", rep.Findings))) == 0 {
		rep.Findings = []finding{{Code: codeMerge}}
	}
	return nil, rep.Findings, nil
}
