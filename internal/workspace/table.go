package workspace

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"batch/internal/mailout"
)

// fillIn begins a value of the template that is still to be filled in.
const fillIn = "FILL IN"

// table is one table of batch.toml. Its methods read one key each into a variable that
// holds the default: an absent key leaves it, a wrong one is a fault. They report
// whether a good value was there. What nobody asked for when the table is closed is an
// unknown key.
type table struct {
	*document
	path   []string
	values map[string]any
	asked  []string
}

// document is what the tables of one file share.
type document struct {
	name   string // of the file, as messages show it
	index  *index
	faults []Fault
}

func (t *table) fault(key, message, remedy string) {
	path := t.path
	if key != "" {
		path = append(path[:len(path):len(path)], key)
	}
	t.faults = append(t.faults, t.at(path, message, remedy))
}

// at makes a fault of the setting with a path.
func (d *document) at(path []string, message, remedy string) Fault {
	p := d.index.find(path)
	return Fault{File: d.name, Line: p.line, Column: p.column, Key: shown(path), Message: message, Remedy: remedy}
}

// shown writes a path for a person: "senders[2].kind".
func shown(path []string) string {
	var b strings.Builder
	for i, part := range path {
		switch number, isElement := strings.CutPrefix(part, "#"); {
		case isElement:
			b.WriteString("[" + number + "]")
		case i > 0:
			b.WriteString("." + part)
		default:
			b.WriteString(part)
		}
	}
	return b.String()
}

// value takes a key of one of the TOML kinds out of the table.
func value[T any](t *table, key, kind string) (v T, ok bool) {
	t.asked = append(t.asked, key)
	raw, there := t.values[key]
	if !there {
		return v, false
	}
	if v, ok = raw.(T); !ok {
		t.fault(key, "this must be "+kind, "write it as in the example of "+fileName+" that `batch init` makes in a new folder")
	}
	return v, ok
}

// table opens a table below this one. An absent one is empty.
func (t *table) table(key string) *table {
	path := append(t.path[:len(t.path):len(t.path)], key)
	v, _ := value[map[string]any](t, key, "a table, ["+shown(path)+"]")
	return &table{document: t.document, path: path, values: v}
}

// tables opens an array of tables, [[key]].
func (t *table) tables(key string) []*table {
	list, _ := value[[]any](t, key, "an array of tables, [["+key+"]]")
	var all []*table
	for i, v := range list {
		path := append(t.path[:len(t.path):len(t.path)], key, element(i))
		values, ok := v.(map[string]any)
		if !ok {
			t.fault(key, "this must be an array of tables", "write each as [["+key+"]]")
			continue
		}
		all = append(all, &table{document: t.document, path: path, values: values})
	}
	return all
}

func (t *table) text(key string, into *string) bool {
	v, ok := value[string](t, key, `text in quotes, like "this"`)
	switch {
	case !ok:
		return false
	case strings.HasPrefix(v, fillIn):
		t.fault(key, "this is still to be filled in", "replace the text between the quotes; the comment above it says with what")
		return false
	case strings.TrimSpace(v) == "":
		t.fault(key, "this is empty", "give it a value, or take the line out")
		return false
	}
	*into = v
	return true
}

// choice reads one of several words.
func (t *table) choice(key string, into *string, words ...string) bool {
	var v string
	if !t.text(key, &v) {
		return false
	}
	if !slices.Contains(words, v) {
		t.fault(key, "this is not one of the words it can be", `write "`+strings.Join(words, `" or "`)+`"`)
		return false
	}
	*into = v
	return true
}

// whole reads a whole number of at least least.
func (t *table) whole(key string, into *int, least int) bool {
	v, ok := value[int64](t, key, "a whole number without quotes")
	if !ok {
		return false
	}
	if v < int64(least) || v > 1_000_000 {
		t.fault(key, "this number is out of its bounds", fmt.Sprintf("write a whole number from %d to 1000000", least))
		return false
	}
	*into = int(v)
	return true
}

// share reads a number above 0 and at most 1.
func (t *table) share(key string, into *float64) {
	if v, ok := t.values[key].(int64); ok { // 1 and 1.0 are the same to a person
		t.values[key] = float64(v)
	}
	v, ok := value[float64](t, key, "a number without quotes, like 0.05")
	switch {
	case !ok:
	case v > 0 && v <= 1:
		*into = v
	default:
		t.fault(key, "this share is not above 0 and at most 1", "write 0.05 for five percent")
	}
}

func (t *table) flag(key string, into *bool) {
	if v, ok := value[bool](t, key, "true or false, without quotes"); ok {
		*into = v
	}
}

// duration reads a time like "30m". A negative one is a fault.
func (t *table) duration(key string, into *time.Duration) bool {
	var v string
	if !t.text(key, &v) {
		return false
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 {
		t.fault(key, "this is not a length of time", `write it with its unit, like "90s", "30m" or "1h30m"`)
		return false
	}
	*into = d
	return true
}

// list reads texts in brackets.
func (t *table) list(key string, into *[]string) bool {
	const kind = `a list of texts, like ["one", "two"]`
	v, ok := value[[]any](t, key, kind)
	if !ok {
		return false
	}
	all := make([]string, 0, len(v))
	for _, e := range v {
		s, ok := e.(string)
		if !ok || strings.TrimSpace(s) == "" {
			t.fault(key, "this must be "+kind+", none of them empty", "put each between quotes")
			return false
		}
		all = append(all, s)
	}
	*into = all
	return true
}

// organization reads nine digits.
func (t *table) organization(key string, into *mailout.OrgNumber) bool {
	var v string
	if !t.text(key, &v) {
		return false
	}
	if !isOrganization(v) {
		t.fault(key, "this is not an organization number", "write its nine digits without spaces, in quotes")
		return false
	}
	*into = mailout.OrgNumber(v)
	return true
}

func isOrganization(s string) bool { return len(s) == 9 && strings.Trim(s, "0123456789") == "" }

// required says that a key is missing. It follows the reading of the key.
func (t *table) required(key, remedy string) {
	if _, there := t.values[key]; !there {
		t.fault(key, "this setting is missing", remedy)
	}
}

// close reports the keys that nobody asked for.
func (t *table) close() {
	for _, key := range slices.Sorted(maps.Keys(t.values)) {
		if !slices.Contains(t.asked, key) {
			t.fault(key, "there is no such setting", didYouMean(key, t.asked))
		}
	}
}

// didYouMean finds the name that was probably meant.
func didYouMean(key string, names []string) string {
	best, least := "", 3
	for _, name := range slices.Sorted(slices.Values(names)) {
		if d := slips([]rune(strings.ToLower(key)), []rune(name)); d < least {
			best, least = name, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return "take it out; known here: " + strings.Join(slices.Sorted(slices.Values(names)), ", ")
}

// slips counts the letters to add, drop or change between a and b (Levenshtein).
func slips(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
