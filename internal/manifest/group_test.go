package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"batch/internal/mailout"
	"batch/internal/table"
)

// byCase are the options of an office with one line for each signer of a case.
func byCase() Options {
	o := public()
	o.GroupBy = "Sak"
	return o
}

// The lines of one key are one job, wherever they stand; jobs come in the order of their
// first lines.
func TestGroups(t *testing.T) {
	o := byCase()
	o.Columns = map[string]string{"Sak": "row"}
	o.Defaults = map[string]string{"document": "{PDF}"}
	r := csvOf(t, o, "Sak;Navn;title;PDF;fnr;signer2_fnr;signer2_order;order",
		"A1;Kari;Avtale;a.pdf;"+kari+";"+per+";3;1",
		"B2;Ola;Brev;b.pdf;"+ola+";;;",
		"",
		" A1;Liv;Avtale;;"+liv+";;;2",
	)
	if r.err != nil || r.findings() != "" {
		t.Fatalf("%v, %s", r.err, r.findings())
	}
	if r.result.Lines != 3 || r.result.Rows != 2 || r.result.Blank != 1 {
		t.Errorf("%d lines, %d rows, %d blank", r.result.Lines, r.result.Rows, r.result.Blank)
	}
	first, second := r.entries[0], r.entries[1]
	if first.Line != 2 || first.Key != "A1" || second.Line != 3 || second.Key != "B2" {
		t.Errorf("line %d with the key %s, line %d with the key %s", first.Line, first.Key, second.Line, second.Key)
	}
	signers := []mailout.Signer{
		{NationalID: kari, Order: 1, Notify: mailout.NotifyLookup},
		{NationalID: per, Order: 3, Notify: mailout.NotifyLookup},
		{NationalID: liv, Order: 2, Notify: mailout.NotifyLookup},
	}
	if diff := cmp.Diff(signers, first.Job.Signers, plainText); diff != "" {
		t.Error(diff)
	}
	inputs := []mailout.Input{{Parts: []string{"a.pdf"}}}
	if diff := cmp.Diff(inputs, first.Inputs, plainText, withoutPlace); diff != "" {
		t.Error(diff)
	}
	columns := []mailout.Column{
		{Name: "Sak", Value: "A1", More: []mailout.Text{" A1"}},
		{Name: "Navn", Value: "Kari", More: []mailout.Text{"Liv"}},
		{Name: "title", Value: "Avtale", More: []mailout.Text{"Avtale"}},
		{Name: "PDF", Value: "a.pdf", More: []mailout.Text{""}},
	}
	if diff := cmp.Diff(columns, first.Columns[:4], plainText); diff != "" {
		t.Error(diff)
	}
	if second.Columns[0].More != nil {
		t.Error("a row of one line has cells of further lines")
	}
}

// A job-level column may be filled in on any of a job's lines.
func TestAGroupSaysWhatAnyOfItsLinesSays(t *testing.T) {
	o := byCase()
	o.Signers = []map[string]string{{"fnr": per, "order": "5"}}
	o.Values = map[string]map[string]string{"notify": {"sms": "lookup+sms"}}
	o.SignerDefaults = map[int]map[string]string{1: {"notify": "{Måte}"}}
	r := csvOf(t, o, "Sak;title;document;frist_dager;fnr;Måte", "1;;a.pdf;;"+kari+";sms", "1;Avtale;;14;"+ola+";lookup")
	if r.err != nil || r.findings() != "" {
		t.Fatalf("%v, %s", r.err, r.findings())
	}
	j := r.entries[0].Job
	want := []mailout.Signer{
		{NationalID: kari, Order: 1, Notify: mailout.NotifyLookupSMS},
		{NationalID: ola, Order: 1, Notify: mailout.NotifyLookup},
		{NationalID: per, Order: 5, Notify: mailout.NotifyLookup},
	}
	if diff := cmp.Diff(want, j.Signers, plainText); diff != "" {
		t.Error(diff)
	}
	if j.Title.Reveal() != "Avtale" || j.Available.Hours() != 14*24 {
		t.Errorf("title %q, available %s", j.Title.Reveal(), j.Available)
	}
}

