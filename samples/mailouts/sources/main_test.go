package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// What lies in the folders is what the program makes: nobody changed one by hand.
func TestManifestsAreWhatTheProgramMakes(t *testing.T) {
	got, err := os.ReadFile(filepath.Join("..", "contracts", "manifest.csv"))
	if err != nil || !bytes.Equal(got, contracts()) {
		t.Errorf("contracts/manifest.csv differs (%v)", err)
	}
	for name, w := range map[string]workbook{"consent": consent(), "accounts": accounts()} {
		committed, err := excelize.OpenFile(filepath.Join("..", name, "manifest.xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		defer committed.Close()
		made, err := w.file()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(shown(t, made), shown(t, committed)); diff != "" {
			t.Errorf("%s/manifest.xlsx differs (-program +file):\n%s", name, diff)
		}
	}
}

func shown(t *testing.T, f *excelize.File) [][]string {
	t.Helper()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil || len(rows) < 60 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	return rows
}
