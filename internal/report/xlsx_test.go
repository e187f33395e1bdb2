package report

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"batch/internal/mailout"
)

func opened(t *testing.T, all []mailout.Record, o Options) *excelize.File {
	t.Helper()
	o.Format = "xlsx"
	f, err := excelize.OpenReader(strings.NewReader(written(t, all, o)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// shown are a sheet's cells as a person sees them, every line as wide as the header.
func shown(t *testing.T, f *excelize.File, sheet string) [][]string {
	t.Helper()
	lines, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for i := range lines {
		lines[i] = append(lines[i], make([]string, max(0, len(lines[0])-len(lines[i])))...)
	}
	return lines
}

// The sheet of rows and the csv's lines of rows are the same report, but for what only a
// csv has to disarm.
func TestWorkbookAndCSVAgree(t *testing.T) {
	_, all := sample()
	f := opened(t, all, Options{})
	if got := f.GetSheetList(); !slices.Equal(got, []string{"Rows", "Signers", "Totals"}) {
		t.Fatalf("sheets %v", got)
	}
	agree(t, shown(t, f, "Rows"), written(t, all, Options{}), "row")
	agree(t, shown(t, f, "Signers"), written(t, all, Options{}), "signer")
}

// agree compares a sheet with the csv's lines of one record, over the columns that both
// have.
func agree(t *testing.T, sheet [][]string, report, record string) {
	t.Helper()
	header, lines := table(t, report)
	kind := slices.Index(header, "record")
	lines = slices.DeleteFunc(lines, func(l []string) bool { return l[kind] != record })
	if len(sheet) != len(lines)+1 {
		t.Fatalf("%d lines of %s on the sheet, %d in the csv", len(sheet)-1, record, len(lines))
	}
	for i, name := range sheet[0] {
		column := slices.Index(header, name)
		if column < 0 {
			continue // job_title is on the sheet of signers only
		}
		for n, line := range lines {
			if got, want := sheet[n+1][i], strings.TrimPrefix(line[column], "'"); got != want {
				t.Errorf("%s, line %d of the sheet: %q, in the csv %q", name, n+2, got, want)
			}
		}
	}
}

func TestTextIsInTextCellsAndNeverAFormula(t *testing.T) {
	_, all := sample()
	f := opened(t, all, Options{})
	cell := "D3" // Merknad of the row whose owner wrote =HYPERLINK(…)
	if v, err := f.GetCellValue("Rows", cell); err != nil || !strings.HasPrefix(v, "=HYPERLINK(") {
		t.Errorf("%s holds %q (%v)", cell, v, err)
	}
	if kind, err := f.GetCellType("Rows", cell); err != nil || kind != excelize.CellTypeInlineString {
		t.Errorf("%s has type %v (%v)", cell, kind, err)
	}
	if strings.Contains(unzipped(t, written(t, all, Options{Format: "xlsx"})), "<f>") {
		t.Error("the workbook holds a formula")
	}
}

func TestTimesAreDatesInTheZone(t *testing.T) {
	_, all := sample()
	f := opened(t, all, Options{})
	header := shown(t, f, "Rows")[0]
	cell, err := excelize.CoordinatesToCellName(slices.Index(header, "sent_at")+1, 2)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := f.GetCellValue("Rows", cell); err != nil || v != "2026-11-21 12:00:00" {
		t.Errorf("sent_at is shown as %q (%v)", v, err)
	}
	raw, err := f.GetCellValue("Rows", cell, excelize.Options{RawCellValue: true})
	if err != nil || raw != "46347.5" { // days since 1899-12-30
		t.Errorf("sent_at is kept as %q (%v)", raw, err)
	}
}

func TestListsKeepTheirHeaderInSightAndFilter(t *testing.T) {
	_, all := sample()
	raw := written(t, all, Options{Format: "xlsx"})
	f, err := excelize.OpenReader(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, sheet := range []string{"Rows", "Signers"} {
		panes, err := f.GetPanes(sheet)
		if err != nil || !panes.Freeze || panes.YSplit != 1 {
			t.Errorf("%s: panes %+v (%v)", sheet, panes, err)
		}
		if width, err := f.GetColWidth(sheet, "B"); err != nil || width < 10 {
			t.Errorf("%s: column B is %v wide (%v)", sheet, width, err)
		}
	}
	xml := unzipped(t, raw)
	for _, filter := range []string{`<autoFilter ref="$A$1:$T$8"`, `<autoFilter ref="$A$1:$L$8"`} {
		if !strings.Contains(xml, filter) {
			t.Errorf("no %s", filter)
		}
	}
}

// Line 5 has a name with a line break in it.
func TestCellsWithSeveralLinesHaveRoom(t *testing.T) {
	_, all := sample()
	f := opened(t, all, Options{})
	plain, err := f.GetRowHeight("Rows", 4)
	if err != nil {
		t.Fatal(err)
	}
	if broken, err := f.GetRowHeight("Rows", 5); err != nil || broken < 2*plain-1 {
		t.Errorf("%v points for two lines of text, %v for one (%v)", broken, plain, err)
	}
}

func TestTotalsSumToTheManifest(t *testing.T) {
	_, all := sample()
	f := opened(t, all, Options{Only: []mailout.State{mailout.Signed}})
	figures := map[string]string{}
	for _, line := range shown(t, f, "Totals") {
		if len(line) > 1 {
			figures[line[0]] = line[1]
		}
	}
	for name, want := range map[string]string{"Batch": "2026-11-21-a7", "Manifest": "manifest.xlsx", "Planned": "2026-11-21 11:00:00", "Time zone": "Europe/Oslo",
		"Rows listed": "only signed", "Stopped": "two unknown in a row", "signed": "1", "unknown": "1", "expired": "0", "sum": "7", "manifest": "7"} {
		if figures[name] != want {
			t.Errorf("%s is %q, want %q", name, figures[name], want)
		}
	}
}

// A workbook keeps 16 MB in memory; what comes then is spooled.
func TestLargeWorkbooksAreSpooledInTheGivenFolderAndLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	big := record(2, "a", mailout.Created, columns("Merknad", strings.Repeat("x", 32_000)))
	rows := func(yield func(mailout.Record, error) bool) {
		for i := range 550 {
			r := big
			r.Line += i
			if !yield(r, nil) {
				return
			}
		}
	}
	var spooled []string
	look := lookingDisk(func() { spooled = files(t, dir) })
	if _, err := Write(look, mailout.BatchInfo{Rows: 550}, rows, Options{Format: "xlsx", TempDir: dir}); err != nil {
		t.Fatal(err)
	}
	if len(spooled) != 1 {
		t.Errorf("spooled %v before the end", spooled)
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left in the folder: %v", left)
	}
}

// lookingDisk is told when something is written to it.
type lookingDisk func()

func (look lookingDisk) Write(p []byte) (int, error) { look(); return len(p), nil }

func files(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}
