package manifest

import (
	"errors"
	"fmt"

	"batch/internal/mailout"
	"batch/internal/table"
)

func headerNames(l table.Line) []string {
	names := make([]string, len(l.Cells))
	for i, c := range l.Cells {
		names[i] = table.Clean(c.Text)
	}
	return names
}

// isHeader reports whether a row has two known names, one of them a signer's. Where the
// settings say who signs, any two do. The owner's own names that the settings ask for, to
// group lines or to fill a default, are known too.
func (s *settings) isHeader(l table.Line) bool {
	count, signer := 0, len(s.fixed) > 0 || len(s.SignerDefaults) > 0
	for _, name := range headerNames(l) {
		f, _ := s.resolve(name)
		if f != (field{}) || s.asked[fold(name)] {
			count++
		}
		signer = signer || f.ofSigner()
	}
	return count >= 2 && signer
}

// resolve says which of our columns a header is, and whether [columns] says so.
func (s *settings) resolve(header string) (f field, explicit bool) {
	if t, ok := s.mapped[fold(header)]; ok {
		return t.field, true
	}
	return knownNames[fold(header)], false
}

// unheaded says what to do about a file in which no header was found. Other errors stay
// as they are.
func unheaded(err error) error {
	missing := (*table.NoHeader)(nil)
	if !errors.As(err, &missing) {
		return err
	}
	remedy := "write column names such as national_id, title and document above the rows, in one row and within the first 20; map your own names under [columns] in batch.toml"
	if missing.Elsewhere != "" {
		remedy = fmt.Sprintf("the sheet %[1]q has one: say --sheet %[1]q", missing.Elsewhere)
	}
	return broken("header-missing", "no header was found: no row near the top names two known columns, one of them a signer's", remedy)
}

// column is one column of the manifest.
type column struct {
	name     string // the owner's header
	letters  string
	field    field  // zero: the owner's own
	reads    string // its name; empty: the owner's own
	explicit bool   // [columns] says so
	aside    bool   // the owner's own, and meant to be: [columns] puts it aside, or group_by or a default takes it
}

// layout is what the header says.
type layout struct {
	line    int
	columns []column
	fields  [fieldCount]int32 // our column → index + 1; 0: there is none
	names   map[string]int    // folded header → index
	kept    []mailout.Column  // the owner's columns without values, as every row begins with them
	keptAt  []int             // where they stand
	group   int               // the column of group_by; -1: there is none
}

func (s *settings) layout(header table.Line) *layout {
	l := &layout{line: header.Number, names: map[string]int{}, group: -1}
	for i, name := range headerNames(header) {
		f, explicit := s.resolve(name)
		c := column{name: name, letters: table.Letters(i), field: f, reads: f.String(), explicit: explicit, aside: explicit && f == (field{})}
		l.columns = append(l.columns, c)
		if name != "" {
			l.kept, l.keptAt = append(l.kept, mailout.Column{Name: name, Field: c.reads}), append(l.keptAt, i)
		}
		if _, ok := l.names[fold(name)]; !ok && name != "" {
			l.names[fold(name)] = i
		}
		if at := &l.fields[f.index()]; *at == 0 && f != (field{}) {
			*at = int32(i + 1)
		}
	}
	if i, ok := l.find(s.GroupBy); ok && s.GroupBy != "" {
		l.group, l.columns[i].aside = i, l.columns[i].field == (field{})
	}
	for f, t := range s.defaults {
		for _, p := range t {
			if i, ok := l.find(p.header); ok && f.name == fNationalID {
				l.columns[i].aside = l.columns[i].field == (field{})
			}
		}
	}
	return l
}

// column returns where one of our columns stands.
func (l *layout) column(f field) (int, bool) {
	i := int(l.fields[f.index()]) - 1
	return i, i >= 0
}

// stands reports whether column i is the one that is read for f.
func (l *layout) stands(f field, i int) bool { return int(l.fields[f.index()]) == i+1 }

// known returns which of our columns there are.
func (l *layout) known() []field {
	var all []field
	for i, c := range l.columns {
		if c.field != (field{}) && l.stands(c.field, i) {
			all = append(all, c.field)
		}
	}
	return all
}

// owners returns the headers in order.
func (l *layout) owners() []string {
	var names []string
	for _, c := range l.columns {
		if c.name != "" {
			names = append(names, c.name)
		}
	}
	return names
}

// find returns the column that a placeholder means: by the owner's header, or by a name
// of ours.
func (l *layout) find(name string) (int, bool) {
	if i, ok := l.names[fold(name)]; ok {
		return i, true
	}
	return l.column(knownNames[fold(name)])
}

// place is a cell of the header.
func (l *layout) place(o Options, sheet string, i int) mailout.Place {
	return mailout.Place{File: o.Name, Sheet: sheet, Line: l.line, Column: l.columns[i].letters, Field: l.columns[i].field.String()}
}
