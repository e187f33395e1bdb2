package signedpdf

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// attachment is one file embedded in the signed PDF.
type attachment struct {
	name        string
	description string
	content     []byte
}

// assemble puts the unsealed document together. A document that the library cannot read was
// signed all the same: it is embedded as it came, and a page says so.
func assemble(job Job) ([]byte, error) {
	front, attached, pages := frontPage(job), signatures(job), contents(job)
	for {
		pdf, err := merge(job, front, pages, attached)
		var bad *badDocument
		if !errors.As(err, &bad) {
			return pdf, err
		}
		n, d := bad.index+1, job.Documents[bad.index]
		a := attachment{fmt.Sprintf("document-%d.pdf", n), fmt.Sprintf("Document %d as it came", n), d.Content}
		attached = append(attached, a)
		pages[bad.index] = standIn(n, d.Title, a.name)
	}
}

// signatures are the signers' XAdES as they are embedded.
func signatures(job Job) []attachment {
	var all []attachment
	for _, by := range job.Signatures {
		all = append(all, attachment{fmt.Sprintf("signer-%d.xades.xml", by.N), fmt.Sprintf("XAdES of signer %d", by.N), by.XAdES})
	}
	return all
}

func contents(job Job) [][]byte {
	var all [][]byte
	for _, d := range job.Documents {
		all = append(all, d.Content)
	}
	return all
}

// merge puts the front page before the documents' pages, a footer on every page, and embeds
// the attachments.
func merge(job Job, front *sheet, documents [][]byte, attached []attachment) ([]byte, error) {
	ctx, err := api.ReadAndValidate(bytes.NewReader(front.pdf(job.Title)), pdfConfiguration())
	if err != nil {
		return nil, fmt.Errorf("reading the front page: %w", err)
	}
	ctx.EnsureVersionForWriting()
	for i, document := range documents {
		if err := appendDocument(ctx, document, i); err != nil {
			return nil, &badDocument{i, err}
		}
	}
	if err := stampFooter(ctx, front.face, job.ID); err != nil {
		return nil, err
	}
	for _, a := range attached {
		file := model.Attachment{Reader: bytes.NewReader(a.content), ID: a.name, Desc: a.description, ModTime: &job.SealedAt}
		if err := ctx.AddAttachment(file, false); err != nil {
			return nil, fmt.Errorf("embedding %s: %w", a.name, err)
		}
	}
	var out bytes.Buffer
	if err := api.WriteContext(ctx, &out); err != nil {
		return nil, fmt.Errorf("writing the merged document: %w", err)
	}
	return out.Bytes(), nil
}

// badDocument is a document that the library cannot read.
type badDocument struct {
	index  int
	reason error
}

func (b *badDocument) Error() string {
	return fmt.Sprintf("reading document %d: %v", b.index+1, b.reason)
}

// standIn is a page for a document that could not be read.
func standIn(n int, title, attached string) []byte {
	s := newSheet(newTypeface(), "")
	s.lines(marginSide, textWidth, headStyle, title)
	s.skip(10)
	s.lines(marginSide, textWidth, plainStyle, fmt.Sprintf("The pages of document %d cannot be shown: its PDF is damaged. "+
		"What was signed is embedded in this file as %s.", n, attached))
	return s.pdf(title)
}
