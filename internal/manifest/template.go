package manifest

import (
	"errors"
	"slices"
	"strings"

	"batch/internal/rules"
	"batch/internal/table"
)

// template is a default's value: text with placeholders.
type template []part

// part is either text or the header in a placeholder.
type part struct{ text, header string }

// parseTemplate reads "Arbeidsavtale for {Avdeling}".
func parseTemplate(s string) (template, error) {
	var t template
	for s != "" {
		at := strings.IndexAny(s, "{}")
		if at < 0 {
			return append(t, part{text: s}), nil
		}
		end := strings.IndexAny(s[at+1:], "{}")
		if s[at] == '}' || end < 0 || s[at+1+end] == '{' || fold(s[at+1:at+1+end]) == "" {
			return nil, errors.New("unbalanced braces")
		}
		if at > 0 {
			t = append(t, part{text: s[:at]})
		}
		t = append(t, part{header: s[at+1 : at+1+end]})
		s = s[at+end+2:]
	}
	return t, nil
}

// plain reports whether the template has no placeholder.
func (t template) plain() bool {
	return !slices.ContainsFunc(t, func(p part) bool { return p.header != "" })
}

// split cuts a template at every occurrence of sep in its own text; what a cell puts
// in is never cut.
func (t template) split(sep string) []template {
	out := []template{nil}
	for _, p := range t {
		for i, s := range strings.Split(p.text, sep) {
			if i > 0 {
				out = append(out, nil)
			}
			last := len(out) - 1
			out[last] = append(out[last], part{text: s, header: p.header})
		}
	}
	return out
}

// fill puts the row's cells into a template: those of the spot's own line for a signer.
// Headers that do not exist are reported once, for the manifest.
func (w *row) fill(s spot, t template) (string, bool) {
	var b strings.Builder
	for _, p := range t {
		b.WriteString(p.text)
		if p.header == "" {
			continue
		}
		i, ok := w.layout.find(p.header)
		if !ok || !w.take(s, i, &b) {
			w.spoil(s)
			return "", false
		}
	}
	return table.Clean(b.String()), true
}

// take writes the cell that a template of a spot takes. What is wrong with it is
// reported at that cell, and once however many templates take it.
func (w *row) take(s spot, i int, into *strings.Builder) bool {
	k := s.line
	if !s.ofSigner() {
		k = w.first(i)
		if w.differs(s, i) {
			return false
		}
	}
	c := w.lines[k].At(i)
	text, err := parseLine(c)
	switch v := (*rules.Fault)(nil); {
	case c.Kind == table.Faulty: // reported where it stands
	case errors.As(err, &v):
		w.inVain(s, k, i, v.Code, v.Message, v.Remedy)
	case text == "":
		w.inVain(s, k, i, "placeholder-empty", "the default of "+s.String()+" takes this cell, which is empty", "fill it in, or write "+s.String()+" in a column of its own")
	default:
		into.WriteString(text)
		return true
	}
	return false
}

// inVain reports the cell in line k and column i that the default of s takes.
func (w *row) inVain(s spot, k, i int, code, message, remedy string) {
	if at := [2]int{k, i}; !slices.Contains(w.told, at) {
		w.told = append(w.told, at)
		w.stopAt(w.cellPlace(s.field, k, i), s, code, message, remedy)
	}
}
