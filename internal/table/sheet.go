package table

import (
	"encoding/xml"
	"fmt"
	"io"
	"iter"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// lines reads a sheet row by row, as a stream. What cannot be read is an error, or a
// cell that says so: never a row or a cell that is silently empty.
func (w *workbook) lines(s sheet, m *merges) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		*m = merges{}
		stream, err := w.pack.open(s.part, maxPart)
		if err != nil {
			yield(Line{}, err)
			return
		}
		defer stream.Close()
		r := &sheetReader{workbook: w, xmlStream: stream, merges: m}
		for {
			l, err := r.line()
			if err == io.EOF || !yield(l, err) || err != nil {
				return
			}
		}
	}
}

// sheetReader reads a worksheet part (ECMA-376 part 1, 18.3).
type sheetReader struct {
	*workbook
	*xmlStream
	merges *merges
	hide   bool // rows are hidden unless they say otherwise
	row    int  // the last one read
	bottom int  // the lowest one read
	seen   seenRows
	width  int    // cells of the row before
	column int    // of the row's next cell, from 0, where it does not say its own
	cells  int    // of all rows read, the gaps between them included
	bytes  int    // of text in them
	buffer []byte // of one cell's text
}

// line returns the next row. After the last it reads on to the end of the part, so that
// the merged ranges, which stand there, are known and a part that is cut off is noticed;
// then it returns io.EOF.
func (s *sheetReader) line() (Line, error) {
	for {
		token, err := s.next()
		if err != nil {
			return Line{}, err
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch {
		case e.Name.Local == "sheetFormatPr":
			s.hide = isTrue(attribute(e, "zeroHeight"))
		case e.Name.Local == "mergeCell":
			if err := s.merges.add(attribute(e, "ref")); err != nil {
				return Line{}, err
			}
		case e.Name.Local == "row" && s.depth == rowDepth:
			return s.readRow(e)
		}
	}
}

// rowDepth is how deep rows stand: worksheet, sheetData, row. Deeper ones say where
// buttons and pictures stand (ECMA-376 part 1, 20.5.2.27).
const rowDepth = 3

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func isTrue(s string) bool { return s == "1" || s == "true" }

// readRow reads one row.
func (s *sheetReader) readRow(e xml.StartElement) (Line, error) {
	l, err := s.begin(e)
	if err != nil {
		return l, err
	}
	for {
		token, err := s.next()
		if err != nil {
			return l, unexpected(err)
		}
		switch t := token.(type) {
		case xml.EndElement:
			return l, s.account(l)
		case xml.StartElement:
			if t.Name.Local != "c" {
				err = s.skip()
			} else {
				err = s.readCell(t, &l)
			}
			if err != nil {
				return l, err
			}
		}
	}
}

// begin reads what a row says of itself. Rows may stand in any order, but each only once.
func (s *sheetReader) begin(e xml.StartElement) (Line, error) {
	hidden := attribute(e, "hidden")
	l := Line{Number: s.row + 1, Hidden: isTrue(hidden) || s.hide && hidden == "", Cells: make([]Cell, 0, s.width)}
	if n := attribute(e, "r"); n != "" {
		var err error
		if l.Number, err = strconv.Atoi(n); err != nil {
			l.Number = 0
		}
	}
	if l.Number < 1 || l.Number > excelize.TotalRows {
		return l, damaged(fmt.Sprintf("the workbook is damaged: it has a row numbered %d, which no sheet has", l.Number))
	}
	if !s.seen.add(l.Number) {
		return l, damaged(fmt.Sprintf("the workbook is damaged: it has row %d twice", l.Number))
	}
	l.Blanks = max(-1, l.Number-s.bottom-1)
	s.row, s.bottom, s.column = l.Number, max(s.bottom, l.Number), 0
	return l, nil
}

// account adds a row to what was read in all.
func (s *sheetReader) account(l Line) error {
	s.width = len(l.Cells)
	s.cells, s.bytes = s.cells+len(l.Cells), s.bytes+l.textBytes()
	switch {
	case s.cells > maxCells:
		return errManyCells
	case s.bytes > maxText:
		return errHuge
	}
	return nil
}

// seenRows are the numbers of rows that were read.
type seenRows struct {
	bits [excelize.TotalRows/64 + 1]uint64
}

func (s *seenRows) add(n int) (fresh bool) {
	bit := uint64(1) << (n % 64)
	fresh = s.bits[n/64]&bit == 0
	s.bits[n/64] |= bit
	return fresh
}

// readCell reads one cell into its place in the row.
func (s *sheetReader) readCell(e xml.StartElement, l *Line) error {
	c := storedCell{column: s.column}
	for _, a := range e.Attr {
		switch a.Name.Local {
		case "t":
			c.kind = a.Value
		case "s":
			c.style, _ = strconv.Atoi(a.Value) // a style that is none shows the plain number
		case "r":
			column, row, err := excelize.CellNameToCoordinates(a.Value)
			if err != nil || row != l.Number {
				return damaged(fmt.Sprintf("the workbook is damaged: row %d has a cell that does not belong there", l.Number))
			}
			c.column = column - 1
		}
	}
	if c.column >= excelize.MaxColumns {
		return damaged(fmt.Sprintf("the workbook is damaged: row %d has more cells than any sheet has columns", l.Number))
	}
	s.column = c.column + 1
	if err := s.content(&c); err != nil {
		return err
	}
	read := s.cell(c)
	if c.column < len(l.Cells) {
		if l.Cells[c.column] != (Cell{}) {
			return damaged(fmt.Sprintf("the workbook is damaged: it has the cell %s%d twice", Letters(c.column), l.Number))
		}
		l.Cells[c.column] = read
		return nil
	}
	if read == (Cell{}) {
		return nil // formatted, but empty
	}
	for len(l.Cells) < c.column {
		l.Cells = append(l.Cells, Cell{})
	}
	l.Cells = append(l.Cells, read)
	return nil
}

// content reads what is in a cell.
func (s *sheetReader) content(c *storedCell) error {
	for {
		token, err := s.next()
		if err != nil {
			return unexpected(err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			if _, end := token.(xml.EndElement); end {
				return nil
			}
			continue
		}
		switch e.Name.Local {
		case "v":
			s.buffer, err = s.text(s.buffer[:0])
			c.value = string(s.buffer)
			c.values++
			c.valued = c.value != "" || c.kind == "str"
		case "is":
			s.buffer, err = s.richText(s.buffer[:0])
			c.value, c.valued = string(s.buffer), true
			c.values++
		case "f":
			c.formula = true
			err = s.skip()
		default:
			err = s.skip()
		}
		if err != nil {
			return err
		}
	}
}
