package manifest

import (
	"bytes"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// lines reads a sheet row by row, walking the library's rows and the sheet's own XML in
// step. What the library has no cell for, and what one of the two cannot follow, is an
// error: never a row that is silently empty.
func (w *workbook) lines(s sheet, m *merges) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		*m = merges{}
		part, _ := w.bytesOf(s.part)
		raw := newSheetXML(bytes.NewReader(part), m)
		rows, err := w.file.Rows(s.name)
		if err != nil {
			yield(line{}, errDamaged)
			return
		}
		defer rows.Close()
		for n := 0; ; {
			r, more, err := raw.next()
			if err != nil {
				yield(line{}, errDamaged)
				return
			}
			if !more {
				return
			}
			for n++; n < r.n; n++ {
				if !rows.Next() || !yield(line{n: n}, nil) {
					return
				}
			}
			l, err := w.line(rows, r)
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

// line reads the row at which both stand.
func (w *workbook) line(rows *excelize.Rows, r rawRow) (line, error) {
	if !rows.Next() {
		return line{}, errDamaged
	}
	said, err := rows.Columns()
	if err != nil {
		return line{}, errDamaged
	}
	l := line{n: r.n, hidden: r.hidden}
	for _, c := range r.cells {
		for len(l.cells) <= c.column {
			l.cells = append(l.cells, cell{})
		}
		words := ""
		if c.column < len(said) {
			words = said[c.column]
		}
		l.cells[c.column] = w.cell(c, words)
	}
	return l, nil
}

// cell reads one cell. words is what the library reads in it.
func (w *workbook) cell(c rawCell, words string) cell {
	if c.formula && !c.valued {
		return cell{kind: faulty, flaw: flaw{"formula-no-value", "the cell holds a formula whose value was not saved", "open the workbook in Excel, let it calculate, and save; or write the value itself"}}
	}
	switch c.kind {
	case "s":
		return w.sharedText(c, words)
	case "str", "inlineStr":
		return textCell(lineEnds(words))
	case "e":
		return cell{text: c.value, kind: faulty, flaw: failedFormula}
	case "b":
		return cell{text: pick(c.value == "1", "SANN", "USANN"), kind: truth}
	case "d":
		return isoCell(c.value)
	}
	if c.value == "" {
		return cell{}
	}
	return numberCell(c.value, w.format(c.style), w.from1904)
}

func (w *workbook) format(style int) format {
	if style < 0 || style >= len(w.formats) {
		return format{}
	}
	return w.formats[style]
}

// sharedText reads a cell that names a shared string.
func (w *workbook) sharedText(c rawCell, words string) cell {
	if c.value == "" {
		return cell{}
	}
	if i, err := strconv.Atoi(strings.TrimSpace(c.value)); err != nil || i < 0 || i >= w.strings {
		return cell{kind: faulty, flaw: unreadable}
	}
	return textCell(lineEnds(words))
}

// isoCell reads a date in ISO 8601, as strict Open XML stores it.
func isoCell(s string) cell {
	for _, layout := range []string{"2006-01-02T15:04:05Z", "2006-01-02T15:04:05.999", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return cell{text: dateText(t, false), kind: date, clock: t}
		}
	}
	return cell{text: s, kind: faulty, flaw: unreadable}
}
