package manifest

import "testing"

// One mistake in the header is one problem, also where it has consequences.
func TestOneMistakeOfTheHeader(t *testing.T) {
	for _, c := range []struct{ what, head, line, want string }{
		{"title in place of document", "row;title;title;national_id", "1;Avtale;a.pdf;" + kari, "column-twice@C1"},
		{"an owner's column twice, and no document", "title;Navn;navn;national_id", "Avtale;Kari;Kari;" + kari, "column-missing@1 column-twice@C1"},
		{"nearly title", "Titel;document;national_id", "Avtale;a.pdf;" + kari, "column-missing@A1"},
		{"nearly title, and title", "Titel;title;document;national_id", "x;Avtale;a.pdf;" + kari, "(column-nearly-known@A1)"},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := csvOf(t, public(), c.head, c.line)
			if r.err != nil || r.findings() != c.want {
				t.Errorf("%v, found %q, want %q", r.err, r.findings(), c.want)
			}
		})
	}
}

func TestMergedHeader(t *testing.T) {
	f := sheetOf(t, []any{"title", "", "national_id"}, []any{"Avtale", "", kari})
	if err := f.MergeCell("Sheet1", "A1", "B1"); err != nil {
		t.Fatal(err)
	}
	if r := workbookOf(t, f, public()); r.err != nil || r.findings() != "merged-cells@A1" {
		t.Errorf("%v, found %q", r.err, r.findings())
	}
}

// Of the example in a fresh manifest nothing is said but what it is.
func TestTheExampleIsOneProblem(t *testing.T) {
	r := csvOf(t, public(), "row;title;document;national_id;order;frist", "EXAMPLE;;no.pdf;12345678901;x;i går")
	if r.err != nil || r.findings() != "row-example@A2" || len(r.entries) != 1 || len(r.entries[0].Columns) != 6 {
		t.Errorf("%v, found %q", r.err, r.findings())
	}
}
