package manifest

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"batch/internal/mailout"
)

// Files that other programs wrote: testdata/foreign/README.md says how.
const foreignFolder = "testdata/foreign"

// employer reads the lists of testdata/foreign: a private sender, so that e-mail and
// mobile are used, whose documents are all there.
func employer() Options {
	o := public()
	o.Kind = mailout.Private
	o.Documents = fstest.MapFS{"a.pdf": {}, "b.pdf": {}, "c.pdf": {}, "d.pdf": {}, "e.pdf": {}, "f.pdf": {}, "g.pdf": {}}
	return o
}

var officeHeaders = strings.Split("Radnr;Tittel;Dokument;Fødselsnummer;E-post;Mobil;Aktiveres;Frist dager;Rekkefølge;Stilling;Lønn;Møte;Fast;Postnr;Årslønn;Beskrivelse", ";")

// office is the office manifest (lists/office.txt) as a person meant it, with the cells
// as a workbook gives them.
var office = []mailout.Entry{
	officeRow(2, "1042|Arbeidsavtale for Kari Ås|a.pdf|17912099997|kari@example.com|99999999|01.12.2026 09:15|14|1|80%|512345,5|08:30|SANN|0150|409876,4|Les nøye",
		"99999999", time.Date(2026, 12, 1, 9, 15, 0, 0, oslo)),
	officeRow(3, "K-7|Avtale om hjemmekontor|b.pdf|29822099635|ola@example.com|+47 99 99 99 98|01.12.2026|7|1|37,5%|600000|16:00|USANN|9990|Åpen|",
		"99999998", time.Date(2026, 12, 1, 8, 0, 0, 0, oslo)),
	officeRow(5, "1044|  Ærlig øvelse på Åsen |c.pdf|5840399895|liv@example.com|99999997 |2027-01-15|30|1|100%|0,3|23:59|SANN|0007|0,3|«Sitat», 'apostrof' & <tegn>",
		"99999997", time.Date(2027, 1, 15, 8, 0, 0, 0, oslo)),
	officeRow(6, "1045|Avtale; med \"anførsel\", komma|d.pdf|07847599035|aase@example.com|99999996|31.12.2026 23:59|90|1|5,5%|-12,25|00:05|USANN|4041|2|Linje én.\nLinje to.",
		"99999996", time.Date(2026, 12, 31, 23, 59, 0, 0, oslo)),
}

func officeRow(line int, cells, mobile string, activation time.Time) mailout.Entry {
	c := strings.Split(cells, "|")
	days, _ := strconv.Atoi(c[7])
	id := strings.Repeat("0", 11-len(c[3])) + c[3]
	e := mailout.Entry{Inputs: []mailout.Input{{Parts: []string{c[2]}}}}
	e.Line, e.Key = line, c[0]
	e.Job = mailout.Job{
		Sender: "988015814", Title: mailout.Text(strings.TrimSpace(c[1])), Description: mailout.Text(c[15]),
		Signers:    []mailout.Signer{{NationalID: mailout.NationalID(id), Email: mailout.Email(c[4]), Mobile: mailout.Mobile(mobile), Order: 1, Notify: mailout.NotifyGiven}},
		Activation: activation, Available: time.Duration(days) * 24 * time.Hour,
	}
	for i, header := range officeHeaders {
		e.Columns = append(e.Columns, mailout.Column{Name: header, Value: mailout.Text(c[i])})
	}
	return e
}

// lost is what every office manifest warns of: line 5 has lost a zero.
const lost = "(national-id-zero-added@D5)"

// Every program's office manifest gives the same entries.
func TestForeignOffice(t *testing.T) {
	for file, want := range map[string]string{
		"libreoffice-office.xlsx": lost, "libreoffice-1904.xlsx": lost,
		"openpyxl-office.xlsx": lost, "openpyxl-1904.xlsx": lost,
		"xlsxwriter-office.xlsx": lost, "xlsxwriter-1904.xlsx": lost, "xlsxwriter-inline.xlsx": lost,
		"sheetjs-office.xlsx": lost, "sheetjs-inline.xlsx": lost, "sheetjs-iso.xlsx": lost,
		"sheetjs-office.xlsm": "(macros-ignored) " + lost,
		"poi-office.xlsx":     lost, "poi-1904.xlsx": lost, "poi-inline.xlsx": lost,
		"poi-office.xlsm":      "(macros-ignored) " + lost,
		"gnumeric-office.xlsx": lost,
		"handmade-strict.xlsx": lost, "handmade-phonetic.xlsx": lost, "handmade-excel.xlsx": lost, "handmade-prefixed.xlsx": lost,
		"handmade-rows-out-of-order.xlsx": lost, "handmade-cells-out-of-order.xlsx": lost,
	} {
		t.Run(file, func(t *testing.T) {
			r := readFile(filepath.Join(foreignFolder, file), employer())
			if r.err != nil || r.sorted() != want {
				t.Fatalf("%v; found %q, want %q", r.err, r.sorted(), want)
			}
			slices.SortFunc(r.entries, func(a, b mailout.Entry) int { return a.Line - b.Line }) // rows may stand in any order
			if diff := cmp.Diff(office, r.entries, plainText, withoutPlace); diff != "" {
				t.Errorf("(-meant +read):\n%s", diff)
			}
			if r.result.Blank != 1 || !slices.Equal(r.result.Columns, officeHeaders) {
				t.Errorf("%d blank rows, columns %q", r.result.Blank, r.result.Columns)
			}
		})
	}
}

