package report

import (
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"batch/internal/judgetest"
	"batch/internal/mailout"
)

// office has LibreOffice read a file and write it anew; dir is where.
func office(t *testing.T, name, content, to string, args ...string) (dir string) {
	t.Helper()
	soffice := judgetest.Find(t, "soffice")
	dir = t.TempDir()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	args = append([]string{"-env:UserInstallation=file://" + filepath.Join(dir, "profile"), "--headless"}, args...)
	args = append(args, "--convert-to", to, "--outdir", out, path)
	if said, err := exec.CommandContext(t.Context(), soffice, args...).CombinedOutput(); err != nil {
		t.Fatalf("running soffice: %v: %s", err, said)
	}
	return out
}

// asCSV makes LibreOffice write every sheet as a csv with semicolons, cells as shown, in
// UTF-8 (LibreOffice, "Filter Options for CSV": 59 is the semicolon, 34 the quote, 76
// UTF-8, -1 all sheets).
const asCSV = `csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true,false,false,false,-1`

// read reads a csv that LibreOffice wrote.
func read(t *testing.T, path string) [][]string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(raw), "\ufeff")))
	r.Comma = ';'
	lines, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// Another program's reading of the workbook: every cell of rows and signers as in the
// csv, dates included, and no formula run.
func TestLibreOfficeReadsTheWorkbook(t *testing.T) {
	_, all := sample()
	dir := office(t, "report.xlsx", written(t, all, Options{Format: "xlsx"}), asCSV)
	report := written(t, all, Options{})
	agree(t, read(t, filepath.Join(dir, "report-Rows.csv")), report, "row")
	agree(t, read(t, filepath.Join(dir, "report-Signers.csv")), report, "signer")
	totals := read(t, filepath.Join(dir, "report-Totals.csv"))
	if last := totals[len(totals)-1]; last[0] != "manifest" || last[1] != "7" {
		t.Errorf("the totals end with %q", last)
	}
}

// evaluating reads a csv as the least careful settings would: formulas are run (the
// thirteenth token), numbers and dates are found.
const evaluating = `--infilter=Text - txt - csv (StarCalc):59,34,76,1,,0,false,true,false,false,false,0,true`

// The csv in a spreadsheet that runs formulas: the owner's formula is text, and what the
// report says is the same. The bare formula beside it proves that the judge would run it.
func TestLibreOfficeRunsNothingOfTheCSV(t *testing.T) {
	_, all := sample()
	all[1].Columns = columns("Id", "1045", "Navn", "=1+1", "fødselsnummer", jonas, "Merknad", "+1+1")
	report := written(t, all, Options{})
	dir := office(t, "report.csv", report+"=1+1;+1+1\r\n", asCSV, evaluating)
	got := read(t, filepath.Join(dir, "report-report.csv"))
	control := got[len(got)-1]
	if control[0] != "2" {
		t.Fatalf("the judge did not run the formula: %q", control)
	}
	header, want := table(t, report)
	if got := got[2+1][:4]; !slices.Equal(got, want[2][:4]) {
		t.Errorf("the owner's cells are shown as %q, want %q", got, want[2][:4])
	}
	if got := got[1]; got[slices.Index(header, "sent_at")] != "2026-11-21 12:00:00" {
		t.Errorf("the times are not read: %q", got)
	}
}

// hostileCells are what an owner's cell may hold that a spreadsheet takes for something else:
// formulas, calls of programs, numbers that lose a zero or their end, dates, and what bends a
// line of a csv.
var hostileCells = []string{"=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", " =1+1", "\u00a0=1+1", "＝1+1", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://example.com\";\"klikk\")",
	"007", "9000000000000000019", "1E5", "1,50", "12/11", "2026-11-21", "TRUE", "50 %", "'007", "''", "\"sitat\"", "a;b,c\td|e", "linje\nlinje", " ledig ", "Åse Ødegård", "#REF!", "</v>&amp;", ""}

func hostileRows() (all []mailout.Record) {
	for i, cell := range hostileCells {
		all = append(all, record(i+2, strconv.Itoa(1000+i), mailout.Created, columns("Id", strconv.Itoa(1000+i), "Merknad", cell, "=1+2", cell), byNumber(ingrid, 0)))
	}
	return all
}

// After LibreOffice has opened the workbook and saved it, every cell of every sheet is what it
// was, dates are dates, and there is no formula.
func TestAWorkbookThatLibreOfficeSaves(t *testing.T) {
	all := hostileRows()
	want := opened(t, all, Options{})
	path := filepath.Join(office(t, "report.xlsx", written(t, all, Options{Format: "xlsx"}), "xlsx"), "report.xlsx")
	got, saved := savedBook(t, path)
	for _, sheet := range want.GetSheetList() {
		if got, want := shown(t, got, sheet), shown(t, want, sheet); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s is\n%q\nand was\n%q", sheet, got, want)
		}
	}
	if strings.Contains(saved, "<f") && strings.Contains(saved, "</f>") {
		t.Error("the saved workbook holds a formula")
	}
	for i, cell := range hostileCells {
		if v, err := got.GetCellValue("Rows", "B"+strconv.Itoa(i+2)); err != nil || v != cell {
			t.Errorf("%q is saved as %q (%v)", cell, v, err)
		}
	}
}

// asText reads the cells of a csv as text, as it is chosen for a column in LibreOffice's and
// Excel's dialogues (the fifth token), and would run formulas.
func asText(columns int) string {
	var formats []string
	for i := range columns {
		formats = append(formats, strconv.Itoa(i+1)+"/2")
	}
	return `--infilter=Text - txt - csv (StarCalc):59,34,76,1,` + strings.Join(formats, "/") + `,0,false,false,false,false,false,0,true`
}

// A csv that is opened as text and saved as a workbook has every cell as it was: but for the
// apostrophe of those that would run, which now is there to be seen.
func TestACSVThatLibreOfficeSaves(t *testing.T) {
	all := hostileRows()
	report := written(t, all, Options{})
	header, lines := table(t, report)
	got, saved := savedBook(t, filepath.Join(office(t, "report.csv", report, "xlsx", asText(len(header))), "report.xlsx"))
	if strings.Contains(saved, "</f>") {
		t.Error("the saved workbook holds a formula")
	}
	sheet := shown(t, got, got.GetSheetName(0))
	if len(sheet) != len(lines)+1 {
		t.Fatalf("%d lines, of %d", len(sheet), len(lines)+1)
	}
	for i, want := range append([][]string{header}, lines...) {
		if !slices.Equal(sheet[i], want) {
			t.Errorf("line %d is %q, want %q", i+1, sheet[i], want)
		}
	}
	for i, cell := range hostileCells {
		if got := strings.TrimPrefix(sheet[1+2*i][1], "'"); got != strings.TrimPrefix(cell, "'") {
			t.Errorf("%q is saved as %q", cell, got)
		}
	}
}

// savedBook is a workbook that LibreOffice saved, and all that stands in it.
func savedBook(t *testing.T, path string) (*excelize.File, string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, unzipped(t, string(raw))
}
