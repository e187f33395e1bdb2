package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// book is a workbook that is being made. Its first sheet has text cells only, until they
// are changed.
type book struct {
	*excelize.File
	sheet string
	read  func(file string) string
	edits []edit
}

// edit changes the XML of the first sheet to what the library would not write.
type edit struct {
	find *regexp.Regexp
	put  string
}

// workbookChanges are what can be changed in one.
//
//	number=D2            the cell's text becomes a number
//	format=D2:0000"K-"   a number is shown with a format
//	formula=D2           the cell holds a formula whose value was not saved
//	zero=D2              the cell holds a formula whose value is 0
//	lost=D2              the cell names a text that is not in the workbook
//	hide=3               the row is hidden
//	merge=A2:A3          the cells are merged
//	rename=NAME          the sheet is called so
//	sheet=NAME:FROM.csv  there is one more sheet
var workbookChanges = map[string]func(b *book, value string) error{
	"number": func(b *book, cell string) error {
		text, err := b.GetCellValue(b.sheet, cell)
		if err != nil {
			return err
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		return b.SetCellFloat(b.sheet, cell, n, -1, 64)
	},
	"format": func(b *book, value string) error {
		cell, code, _ := strings.Cut(value, ":")
		style, err := b.NewStyle(&excelize.Style{CustomNumFmt: &code})
		if err != nil {
			return err
		}
		return b.SetCellStyle(b.sheet, cell, cell, style)
	},
	"formula": func(b *book, cell string) error {
		if err := b.SetCellValue(b.sheet, cell, nil); err != nil {
			return err
		}
		return b.SetCellFormula(b.sheet, cell, "1+1")
	},
	"zero": func(b *book, cell string) error {
		b.edits = append(b.edits, edit{regexp.MustCompile(`(<c r="` + cell + `")[^>]*>.*?</c>`), "${1}><f>1-1</f><v>0</v></c>"})
		return nil
	},
	"lost": func(b *book, cell string) error {
		b.edits = append(b.edits, edit{regexp.MustCompile(`(<c r="` + cell + `"[^>]*><v>)[0-9]+`), "${1}999999"})
		return nil
	},
	"hide": func(b *book, row string) error {
		n, err := strconv.Atoi(row)
		if err != nil {
			return err
		}
		return b.SetRowVisible(b.sheet, n, false)
	},
	"merge": func(b *book, cells string) error {
		first, last, _ := strings.Cut(cells, ":")
		return b.MergeCell(b.sheet, first, last)
	},
	"rename": func(b *book, name string) error {
		old := b.sheet
		b.sheet = name
		return b.SetSheetName(old, name)
	},
	"sheet": func(b *book, value string) error {
		name, from, _ := strings.Cut(value, ":")
		if _, err := b.NewSheet(name); err != nil {
			return err
		}
		return b.fill(name, from)
	},
}

// writeWorkbook makes a workbook of the semicolon-separated lines of a file.
func writeWorkbook(path string, read func(file string) string, from string, changes []string) error {
	b := &book{File: excelize.NewFile(), sheet: "Sheet1", read: read}
	defer b.Close()
	if err := b.fill(b.sheet, from); err != nil {
		return err
	}
	for _, c := range changes {
		name, value, _ := strings.Cut(c, "=")
		change, ok := workbookChanges[name]
		if !ok {
			return fmt.Errorf("workbookChanges has no %s", name)
		}
		if err := change(b, value); err != nil {
			return fmt.Errorf("making %s: %w", c, err)
		}
	}
	packed, err := b.WriteToBuffer()
	if err != nil {
		return err
	}
	whole, err := editSheet(packed.Bytes(), b.edits)
	if err != nil {
		return err
	}
	return os.WriteFile(path, whole, 0o600)
}

func (b *book) fill(sheet, from string) error {
	for i, l := range strings.Split(strings.TrimSuffix(b.read(from), "\n"), "\n") {
		cells := strings.Split(l, ";")
		if err := b.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &cells); err != nil {
			return err
		}
	}
	return nil
}

// editSheet edits the first sheet of a packed workbook.
func editSheet(packed []byte, edits []edit) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range in.File {
		r, err := part.Open()
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		if part.Name == "xl/worksheets/sheet1.xml" {
			for _, e := range edits {
				content = e.find.ReplaceAll(content, []byte(e.put))
			}
		}
		to, err := w.Create(part.Name)
		if err != nil {
			return nil, err
		}
		if _, err := to.Write(content); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return out.Bytes(), err
}
