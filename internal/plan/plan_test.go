package plan_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"batch/internal/mailout"
	"batch/internal/plan"
)

func TestAPlanIsFrozenRowByRow(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf"), signs(3, ola, "a.pdf+b.pdf"))
	res := d.make()
	d.wantProblems(res)
	if res.Batch == "" || res.Known || res.Rows != 2 || res.Skipped != 0 {
		t.Fatalf("the result is %+v", res)
	}
	rows := d.frozen[res.Batch]
	if len(rows) != 2 || rows[0].Line != 2 || rows[1].Line != 3 {
		t.Fatalf("frozen are %+v", rows)
	}
	doc := rows[1].Documents[0]
	if len(rows[1].Documents) != 1 || len(doc.Sources) != 2 || doc.Sources[0].Path != "a.pdf" || doc.Sources[1].Path != "b.pdf" || doc.Pages != 2 ||
		doc.Name != "document1.pdf" || doc.Title != "Arbeidsavtale" || doc.SHA256.IsZero() {
		t.Errorf("the merged document is %+v", doc)
	}
}

func TestManyRowsKeepTheirOrder(t *testing.T) {
	d := newDesk(t)
	for n := range 200 { // more than one transaction's worth
		path := fmt.Sprintf("%d.pdf", n)
		d.files[path] = path
		d.lines = append(d.lines, signs(n+2, kari, path))
	}
	seen := []int{}
	d.o.Progress = func(rows int) { seen = append(seen, rows) }
	res := d.make()
	for i, r := range d.frozen[res.Batch] {
		if r.Line != i+2 || r.Documents[0].Sources[0].Path != fmt.Sprintf("%d.pdf", i) {
			t.Fatalf("row %d is line %d with %s", i, r.Line, r.Documents[0].Sources[0].Path)
		}
	}
	if res.Rows != 200 || len(seen) == 0 || seen[len(seen)-1] != 200 || !slices.IsSorted(seen) {
		t.Errorf("%d rows, progress %v", res.Rows, seen)
	}
}

func TestAllProblemsAreFoundInOneGo(t *testing.T) {
	d := newDesk(t,
		signs(2, kari, "a.pdf"),
		signs(3, ola, "missing.pdf+broken.pdf", "also-missing.pdf").bad("national-id"),
		signs(4, per, "broken.pdf"),
		signs(5, per, "huge.pdf").bad("title"),
		signs(6, per, "unmergeable.pdf+a.pdf"),
		signs(7, per, "c.pdf"),
		signs(8, per, "c.pdf"),
	)
	d.files["broken.pdf"], d.files["huge.pdf"], d.files["unmergeable.pdf"] = "!pdf-damaged", "#10485761", "unmergeable"
	d.general = []mailout.Problem{{Severity: mailout.Stop, Code: "column-twice", Place: mailout.Place{File: "manifest.csv", Line: 1, Column: "B"}}}
	d.earlier[d.letter(7)] = "2026-10-01-a1 9"
	res := d.make()
	d.wantProblems(res, "1B column-twice", "3A national-id", "3D document-missing", "3D pdf-damaged", "3E document-missing", "4D pdf-damaged",
		"5A title", "5D documents-too-large", "6D pdf-merge", "7 repeat-of-earlier", "8 repeat")
	if res.Batch != "" || res.Rows != 7 || len(d.frozen) != 0 {
		t.Errorf("in spite of the problems: %+v", res)
	}
	for _, p := range res.Problems {
		if p.File != "manifest.csv" {
			t.Errorf("%s is not at a cell of the manifest: %s", p.Code, p.Place)
		}
		if p.Code == "document-missing" && !strings.Contains(p.Message, "missing.pdf") {
			t.Errorf("the message does not name the document: %s", p.Message)
		}
	}
}

