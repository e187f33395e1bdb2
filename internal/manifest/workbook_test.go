package manifest

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// rowsOf is a workbook's usual content: a header and two rows.
func rowsOf() [][]any {
	return [][]any{{"title", "document", "fnr", "Avdeling"}, {"Avtale", "a.pdf", kari, "Helse"}, {"Avtale", "b.pdf", ola, "Skole"}}
}

// What a workbook can hold besides values is read, or is a problem with its cell.
func TestWorkbookFeatures(t *testing.T) {
	ok := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		what   string
		change func(*testing.T, *excelize.File, *Options)
		code   string // of an error
		want   string // problems
		rows   int
	}{
		{"nothing special", func(*testing.T, *excelize.File, *Options) {}, "", "", 2},
		{"a hidden row", func(t *testing.T, f *excelize.File, o *Options) { ok(t, f.SetRowVisible("Sheet1", 3, false)) }, "", "hidden-rows@3", 2},
		{"a hidden row to be sent", func(t *testing.T, f *excelize.File, o *Options) {
			ok(t, f.SetRowVisible("Sheet1", 3, false))
			o.Hidden = "send"
		}, "", "", 2},
		{"a hidden row to be left out", func(t *testing.T, f *excelize.File, o *Options) {
			ok(t, f.SetRowVisible("Sheet1", 3, false))
			o.Hidden = "skip"
		}, "", "", 1},
		{"a hidden column", func(t *testing.T, f *excelize.File, o *Options) { ok(t, f.SetColVisible("Sheet1", "C", false)) }, "", "", 2},
		{"merged cells in rows", func(t *testing.T, f *excelize.File, o *Options) { ok(t, f.MergeCell("Sheet1", "D2", "D3")) }, "", "merged-cells@D2", 2},
		{"merged cells in the header", func(t *testing.T, f *excelize.File, o *Options) { ok(t, f.MergeCell("Sheet1", "D1", "E1")) }, "", "merged-cells@D1", 2},
		{"a merged title above the header", func(t *testing.T, f *excelize.File, o *Options) {
			ok(t, f.InsertRows("Sheet1", 1, 2))
			ok(t, f.SetCellStr("Sheet1", "A1", "Utsending"))
			ok(t, f.MergeCell("Sheet1", "A1", "D1"))
		}, "", "", 2},
		{"a second sheet with a header", func(t *testing.T, f *excelize.File, o *Options) {
			_, err := f.NewSheet("Gammel")
			ok(t, err)
			fill(t, f, "Gammel", rowsOf()...)
		}, "", "sheet-ambiguous", 2},
		{"a second sheet, and one is named", func(t *testing.T, f *excelize.File, o *Options) {
			_, err := f.NewSheet("Ny liste")
			ok(t, err)
			fill(t, f, "Ny liste", rowsOf()[:2]...)
			o.Sheet = "Ny liste"
		}, "", "", 1},
		{"a second sheet that is hidden", func(t *testing.T, f *excelize.File, o *Options) {
			_, err := f.NewSheet("Gammel")
			ok(t, err)
			fill(t, f, "Gammel", rowsOf()...)
			ok(t, f.SetSheetVisible("Gammel", false))
		}, "", "", 2},
		{"notes on a second sheet", func(t *testing.T, f *excelize.File, o *Options) {
			_, err := f.NewSheet("Notater")
			ok(t, err)
			fill(t, f, "Notater", []any{"Husk frist", "fredag"})
		}, "", "", 2},
		{"a sheet that is not there", func(t *testing.T, f *excelize.File, o *Options) { o.Sheet = "Ark2" }, "sheet-missing", "", 0},
		{"notes above the header", func(t *testing.T, f *excelize.File, o *Options) {
			ok(t, f.InsertRows("Sheet1", 1, 3))
			ok(t, f.SetCellStr("Sheet1", "A1", "title"))
		}, "", "", 2},
		{"a number among words in the owner's column", func(t *testing.T, f *excelize.File, o *Options) {
			ok(t, f.SetCellInt("Sheet1", "D2", 7))
			ok(t, f.SetCellStyle("Sheet1", "D2", "D2", style(t, f, `"Avdeling "0`)))
		}, "", "", 2},
		{"a value under no header", func(t *testing.T, f *excelize.File, o *Options) { ok(t, f.SetCellStr("Sheet1", "F3", "mer")) }, "", "cell-without-header@F3", 2},
		{"rich text", func(t *testing.T, f *excelize.File, o *Options) {
			ok(t, f.SetCellRichText("Sheet1", "A2", []excelize.RichTextRun{{Text: "Av"}, {Text: "tale", Font: &excelize.Font{Bold: true}}}))
		}, "", "", 2},
	} {
		t.Run(c.what, func(t *testing.T) {
			f, o := sheetOf(t, rowsOf()...), public()
			c.change(t, f, &o)
			r := workbookOf(t, f, o)
			if r.code() != c.code || r.code() == "" && r.err != nil {
				t.Fatalf("code %q (%v), want %q", r.code(), r.err, c.code)
			}
			if got := r.findings(); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
			if len(r.entries) != c.rows {
				t.Errorf("%d rows, want %d", len(r.entries), c.rows)
			}
			for _, e := range r.entries {
				if got := e.Job.Title.Reveal(); got != "Avtale" && !strings.Contains(c.want, "@A2") {
					t.Errorf("title %q", got)
				}
			}
		})
	}
}

