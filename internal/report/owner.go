package report

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"batch/internal/mailout"
)

// heading is one of the owner's columns. Headers may be empty or stand twice, so a
// column is known by its name and by how many of that name stand before it.
type heading struct {
	name string
	nth  int
}

// owner is the owner's part of a report: every column that any row has.
type owner struct {
	headings []heading
	place    map[heading]int
	longest  []int    // characters of each column's longest cell, its header included
	row      []string // the cells of the row that is being written
}

// How many rows are looked at for their columns.
const (
	firstRows = 1000
	allRows   = math.MaxInt
)

// errMoreColumns says that a row has a column that those which were looked at have not.
var errMoreColumns = errors.New("the row has a column of its own")

// ownersColumns looks at the first so many rows for their columns. Mostly every row has the
// same ones; a ragged sheet may not.
func ownersColumns(rows iter.Seq2[mailout.Record, error], first int) (*owner, error) {
	o := &owner{place: map[heading]int{}}
	n := 0
	for r, err := range rows {
		if n++; n > first {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading the books for the report: %w", err)
		}
		for h, c := range headed(r.Columns) {
			i, known := o.place[h]
			if !known {
				i = len(o.headings)
				o.place[h], o.headings = i, append(o.headings, h)
				o.longest = append(o.longest, utf8.RuneCountInString(h.name))
			}
			o.longest[i] = max(o.longest[i], utf8.RuneCountInString(mask{}.column(c)))
		}
	}
	return o, nil
}

// meet takes in the headings of a row's cells.
func (o *owner) meet(columns []mailout.Column) {
	for h := range headed(columns) {
		if _, known := o.place[h]; !known {
			o.place[h], o.headings = len(o.headings), append(o.headings, h)
		}
	}
}

// headed gives each cell its heading.
func headed(columns []mailout.Column) iter.Seq2[heading, mailout.Column] {
	return func(yield func(heading, mailout.Column) bool) {
		seen := make(map[string]int, len(columns))
		for _, c := range columns {
			h := heading{c.Name, seen[c.Name]}
			seen[c.Name]++
			if !yield(h, c) {
				return
			}
		}
	}
}

// column is what a row shows of a column: of a job of several lines, everything that
// stands in them, each once.
func (m mask) column(c mailout.Column) string {
	if len(c.More) == 0 {
		return m.cell(c.Field, c.Value.Reveal())
	}
	var all []string
	for _, v := range append([]mailout.Text{c.Value}, c.More...) {
		if text := m.cell(c.Field, v.Reveal()); strings.TrimSpace(text) != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return strings.Join(all, " / ")
}

// headers are the owner's headers as they stand in the manifest.
func (o *owner) headers() []string {
	names := make([]string, len(o.headings))
	for i, h := range o.headings {
		names[i] = h.name
	}
	return names
}

// cells are a row's cells below those headers, with the row's national numbers masked;
// errMoreColumns where it has others. They are good until the next row's.
func (o *owner) cells(columns []mailout.Column, m mask) ([]string, error) {
	if o.row == nil || len(o.row) < len(o.headings) {
		o.row = make([]string, len(o.headings))
	}
	cells := o.row
	clear(cells)
	if o.begin(columns) {
		for i, c := range columns {
			cells[i] = m.column(c)
		}
		return cells, nil
	}
	for h, c := range headed(columns) {
		i, known := o.place[h]
		if !known {
			return nil, errMoreColumns
		}
		cells[i] = m.column(c)
	}
	return cells, nil
}

// begin reports whether the headings begin with those of the columns, as they mostly do: then
// each column stands in its own place.
func (o *owner) begin(columns []mailout.Column) bool {
	if len(columns) > len(o.headings) {
		return false
	}
	for i, c := range columns {
		if o.headings[i].name != c.Name {
			return false
		}
	}
	return true
}