// sorted are the findings in the alphabet's order: the order in which a reader comes
// across them is not the programs' business.
func (r reading) sorted() string {
	all := strings.Fields(r.findings())
	slices.Sort(all)
	return strings.Join(all, " ")
}

// cellsOf are the owner's cells, a string a row, with the row's line before them.
func (r reading) cellsOf() []string {
	var rows []string
	for _, e := range r.entries {
		row := []string{strconv.Itoa(e.Line)}
		for _, c := range e.Columns {
			row = append(row, c.Value.Reveal())
		}
		rows = append(rows, strings.Join(row, "|"))
	}
	return rows
}

// What is read without a question, what a person has to decide, and text that Open XML
// spells in its own way: the same for every program.
func TestForeignFeatures(t *testing.T) {
	const (
		kariRow = "Avtale|a.pdf|17912099997|kari@example.com|"
		olaRow  = "Avtale|b.pdf|29822099635|ola@example.com|"
		livRow  = "Avtale|c.pdf|05840399895|liv@example.com|"
		perRow  = "Avtale|d.pdf|07847599035|per@example.com|"
	)
	everyone := []string{"libreoffice", "openpyxl", "xlsxwriter", "sheetjs", "poi"}
	for _, c := range []struct {
		list     string
		programs []string
		change   func(*Options)
		want     string
		rows     []string
	}{
		{"marks", everyone, nil, "", []string{"4|" + kariRow + "Helse", "7|" + olaRow + "Skole", "40|" + livRow + "Helse"}},
		// Gnumeric saves hidden sheets as visible ones.
		{"marks", []string{"gnumeric"}, nil, "sheet-ambiguous", []string{"4|" + kariRow + "Helse", "7|" + olaRow + "Skole", "40|" + livRow + "Helse"}},
		{"faults", append(everyone, "gnumeric"), nil, "cell-error@E3 cell-without-header@G8 hidden-rows@6 merged-cells@E4 sheet-ambiguous", []string{
			"2|" + kariRow + "Helse", "3|" + olaRow + "#N/A", "4|" + livRow + "Helse", "5|" + perRow, "6|Avtale|e.pdf|23847599030|eli@example.com|Helse",
			"7|Avtale|f.pdf|23847599111|finn@example.com|Skole", "8|Avtale|g.pdf|23847599383|geir@example.com|Helse"}},
		{"faults", append(everyone, "gnumeric"), func(o *Options) { o.Hidden, o.Sheet = "skip", "Liste" }, "cell-error@E3 cell-without-header@G8 merged-cells@E4", []string{
			"2|" + kariRow + "Helse", "3|" + olaRow + "#N/A", "4|" + livRow + "Helse", "5|" + perRow, "8|Avtale|g.pdf|23847599383|geir@example.com|Helse"}},
		{"faults", append(everyone, "gnumeric"), func(o *Options) { o.Sheet = "Gammel" }, "", []string{"2|" + kariRow + "Helse"}},
		{"escapes", []string{"libreoffice", "xlsxwriter"}, nil, "", []string{"2|" + kariRow + "Linje én\nLinje to", "3|" + olaRow + "_x0041_", "4|" + perRow + "👍 Æ ﬁ é — “”"}},
		// These write _x0041_ as it stands, which the standard (22.9.2.19) and Excel read as A.
		{"escapes", []string{"openpyxl", "sheetjs", "poi"}, nil, "", []string{"2|" + kariRow + "Linje én\nLinje to", "3|" + olaRow + "A", "4|" + perRow + "👍 Æ ﬁ é — “”"}},
		{"formulas", []string{"openpyxl", "sheetjs", "poi"}, nil, "formula-no-value@A2 formula-no-value@A3 formula-no-value@E3", nil},
		// XlsxWriter stores 0 for what it did not calculate, and says that the values are to be calculated.
		{"formulas", []string{"xlsxwriter"}, nil, "formula-no-value@A2 formula-no-value@A3 formula-no-value@E3", nil},
		// POI's streaming writer stores 0 too, and says nothing.
		{"inline-formulas", []string{"poi"}, nil, "formula-zero@A2 formula-zero@A3", nil},
	} {
		for _, program := range c.programs {
			t.Run(program+"-"+c.list, func(t *testing.T) {
				o := employer()
				if c.change != nil {
					c.change(&o)
				}
				r := readFile(filepath.Join(foreignFolder, program+"-"+c.list+".xlsx"), o)
				if r.err != nil || r.sorted() != c.want {
					t.Fatalf("%v; found %q, want %q", r.err, r.sorted(), c.want)
				}
				if got := r.cellsOf(); c.rows != nil && !slices.Equal(got, c.rows) {
					t.Error(cmp.Diff(c.rows, got))
				}
			})
		}
	}
}

