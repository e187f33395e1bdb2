package table

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Kind is what a cell holds. A text file has only text.
type Kind uint8

const (
	Text Kind = iota // an empty cell too
	Number
	Date   // a workbook's date, with or without a time of day
	Truth  // true or false
	Faulty // cannot be read; the flaw says why
)

// Cell is one cell of a line. The zero Cell is empty.
type Cell struct {
	Text  string // what it shows, written as the package comment says
	clock int64  // of a date: what clocks on the wall show, as seconds since 1970-01-01 00:00
	Flaw  *Flaw  // of a faulty cell
	Kind  Kind
	Bare  bool // a date that shows no time of day, and has none
	Words bool // a number whose format shows more than the number

	Doubtful bool // the 0 of a formula, which may never have been calculated
}

// Flaw is why a cell cannot be read. Code is stable.
type Flaw struct{ Code, Message, Remedy string }

// dayCell makes a cell of a date and time of day, which are t's in UTC.
func dayCell(t time.Time, shown string, f format) Cell {
	return Cell{Text: shown, Kind: Date, clock: t.Unix(), Bare: isMidnight(t) && !f.hours}
}

// Wall is what clocks on the wall show at the date of the cell, in UTC.
func (c Cell) Wall() time.Time { return time.Unix(c.clock, 0).UTC() }

// Blank reports whether there is nothing to see in the cell.
func (c Cell) Blank() bool {
	switch {
	case c.Kind == Faulty:
		return false
	case c.Text == "":
		return true
	case c.Text[0] > ' ' && c.Text[0] < utf8.RuneSelf: // nearly always
		return false
	}
	return Clean(c.Text) == ""
}

// shownErrors is what office programs, English and Norwegian, write for a formula that
// failed.
var shownErrors = []string{"#N/A", "#I/T", "#REF!", "#VALUE!", "#VERDI!", "#NAME?", "#NAVN?", "#DIV/0!",
	"#NUM!", "#NULL!", "#SPILL!", "#OVERFLYT!", "#CALC!", "#KALK!"}

var failedFormula = &Flaw{"cell-error", "the cell holds an error, such as #N/A, and no value", "correct the formula, or write the value itself"}

// textCell makes a cell of text, which may be the trace of a failed formula.
func textCell(s string) Cell {
	if strings.HasPrefix(s, "#") && slices.Contains(shownErrors, strings.TrimSpace(s)) {
		return Cell{Text: s, Kind: Faulty, Flaw: failedFormula}
	}
	return Cell{Text: s}
}

// Clean is how every text is read: trimmed of all white space and NFC-normalized.
func Clean(s string) string {
	if isClean(s) {
		return s
	}
	return norm.NFC.String(strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B' }))
}

// isClean tells what needs no cleaning, for speed: ASCII without blanks at its ends.
func isClean(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return s == "" || s[0] > ' ' && s[len(s)-1] > ' '
}
