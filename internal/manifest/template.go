package manifest

import (
	"errors"
	"strings"
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