// letter is the key of a line whose documents are as the folder has them.
func (d *desk) letter(n int) mailout.Digest {
	for _, l := range d.lines {
		if l.Line != n {
			continue
		}
		for _, in := range l.Inputs {
			doc := mailout.Document{}
			for _, p := range in.Parts {
				doc.Sources = append(doc.Sources, mailout.Source{Path: p, SHA256: mailout.SumDigest([]byte(d.files[p]))})
			}
			l.Documents = append(l.Documents, doc)
		}
		return l.LetterKey()
	}
	return mailout.Digest{}
}

func TestWarningsStopNothing(t *testing.T) {
	d := newDesk(t, signs(2, kari, "odd.pdf"))
	d.files["odd.pdf"] = "?pdf-version"
	res := d.make()
	d.wantProblems(res, "2D pdf-version")
	if res.Batch == "" {
		t.Error("a warning stopped the batch")
	}
}

func TestAnEmptyManifestIsAProblem(t *testing.T) {
	d := newDesk(t)
	res := d.make()
	d.wantProblems(res, "0 no-rows")
	if res.Batch != "" || res.Problems[0].File != "manifest.csv" || res.Problems[0].Remedy == "" {
		t.Errorf("the result is %+v", res)
	}
}

func TestSkipBadRows(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf"), signs(3, ola, "a.pdf").bad("title"), signs(4, per, "missing.pdf"), signs(5, kari, "a.pdf"), signs(6, ola, "a.pdf"))
	d.o.SkipBadRows = true
	res := d.make()
	d.wantProblems(res, "3A title", "4D document-missing", "5 repeat")
	if res.Batch == "" || res.Rows != 5 || res.Skipped != 3 {
		t.Fatalf("the result is %+v", res)
	}
	for _, r := range d.frozen[res.Batch] {
		if want := r.Line != 2 && r.Line != 6; r.Skipped != want || (len(r.Documents) == 0) != want {
			t.Errorf("line %d: skipped %v, %d documents", r.Line, r.Skipped, len(r.Documents))
		}
	}
}

func TestSkippingEveryRowLeavesNothingToSend(t *testing.T) {
	d := newDesk(t, signs(2, kari, "missing.pdf"))
	d.o.SkipBadRows = true
	res := d.make()
	d.wantProblems(res, "0 no-rows", "2D document-missing")
	if res.Batch != "" {
		t.Error("a batch without a job was frozen")
	}
}

func TestSkipBadRowsSkipsRowsOnly(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf"))
	d.o.SkipBadRows = true
	d.general = []mailout.Problem{{Severity: mailout.Stop, Code: "column-missing", Place: mailout.Place{File: "manifest.csv", Line: 1}}}
	if res := d.make(); res.Batch != "" {
		t.Error("a problem of the whole file was skipped")
	}
}

func TestTheSamePlanAgainIsTheSameBatch(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf+b.pdf"), signs(3, ola, "a.pdf"))
	first := d.make()
	merges := d.merges
	d.earlier[d.letter(2)] = string(first.Batch) + " 2" // approved meanwhile: no repeat of itself
	again := d.make()
	if again.Batch != first.Batch || !again.Known || again.Digest != first.Digest || again.RowsDigest != first.RowsDigest {
		t.Errorf("planned again: %+v, want %+v", again, first)
	}
	d.wantProblems(again)
	if d.merges != merges || len(d.frozen) != 1 {
		t.Errorf("%d documents were made again, %d batches are frozen", d.merges-merges, len(d.frozen))
	}
}

func TestADocumentIsMadeOnce(t *testing.T) {
	d := newDesk(t)
	for n := range 100 { // the same two files for everybody, side by side
		d.lines = append(d.lines, signs(n+2, mailout.NationalID(fmt.Sprintf("%011d", n)), "a.pdf+b.pdf"))
	}
	first := d.make()
	if d.merges != 1 {
		t.Errorf("the same document was made %d times", d.merges)
	}
	clear(d.prepared) // somebody emptied prepared/
	second := d.make()
	if d.merges != 2 {
		t.Errorf("%d merges, want a second one", d.merges)
	}
	if second.RowsDigest != first.RowsDigest || second.Digest == first.Digest {
		t.Error("other prepared bytes must change the digest that is approved, and only it")
	}
}

