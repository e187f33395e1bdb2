package manifest

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"batch/internal/mailout"
)

// Our reading of every workbook is LibreOffice's, cell by cell, as far as expected.csv has it.
func TestForeignAsLibreOfficeReadsThem(t *testing.T) {
	cells := 0
	for file, rows := range expected(t) {
		o := employer()
		o.Sheet = "Liste"
		r := readFile(filepath.Join(foreignFolder, file+".xlsx"), o)
		for _, e := range r.entries {
			theirs, ok := rows[e.Line]
			if !ok {
				t.Fatalf("%s: LibreOffice has no line %d", file, e.Line)
			}
			for i, c := range e.Columns {
				if cells++; !explained(file, e.Line, c, theirs[i]) {
					t.Errorf("%s, line %d, %s: read %q, LibreOffice reads %q", file, e.Line, c.Name, c.Value.Reveal(), theirs[i])
				}
			}
		}
	}
	if cells < 1500 {
		t.Errorf("%d cells were compared", cells)
	}
}

// expected are the cells that LibreOffice reads, by workbook and line.
func expected(t *testing.T) map[string]map[int][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(foreignFolder, "expected.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.FieldsPerRecord = ';', -1
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]map[int][]string{}
	for _, record := range records {
		if files[record[0]] == nil {
			files[record[0]] = map[int][]string{}
		}
		line, _ := strconv.Atoi(record[1])
		files[record[0]][line] = record[2:]
	}
	return files
}

// explained reports whether a cell is LibreOffice's, or differs from it for a reason.
func explained(file string, line int, c mailout.Column, theirs string) bool {
	ours := c.Value.Reveal()
	switch {
	case ours == theirs:
		return true
	case c.Name == "Møte", c.Name == "Aktiveres": // LibreOffice always writes the seconds
		return ours+":00" == theirs
	case c.Name == "Postnr", c.Name == "Fødselsnummer" && line == 6: // we write the zeros of the format
		return strings.TrimLeft(ours, "0") == theirs
	case strings.HasSuffix(file, "-escapes"): // LibreOffice does not read _x0041_ as the standard has it
		return ours == "A" && theirs == "_x0041_"
	case strings.HasSuffix(file, "-formulas"): // LibreOffice calculates some of them; for us they have no value
		return ours == "" && (c.Name == "Tittel" || c.Name == "Avdeling")
	}
	return false
}

// No file lies in the folder that no test reads.
func TestForeignFilesAreAllRead(t *testing.T) {
	source, err := os.ReadFile("foreign_test.go")
	if err != nil {
		t.Fatal(err)
	}
	read := expected(t)
	files, err := filepath.Glob(filepath.Join(foreignFolder, "*-*.*")) // program, what, ending
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		if workbook, ok := strings.CutSuffix(name, ".xlsx"); ok && read[workbook] == nil {
			t.Errorf("LibreOffice has not read %s: run generate.sh", name)
		} else if !ok && !strings.Contains(string(source), strconv.Quote(name)) {
			t.Errorf("%s is in no test", name)
		}
	}
}
