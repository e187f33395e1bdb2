package manifest

import (
	"iter"
	"slices"

	"batch/internal/mailout"
)

// headerWithin is how far down a header is looked for: titles and notes may stand
// above it.
const headerWithin = 20

// findHeader returns the first row that is a header.
func findHeader(lines iter.Seq2[line, error], known func([]string) bool) (line, bool) {
	for l, err := range lines {
		if err != nil || l.n > headerWithin {
			break
		}
		if known(headerNames(l)) {
			return l, true
		}
	}
	return line{}, false
}

func headerNames(l line) []string {
	names := make([]string, len(l.cells))
	for i, c := range l.cells {
		names[i] = clean(c.text)
	}
	return names
}

// isHeader reports whether a row has two known names, one of them a signer's. Where the
// settings say who signs, any two do.
func (s *settings) isHeader(names []string) bool {
	count, signer := 0, len(s.fixed) > 0 || len(s.SignerDefaults) > 0
	for _, name := range names {
		if f, _ := s.resolve(name); f != (field{}) {
			count++
			signer = signer || f.ofSigner()
		}
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

func noHeader(hint string) error {
	if hint == "" {
		hint = "write column names such as national_id, title and document above the rows, in one row and within the first 20; map your own names under [columns] in batch.toml"
	}
	return broken("header-missing", "no header was found: no row near the top names two known columns, one of them a signer's", hint)
}

// column is one column of the manifest.
type column struct {
	name     string // the owner's header
	letters  string
	field    field // zero: the owner's own
	explicit bool  // [columns] says so
	aside    bool  // [columns] puts it aside
}

// layout is what the header says.
type layout struct {
	line    int
	columns []column
	fields  map[field]int  // our column → index
	names   map[string]int // folded header → index
}

func (s *settings) layout(header line) *layout {
	l := &layout{line: header.n, fields: map[field]int{}, names: map[string]int{}}
	for i, name := range headerNames(header) {
		f, explicit := s.resolve(name)
		c := column{name: name, letters: letters(i), field: f, explicit: explicit, aside: explicit && f == (field{})}
		l.columns = append(l.columns, c)
		if _, ok := l.names[fold(name)]; !ok && name != "" {
			l.names[fold(name)] = i
		}
		if _, ok := l.fields[f]; !ok && f != (field{}) {
			l.fields[f] = i
		}
	}
	return l
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
	i, ok := l.fields[knownNames[fold(name)]]
	return i, ok
}

// letters is a column's name in a spreadsheet: A … Z, AA …
func letters(i int) string {
	var out []byte
	for i++; i > 0; i = (i - 1) / 26 {
		out = append(out, byte('A'+(i-1)%26))
	}
	slices.Reverse(out)
	return string(out)
}

// place is a cell of the header.
func (l *layout) place(o Options, sheet string, i int) mailout.Place {
	return mailout.Place{File: o.Name, Sheet: sheet, Line: l.line, Column: l.columns[i].letters, Field: l.columns[i].field.String()}
}
