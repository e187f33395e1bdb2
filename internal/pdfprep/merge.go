package pdfprep

import (
	"errors"
	"io"
	"maps"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"batch/internal/mailout"
)

// merger makes one PDF of several, one behind the other. The zero value is ready; after
// an error it only keeps that.
type merger struct {
	all    *model.Context // what was merged so far
	at     int            // the part that is merged, from 1; 0: all are
	layers layers
	err    error
}

// open adds a PDF that was judged before and found sendable.
func (m *merger) open(pdf []byte) {
	m.next(func() error {
		doc, err := readJudged(pdf)
		if err != nil {
			return err
		}
		return m.append(doc)
	})
}

// add adds a PDF as check has read it.
func (m *merger) add(doc *model.Context) { m.next(func() error { return m.append(doc) }) }

// next merges one more part by f.
func (m *merger) next(f func() error) {
	if m.err == nil {
		m.at++
		m.err = guard(f)
	}
}

func (m *merger) append(doc *model.Context) error {
	if doc.XRefTable.Version() > model.V17 { // what is merged is PDF/A no more, and the portal takes no other 2.0
		return pdfcpu.ErrUnsupportedVersion
	}
	if err := straighten(doc); err != nil {
		return err
	}
	if m.all == nil {
		m.all = doc
		doc.Conf.Cmd = model.MERGECREATE
		doc.Conf.CreateBookmarks = false // those that the library makes hold file names
		// Plain objects and a plain table are written faster and read by everything.
		doc.Conf.WriteObjectStream, doc.Conf.WriteXRefStream = false, false
		doc.EnsureVersionForWriting()
		return m.layers.add(doc)
	}
	// It is not merged, only freed, and a broken file may say that its pages are its Info.
	doc.Info = nil
	// The library gives the objects of doc new numbers in place, and does so twice to what is
	// reached in two ways: old and new numbers must have none in common.
	*m.all.Size = max(size(m.all), size(doc))
	if err := pdfcpu.MergeXRefTables("", doc, m.all, false, false); err != nil {
		return err
	}
	return m.layers.add(doc)
}

// size is one more than the highest object number of a document, which is what /Size says
// (ISO 32000-1, table 15).
func size(doc *model.Context) int {
	n := 0
	for object := range doc.Table {
		n = max(n, object)
	}
	return n + 1
}

// finish writes the merged PDF and judges what was written. It has no pages where merging
// failed.
func (m *merger) finish() (verdict, []byte) {
	var out bounded
	if m.err == nil {
		m.at = 0 // what goes wrong now is no part's fault
		m.err = guard(func() error { return m.write(&out) })
	}
	if m.err != nil {
		return verdict{Findings: []finding{m.blame()}}, nil
	}
	v := checkMerged(out.b)
	if v.Pages == 0 {
		return v, nil
	}
	return v, out.b
}

// write makes the document what it is to be and writes it.
func (m *merger) write(to io.Writer) error {
	if err := anonymize(m.all); err != nil {
		return err
	}
	if err := m.layers.set(m.all); err != nil {
		return err
	}
	if err := api.OptimizeContext(m.all); err != nil { // fonts that the parts share are kept once
		return err
	}
	trim(m.all)
	return api.WriteContext(m.all, to)
}

// blame says why merging failed, and which part (from 1) is the cause, 0 where it is none.
func (m *merger) blame() finding {
	switch {
	case errors.Is(m.err, errTooLarge):
		return finding{Code: codeMergedTooLarge}
	case errors.Is(m.err, pdfcpu.ErrUnsupportedVersion):
		return finding{Code: codeMergeVersion, N: m.at}
	case errors.Is(m.err, errLayers):
		return finding{Code: codeMergeLayers, N: m.at}
	}
	return finding{Code: codeMerge, N: m.at}
}

// anonymize takes out of a merged PDF what spoke of one of its parts and would now speak of
// all: title, author and the rest of its properties, bookmarks, the claim to be PDF/A, and
// the tags, whose numbers mean others on the pages of other parts. Titles and bookmarks are
// often names of files.
func anonymize(doc *model.Context) error {
	root, err := doc.Catalog()
	if err != nil {
		return err
	}
	for _, key := range []string{"Metadata", "Outlines", "PageMode", "OpenAction", "OutputIntents", "PieceInfo", "ViewerPreferences", "StructTreeRoot", "MarkInfo"} {
		root.Delete(key)
	}
	// It describes the form of one part, and some viewers show it in place of the pages. What
	// was filled in stands in the fields too.
	if form, err := doc.DereferenceDict(root["AcroForm"]); err == nil {
		form.Delete("XFA")
	}
	doc.Outlines = nil
	doc.CatalogXMPMeta = nil
	doc.Title, doc.Author, doc.Subject, doc.Keywords, doc.Creator = "", "", "", "", ""
	doc.Properties = nil
	doc.Info = nil // the library writes one of its own
	return nil
}

// trim takes everything out of a document that nothing leads to. The library writes none
// of it, but would count it.
func trim(doc *model.Context) {
	needed := map[int]bool{0: true} // the head of the list of free objects
	queue := []types.Object{*doc.Root}
	for len(queue) > 0 {
		o := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if ref, ok := o.(types.IndirectRef); ok {
			object := ref.ObjectNumber.Value()
			if needed[object] {
				continue
			}
			needed[object] = true
			o, _ = doc.Dereference(ref) // what cannot be read is not written either
		}
		queue = append(queue, inside(o)...)
	}
	maps.DeleteFunc(doc.Table, func(object int, _ *model.XRefTableEntry) bool { return !needed[object] })
	if head := doc.Table[0]; head != nil { // the list is empty now
		var none int64
		head.Offset = &none
	}
	*doc.Size = size(doc)
}

var errTooLarge = errors.New("the merged PDF is too large")

// bounded keeps at most what one job may carry.
type bounded struct{ b []byte }

func (w *bounded) Write(p []byte) (int, error) {
	if len(w.b)+len(p) > mailout.MaxDocumentBytes {
		return 0, errTooLarge
	}
	w.b = append(w.b, p...)
	return len(p), nil
}