// Every finding about a group: the code and the cell of the line it is about.
func TestProblemsOfGroups(t *testing.T) {
	const head = "Sak;title;document;fnr;e-post"
	titled := func(template string) Options {
		o := byCase()
		o.Defaults = map[string]string{"title": template}
		return o
	}
	keyed := byCase()
	keyed.Columns = map[string]string{"Nr": "row"}
	fixed := byCase()
	fixed.Signers = []map[string]string{{"fnr": per}}
	known := byCase()
	known.GroupBy = "tittel"
	absent := byCase()
	absent.GroupBy = "Saksnr"
	pupils := byCase()
	pupils.GroupBy = "Elev"
	eleven := []string{head}
	for range 11 {
		eleven = append(eleven, "1;Avtale;a.pdf;;x")
	}
	for i, name := range strings.Split("abcdefghijk", "") {
		eleven[i+1] = "1;Avtale;a.pdf;;" + name + "@example.com"
	}
	for _, c := range []struct {
		what    string
		options Options
		lines   []string
		want    string
	}{
		{"two lines of a case", byCase(), []string{head, "1;Avtale;a.pdf;" + kari + ";", "1;Avtale;a.pdf;" + ola + ";"}, ""},
		{"grouped by a column of ours", known, []string{head, "1;Avtale;a.pdf;" + kari + ";", "2;Avtale;a.pdf;" + ola + ";"}, ""},
		{"pupils known by their numbers", pupils, []string{"Elev;title;document;fnr", liv + ";Avtale;a.pdf;" + kari, liv + ";Avtale;a.pdf;" + ola, per + ";Avtale;b.pdf;" + kari}, ""},
		{"no such column", absent, []string{head, "1;Avtale;a.pdf;" + kari + ";", "1;;;17912099998;"}, "group-column-missing@1 national-id-check-digits@D3"},
		{"a line without a key", byCase(), []string{head, "1;Avtale;a.pdf;" + kari + ";", " ;;;" + ola + ";"}, "group-key-missing@A3"},
		{"a key that is an error", byCase(), []string{head, "1;Avtale;a.pdf;" + kari + ";", "#N/A;;;" + ola + ";"}, "cell-error@A3"},
		{"keys that are nearly the same", byCase(), []string{head, "Hansen AS;Avtale;a.pdf;" + kari + ";", "HANSEN  AS;Avtale;b.pdf;" + ola + ";"}, "(group-key-nearly@A3)"},
		{"keys that differ in hyphens", byCase(), []string{head, "1-12;Avtale;a.pdf;" + kari + ";", "11-2;Avtale;b.pdf;" + ola + ";"}, ""},

		{"two titles", byCase(), []string{head, "1;Avtale;a.pdf;" + kari + ";", "1;;a.pdf;" + ola + ";", "1;Brev;a.pdf;" + liv + ";"}, "group-differs@B4"},
		{"an error in the title of a later line", byCase(), []string{head, "1;Avtale;a.pdf;" + kari + ";", "1;#N/A;a.pdf;" + ola + ";"}, "cell-error@B3"},
		{"an error in the title of the first line", byCase(), []string{head, "1;#N/A;a.pdf;" + kari + ";", "1;Avtale;a.pdf;" + ola + ";"}, "cell-error@B2"},
		{"two row keys", keyed, []string{head + ";Nr", "1;Avtale;a.pdf;" + kari + ";;7", "1;Avtale;a.pdf;" + ola + ";;8"}, "group-differs@F3"},
		{"one row key for two cases", keyed, []string{head + ";Nr", "1;Avtale;a.pdf;" + kari + ";;7", "2;Avtale;b.pdf;" + ola + ";;7"}, "row-key-twice@F3"},
		{"a title too long, on the second line", byCase(), []string{head, "1;;a.pdf;" + kari + ";", "1;" + strings.Repeat("å", 81) + ";;" + ola + ";"}, "title-too-long@B3"},
		{"no title on any line", byCase(), []string{head, "1;;a.pdf;" + kari + ";", "1;;;" + ola + ";"}, "title-missing@B2"},

		{"a default that takes what differs", titled("Avtale for {Navn}"), []string{"Sak;document;fnr;Navn", "1;a.pdf;" + kari + ";Kari", "1;a.pdf;" + ola + ";Ola", "1;a.pdf;" + liv + ";Kari"}, "placeholder-differs@D3"},
		{"a default that takes what is said once", titled("Avtale for {Navn}"), []string{"Sak;document;fnr;Navn", "1;a.pdf;" + kari + ";", "1;a.pdf;" + ola + ";Ola"}, ""},
		{"a default that takes what is said nowhere", titled("Avtale for {Navn}"), []string{"Sak;document;fnr;Navn", "1;a.pdf;" + kari + ";", "1;a.pdf;" + ola + ";"}, "placeholder-empty@D2"},
		{"a default that takes a column of the job that differs", titled("Avtale {dokument}"), []string{"Sak;document;fnr", "1;a.pdf;" + kari, "1;b.pdf;" + ola}, "group-differs@B3"},

		{"a mistyped digit on the second line", byCase(), []string{head, "1;Avtale;a.pdf;" + kari + ";", "1;Avtale;a.pdf;17912099998;"}, "national-id-check-digits@D3"},
		{"nobody on the second line", byCase(), []string{head, "1;Avtale;a.pdf;" + kari + ";", "1;Avtale;a.pdf;;"}, "no-signer@D3"},
		{"nobody on any line", byCase(), []string{head, "1;Avtale;a.pdf;;", "1;Avtale;a.pdf;;"}, "no-signer@D2 no-signer@D3"},
		{"nobody on the second line, but [[signers]]", fixed, []string{head, "1;Avtale;a.pdf;" + kari + ";", "1;Avtale;a.pdf;;"}, "no-signer@D3"},
		{"nobody but [[signers]]", fixed, []string{"Sak;title;document", "1;Avtale;a.pdf", "1;Avtale;a.pdf"}, ""},
		{"an order for nobody on the second line", byCase(), []string{head + ";order", "1;Avtale;a.pdf;" + kari + ";;1", "1;Avtale;a.pdf;;;2"}, "signer-unnamed@F3"},
		{"the same person on two lines", byCase(), []string{head, "1;Avtale;a.pdf;" + kari + ";", "1;Avtale;a.pdf;" + kari + ";"}, "signer-twice@D3"},
		{"an order on one line only", byCase(), []string{head + ";order", "1;Avtale;a.pdf;" + kari + ";;1", "1;Avtale;a.pdf;" + ola + ";;"}, "signer-order-missing@F3"},
		{"nobody to notify on the third line", byCase(), []string{head + ";on_behalf_of", "1;Avtale;a.pdf;" + kari + ";;", "1;Avtale;a.pdf;" + ola + ";;", "1;Avtale;a.pdf;" + liv + ";;other"}, "signer-not-notified@E4"},
		{"eleven lines of a case", byCase(), eleven, "too-many-signers@2"},
		{"a cell under no header on the second line", byCase(), []string{head, "1;Avtale;a.pdf;" + kari + ";", "1;Avtale;a.pdf;" + ola + ";;x"}, "cell-without-header@F3"},
		{"the template's example", keyed, []string{head + ";Nr", "1;Avtale;x.pdf;" + kari + ";;Eksempel"}, "row-example@F2"},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := csvOf(t, c.options, c.lines...)
			if r.err != nil || r.findings() != c.want {
				t.Errorf("%v, found %q, want %q", r.err, r.findings(), c.want)
			}
			for _, p := range r.problems {
				if p.File != "manifest.csv" || p.Message == "" || p.Remedy == "" || strings.Contains(p.Message+p.Remedy, "Hansen") {
					t.Errorf("%s lacks file, message or remedy, or shows the key", p.Code)
				}
			}
		})
	}
}

