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

// Cells as other programs write them, whole and broken. The header and the strings
// "Avtale" (3) and "a.pdf" (4) are shared strings.
func TestRawCells(t *testing.T) {
	const (
		before = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` +
			`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="inlineStr"><is><t>Avdeling</t></is></c></row>`
		after  = `</sheetData></worksheet>`
		title  = `<c r="A2" t="s"><v>3</v></c>`
		file   = `<c r="B2" t="s"><v>4</v></c>`
		person = `<c r="C2"><v>17912099997</v></c>`
	)
	for _, c := range []struct{ what, rows, code, want, shown string }{
		{"plain", `<row r="2">` + title + file + person + `<c r="D2" t="inlineStr"><is><t>Helse</t></is></c></row>`, "", "", "Helse"},
		{"inline rich text", `<row r="2">` + title + file + person + `<c r="D2" t="inlineStr"><is><r><t>Hel</t></r><r><t>se</t></r></is></c></row>`, "", "", "Helse"},
		{"a formula with a text", `<row r="2">` + title + file + person + `<c r="D2" t="str"><f>"Hel"&amp;"se"</f><v>Helse</v></c></row>`, "", "", "Helse"},
		{"a formula with an empty text", `<row r="2">` + title + file + person + `<c r="D2" t="str"><f>""</f><v></v></c></row>`, "", "", ""},
		{"a formula with a number", `<row r="2">` + title + file + `<c r="C2"><f>1+1</f><v>1.7912099997E10</v></c></row>`, "", "", ""},
		{"a formula without value", `<row r="2">` + title + file + `<c r="C2"><f>X1</f></c></row>`, "", "formula-no-value@C2", ""},
		{"a formula with an empty value", `<row r="2">` + title + file + person + `<c r="D2"><f>X1</f><v/></c></row>`, "", "formula-no-value@D2", ""},
		{"an error", `<row r="2">` + title + file + person + `<c r="D2" t="e"><f>X1</f><v>#REF!</v></c></row>`, "", "cell-error@D2", "#REF!"},
		{"an ISO date", `<row r="2">` + title + file + person + `<c r="D2" t="d"><v>2026-12-01T00:00:00</v></c></row>`, "", "", "01.12.2026"},
		{"a number that is none", `<row r="2">` + title + file + person + `<c r="D2"><v>1e999</v></c></row>`, "", "cell-unreadable@D2", "1e999"},
		{"a string that is not there", `<row r="2">` + title + file + person + `<c r="D2" t="s"><v>99</v></c></row>`, "", "cell-unreadable@D2", ""},
		{"cells and rows without address", `<row><c t="s"><v>3</v></c><c t="s"><v>4</v></c><c><v>17912099997</v></c></row>`, "", "", ""},
		{"cells out of order", `<row r="2">` + file + title + person + `</row>`, "", "", ""},
		{"a cell twice", `<row r="2">` + title + title + file + person + `</row>`, "manifest-damaged", "", ""},
		{"a row twice", `<row r="2">` + title + file + person + `</row><row r="2"></row>`, "manifest-damaged", "", ""},
		{"a cell of another row", `<row r="2">` + title + file + `<c r="C3"><v>17912099997</v></c></row>`, "manifest-damaged", "", ""},
		{"cut off", `<row r="2">` + title + file, "manifest-damaged", "", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := read(t, "m.xlsx", rawBook(t, before+c.rows+after), public())
			if r.code() != c.code || r.code() == "" && r.err != nil {
				t.Fatalf("code %q (%v), want %q", r.code(), r.err, c.code)
			}
			if got := r.findings(); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
			if c.code == "" && (len(r.entries) != 1 || shownIn(r.entries[0], 3) != c.shown) {
				t.Errorf("%d entries, shown %q", len(r.entries), r.entries[0].Columns[3].Value.Reveal())
			}
		})
	}
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

// What number formats make of a number.
func TestNumberFormats(t *testing.T) {
	for _, c := range []struct{ code, stored, shown string }{
		{"General", "17912099997", "17912099997"},
		{"General", "1.7912099997E10", "17912099997"},
		{"General", "0.30000000000000004", "0,3"},
		{"General", "-12.5", "-12,5"},
		{"#,##0.00", "1234.5", "1234,5"},
		{`_-* #,##0.00\ "kr"_-;\-* #,##0.00\ "kr"_-`, "1234.5", "1234,5"},
		{"0.00E+00", "1234", "1234"},
		{"0%", "0.8", "80%"},
		{"0000", "150", "0150"},
		{"0000", "12345", "12345"},
		{`000000\ 00000`, "5840399895", "058403 99895"},
		{"dd.mm.yyyy", "46357", "01.12.2026"},
		{"yyyy-mm-dd", "46357", "2026-12-01"},
		{"[$-414]d. mmmm yyyy;@", "46357", "01.12.2026"},
		{`dd.mm.yyyy\ "kl."\ hh:mm`, "46357.375", "01.12.2026 09:00"},
		{"mmm yy", "46357", "01.12.2026"},
		{"hh:mm", "0.375", "09:00"},
		{"[h]:mm", "1.5625", "37:30"},
		{"mm:ss", "0.0006944444", "00:01"},
	} {
		if got := numberCell(c.stored, parseFormat(c.code), false); got.text != c.shown || got.words {
			t.Errorf("%s under %s: %q, want %q", c.stored, c.code, got.text, c.shown)
		}
	}
	if got := numberCell("7", parseFormat(`"K-"0000`), false); !got.words {
		t.Error("a format with words is taken for the number")
	}
	if got := numberCell("3000000", parseFormat("dd.mm.yyyy"), false); got.kind != faulty {
		t.Errorf("a date after the last: %q", got.text)
	}
}
