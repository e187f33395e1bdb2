package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"batch/internal/mailout"
)

// tally is what only many rows together tell.
type tally struct {
	rows           int
	keys           map[string]int // the owner's key → its line
	tidied         int            // national numbers with spaces or hyphens
	unusedContacts int            // signers whose address was left aside
	files          map[string]*use
	numbers        []seen // of each column: how much of it looks like national numbers
	hidden         int    // hidden rows that nobody said what to do with
	firstHidden    int    // the first one's line
}

// use is who is sent a file.
type use struct {
	first, second mailout.Place // of two different people; second may be unset
	person        string
	rows          int
}

type seen struct{ cells, numbers int }

func newTally(columns int) *tally {
	return &tally{keys: map[string]int{}, files: map[string]*use{}, numbers: make([]seen, columns)}
}

// row counts one row that was read.
func (t *tally) row(w *row) {
	t.rows++
	for i := range w.layout.columns {
		if c := w.line.at(i); !c.blank() {
			t.numbers[i].cells++
			if isPersonal(c.text) {
				t.numbers[i].numbers++
			}
		}
	}
	person := people(w)
	if person == "" {
		return
	}
	for _, input := range w.entry.Inputs {
		for _, p := range input.Parts {
			t.use(p, person, input.Place)
		}
	}
}

func (t *tally) sawHidden(line int) {
	if t.hidden++; t.hidden == 1 {
		t.firstHidden = line
	}
}

func (t *tally) use(file, person string, at mailout.Place) {
	u, ok := t.files[file]
	if !ok {
		u = &use{first: at, person: person}
		t.files[file] = u
	}
	u.rows++
	if u.person != person && u.second.Line == 0 {
		u.second = at
	}
}

// people names the row's own signers to tell rows apart; empty where one could not be
// read.
func people(w *row) string {
	var all []string
	for i, s := range w.entry.Job.Signers {
		if w.who[i] == 0 {
			continue
		}
		if w.anyFaultySigner(w.who[i]) {
			return ""
		}
		all = append(all, s.NationalID.Reveal()+"|"+strings.ToLower(s.Email.Reveal())+"|"+s.Mobile.Reveal())
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// problems says what the tally shows.
func (t *tally) problems(r *reader) []mailout.Problem {
	ps := append(t.sharedFiles(r), t.forgottenNumbers(r)...)
	top := mailout.Place{File: r.Name, Sheet: r.sheet}
	warn := func(code, message, remedy string) {
		ps = append(ps, mailout.Problem{Severity: mailout.Warn, Code: code, Place: top, Message: message, Remedy: remedy})
	}
	if t.tidied > 0 {
		warn("national-id-tidied", count(t.tidied, "national number was", "national numbers were")+" written with spaces or hyphens, which are left out", "nothing needs to be done")
	}
	if t.unusedContacts > 0 {
		warn("contact-not-used", count(t.unusedContacts, "signer's", "signers'")+" e-mail address or mobile number is not used: who has a national number is notified as registered", "write given in the column notify where the address of the row is to be used")
	}
	if t.hidden > 0 && r.Hidden == "" {
		top.Line = t.firstHidden
		ps = append(ps, mailout.Problem{Severity: mailout.Stop, Code: "hidden-rows", Place: top,
			Message: count(t.hidden, "row is", "rows are") + " hidden, by hand or by a filter; this is the first",
			Remedy:  "show all rows and save, or say --hidden=send or --hidden=skip"})
	}
	if t.rows == 0 {
		ps = append(ps, mailout.Problem{Severity: mailout.Stop, Code: "no-rows", Place: top, Message: "there is no row below the header", Remedy: "fill in at least one row"})
	}
	return ps
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// sharedFiles finds letters that may reach the wrong person: where rows have files of
// their own, a file that a few rows with different people name.
func (t *tally) sharedFiles(r *reader) []mailout.Problem {
	own, suspects := map[int]bool{}, []string{} // own: lines with a file of their own
	for _, file := range slices.Sorted(maps.Keys(t.files)) {
		switch u := t.files[file]; {
		case u.rows == 1:
			own[u.first.Line] = true
		case u.second.Line > 0 && u.rows <= max(2, t.rows/5) && !r.shared[file]:
			suspects = append(suspects, file)
		}
	}
	if len(own) < 2 || len(own)*2 < t.rows {
		return nil
	}
	var ps []mailout.Problem
	for _, file := range suspects {
		u := t.files[file]
		ps = append(ps, mailout.Problem{Severity: mailout.Stop, Code: "document-shared", Place: u.second,
			Message: fmt.Sprintf("the file %s is also in line %d, for somebody else, while most rows have files of their own", shown(file), u.first.Line),
			Remedy:  "correct the path, or list the file under documents.shared in batch.toml if both are to get it"})
	}
	return ps
}

// forgottenNumbers finds columns of the owner's own that hold national numbers: most
// likely signers under a name that was not recognized.
func (t *tally) forgottenNumbers(r *reader) []mailout.Problem {
	var ps []mailout.Problem
	for i, c := range r.layout.columns {
		n := t.numbers[i]
		if c.field != (field{}) || c.aside || c.name == "" || n.numbers == 0 || n.numbers*2 < n.cells {
			continue
		}
		ps = append(ps, mailout.Problem{Severity: mailout.Stop, Code: "column-of-national-ids", Place: r.layout.place(r.Options, r.sheet, i),
			Message: "the column holds national identity numbers, but its name is not known",
			Remedy:  `map it under [columns] in batch.toml, or put it aside there with "-"`})
	}
	return ps
}
