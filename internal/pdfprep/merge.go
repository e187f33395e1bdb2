package pdfprep

import (
	"errors"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"batch/internal/mailout"
)

// merger makes one PDF of several, one behind the other. The zero value is ready; after
// an error it only keeps that.
type merger struct {
	all    *model.Context // what was merged so far
	n      int
	layers layers
	err    error
}

// open adds a PDF that was judged before and found sendable.
func (m *merger) open(pdf []byte) {
	m.do(func() error {
		doc, err := readJudged(pdf)
		if err != nil {
			return err
		}
		return m.append(doc)
	})
}

// add adds a PDF as check has read it.
func (m *merger) add(doc *model.Context) { m.do(func() error { return m.append(doc) }) }

func (m *merger) do(f func() error) {
	if m.err == nil {
		m.err = guard(f)
	}
}

func (m *merger) append(doc *model.Context) error {
	m.n++
	if doc.XRefTable.Version() > model.V17 { // what is merged is PDF/A no more, and the portal takes no other 2.0
		return pdfcpu.ErrUnsupportedVersion
	}
	if m.n == 1 {
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
	*m.all.Size = size(m.all)
	return m.layers.add(doc)
}

// size is one more than the highest object number of a document, as /Size should be (ISO
// 32000-1, table 15).
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
	m.do(func() error {
		if err := anonymize(m.all); err != nil {
			return err
		}
		if err := m.layers.set(m.all); err != nil {
			return err
		}
		if err := api.OptimizeContext(m.all); err != nil { // fonts that the parts share are kept once
			return err
		}
		return api.WriteContext(m.all, &out)
	})
	switch {
	case errors.Is(m.err, errTooLarge):
		return verdict{Findings: []finding{{Code: codeMergedTooLarge}}}, nil
	case errors.Is(m.err, pdfcpu.ErrUnsupportedVersion):
		return verdict{Findings: []finding{{Code: codeMergeVersion}}}, nil
	case errors.Is(m.err, errLayers):
		return verdict{Findings: []finding{{Code: codeMergeLayers}}}, nil
	case m.err != nil:
		return verdict{Findings: []finding{{Code: codeMerge}}}, nil
	}
	v := checkMerged(out.b)
	if v.Pages == 0 {
		return v, nil
	}
	return v, out.b
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
	doc.Outlines = nil
	doc.CatalogXMPMeta = nil
	doc.Title, doc.Author, doc.Subject, doc.Keywords, doc.Creator = "", "", "", "", ""
	doc.Properties = nil
	doc.Info = nil // the library writes one of its own
	return nil
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
