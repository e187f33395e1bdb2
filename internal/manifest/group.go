package manifest

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"batch/internal/mailout"
	"batch/internal/table"
)

// What a manifest whose lines are grouped may hold: any line may belong to the job of any
// other, so all of them are held until the file's end.
const (
	maxGrouped       = 200_000
	maxGroupedWeight = 256 << 20 // bytes
)

// grouping gathers the lines of each job under their key.
type grouping struct {
	column int            // of the keys; -1: the manifest has none
	byKey  map[string]int // → index in jobs
	jobs   []grouped      // in the order of their first lines
	held   int            // lines
	weight int            // of them, in bytes
}

type grouped struct {
	key   string
	lines []table.Line
}

// newGrouping returns nil where every line is a job of its own.
func (s *settings) newGrouping(l *layout) *grouping {
	if s.GroupBy == "" {
		return nil
	}
	return &grouping{column: l.group, byKey: map[string]int{}}
}

// add takes a line. One without a key is left alone.
func (g *grouping) add(l table.Line) error {
	if g.held++; g.held > maxGrouped {
		return broken("group-too-many-lines", fmt.Sprintf("the list has more than %d lines, which are too many to be grouped", maxGrouped), "split the list into several manifests")
	}
	if g.weight += l.Weight(); g.weight > maxGroupedWeight {
		return broken("group-too-many-lines", "the list holds more than 256 MB, which is too much to be grouped", "split the list into several manifests, or take out columns that are not needed")
	}
	l.Cells = slices.Clone(l.Cells) // not the room for the lines around it
	key := groupKey(l, g.column)
	if i, ok := g.byKey[key]; ok && key != "" {
		g.jobs[i].lines = append(g.jobs[i].lines, l)
		return nil
	}
	if key != "" {
		g.byKey[key] = len(g.jobs)
	}
	g.jobs = append(g.jobs, grouped{key, []table.Line{l}})
	return nil
}

// groupKey is what a line is grouped by; empty where that is not known.
func groupKey(l table.Line, column int) string {
	if column < 0 || l.At(column).Kind == table.Faulty {
		return ""
	}
	return table.Clean(l.At(column).Text)
}

// nearly warns of keys that differ in capital letters and spaces only. Keys may be
// somebody's number or name: they are not shown.
func (g *grouping) nearly(r *reader) []mailout.Problem {
	var ps []mailout.Problem
	first := map[string]int{}
	for _, job := range g.jobs {
		if job.key == "" {
			continue
		}
		near := strings.Map(func(c rune) rune {
			if unicode.IsSpace(c) {
				return -1
			}
			return unicode.ToLower(c)
		}, job.key)
		n, ok := first[near]
		if !ok {
			first[near] = job.lines[0].Number
			continue
		}
		at := r.layout.place(r.Options, r.sheet, g.column)
		at.Line = job.lines[0].Number
		ps = append(ps, mailout.Problem{Severity: mailout.Warn, Code: "group-key-nearly", Place: at,
			Message: fmt.Sprintf("line %d has the same but for capital letters or spaces; they are taken for two jobs", n),
			Remedy:  "write both alike if they are one job"})
	}
	return ps
}

// agree checks that the row's lines are one job: that the job they belong to is known,
// and that they agree about it.
func (w *row) agree() {
	if w.GroupBy == "" {
		return
	}
	if w.loose = groupKey(w.lines[0], w.layout.group) == ""; w.loose {
		if i := w.layout.group; i >= 0 && w.lines[0].At(i).Kind != table.Faulty {
			f := w.layout.columns[i].field
			w.stopAt(w.cellPlace(f, 0, i), spot{field: f}, "group-key-missing", "the cell is empty, so which job the line belongs to is not known", "write in every line what the lines of its job have here")
		}
		return
	}
	for i, col := range w.layout.columns {
		if col.field == (field{}) || col.field.ofSigner() || !w.layout.stands(col.field, i) {
			continue
		}
		for _, k := range w.others(i) {
			w.stopAt(w.cellPlace(col.field, k, i), spot{col.field, k}, "group-differs",
				fmt.Sprintf("this differs from line %d, which is of the same job", w.lines[w.first(i)].Number), "write the same in both, or leave this cell empty")
		}
	}
}

// first is the first line that has something in column i; 0 where none has.
func (w *row) first(i int) int {
	return max(0, slices.IndexFunc(w.lines, func(l table.Line) bool { return !l.At(i).Blank() }))
}

// others are the lines that say something else in column i than the first that says
// something. An empty cell says nothing.
func (w *row) others(i int) []int {
	first := w.first(i)
	if len(w.lines) == 1 || w.lines[first].At(i).Kind == table.Faulty {
		return nil
	}
	var ks []int
	said := table.Clean(w.lines[first].At(i).Text)
	for k := first + 1; k < len(w.lines); k++ {
		if c := w.lines[k].At(i); !c.Blank() && c.Kind != table.Faulty && table.Clean(c.Text) != said {
			ks = append(ks, k)
		}
	}
	return ks
}

// differs reports column i, which the default of s takes for the whole job, where the
// row's lines differ in it.
func (w *row) differs(s spot, i int) bool {
	ks := w.others(i)
	for _, k := range ks {
		if col := w.layout.columns[i].field; col == (field{}) || col.ofSigner() { // others were reported
			w.inVain(s, k, i, "placeholder-differs", fmt.Sprintf("the default of %s takes this cell, which differs from line %d of the same job", s, w.lines[w.first(i)].Number),
				"write the same in both, or take another column for the default in batch.toml")
		}
	}
	return len(ks) > 0
}

// nobody reports line k of a group, which names no signer: somebody may have been
// forgotten there.
func (w *row) nobody(k int) {
	at := seat{k, 1}
	inLine := func(s spot) bool { return s.ofSigner() && s.line == k }
	if len(w.lines) > 1 && len(w.numbers) > 0 && !w.anyFaultyOf(inLine) {
		w.stop(at.spot(fNationalID), "no-signer", "this line names nobody to sign", "give a national number, an e-mail address or a mobile number, or delete the line")
	}
}
