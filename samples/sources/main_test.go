package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

func committed(t *testing.T) [][]string {
	t.Helper()
	table, err := readManifest(filepath.Join("..", "manifest.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// What a person sees in the workbook is what stands in the CSV, cell by cell: nobody
// changed one and forgot to run the program.
func TestWorkbookShowsTheRowsOfTheCSV(t *testing.T) {
	table := committed(t)
	f, err := excelize.OpenFile(filepath.Join("..", "manifest.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	shown, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	if len(shown) != len(table) {
		t.Fatalf("the workbook has %d lines, the CSV %d", len(shown), len(table))
	}
	for n, want := range table {
		got := append(shown[n], make([]string, len(want)-len(shown[n]))...) // trailing blanks are not returned
		if !slices.Equal(got, want) {
			t.Errorf("line %d:\n workbook %q\n CSV      %q", n+1, got, want)
		}
	}
}

// Every PDF that a row names is there, and nothing lies about that no row uses.
func TestEveryPDFIsNamedByARow(t *testing.T) {
	table := committed(t)
	named := map[string]bool{}
	for _, line := range table[1:] {
		row := byName(table[0], line)
		for _, part := range strings.Split(row["dokument1"]+"+"+row["dokument2"], "+") {
			named[strings.TrimSpace(part)] = true
		}
	}
	for name := range named {
		raw, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
		if err != nil || !strings.HasPrefix(string(raw), "%PDF-1.") {
			t.Errorf("%s is not a PDF (%v)", name, err)
		}
	}
	for _, pattern := range []string{"*.pdf", "avtaler/*"} {
		found, err := filepath.Glob(filepath.Join("..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			name := filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator)))
			if !named[name] {
				t.Errorf("no row names %s", name)
			}
		}
	}
}
