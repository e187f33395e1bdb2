package manifest

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"batch/internal/mailout"
	"batch/internal/table"
)

// headerProblems judges the header and how it fits the settings.
func (r *reader) headerProblems() []mailout.Problem {
	h := &headerCheck{reader: r}
	h.doubled()
	h.required()
	h.nearlyKnown()
	h.twoSources()
	h.mappings()
	h.placeholders()
	h.groups()
	return h.found
}

type headerCheck struct {
	*reader
	found []mailout.Problem
	meant []int // columns that were reported for what they are probably meant to be
}

func (h *headerCheck) add(severity mailout.Severity, at mailout.Place, code, message, remedy string) {
	h.found = append(h.found, mailout.Problem{Severity: severity, Code: code, Place: at, Message: message, Remedy: remedy})
}

func (h *headerCheck) at(i int) mailout.Place { return h.layout.place(h.Options, h.sheet, i) }

func (h *headerCheck) top() mailout.Place {
	return mailout.Place{File: h.Name, Sheet: h.sheet, Line: h.layout.line}
}

// doubled reports names that stand twice. Columns that are put aside may, as long as
// nothing asks for one of them by its name.
func (h *headerCheck) doubled() {
	for i, c := range h.layout.columns {
		first, known := h.layout.column(c.field)
		if !known {
			first = h.layout.names[fold(c.name)]
		}
		if c.name != "" && first != i && !(c.explicit && !known && !h.taken(c.name)) {
			h.add(mailout.Stop, h.at(i), "column-twice", "column "+table.Letters(first)+" has the same name, or stands for the same thing",
				`rename one of them, or put it aside under [columns] in batch.toml with "-"`)
		}
	}
}

// taken reports whether a placeholder or group_by names a header.
func (h *headerCheck) taken(header string) bool {
	if fold(h.GroupBy) == fold(header) {
		return true
	}
	for _, t := range h.defaults {
		if slices.ContainsFunc(t, func(p part) bool { return fold(p.header) == fold(header) }) {
			return true
		}
	}
	return false
}

func (h *headerCheck) nearlyKnown() {
	for i, c := range h.layout.columns {
		if f, ok := h.nearly(c); ok && !slices.Contains(h.meant, i) {
			h.add(mailout.Warn, h.at(i), "column-nearly-known", "the column is kept for the report only; did you mean "+f.String()+"?",
				"correct its name, or map it under [columns] in batch.toml")
		}
	}
}

// nearly is the column of ours that one of the owner's is probably meant to be.
func (h *headerCheck) nearly(c column) (field, bool) {
	if c.field != (field{}) || c.aside || c.name == "" {
		return field{}, false
	}
	return nearlyKnown(c.name)
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
		h.missing("title", fTitle)
	}
	if !h.has(fDocument) {
		h.missing("document", fDocument)
	}
	if !h.has(fNationalID) && !h.has(fEmail) && !h.has(fMobile) && len(h.fixed) == 0 {
		h.missing("national_id, email or mobile", fNationalID, fEmail, fMobile)
	}
}

func (h *headerCheck) has(n name) bool {
	is := func(f field) bool { return f.name == n }
	return slices.ContainsFunc(h.layout.known(), is) || slices.ContainsFunc(slices.Collect(maps.Keys(h.defaults)), is)
}

// missing reports that there is no column of any of the fields; where one is nearly
// there, that is the one mistake.
func (h *headerCheck) missing(names string, fields ...name) {
	f := field{name: fields[0]}
	if f.ofSigner() || f.name == fDocument {
		f.n = 1
	}
	h.absent[f] = true
	at, remedy := h.top(), "add the column, map yours to it under [columns] in batch.toml, or give a default under [defaults]"
	for i, c := range h.layout.columns {
		if near, ok := h.nearly(c); ok && slices.Contains(fields, near.name) {
			h.meant = append(h.meant, i)
			at, remedy = h.at(i), "if this column is meant to be "+near.String()+", correct its name, or map it under [columns] in batch.toml"
			break
		}
	}
	at.Field = f.String()
	h.add(mailout.Stop, at, "column-missing", "there is no column "+names+", and no default for it", remedy)
}

// causesOnly takes out that a column is missing where another of the header's is merged
// or doubled: it is probably that one.
func causesOnly(ps []mailout.Problem, header int) []mailout.Problem {
	muddled := func(p mailout.Problem) bool {
		return p.Code == "merged-cells" && p.Line <= header || p.Code == "column-twice" && p.Field != ""
	}
	if !slices.ContainsFunc(ps, muddled) {
		return ps
	}
	return slices.DeleteFunc(ps, func(p mailout.Problem) bool { return p.Code == "column-missing" })
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
				h.absent[f] = true // not told of every row as well
				h.add(mailout.Stop, at, "placeholder-personal", "the default of nonsensitive_title takes {"+p.header+"}: personal data would go out in e-mail and SMS", "take that placeholder out")
			}
		}
	}
}

// groups reports that there is no column to group the lines by.
func (h *headerCheck) groups() {
	if h.GroupBy != "" && h.layout.group < 0 {
		h.add(mailout.Stop, h.top(), "group-column-missing", "group_by in batch.toml names "+strconv.Quote(h.GroupBy)+", which is no column of this manifest",
			"correct the name in batch.toml, or add the column")
	}
}

// Headers with these words name people, unless one of the others says that they name
// something else.
var (
	nameWords  = []string{"navn", "name"}
	whoWords   = []string{"ansatt", "elev", "mottaker", "foresatt", "pasient", "person", "medlem", "employee", "pupil", "recipient"} // as they stand
	otherNames = []string{"avdeling", "enhet", "skole", "kommune", "virksomhet", "bedrift", "firma", "prosjekt", "kurs", "sted", "department", "company", "school", "unit"}
)

// personalColumn reports whether a column's values may not go out in e-mail and SMS.
func personalColumn(c column) bool {
	contains := func(words []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(fold(c.name), w) })
	}
	return c.field.personal() || slices.Contains(whoWords, fold(c.name)) || contains(nameWords) && !contains(otherNames)
}