func TestTheSizeLimitIsOfAllDocumentsTogether(t *testing.T) {
	for _, c := range []struct {
		sizes [3]string
		want  []string
	}{
		{[3]string{"#10485760", "#0", "#0"}, nil},
		{[3]string{"#5242880", "#5242880", "#0"}, nil},
		{[3]string{"#5242880", "#5242880", "#1"}, []string{"2D documents-too-large"}},
		{[3]string{"#1", "#10485760", "#1"}, []string{"2E documents-too-large"}},
	} {
		d := newDesk(t, signs(2, kari, "a.pdf", "b.pdf", "c.pdf"))
		d.files["a.pdf"], d.files["b.pdf"], d.files["c.pdf"] = c.sizes[0], c.sizes[1], c.sizes[2]
		res := d.make()
		d.wantProblems(res, c.want...)
	}
}

func TestTheFattestDocumentIsNamedAtItsCell(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf", "big.pdf"))
	d.files["big.pdf"] = "#10485761"
	d.o.Before, d.o.Separate = []string{"brev.pdf"}, true
	res := d.make()
	d.wantProblems(res, "2E documents-too-large")
	if len(res.Problems) > 0 && !strings.Contains(res.Problems[0].Message, "big.pdf") {
		t.Errorf("the message is %s", res.Problems[0].Message)
	}
}

func TestBeforeAndAfter(t *testing.T) {
	for _, c := range []struct {
		name     string
		separate bool
		inputs   []string
		want     string
	}{
		{"merged around the first", false, []string{"a.pdf+b.pdf", "c.pdf"}, "brev.pdf a.pdf b.pdf vilkår.pdf | c.pdf"},
		{"one by one", true, []string{"a.pdf+b.pdf", "c.pdf"}, "brev.pdf | a.pdf | b.pdf | vilkår.pdf | c.pdf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, signs(2, kari, c.inputs...), signs(3, ola, c.inputs...))
			d.o.Before, d.o.After, d.o.Separate = []string{"brev.pdf"}, []string{"vilkår.pdf"}, c.separate
			res := d.make()
			d.wantProblems(res)
			for _, r := range d.frozen[res.Batch] {
				var docs []string
				for n, doc := range r.Documents {
					var parts []string
					for _, s := range doc.Sources {
						parts = append(parts, s.Path)
					}
					docs = append(docs, strings.Join(parts, " "))
					if want := fmt.Sprintf("document%d.pdf", n+1); doc.Name != want {
						t.Errorf("line %d: document %d is called %s", r.Line, n+1, doc.Name)
					}
					if want := fmt.Sprintf("Arbeidsavtale (%d)", n+1); doc.Title.Reveal() != want {
						t.Errorf("line %d: document %d has the title %q", r.Line, n+1, doc.Title.Reveal())
					}
				}
				if got := strings.Join(docs, " | "); got != c.want {
					t.Errorf("line %d gets %s, want %s", r.Line, got, c.want)
				}
			}
		})
	}
}

func TestSharedDocumentsCountAgainstTheLimitOfTwenty(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf"))
	d.lines[0].Inputs[0].Parts = slices.Repeat([]string{"a.pdf"}, 19)
	d.o.Before, d.o.Separate = []string{"brev.pdf"}, true
	if res := d.make(); res.Batch == "" {
		t.Errorf("twenty documents are a problem: %v", codes(res))
	}
	d.o.After = []string{"vilkår.pdf"}
	res := d.make()
	d.wantProblems(res, "2D too-many-documents")
}

