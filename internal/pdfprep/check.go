package pdfprep

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/fault"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

const (
	// maxObjects is the highest object number that is believed. 219 bytes that claim
	// more make the library count to it for minutes.
	maxObjects = 1_000_000
	// maxStructure is how much a stream of objects may unpack to, in bytes.
	maxStructure = 64 << 20
)

// config is a fresh configuration: the library writes to the one it is given. Relaxed
// validation, because strict refuses the dates that LibreOffice writes.
func config() *model.Configuration {
	c := model.NewDefaultConfiguration()
	c.ValidationMode = model.ValidationRelaxed
	c.Offline = true
	c.Limits.MaxObjectCount = maxObjects
	c.Limits.MaxXRefEntries = maxObjects
	c.Limits.MaxStreamBytes = memoryCap
	c.Limits.MaxDecodeBytes = maxStructure
	return c
}

// refusal is a verdict that ends a check.
type refusal finding

func (r refusal) Error() string { return r.Code }

// check judges one PDF: the first cause to refuse it, or its warnings. The context is what
// was read, for merging; nil where it is refused. Errors and panics of the library are a
// refusal; what it cannot recover from ends the worker.
func check(pdf []byte) (*model.Context, verdict) {
	var doc *model.Context
	var v verdict
	heard := listen()
	err := guard(func() (err error) {
		doc, v, err = examine(pdf, heard)
		return err
	})
	if err != nil {
		return nil, verdict{Findings: []finding{asFinding(err)}}
	}
	return doc, v
}

func examine(pdf []byte, heard *ear) (*model.Context, verdict, error) {
	if err := outline(pdf); err != nil {
		return nil, verdict{}, err
	}
	doc, err := read(pdf)
	mended := heard.resized || heard.rebuilt || err != nil && asFinding(err).Code == codeDamaged
	switch {
	case mended && claimsTooMany(pdf):
		return nil, verdict{}, refusal{Code: codeObjects}
	case err != nil:
		return nil, verdict{}, err
	case !oneDocument(pdf, doc, heard):
		return nil, verdict{}, refusal{Code: codeDamaged}
	}
	pages, err := pageTree(doc)
	if err != nil {
		return nil, verdict{}, fmt.Errorf("listing pages: %w", err)
	}
	found := look(doc, heard)
	if heard.tooDeep {
		return nil, verdict{}, refusal{Code: codeNesting}
	}
	v := verdict{PDFA: pdfaClaim(doc), Images: found.images, Findings: found.warnings(pages)}
	if doc.XRefTable.Version() > model.V17 {
		v.Findings = append(v.Findings, finding{Code: codeVersion2})
	}
	// In this order, so that the first cause found is the one that helps most.
	for _, step := range []func() error{
		func() error { return found.isSigned(pages) },
		func() error { return rightVersion(doc, v.PDFA) },
		func() error { return lostObject(doc, pages, heard) },
		func() error { return valid(doc, pages, heard) },
		func() error { return pageContents(doc, pages, pdf) },
	} {
		if err := step(); err != nil {
			return nil, verdict{}, err
		}
	}
	v.Pages = doc.PageCount
	return doc, v, nil
}

// oneDocument reports whether other readers find the document in a PDF that the library finds.
func oneDocument(pdf []byte, doc *model.Context, heard *ear) bool {
	return !heard.unlisted && !disputed(doc) && (!heard.rebuilt || namesRoot(pdf, doc.Root.ObjectNumber.Value()))
}

// readJudged reads a PDF again that was judged sendable, for merging.
func readJudged(pdf []byte) (*model.Context, error) { return readHearing(pdf, listen()) }

func readHearing(pdf []byte, heard *ear) (*model.Context, error) {
	doc, err := read(pdf)
	if err != nil {
		return nil, err
	}
	pages, err := pageTree(doc)
	if err != nil {
		return nil, err
	}
	return doc, valid(doc, pages, heard)
}

// checkMerged judges a PDF that we made of several that were judged: whether it is whole,
// and how many pages it has.
func checkMerged(pdf []byte) verdict {
	var doc *model.Context
	heard := listen()
	err := guard(func() (err error) {
		doc, err = readHearing(pdf, heard)
		return err
	})
	if err != nil || len(heard.unreadable) > 0 || heard.rebuilt {
		return verdict{Findings: []finding{{Code: codeMerge}}}
	}
	return verdict{Pages: doc.PageCount}
}

// read parses a PDF that is not encrypted.
func read(pdf []byte) (*model.Context, error) {
	if declaresEncryption(pdf) {
		return nil, refusal{Code: codeEncrypted}
	}
	doc, err := api.ReadContext(bytes.NewReader(pdf), config())
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	if doc.Encrypt != nil || doc.E != nil {
		return nil, refusal{Code: codeEncrypted}
	}
	if doc.XRefTable.Size == nil || *doc.XRefTable.Size > maxObjects {
		return nil, refusal{Code: codeObjects}
	}
	return doc, nil
}

// rightVersion holds the versions in header and catalogue against portal-api.md: PDF 1.1 to
// 1.7, or PDF/A, of which part 4 is PDF 2.0 (ISO 19005-4).
func rightVersion(doc *model.Context, pdfa string) error {
	root, _ := doc.Catalog()
	o, _ := doc.Dereference(root["Version"])
	own, _ := o.(types.Name) // the library does not always look at it
	if newest := max(doc.HeaderVersion.String(), string(own)); newest > "1.7" && !strings.HasPrefix(pdfa, "4") {
		return refusal{Code: codeVersion}
	}
	return nil
}

// guard turns panics of the library into errors: its own, which it means as such, and those
// that a file provoked, after which nothing of what was read is used.
func guard(f func() error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case fault.Panic:
			err = r
		default:
			err = refusal{Code: codeCrash}
		}
	}()
	return f()
}

// asFinding names the cause of a refusal without repeating a word of the file.
func asFinding(err error) finding {
	var r refusal
	switch {
	case errors.As(err, &r):
		return finding(r)
	case errors.Is(err, pdfcpu.ErrWrongPassword), errors.Is(err, pdfcpu.ErrMalformedEncryption),
		errors.Is(err, pdfcpu.ErrUnsupportedEncryptionFeature), errors.Is(err, model.ErrMissingEncryptDictObject),
		errors.Is(err, model.ErrWrongTypeEncryptDictObject):
		return finding{Code: codeEncrypted}
	case errors.Is(err, model.ErrMaxRecursionDepthExceeded):
		return finding{Code: codeNesting}
	case errors.Is(err, filter.ErrDecodeLimitExceeded):
		return finding{Code: codeExpansion}
	}
	return finding{Code: codeDamaged}
}