// rawBook is a workbook whose sheet part is written out, to hold what no library writes.
func rawBook(t *testing.T, sheetXML string) []byte {
	t.Helper()
	return withSheet(t, sheetOf(t, []any{"title", "document", "fnr", "Avtale", "a.pdf"}), sheetXML)
}

// withSheet puts another sheet part into a workbook.
func withSheet(t *testing.T, f *excelize.File, sheetXML string) []byte {
	t.Helper()
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	from, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	to := zip.NewWriter(&out)
	for _, part := range from.File {
		if part.Name != "xl/worksheets/sheet1.xml" {
			if err := to.Copy(part); err != nil {
				t.Fatal(err)
			}
			continue
		}
		w, err := to.Create(part.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(sheetXML)); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A row far down stands where it says, however many are missing before it.
func TestGapsBetweenRows(t *testing.T) {
	f := sheetOf(t, rowsOf()...)
	fillAt(t, f, "A5000", []any{"Avtale", "c.pdf", liv})
	r := workbookOf(t, f, public())
	if r.err != nil || len(r.entries) != 3 || r.entries[2].Line != 5000 || r.entries[2].Job.Signers[0].NationalID.Reveal() != liv {
		t.Errorf("%v, %d entries, %v", r.err, len(r.entries), r.problems)
	}
}

func fillAt(t *testing.T, f *excelize.File, at string, row []any) {
	t.Helper()
	if err := f.SetSheetRow("Sheet1", at, &row); err != nil {
		t.Fatal(err)
	}
}

// Dates count from 1904 in workbooks that say so.
func TestDatesFrom1904(t *testing.T) {
	f := sheetOf(t, []any{"title", "document", "fnr", "aktiveres"}, []any{"Avtale", "a.pdf", kari, 46357 - 1462})
	yes := true
	if err := f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellStyle("Sheet1", "D2", "D2", style(t, f, "dd.mm.yyyy")); err != nil {
		t.Fatal(err)
	}
	r := workbookOf(t, f, public())
	if r.err != nil || len(r.problems) != 0 || r.entries[0].Columns[3].Value.Reveal() != "01.12.2026" {
		t.Errorf("%v, %v", r.err, r.problems)
	}
}

// Blank rows are counted once, whatever order the rows stand in.
func TestBlankRowsOutOfOrder(t *testing.T) {
	const headerRow = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>`
	at := func(n string) string {
		return strings.NewReplacer("2", n).Replace(`<row r="2"><c r="A2" t="s"><v>3</v></c></row>`)
	}
	header := func(rows string) string {
		return `<worksheet><sheetData>` + rows + `</sheetData></worksheet>`
	}
	for _, sheet := range []string{
		header(headerRow + at("2") + at("5") + at("9")),
		header(headerRow + at("9") + at("5") + at("2")),
		header(at("9") + at("5") + at("2") + headerRow),
		header(at("5") + headerRow + at("9") + `<row r="7"/>` + at("2")),
	} {
		if r := read(t, "m.xlsx", rawBook(t, sheet), public()); r.err != nil || len(r.entries) != 3 || r.result.Blank != 5 {
			t.Errorf("%v; %d entries, %d blank rows, want 5: %s", r.err, len(r.entries), r.result.Blank, sheet)
		}
	}
}
