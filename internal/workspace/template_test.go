package workspace

import (
	"bytes"
	"encoding/csv"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

var update = flag.Bool("update", false, "make template/manifest.xlsx from template/manifest.csv")

func templateRows(t *testing.T) [][]string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(templateCSV, []byte("\ufeff"))))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestTemplateWorkbook keeps the workbook that Init writes the same as the CSV, and all
// of it formatted as text, so that an office program keeps the zeros of national numbers.
func TestTemplateWorkbook(t *testing.T) {
	rows := templateRows(t)
	if *update {
		if err := os.WriteFile("template/manifest.xlsx", workbook(t, rows), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile("template/manifest.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows, got); diff != "" {
		t.Errorf("the workbook is not the CSV; make it again with: go test -run TestTemplateWorkbook -update\n%s", diff)
	}
	for _, cell := range []string{"A2", "E2", "E500"} {
		if format := numberFormat(t, f, cell); format != textFormat {
			t.Errorf("%s has the number format %d, want %d (text)", cell, format, textFormat)
		}
	}
}

const textFormat = 49 // "@" (ECMA-376 part 1, 18.8.30)

func numberFormat(t *testing.T, f *excelize.File, cell string) int {
	t.Helper()
	id, err := f.GetCellStyle(f.GetSheetName(0), cell)
	if err != nil {
		t.Fatal(err)
	}
	if id == 0 {
		id, err = f.GetColStyle(f.GetSheetName(0), cell[:1])
		if err != nil {
			t.Fatal(err)
		}
	}
	style, err := f.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	return style.NumFmt
}

// workbook writes the rows as text cells below a header that stays in sight.
func workbook(t *testing.T, rows [][]string) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	const sheet = "Manifest"
	text, err1 := f.NewStyle(&excelize.Style{NumFmt: textFormat})
	header, err2 := f.NewStyle(&excelize.Style{NumFmt: textFormat, Font: &excelize.Font{Bold: true}})
	last, err3 := excelize.ColumnNumberToName(len(rows[0]))
	steps := []error{err1, err2, err3,
		f.SetSheetName("Sheet1", sheet),
		f.SetColStyle(sheet, "A:"+last, text),
		f.SetColWidth(sheet, "A", last, 24),
		f.SetDocProps(&excelize.DocProperties{Creator: "batch", Title: "Manifest"}),
		f.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}),
	}
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		steps = append(steps, err, f.SetSheetRow(sheet, cell, &row))
	}
	steps = append(steps, f.SetCellStyle(sheet, "A1", last+"1", header))
	for _, err := range steps {
		if err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
