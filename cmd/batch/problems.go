package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"batch/internal/app"
	"batch/internal/mailout"
)

// How many findings of one kind are printed before the rest is counted.
const (
	shownProblems = 20
	shownWarnings = 3 // where there are more: so many different sentences
	shownPlaces   = 5 // of those that are only counted
)

// problems prints findings as a person reads them, or as objects. What stops the batch
// comes last, nearest to where a person looks in a terminal: of the manifest as a whole
// first, then row by row. Warnings are grouped, so that they never bury it.
func (u *ui) problems(ps []mailout.Problem, all bool) {
	if u.asJSON {
		u.findings(ps)
		return
	}
	u.warnings(ps, all)
	stopping := mailout.Stopping(ps)
	if len(stopping) > 0 && len(stopping) < len(ps) {
		u.say("")
	}
	slices.SortStableFunc(stopping, func(a, b mailout.Problem) int { return cmp.Compare(ofRow(a), ofRow(b)) })
	kinds, seen := byCode(stopping), map[string]int{}
	for _, p := range stopping {
		seen[p.Code]++
		if all || seen[p.Code] <= shownProblems {
			u.finding(p)
		}
		if !all && seen[p.Code] == shownProblems {
			u.more(kinds[p.Code][shownProblems:])
		}
	}
}

// warnings prints the warnings among findings, each kind once with a count of the others
// and the first of their places; with all, every one.
func (u *ui) warnings(ps []mailout.Problem, all bool) {
	warned := slices.DeleteFunc(slices.Clone(ps), func(p mailout.Problem) bool { return p.Severity != mailout.Warn })
	if u.asJSON {
		u.findings(warned)
		return
	}
	kinds := byCode(warned)
	for _, p := range warned {
		kind := kinds[p.Code]
		delete(kinds, p.Code)
		said := map[string]bool{}
		var rest []mailout.Problem
		for _, p := range kind {
			if sentence := p.Message + p.Remedy; all || len(kind) <= shownWarnings || len(said) < shownWarnings && !said[sentence] {
				said[sentence] = true
				u.finding(p)
			} else {
				rest = append(rest, p)
			}
		}
		u.more(rest)
	}
}

// byCode keeps the order within each kind.
func byCode(ps []mailout.Problem) map[string][]mailout.Problem {
	kinds := map[string][]mailout.Problem{}
	for _, p := range ps {
		kinds[p.Code] = append(kinds[p.Code], p)
	}
	return kinds
}

// ofRow is 0 for a finding about the manifest as a whole and 1 for one about a row.
func ofRow(p mailout.Problem) int {
	if p.Row == "" {
		return 0
	}
	return 1
}

// findings writes each finding as an object.
func (u *ui) findings(ps []mailout.Problem) {
	for _, p := range ps {
		u.object(struct {
			Type string `json:"type"`
			mailout.Problem
		}{"problem", p})
	}
}

// finding prints one finding: its place, in colour, the sentence and what to do. A place
// is never broken between a cell and its name.
func (u *ui) finding(p mailout.Problem) {
	u.clearLine()
	mark, colour := "", "31" // red
	if p.Severity == mailout.Warn {
		mark, colour = "warning: ", "33" // yellow
	}
	file, cell := p.Place, p.Place
	file.Line, file.Column, file.Field = 0, "", ""
	cell.File, cell.Sheet = "", ""
	place := clean(mark + strings.TrimPrefix(file.String()+", "+glued(cell.String()), ", "))
	place = strings.TrimSuffix(place, ", ")
	fmt.Fprintln(u.out, wrap(u.paint(colour, place)+": "+clean(p.Message), u.width, "    "))
	fmt.Fprintln(u.out, wrap("  → "+clean(p.Remedy), u.width, "    "))
}

// more counts findings of one kind that are not printed, and says where the first are.
func (u *ui) more(ps []mailout.Problem) {
	if len(ps) == 0 {
		return
	}
	var cells []string
	for _, p := range ps[:min(len(ps), shownPlaces)] {
		p.File, p.Sheet, p.Field = "", "", ""
		if cell := p.Place.String(); cell != "" {
			cells = append(cells, glued(cell))
		}
	}
	where := ""
	if len(cells) > 0 {
		where = ": " + strings.Join(cells, ", ")
	}
	if len(cells) < len(ps) && where != "" {
		where += " …"
	}
	u.clearLine()
	fmt.Fprintln(u.out, wrap(fmt.Sprintf("    and %s more of this kind, %s%s (--all shows every one)", thousands(int64(len(ps))), ps[0].Code, where), u.width, "    "))
}

// verdict ends a command whose manifest has problems: how many there are, in how many
// rows, and what to do next. skipping says that bad rows could still be left out.
func verdict(ps []mailout.Problem, skipping bool) *app.Error {
	stopping := mailout.Stopping(ps)
	rows, whole := map[string]bool{}, 0 // by key: a group of lines is one row
	for _, p := range stopping {
		if p.Row == "" {
			whole++
		} else {
			rows[p.Row] = true
		}
	}
	message := count(len(stopping), "problem")
	switch {
	case whole > 0 && len(rows) > 0:
		message += fmt.Sprintf(", %d of the manifest as a whole and the others in %s", whole, count(len(rows), "row"))
	case len(rows) > 0:
		message += " in " + count(len(rows), "row")
	case whole > 0:
		message += " of the manifest as a whole"
	}
	if n := len(ps) - len(stopping); n > 0 {
		message += "; " + count(n, "warning")
	}
	remedy := "correct what is named above, save, and give the same command again"
	if whole == 0 && skipping {
		remedy += "; or send the other rows only, with --skip-bad-rows"
	}
	return &app.Error{Kind: app.KindProblems, Message: message + "; nothing was sent", Remedy: remedy}
}
