package report

import (
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"batch/internal/judgetest"
)

// office has LibreOffice read a file and write each of its sheets as a csv; dir is where.
func office(t *testing.T, name, content string, args ...string) (dir string) {
	t.Helper()
	soffice := judgetest.Find(t, "soffice")
	dir = t.TempDir()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	args = append([]string{"-env:UserInstallation=file://" + filepath.Join(dir, "profile"), "--headless"}, args...)
	args = append(args, "--convert-to", asCSV, "--outdir", out, path)
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
	dir := office(t, "report.xlsx", written(t, all, Options{Format: "xlsx"}))
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
	dir := office(t, "report.csv", report+"=1+1;+1+1\r\n", evaluating)
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
