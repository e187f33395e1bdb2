package plan_test

import (
	"strings"
	"testing"

	"batch/internal/plan"
)

// The portal makes PDF/A of a job only if every document is PDF/A, and merging ends it.
func TestPDFAIsLostOnlyWhereThereWasSome(t *testing.T) {
	for name, c := range map[string]struct {
		documents []string
		separate  bool
		want      []string
	}{
		"none":             {[]string{"a.pdf+b.pdf"}, false, nil},
		"one alone":        {[]string{"x.pdf"}, false, nil},
		"merged":           {[]string{"x.pdf+y.pdf"}, false, []string{"2D pdfa-lost"}},
		"separate":         {[]string{"x.pdf+y.pdf"}, true, nil},
		"one is not":       {[]string{"x.pdf", "y.pdf", "b.pdf"}, false, []string{"2F pdfa-mixed"}},
		"one is not, both": {[]string{"x.pdf+b.pdf"}, false, []string{"2D pdfa-mixed"}},
		"one is not there": {[]string{"x.pdf", "none.pdf"}, false, []string{"2E document-missing"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, signs(2, kari, c.documents...))
			d.files["x.pdf"], d.files["y.pdf"], d.o.Separate = "PDF/A x", "PDF/A y", c.separate
			d.wantProblems(d.make(), c.want...)
		})
	}
}

// A letter saved under two names is one that reaches the wrong person.
func TestTheSameBytesUnderTwoNames(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf"), signs(3, ola, "a.pdf"), signs(4, per, "copy.pdf", "copy of copy.pdf"), signs(5, per, "b.pdf"))
	d.files["copy.pdf"], d.files["copy of copy.pdf"] = d.files["a.pdf"], d.files["a.pdf"]
	res := d.make()
	d.wantProblems(res, "4D document-twin", "4E document-twin")
	if p := res.Problems[0]; p.Document != "copy.pdf" || !strings.Contains(p.Message, "copy.pdf") || !strings.Contains(p.Message, "line 2") {
		t.Errorf("the warning is %+v", p)
	}
}

// A finding in a document is told at the cell, with the place in the document.
func TestAFindingKeepsItsPlaceInTheDocument(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf+odd.pdf"))
	d.files["odd.pdf"] = "!pdf-damaged"
	res := d.make()
	d.wantProblems(res, "2D pdf-damaged")
	p := res.Problems[0]
	if p.File != "manifest.csv" || p.Document != "odd.pdf" || p.Page != 3 || p.Object != 7 || !strings.HasPrefix(p.Message, "odd.pdf: ") {
		t.Errorf("the problem is %+v", p)
	}
}

// A cell that could not be read names no file, and is a problem already.
func TestADocumentWithoutFiles(t *testing.T) {
	l := signs(2, kari, "a.pdf").bad("document-path")
	l.Inputs[0].Parts = nil
	d := newDesk(t, l)
	d.wantProblems(d.make(), "2A document-path")
}

// A letter without its enclosure is worse than none.
func TestADocumentThatComesToNothingIsAnError(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf", "b.pdf"))
	d.files["b.pdf"] = "comes to nothing"
	if res, err := plan.Make(t.Context(), d.manifest, d.folder, d.shelf, d.o); err == nil || res.Batch != "" || len(d.drafts) != 0 {
		t.Errorf("the batch is %+v, the error %v", res, err)
	}
}

// A file that goes to every row may well be that of another row too.
func TestTwinsAreToldOnce(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf"), signs(3, ola, "x.pdf"), signs(4, per, "x.pdf"))
	d.files["x.pdf"], d.files["terms.pdf"] = d.files["a.pdf"], "cover"
	d.files["cover.pdf"] = "cover"
	d.o.Before, d.o.After = []string{"cover.pdf"}, []string{"terms.pdf"}
	d.wantProblems(d.make(), "3D document-twin")
}
