package table

import (
	"strconv"
	"strings"
	"time"
)

// storedCell is a cell as the part has it.
type storedCell struct {
	column  int    // from 0
	kind    string // "" and "n" are numbers
	style   int
	value   string // of <v>, or of <is>
	valued  bool   // there is one with something in it
	values  int    // how many of them
	formula bool
}

var noFormulaValue = &Flaw{"formula-no-value", "the cell holds a formula whose value was not saved", "open the workbook in Excel, let it calculate, and save; or write the value itself"}

// cell says what a stored cell holds.
func (w *workbook) cell(c storedCell) Cell {
	if c.values > 1 {
		return Cell{Kind: Faulty, Flaw: unreadable}
	}
	if c.formula && !c.valued {
		return Cell{Kind: Faulty, Flaw: noFormulaValue}
	}
	switch c.kind {
	case "s":
		return w.sharedText(c)
	case "str":
		return textCell(lineEnds(unescape(c.value)))
	case "inlineStr":
		return textCell(lineEnds(c.value))
	case "e":
		return Cell{Text: c.value, Kind: Faulty, Flaw: failedFormula}
	case "", "n", "b", "d":
	default: // a kind of cell that there is not
		return Cell{Kind: Faulty, Flaw: unreadable}
	}
	if c.value == "" {
		return Cell{}
	}
	switch c.kind {
	case "b":
		return truthCell(c.value)
	case "d":
		return isoCell(c.value, w.format(c.style))
	}
	read := numberCell(c.value, w.format(c.style), w.from1904)
	if c.formula && isZero(c.value) {
		if w.stale {
			return Cell{Kind: Faulty, Flaw: noFormulaValue}
		}
		read.Doubtful = true
	}
	return read
}

// isZero tells the number that several programs store for a formula they have not
// calculated.
func isZero(stored string) bool {
	v, err := strconv.ParseFloat(strings.TrimSpace(stored), 64)
	return err == nil && v == 0
}

func (w *workbook) format(style int) format {
	if style < 0 || style >= len(w.formats) {
		return format{}
	}
	return w.formats[style]
}

// sharedText reads a cell that names a shared string.
func (w *workbook) sharedText(c storedCell) Cell {
	if c.values == 0 {
		return Cell{} // formatted, but empty
	}
	i, err := strconv.Atoi(strings.TrimSpace(c.value))
	if err != nil || i < 0 || i >= len(w.strings) {
		return Cell{Kind: Faulty, Flaw: unreadable}
	}
	return textCell(lineEnds(w.strings[i]))
}

func truthCell(stored string) Cell {
	switch strings.TrimSpace(stored) {
	case "1", "true":
		return Cell{Text: "SANN", Kind: Truth}
	case "0", "false":
		return Cell{Text: "USANN", Kind: Truth}
	}
	return Cell{Text: stored, Kind: Faulty, Flaw: unreadable}
}

// isoCell reads a date in ISO 8601, as strict Open XML stores it. A time of day alone
// stands there by itself, or on the day that counting begins with.
func isoCell(s string, f format) Cell {
	layouts := []string{"2006-01-02T15:04:05Z", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly}
	if f.look == asClock {
		layouts = append(layouts, time.TimeOnly, "15:04")
	}
	for _, layout := range layouts {
		t, err := time.Parse(layout, strings.TrimSpace(s))
		switch t = t.Round(time.Second); {
		case err != nil:
		case f.look == asClock:
			return Cell{Text: clockText(t.Sub(t.Truncate(24*time.Hour)).Hours()/24, f), Kind: Number}
		default:
			return dayCell(t, dateText(t, f), f)
		}
	}
	return Cell{Text: s, Kind: Faulty, Flaw: unreadable}
}
