package manifest

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// kind is what a cell holds. A text file has only text.
type kind uint8

const (
	text kind = iota
	number
	date   // a workbook's date, with or without a time of day
	truth  // true or false
	faulty // cannot be read; flaw says why
)

// cell is one cell as the owner's columns show it.
type cell struct {
	text  string
	clock int64 // of a date: what clocks on the wall show, as seconds since 1970-01-01 00:00
	flaw  *flaw // of a faulty cell
	kind  kind
	bare  bool // a date that shows no time of day, and has none
	words bool // a number whose format shows more than the number

	doubtful bool // the 0 of a formula, which may never have been calculated
}

// flaw is why a cell cannot be read.
type flaw struct{ code, message, remedy string }

// dayCell makes a cell of a date and time of day, which are t's in UTC.
func dayCell(t time.Time, shown string, f format) cell {
	return cell{text: shown, kind: date, clock: t.Unix(), bare: isMidnight(t) && !f.hours}
}

// wall is what clocks on the wall show at the date of the cell, in UTC.
func (c cell) wall() time.Time { return time.Unix(c.clock, 0).UTC() }

// line is one row of the file.
type line struct {
	n      int // as a spreadsheet or a text editor numbers it, from 1
	blanks int // rows without any cell just above it; -1: it stands above rows that came before, and was counted there
	cells  []cell
	hidden bool
}

func (c cell) blank() bool {
	switch {
	case c.kind == faulty:
		return false
	case c.text == "":
		return true
	case c.text[0] > ' ' && c.text[0] < utf8.RuneSelf: // nearly always
		return false
	}
	return clean(c.text) == ""
}

func (l line) blank() bool {
	return !slices.ContainsFunc(l.cells, func(c cell) bool { return !c.blank() })
}

// cellBytes is about what a cell takes in memory, its text aside.
const cellBytes = 64

// weight is about what the row takes in memory, in bytes.
func (l line) weight() int {
	return len(l.cells)*cellBytes + l.textBytes()
}

func (l line) textBytes() (n int) {
	for i := range l.cells {
		n += len(l.cells[i].text)
	}
	return n
}

// at returns the cell of a column counted from zero; cells that a row lacks at its end
// are empty.
func (l line) at(column int) cell {
	if column >= len(l.cells) {
		return cell{}
	}
	return l.cells[column]
}

// shownErrors is what office programs, English and Norwegian, write for a formula that
// failed.
var shownErrors = []string{"#N/A", "#I/T", "#REF!", "#VALUE!", "#VERDI!", "#NAME?", "#NAVN?", "#DIV/0!",
	"#NUM!", "#NULL!", "#SPILL!", "#OVERFLYT!", "#CALC!", "#KALK!"}

var failedFormula = &flaw{"cell-error", "the cell holds an error, such as #N/A, and no value", "correct the formula, or write the value itself"}

// textCell makes a cell of text, which may be the trace of a failed formula.
func textCell(s string) cell {
	if strings.HasPrefix(s, "#") && slices.Contains(shownErrors, strings.TrimSpace(s)) {
		return cell{text: s, kind: faulty, flaw: failedFormula}
	}
	return cell{text: s}
}