func TestDocumentTitlesFitThePortal(t *testing.T) {
	long := strings.Repeat("å", mailout.MaxTitle)
	d := newDesk(t, signs(2, kari, "a.pdf", "b.pdf"), signs(3, ola, "a.pdf"))
	d.lines[0].Job.Title, d.lines[1].Job.Title = mailout.Text(long), mailout.Text(long)
	d.lines[0].Inputs[1].Title = "Vedlegg"
	rows := d.frozen[d.make().Batch]
	got := []string{rows[0].Documents[0].Title.Reveal(), rows[0].Documents[1].Title.Reveal(), rows[1].Documents[0].Title.Reveal()}
	want := []string{strings.Repeat("å", mailout.MaxTitle-4) + " (1)", "Vedlegg", long}
	if !slices.Equal(got, want) {
		t.Errorf("titles are %q, want %q", got, want)
	}
}

func TestTroubleLeavesNoBatch(t *testing.T) {
	unreadable := func(context.Context, func(mailout.Entry, []mailout.Problem) error) (plan.Reading, error) {
		return plan.Reading{}, errDisk
	}
	for name, trouble := range map[string]func(*desk) plan.Manifest{
		"an unreadable manifest":            func(*desk) plan.Manifest { return unreadable },
		"a document that cannot be read":    func(d *desk) plan.Manifest { d.folder.broken = errDisk; return d.manifest },
		"a store that cannot be written to": func(d *desk) plan.Manifest { d.shelf.broken = errDisk; return d.manifest },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, signs(2, kari, "a.pdf"))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			res, err := plan.Make(ctx, trouble(d), d.folder, d.shelf, d.o)
			if !errors.Is(err, errDisk) || res.Batch != "" || len(d.drafts) != 0 || len(d.frozen) != 0 {
				t.Errorf("the error is %v, the batch %q, drafts %v", err, res.Batch, d.drafts)
			}
		})
	}
}

func TestAnInterruptedPlanDropsItsDraft(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf"))
	ctx, cancel := context.WithCancel(t.Context())
	interrupted := func(ctx context.Context, yield func(mailout.Entry, []mailout.Problem) error) (plan.Reading, error) {
		cancel()
		return plan.Reading{}, ctx.Err()
	}
	if _, err := plan.Make(ctx, interrupted, d.folder, d.shelf, d.o); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if len(d.drafts) != 0 {
		t.Errorf("the drafts %v are left behind", d.drafts)
	}
}

// Planning the same again writes nothing: not one row.
func TestAKnownPlanIsNotWrittenAgain(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf"), signs(3, ola, "b.pdf"))
	first := d.make()
	if d.written != 2 {
		t.Fatalf("%d rows were written for the first plan", d.written)
	}
	if again := d.make(); !again.Known || again.Batch != first.Batch || d.written != 2 || len(d.frozen) != 1 {
		t.Errorf("the same again: %+v, %d rows written in all", again, d.written)
	}
	// The same manifest, and a document that is another one since.
	d.files["b.pdf"] = "another b"
	if other := d.make(); other.Known || other.Batch == first.Batch || other.Batch == "" || d.written != 4 || len(d.frozen[other.Batch]) != 2 {
		t.Errorf("with another document: %+v, %d rows written in all", other, d.written)
	}
	// All problems are told, also those that a plan that is known does not look for.
	d.files["b.pdf"] = "!pdf-damaged"
	d.earlier[d.letter(2)] = string(first.Batch) + " 2"
	d.wantProblems(d.make(), "2 repeat-of-earlier", "3D pdf-damaged")
	delete(d.earlier, d.letter(2))
	if d.written != 4 {
		t.Errorf("%d rows were written for a plan with a problem", d.written-4)
	}
	// Other settings are another plan from the start.
	d.files["b.pdf"], d.o.Settings = "b", []byte("sender=other")
	if other := d.make(); other.Known || len(d.frozen[other.Batch]) != 2 {
		t.Errorf("under other settings: %+v", other)
	}
}
