package signedpdf

import (
	"bytes"
	"fmt"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

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

// appendDocument merges one document. The library's panics are faults of the document too: it
// was not written for hostile input.
func appendDocument(ctx *model.Context, document []byte, index int) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the library fails: %v", fault)
		}
	}()
	source, err := readDocument(document)
	if err != nil {
		return err
	}
	if source.Size == nil || *source.Size > maxPDFObjects {
		return fmt.Errorf("it claims more than %d objects", maxPDFObjects)
	}
	source.Info = nil // it would be freed, and a damaged document may say that its pages are its Info
	return pdfcpu.MergeXRefTables(fmt.Sprint(index+1), source, ctx, false, false)
}

// readDocument reads a document for merging. The signed PDF shows its pages; what is around
// them (forms, attachments, scripts, signatures of its own) would be claims of the
// signed PDF, and stays behind. Where pdfcpu finds fault with annotations, these do too.
func readDocument(document []byte) (*model.Context, error) {
	if ctx, err := readPages(document, true); err == nil {
		return ctx, nil
	}
	return readPages(document, false)
}

func readPages(document []byte, annotations bool) (*model.Context, error) {
	ctx, err := api.ReadContext(bytes.NewReader(document), pdfConfiguration())
	if err != nil {
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
		if d, err := ctx.DereferenceDict(*types.NewIndirectRef(number, 0)); err == nil && d != nil {
			strip(ctx, d, annotations)
		}
	}
	newest := model.V17
	ctx.HeaderVersion, ctx.RootVersion = &newest, nil // many documents use what is newer than they are
	return ctx, api.ValidateContext(ctx)
}

// strip makes the fields of a document's own signatures pictures: what shows on the page stays,
// but there is nothing any more for which a signature could hold, or where one could be put.
// Without annotations, pages lose all of theirs.
func strip(ctx *model.Context, d types.Dict, annotations bool) {
	if kind := d.Type(); !annotations && kind != nil && *kind == "Page" {
		d.Delete("Annots")
		d.Delete("AA")
	}
	if kind := d.Subtype(); kind == nil || *kind != "Widget" || !isSignatureField(ctx, d) {
		return
	}
	for _, key := range []string{"FT", "V", "T", "Parent", "MK", "A", "AA"} {
		d.Delete(key)
	}
	d.Update("Subtype", types.Name("Stamp"))
	if d["AP"] == nil {
		d.Update("F", types.Integer(hiddenAnnotation)) // readers draw a stamp of their own
	}
}

// hiddenAnnotation is an annotation's flag (ISO 32000-1, table 165).
const hiddenAnnotation = 2

// isSignatureField looks for the kind of a field where it may stand, in a parent too.
func isSignatureField(ctx *model.Context, d types.Dict) bool {
	for range maxFieldDepth {
		if kind := d.NameEntry("FT"); kind != nil {
			return *kind == "Sig"
		}
		above, err := ctx.DereferenceDict(d["Parent"])
		if err != nil || above == nil {
			return false
		}
		d = above
	}
	return false
}

// maxFieldDepth is deeper than any form.
const maxFieldDepth = 32