// A line that belongs to nobody knows which job is not left out with the bad rows: that
// job would go out without it.
func TestALineWithoutAKeyConcernsTheWholeManifest(t *testing.T) {
	r := csvOf(t, byCase(), "Sak;title;document;fnr", "1;Avtale;a.pdf;"+kari, ";Avtale;a.pdf;17912099998")
	if len(r.entries) != 1 || len(r.result.Problems) != 2 || r.result.Rows != 1 || r.result.Lines != 2 {
		t.Fatalf("%d rows, problems of the manifest: %v", len(r.entries), r.result.Problems)
	}
	if p := r.result.Problems[0]; p.Row != "" || p.Line != 3 {
		t.Errorf("found in line %d, as if it were of row %q", p.Line, p.Row)
	}
}

// Hidden lines of a group are sent or skipped as those of any other.
func TestHiddenLinesOfGroups(t *testing.T) {
	f := sheetOf(t, []any{"Sak", "title", "document", "fnr"}, []any{1, "Avtale", "a.pdf", kari}, []any{1, "Avtale", "a.pdf", ola})
	if err := f.SetRowVisible("Sheet1", 3, false); err != nil {
		t.Fatal(err)
	}
	for hidden, signers := range map[string]int{"send": 2, "skip": 1} {
		o := byCase()
		o.Hidden = hidden
		r := workbookOf(t, f, o)
		if r.err != nil || r.findings() != "" || len(r.entries[0].Job.Signers) != signers {
			t.Errorf("--hidden=%s: %v, %s", hidden, r.err, r.findings())
		}
	}
}

func TestTooManyLinesToGroup(t *testing.T) {
	g := &grouping{held: maxGrouped - 1, byKey: map[string]int{}}
	last := g.add(table.Line{Number: 2, Cells: []table.Cell{{Text: "1"}}})
	if err := g.add(table.Line{Number: 3}); last != nil || err == nil || err.(*Error).Code != "group-too-many-lines" {
		t.Errorf("%v, %v", last, err)
	}
}
