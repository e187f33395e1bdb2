package manifest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"batch/internal/mailout"
)

// sheetXML reads the facts of a worksheet part (ECMA-376 part 1, 18.3) as a stream.
type sheetXML struct {
	decoder *xml.Decoder
	merges  *merges
	hide    bool // rows are hidden unless they say otherwise
	row     int
}

type rawRow struct {
	n      int // from 1
	hidden bool
	cells  []rawCell
}

type rawCell struct {
	column  int    // from 0
	kind    string // its type as the part has it; "" and "n" are numbers
	style   int
	value   string // of <v>
	valued  bool   // there is a <v> with something in it, or inline text
	formula bool
}

func newSheetXML(r io.Reader, m *merges) *sheetXML {
	return &sheetXML{decoder: xml.NewDecoder(r), merges: m}
}

// next returns the next row. After the last it reads on to the end of the part, so that
// the merged ranges, which stand there, are known and a part that is cut off is noticed.
func (s *sheetXML) next() (r rawRow, more bool, err error) {
	for {
		token, err := s.decoder.Token()
		if err == io.EOF && s.decoder.InputOffset() > 0 {
			return rawRow{}, false, nil
		} else if err != nil {
			return rawRow{}, false, fmt.Errorf("reading a sheet: %w", err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "sheetFormatPr":
			s.hide = isTrue(attribute(e, "zeroHeight"))
		case "mergeCell":
			s.merges.add(attribute(e, "ref"))
		case "row":
			r, err := s.readRow(e)
			return r, err == nil, err
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func isTrue(s string) bool { return s == "1" || s == "true" }

func (s *sheetXML) readRow(e xml.StartElement) (rawRow, error) {
	hidden := attribute(e, "hidden")
	r := rawRow{n: s.row + 1, hidden: isTrue(hidden) || s.hide && hidden == ""}
	if n := attribute(e, "r"); n != "" {
		r.n, _ = strconv.Atoi(n)
	}
	if r.n <= s.row || r.n > excelize.TotalRows {
		return r, errors.New("rows are out of order")
	}
	s.row = r.n
	for {
		token, err := s.decoder.Token()
		if err != nil {
			return r, fmt.Errorf("reading row %d: %w", r.n, err)
		}
		switch t := token.(type) {
		case xml.EndElement:
			return r, nil
		case xml.StartElement:
			if t.Name.Local != "c" {
				if err := s.decoder.Skip(); err != nil {
					return r, fmt.Errorf("reading row %d: %w", r.n, err)
				}
				continue
			}
			c, err := s.readCell(t, r)
			if err != nil {
				return r, fmt.Errorf("reading row %d: %w", r.n, err)
			}
			r.cells = append(r.cells, c)
		}
	}
}

// readCell reads one cell; cells of a row must stand in order.
func (s *sheetXML) readCell(e xml.StartElement, r rawRow) (rawCell, error) {
	var body struct {
		Value   *string   `xml:"v"`
		Formula *struct{} `xml:"f"`
		Inline  *struct{} `xml:"is"`
	}
	if err := s.decoder.DecodeElement(&body, &e); err != nil {
		return rawCell{}, fmt.Errorf("reading a cell: %w", err)
	}
	c := rawCell{kind: attribute(e, "t"), formula: body.Formula != nil, valued: body.Inline != nil}
	c.style, _ = strconv.Atoi(attribute(e, "s"))
	before := -1
	if len(r.cells) > 0 {
		before = r.cells[len(r.cells)-1].column
	}
	c.column = before + 1
	if ref := attribute(e, "r"); ref != "" {
		column, row, err := excelize.CellNameToCoordinates(ref)
		if err != nil || row != r.n || column-1 <= before {
			return c, errors.New("cells are out of order")
		}
		c.column = column - 1
	}
	if body.Value != nil {
		c.value = *body.Value
		c.valued = c.valued || c.value != "" || c.kind == "str"
	}
	return c, nil
}

// merges are the merged ranges of a sheet.
type merges struct{ refs []string }

// maxMerges bounds how many ranges are kept to be reported.
const maxMerges = 1000

func (m *merges) add(ref string) {
	if len(m.refs) < maxMerges {
		m.refs = append(m.refs, ref)
	}
}

// problems reports the ranges that touch the header or the rows below it. Only the
// first cell of a merged range has a value; what the others are meant to have, the file
// does not say.
func (m *merges) problems(file, sheet string, header int) []mailout.Problem {
	var ps []mailout.Problem
	for _, ref := range m.refs {
		first, last, ok := strings.Cut(ref, ":")
		if !ok {
			continue
		}
		column, top, err := excelize.CellNameToCoordinates(first)
		_, bottom, err2 := excelize.CellNameToCoordinates(last)
		if err == nil && err2 == nil && max(top, bottom) < header {
			continue
		}
		ps = append(ps, mailout.Problem{Severity: mailout.Stop, Code: "merged-cells",
			Place:   mailout.Place{File: file, Sheet: sheet, Line: top, Column: letters(column - 1)},
			Message: "the cells " + ref + " are merged: which row or column the value belongs to is not clear",
			Remedy:  "split the cells (Merge & Center, Unmerge) and fill in each of them"})
	}
	return ps
}
