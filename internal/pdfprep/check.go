package pdfprep

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/log"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/fault"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// maxObjects is the highest object number that is believed. 219 bytes that claim
// more make the library count to it for minutes.
const maxObjects = 1_000_000

// config is a fresh configuration: the library writes to the one it is given. Relaxed
// validation, because strict refuses the dates that LibreOffice writes.
func config() *model.Configuration {
	c := model.NewDefaultConfiguration()
	c.ValidationMode = model.ValidationRelaxed
	c.Offline = true
	c.Limits.MaxObjectCount = maxObjects
	c.Limits.MaxXRefEntries = maxObjects
	c.Limits.MaxStreamBytes = memoryCap
	return c
}

// refusal is a verdict that ends a check.
type refusal finding

func (r refusal) Error() string { return r.Code }

// inspect judges one PDF: the first cause to refuse it, or its warnings.
func inspect(pdf []byte) reply {
	var rep reply
	heard := listen()
	err := guard(func() error { return check(pdf, &rep) })
	if err == nil {
		err = heard.verdict()
	}
	if err != nil {
		return reply{Findings: []finding{asFinding(err)}}
	}
	return rep
}

func check(pdf []byte, rep *reply) error {
	doc, err := api.ReadContext(bytes.NewReader(pdf), config())
	if err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	if doc.Encrypt != nil || doc.E != nil {
		return refusal{Code: codeEncrypted}
	}
	if doc.XRefTable.Size == nil || *doc.XRefTable.Size > maxObjects {
		return refusal{Code: codeObjects}
	}
	if err := api.ValidateContext(doc); err != nil {
		return fmt.Errorf("validating: %w", err)
	}
	if doc.SignatureExist || doc.AppendOnly || len(doc.Signatures) > 0 || doc.URSignature != nil {
		return refusal{Code: codeSigned}
	}
	if doc.PageCount == 0 {
		return refusal{Code: codeNoPages}
	}
	// portal-api.md: PDF 1.1–1.7. PDF 2.0 in the catalogue counts like one in the header.
	if v := doc.XRefTable.Version(); v < model.V11 || v > model.V17 {
		return refusal{Code: codeVersion}
	}
	rep.Pages = doc.PageCount
	rep.Findings = warnings(doc)
	// Decodes the content of every page, which finds what validation did not look into.
	if err := api.OptimizeContext(doc); err != nil {
		return fmt.Errorf("decoding: %w", err)
	}
	return nil
}

// guard turns the library's own panics into errors; any other ends the worker.
func guard(f func() error) (err error) {
	defer fault.Catch(&err)
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
	}
	return finding{Code: codeDamaged}
}

// ear listens to the library's messages: some of its repairs drop text or pages and
// return no error.
type ear struct {
	missingFont bool
	blankPage   bool
}

// listen starts to listen anew.
func listen() *ear {
	e := &ear{}
	log.SetCLILogger(e)
	return e
}

func (e *ear) hear(s string) {
	e.missingFont = e.missingFont || strings.Contains(s, "skipped: missing font:")
	e.blankPage = e.blankPage || strings.Contains(s, "with blank page")
}

func (e *ear) Printf(format string, args ...any) { e.hear(fmt.Sprintf(format, args...)) }
func (e *ear) Println(args ...any)               { e.hear(fmt.Sprintln(args...)) }
func (e *ear) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (e *ear) Fatalln(args ...any)               { panic(fmt.Sprintln(args...)) }

func (e *ear) verdict() error {
	switch {
	case e.blankPage:
		return refusal{Code: codeLostPage}
	case e.missingFont:
		return refusal{Code: codeLostText}
	}
	return nil
}

// A4 portrait in points, with the tolerance that office programs need (LibreOffice
// writes 595.304 × 841.89).
const (
	a4Width     = 595.28
	a4Height    = 841.89
	a4Tolerance = 3
)

// oddPages counts pages that are not A4 portrait as a reader sees them.
func oddPages(doc *model.Context) int {
	dims, err := doc.PageDims()
	if err != nil {
		return 0
	}
	n := 0
	for _, d := range dims {
		if math.Abs(d.Width-a4Width) > a4Tolerance || math.Abs(d.Height-a4Height) > a4Tolerance {
			n++
		}
	}
	return n
}
