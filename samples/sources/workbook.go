package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

// Columns that an office keeps as numbers and dates; every other cell is text, the
// national numbers too, for a number would lose its leading zero.
var (
	numbers = []string{"Id", "Stillingsprosent", "Årslønn", "mobil", "rekkefølge", "undertegner2_rekkefølge", "tilgjengelig_dager"}
	dates   = []string{"aktiveres"}
)

const (
	dateInCSV  = "02.01.2006 15:04"
	dateInXLSX = "dd.mm.yyyy hh:mm"
)

func writeWorkbook(path string, table [][]string) error {
	f := excelize.NewFile()
	defer f.Close()
	const sheet = "Arbeidsavtaler"
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	format := dateInXLSX
	date, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Family: "Calibri", Size: 11, Bold: true}})
	if err != nil {
		return err
	}
	w, err := f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	for i := range table[0] {
		if err := w.SetColWidth(i+1, i+1, width(table, i)); err != nil {
			return err
		}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	for n, line := range table {
		cells := make([]any, len(line))
		for i, text := range line {
			if n == 0 {
				cells[i] = excelize.Cell{StyleID: bold, Value: text}
			} else if cells[i], err = cell(table[0][i], text, date); err != nil {
				return fmt.Errorf("line %d, column %s: %w", n+1, table[0][i], err)
			}
		}
		if err := w.SetRow("A"+strconv.Itoa(n+1), cells); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	out, err := os.Create(path) // SaveAs would make the file executable
	if err != nil {
		return err
	}
	defer out.Close()
	if err := f.Write(out); err != nil {
		return err
	}
	return out.Close()
}

// cell is the value an office would have in the column; nil leaves the cell empty.
func cell(column, text string, dateStyle int) (any, error) {
	switch {
	case text == "":
		return nil, nil
	case slices.Contains(numbers, column):
		return strconv.Atoi(text)
	case slices.Contains(dates, column):
		t, err := time.Parse(dateInCSV, text)
		return excelize.Cell{StyleID: dateStyle, Value: t}, err
	}
	return text, nil
}

// width fits column i to its longest cell, within reason.
func width(table [][]string, i int) float64 {
	longest := 0
	for _, line := range table {
		longest = max(longest, len([]rune(line[i])))
	}
	return float64(min(longest+2, 60))
}
