package main

import (
	"os"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// workbook is one sheet as a person keeps it: a few words above the list, if any, a bold
// header, and a format for numbers that are none.
type workbook struct {
	sheet  string
	above  []string
	header []string
	lines  [][]any
	format map[string]string // header → number format
}

func number(n int) string { return strconv.Itoa(n) }

// number8 is a mobile number as people type it into a sheet.
func number8(mobile string) int {
	n, _ := strconv.Atoi(mobile)
	return n
}

func (w workbook) write(path string) error {
	f, err := w.file()
	if err != nil {
		return err
	}
	defer f.Close()
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

func (w workbook) file() (*excelize.File, error) {
	f := excelize.NewFile()
	if err := f.SetSheetName("Sheet1", w.sheet); err != nil {
		return nil, err
	}
	rows := make([][]any, 0, len(w.above)+1+len(w.lines))
	for _, text := range w.above {
		rows = append(rows, []any{text})
	}
	head := len(rows) + 1
	header := make([]any, len(w.header))
	for i, name := range w.header {
		header[i] = name
	}
	rows = append(append(rows, header), w.lines...)
	for i, row := range rows {
		if err := f.SetSheetRow(w.sheet, "A"+number(i+1), &row); err != nil {
			return nil, err
		}
	}
	return f, w.dress(f, head, len(rows))
}

// dress makes the header bold and gives numbers their formats.
func (w workbook) dress(f *excelize.File, head, last int) error {
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	for i, name := range w.header {
		column, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		if err := f.SetCellStyle(w.sheet, column+number(head), column+number(head), bold); err != nil {
			return err
		}
		code, ok := w.format[name]
		if !ok {
			continue
		}
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
		if err != nil {
			return err
		}
		if err := f.SetCellStyle(w.sheet, column+number(head+1), column+number(last), style); err != nil {
			return err
		}
	}
	return nil
}
