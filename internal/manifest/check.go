package manifest

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"batch/internal/mailout"
)

// headerProblems judges the header and how it fits the settings.
func (r *reader) headerProblems() []mailout.Problem {
	h := &headerCheck{reader: r}
	h.doubled()
	h.nearlyKnown()
	h.twoSources()
	h.required()
	h.mappings()
	h.placeholders()
	return h.found
}

type headerCheck struct {
	*reader
	found []mailout.Problem
}

func (h *headerCheck) add(severity mailout.Severity, at mailout.Place, code, message, remedy string) {
	h.found = append(h.found, mailout.Problem{Severity: severity, Code: code, Place: at, Message: message, Remedy: remedy})
}

func (h *headerCheck) at(i int) mailout.Place { return h.layout.place(h.Options, h.sheet, i) }

func (h *headerCheck) top() mailout.Place {
	return mailout.Place{File: h.Name, Sheet: h.sheet, Line: h.layout.line}
}

func (h *headerCheck) doubled() {
	for i, c := range h.layout.columns {
		first, known := h.layout.fields[c.field]
		if !known {
			first = h.layout.names[fold(c.name)]
		}
		if c.name != "" && first != i {
			h.add(mailout.Stop, h.at(i), "column-twice", "column "+letters(first)+" has the same name, or stands for the same thing",
				`rename one of them, or put it aside under [columns] in batch.toml with "-"`)
		}
	}
}

func (h *headerCheck) nearlyKnown() {
	for i, c := range h.layout.columns {
		if c.field != (field{}) || c.aside || c.name == "" {
			continue
		}
		if f, ok := nearlyKnown(c.name); ok {
			h.add(mailout.Warn, h.at(i), "column-nearly-known", "the column is kept for the report only; did you mean "+f.String()+"?",
				"correct its name, or map it under [columns] in batch.toml")
		}
	}
}

// twoSources finds columns that a default stands for too, where nobody said that the
// column is meant.
func (h *headerCheck) twoSources() {
	for i, c := range h.layout.columns {
		if c.field != (field{}) && !c.explicit && h.defaulted(c.field) {
			h.add(mailout.Stop, h.at(i), "column-and-default", "there is a default for this in batch.toml as well: which is meant is not clear",
				"say under [columns]: "+strconv.Quote(c.name)+" = "+strconv.Quote(c.field.String())+` to take the column where it is filled, or = "-" to put it aside`)
		}
	}
}

// required reports what neither column nor default can give any row. The rows are not
// asked again.
func (h *headerCheck) required() {
	if !h.has(fTitle) {
		h.missing(field{name: fTitle}, "title")
	}
	if !h.has(fDocument) {
		h.missing(field{fDocument, 1}, "document")
	}
	if !h.has(fNationalID) && !h.has(fEmail) && !h.has(fMobile) && len(h.fixed) == 0 {
		h.missing(field{fNationalID, 1}, "national_id, email or mobile")
	}
}

func (h *headerCheck) has(name string) bool {
	is := func(f field) bool { return f.name == name }
	return slices.ContainsFunc(slices.Collect(maps.Keys(h.layout.fields)), is) || slices.ContainsFunc(slices.Collect(maps.Keys(h.defaults)), is)
}

func (h *headerCheck) missing(f field, names string) {
	h.absent[f] = true
	at := h.top()
	at.Field = f.String()
	h.add(mailout.Stop, at, "column-missing", "there is no column "+names+", and no default for it",
		"add the column, map yours to it under [columns] in batch.toml, or give a default under [defaults]")
}

func (h *headerCheck) mappings() {
	for _, header := range slices.Sorted(maps.Keys(h.Columns)) {
		if _, ok := h.layout.names[fold(header)]; !ok {
			h.add(mailout.Warn, h.top(), "column-mapped-missing", "[columns] in batch.toml maps "+strconv.Quote(header)+", which this manifest does not have", "correct the name, if the column is meant to be here")
		}
	}
}

// placeholders checks every default's placeholders against the header.
func (h *headerCheck) placeholders() {
	inOrder := slices.SortedFunc(maps.Keys(h.defaults), func(a, b field) int { return strings.Compare(a.String(), b.String()) })
	for _, f := range inOrder {
		for _, p := range h.defaults[f] {
			if p.header == "" {
				continue
			}
			at := h.top()
			at.Field = f.String()
			i, ok := h.layout.find(p.header)
			switch {
			case !ok:
				h.add(mailout.Stop, at, "placeholder-unknown", "the default of "+f.String()+" takes {"+p.header+"}, which is no column of this manifest", "correct the name in batch.toml, or add the column")
			case f.name == fNonsensitive && personalColumn(h.layout.columns[i]):
				h.add(mailout.Stop, at, "placeholder-personal", "the default of nonsensitive_title takes {"+p.header+"}: personal data would go out in e-mail and SMS", "take that placeholder out")
			}
		}
	}
}

// Headers with these words name people, unless one of the others says that they name
// something else.
var (
	nameWords  = []string{"navn", "name"}
	otherNames = []string{"avdeling", "enhet", "skole", "kommune", "virksomhet", "bedrift", "firma", "prosjekt", "kurs", "sted", "department", "company", "school", "unit"}
)

// personalColumn reports whether a column's values may not go out in e-mail and SMS.
func personalColumn(c column) bool {
	contains := func(words []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(fold(c.name), w) })
	}
	return c.field.personal() || contains(nameWords) && !contains(otherNames)
}
