package table

import "slices"

// Line is one line of a text file or row of a sheet.
type Line struct {
	Number int    // as a spreadsheet or a text editor numbers it, from 1
	Blanks int    // lines without any cell just above it; -1: it stands above lines that came before, and was counted there
	Cells  []Cell // up to the last that holds something, or farther
	Hidden bool   // by hand, or by a filter
}

// Blank reports whether all cells of the line are blank.
func (l Line) Blank() bool {
	return !slices.ContainsFunc(l.Cells, func(c Cell) bool { return !c.Blank() })
}

// cellBytes is about what a cell takes in memory, its text aside.
const cellBytes = 64

// Weight is about what the line takes in memory, in bytes.
func (l Line) Weight() int {
	return len(l.Cells)*cellBytes + l.textBytes()
}

func (l Line) textBytes() (n int) {
	for i := range l.Cells {
		n += len(l.Cells[i].Text)
	}
	return n
}

// At returns the cell of a column counted from zero; cells that a line lacks at its end
// are empty.
func (l Line) At(column int) Cell {
	if column >= len(l.Cells) {
		return Cell{}
	}
	return l.Cells[column]
}

// Letters is the name that spreadsheets give column i, counted from zero: A … Z, AA …
func Letters(i int) string {
	var out []byte
	for i++; i > 0; i = (i - 1) / 26 {
		out = append(out, byte('A'+(i-1)%26))
	}
	slices.Reverse(out)
	return string(out)
}
