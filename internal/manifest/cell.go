package manifest

import (
	"slices"
	"strings"
	"time"
)

// kind is what a cell holds. A text file has only text.
type kind int

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
	kind  kind
	clock time.Time // of a date: its wall clock, in UTC
	words bool      // a number whose format shows more than the number
	flaw  flaw
}

// flaw is why a cell cannot be read.
type flaw struct{ code, message, remedy string }

// line is one row of the file.
type line struct {
	n      int // as a spreadsheet or a text editor numbers it, from 1
	cells  []cell
	hidden bool
}

func (c cell) blank() bool { return c.kind != faulty && clean(c.text) == "" }

func (l line) blank() bool {
	return !slices.ContainsFunc(l.cells, func(c cell) bool { return !c.blank() })
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

var failedFormula = flaw{"cell-error", "the cell holds an error, such as #N/A, and no value", "correct the formula, or write the value itself"}

// textCell makes a cell of text, which may be the trace of a failed formula.
func textCell(s string) cell {
	if strings.HasPrefix(s, "#") && slices.Contains(shownErrors, strings.TrimSpace(s)) {
		return cell{text: s, kind: faulty, flaw: failedFormula}
	}
	return cell{text: s}
}