// What only looks like a workbook that we read is refused, under its own name and under
// a wrong one.
func TestForeignRefused(t *testing.T) {
	for _, c := range []struct{ file, own, asWorkbook string }{
		{"libreoffice-office.xls", "manifest-xls", "manifest-xls"},
		{"libreoffice-office.ods", "manifest-ods", "manifest-ods"},
		{"sheetjs-office.xlsb", "manifest-xlsb", "manifest-xlsb"},
	} {
		b, err := os.ReadFile(filepath.Join(foreignFolder, c.file))
		if err != nil {
			t.Fatal(err)
		}
		if r := read(t, c.file, b, employer()); r.code() != c.own {
			t.Errorf("%s: %v (%s), want %s", c.file, r.err, r.code(), c.own)
		}
		if r := read(t, "liste.xlsx", b, employer()); r.code() != c.asWorkbook {
			t.Errorf("%s as .xlsx: %v (%s), want %s", c.file, r.err, r.code(), c.asWorkbook)
		}
	}
}

// own are the columns that only the report shows. In a CSV they stand as each program
// formats them.
var own = []string{"Aktiveres", "Fødselsnummer", "Mobil", "Stilling", "Lønn", "Møte", "Fast", "Postnr", "Årslønn"}

// A CSV of the office manifest gives the same jobs, whatever wrote it and however.
func TestForeignText(t *testing.T) {
	const dumped = "(national-id-zero-added@D5) (national-id-zero-added@D6)" // the number, not as shown
	for file, want := range map[string]string{
		"libreoffice-utf-8.csv": lost, "libreoffice-windows-1252.csv": lost, "libreoffice-utf-16.csv": lost, "libreoffice-comma-quoted.csv": lost, "libreoffice-tab.tsv": lost,
		"python-excel.csv": dumped, "python-excel-tab.tsv": dumped, "python-unix.csv": dumped, "python-cr.csv": dumped, "python-utf-8-sig.csv": dumped, "python-utf-16.csv": dumped,
	} {
		t.Run(file, func(t *testing.T) {
			r := readFile(filepath.Join(foreignFolder, file), employer())
			if r.err != nil || r.sorted() != want {
				t.Fatalf("%v; found %q, want %q", r.err, r.sorted(), want)
			}
			if diff := cmp.Diff(withoutOwn(office), withoutOwn(r.entries), plainText, withoutPlace); diff != "" {
				t.Errorf("(-meant +read):\n%s", diff)
			}
			if r.result.Blank != 1 {
				t.Errorf("%d blank rows, want 1", r.result.Blank)
			}
		})
	}
}

func withoutOwn(entries []mailout.Entry) []mailout.Entry {
	out := slices.Clone(entries)
	for i := range out {
		out[i].Columns = slices.DeleteFunc(slices.Clone(out[i].Columns), func(c mailout.Column) bool { return slices.Contains(own, c.Name) })
	}
	return out
}

// A sep= line moves every row down by one.
func TestForeignSeparatorLine(t *testing.T) {
	r := readFile(filepath.Join(foreignFolder, "python-sep.csv"), employer())
	if want := "(national-id-zero-added@D6) (national-id-zero-added@D7)"; r.err != nil || r.sorted() != want {
		t.Fatalf("%v; found %q, want %q", r.err, r.sorted(), want)
	}
	for i := range r.entries {
		r.entries[i].Line--
	}
	if diff := cmp.Diff(withoutOwn(office), withoutOwn(r.entries), plainText, withoutPlace); diff != "" {
		t.Errorf("(-meant +read):\n%s", diff)
	}
}

// Programs that write dates in the order of another country, or cells of several lines
// without quotes, are not guessed at.
func TestForeignTextProblems(t *testing.T) {
	for file, want := range map[string]string{
		"sheetjs-office.csv":  "(national-id-zero-added@D5) date-ambiguous@G2 date-ambiguous@G3 date-ambiguous@G6 no-document@C7 no-signer@D7 title-missing@B7",
		"gnumeric-office.txt": "(national-id-zero-added@D5) (national-id-zero-added@D6) date@G2 date@G3 date@G5 date@G6",
	} {
		if r := readFile(filepath.Join(foreignFolder, file), employer()); r.err != nil || r.sorted() != want {
			t.Errorf("%s: %v; found %q, want %q", file, r.err, r.sorted(), want)
		}
	}
}
