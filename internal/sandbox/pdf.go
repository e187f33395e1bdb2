package sandbox

import (
	"bytes"
	"fmt"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// footerStyle is pdfcpu's description of the line that stands at the foot of every page.
const footerStyle = "font:Helvetica, points:7, scalefactor:1 abs, position:bc, offset:0 12, rotation:0, fillcolor:#404040"

// maxPDFObjects bounds merging: a table that claims more would take pdfcpu for ever.
const maxPDFObjects = 1_000_000

func init() {
	api.DisableConfigDir() // pdfcpu would otherwise write a configuration into the home folder
}

// pdfConfiguration is a fresh one for each call: pdfcpu writes to it. Plain tables and
// objects are asked for so that the seal can be appended by hand.
func pdfConfiguration() *model.Configuration {
	c := model.NewDefaultConfiguration()
	c.Offline = true
	c.ValidationMode = model.ValidationRelaxed
	c.WriteObjectStream = false
	c.WriteXRefStream = false
	c.CreateBookmarks = false
	c.Cmd = model.MERGECREATE
	return c
}

// attachment is one file embedded in the signed PDF.
type attachment struct {
	name        string
	description string
	content     []byte
}

// assemble puts the front page before the documents, a footer on every page, and embeds
// the attachments. The result is not sealed yet.
func assemble(front []byte, documents [][]byte, footer string, attached []attachment, at time.Time) ([]byte, error) {
	ctx, err := api.ReadAndValidate(bytes.NewReader(front), pdfConfiguration())
	if err != nil {
		return nil, fmt.Errorf("reading the front page: %w", err)
	}
	ctx.EnsureVersionForWriting()
	for i, document := range documents {
		source, err := readDocument(document)
		if err != nil {
			return nil, fmt.Errorf("reading document %d: %w", i+1, err)
		}
		if source.Size == nil || *source.Size > maxPDFObjects {
			return nil, fmt.Errorf("reading document %d: it claims more than %d objects", i+1, maxPDFObjects)
		}
		source.Info = nil // it would be freed, and a damaged document may say that its pages are its Info
		if err := pdfcpu.MergeXRefTables(fmt.Sprint(i+1), source, ctx, false, false); err != nil {
			return nil, fmt.Errorf("appending document %d: %w", i+1, err)
		}
	}
	if err := stampFooter(ctx, footer); err != nil {
		return nil, err
	}
	for _, a := range attached {
		file := model.Attachment{Reader: bytes.NewReader(a.content), ID: a.name, Desc: a.description, ModTime: &at}
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

// readDocument reads a document for merging. The signed PDF shows pages; where pdfcpu finds fault
// with what is around them, or with annotations, these are left out.
func readDocument(document []byte) (*model.Context, error) {
	ctx, err := api.ReadAndValidate(bytes.NewReader(document), pdfConfiguration())
	if err == nil {
		return ctx, nil
	}
	if ctx, err = api.ReadContext(bytes.NewReader(document), pdfConfiguration()); err != nil {
		return nil, err
	}
	root, err := ctx.Catalog()
	if err != nil {
		return nil, err
	}
	for key := range root {
		if key != "Type" && key != "Pages" {
			delete(root, key)
		}
	}
	for number := range ctx.Table {
		d, err := ctx.DereferenceDict(*types.NewIndirectRef(number, 0))
		if err == nil && d.Type() != nil && *d.Type() == "Page" {
			d.Delete("Annots")
			d.Delete("AA")
		}
	}
	newest := model.V17
	ctx.HeaderVersion, ctx.RootVersion = &newest, nil // many documents use what is newer than they are
	return ctx, api.ValidateContext(ctx)
}

func stampFooter(ctx *model.Context, footer string) error {
	stamp, err := api.TextWatermark(footer, footerStyle, true, false, types.POINTS)
	if err != nil {
		return fmt.Errorf("preparing the footer: %w", err)
	}
	if err := api.WatermarkContext(ctx, nil, stamp); err != nil {
		return fmt.Errorf("stamping the footer: %w", err)
	}
	return nil
}
