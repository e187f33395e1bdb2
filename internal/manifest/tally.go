package manifest

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"batch/internal/mailout"
	"batch/internal/table"
)

// tally is what only many rows together tell. It holds a few dozen bytes a row, so that
// a million rows fit: of keys, paths and people it keeps 64-bit hashes. Two that are
// taken for one, which one list of a million rows in thirty million would see, raise a
// problem and hide none; the next run hashes otherwise.
type tally struct {
	seed    maphash.Seed
	keyed   bool // rows can have keys of their own
	rows    int
	keys    map[uint64]int32 // the owner's key → its line
	tidied  int              // national numbers with spaces or hyphens
	unused  int              // signers whose address was left aside
	files   map[uint64]int32 // path → index in uses
	uses    []use            // in the order of the rows
	twice   map[int32]twice  // of files that two different people are sent
	watched []seen           // the owner's own columns, which may hold national numbers
	hidden  int              // hidden rows that nobody said what to do with
	first   int              // the first one's line
}

// use is who is sent a file.
type use struct {
	person uint64 // the first one
	line   int32  // … and its line
	rows   int32
}

// twice is a file that a second person is sent.
type twice struct {
	path   string
	second mailout.Place
}

type seen struct{ column, cells, numbers int }

// newTally makes an empty tally. keyed says that rows can have keys of their own, atMost
// about how many rows there are; 0 where that is not known.
func newTally(l *layout, keyed bool, atMost int) *tally {
	atMost = min(atMost, 1<<20) // no more room than that is made on the word of a file
	t := &tally{keyed: keyed, seed: maphash.MakeSeed(), files: make(map[uint64]int32, atMost), uses: make([]use, 0, atMost), twice: map[int32]twice{}}
	if keyed {
		t.keys = make(map[uint64]int32, atMost)
	}
	for i, c := range l.columns {
		if c.field == (field{}) && !c.aside && c.name != "" {
			t.watched = append(t.watched, seen{column: i})
		}
	}
	return t
}

// row counts one row that was read, and reports what rows before it make a problem of.
// Rows are counted one by one, in their order.
func (t *tally) row(w *row) {
	t.rows++
	t.tidied += w.tidied
	t.unused += w.unused
	t.key(w)
	for _, l := range w.lines {
		t.lookForNumbers(l)
	}
	if w.person == 0 {
		return
	}
	for _, input := range w.entry.Inputs {
		for _, p := range input.Parts {
			t.use(p, w.person, input.Place)
		}
	}
}

// key finds keys that come twice. Where nobody gives rows a key of their own, the line
// number is one, and is unique.
func (t *tally) key(w *row) {
	if !w.keyed || w.loose || !t.keyed {
		return
	}
	h := maphash.String(t.seed, w.entry.Key)
	if before, twice := t.keys[h]; twice {
		w.stop(w.job(field{name: fRow}), "row-key-twice", "the same key stands in line "+strconv.Itoa(int(before))+" too", "give every row a key of its own; a key that is missing is the line number")
		return
	}
	t.keys[h] = int32(w.entry.Line)
}

func (t *tally) lookForNumbers(l table.Line) {
	for i := range t.watched {
		if c := l.At(t.watched[i].column); !c.Blank() {
			t.watched[i].cells++
			if isPersonal(c.Text) {
				t.watched[i].numbers++
			}
		}
	}
}

func (t *tally) sawHidden(line int) {
	if t.hidden++; t.hidden == 1 {
		t.first = line
	}
}

func (t *tally) use(file string, person uint64, at mailout.Place) {
	h := maphash.String(t.seed, file)
	i, ok := t.files[h]
	if !ok {
		i = int32(len(t.uses))
		t.files[h] = i
		t.uses = append(t.uses, use{person: person, line: int32(at.Line)})
	}
	u := &t.uses[i]
	u.rows++
	if _, known := t.twice[i]; u.person != person && !known {
		t.twice[i] = twice{path: file, second: at}
	}
}

// uses reports whether a file goes to anybody, or may.
func (r *reader) uses(path string) bool {
	_, named := r.tally.files[maphash.String(r.tally.seed, path)]
	return named || r.shared[path] || slices.Contains(r.Around, path)
}

// people makes one number of the row's own signers, to tell rows apart; 0 where one of
// them could not be read. Their order does not matter.
func people(w *row, seed maphash.Seed) uint64 {
	var sum uint64
	for i, s := range w.entry.Job.Signers {
		if w.who[i].n == 0 {
			continue
		}
		if w.anyFaultySigner(w.who[i]) {
			return 0
		}
		var one uint64
		for _, id := range []string{s.NationalID.Reveal(), strings.ToLower(s.Email.Reveal()), s.Mobile.Reveal()} {
			one = one*31 + maphash.String(seed, id)
		}
		sum += one
	}
	return sum
}

// problems says what the tally shows.
func (t *tally) problems(r *reader) []mailout.Problem {
	ps := append(t.sharedFiles(r), t.forgottenNumbers(r)...)
	top := mailout.Place{File: r.Name, Sheet: r.sheet}
	warn := func(code, message, remedy string) {
		ps = append(ps, mailout.Problem{Severity: mailout.Warn, Code: code, Place: top, Message: message, Remedy: remedy})
	}
	if t.tidied > 0 {
		warn("national-id-tidied", count(t.tidied, "national number was", "national numbers were")+" written with spaces, hyphens or invisible characters, which are left out", "nothing needs to be done")
	}
	if t.unused > 0 {
		warn("contact-not-used", count(t.unused, "signer's", "signers'")+" e-mail address or mobile number is not used: who has a national number is notified as registered", "write given in the column notify where the address of the row is to be used")
	}
	if t.hidden > 0 && r.Hidden == "" {
		top.Line = t.first
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
	own, last := 0, int32(0) // rows with a file of their own
	var suspects []int32
	for i, u := range t.uses {
		switch second := t.twice[int32(i)]; {
		case u.rows == 1 && u.line != last: // what one row uses stands together
			own, last = own+1, u.line
		case second.path != "" && int(u.rows) <= max(2, t.rows/5) && !r.shared[second.path]:
			suspects = append(suspects, int32(i))
		}
	}
	if own < 2 || own*2 < t.rows {
		return nil
	}
	var ps []mailout.Problem
	for _, i := range suspects {
		ps = append(ps, mailout.Problem{Severity: mailout.Stop, Code: "document-shared", Place: t.twice[i].second,
			Message: fmt.Sprintf("the file %s is also in line %d, for somebody else, while most rows have files of their own", mailout.ShownPath(t.twice[i].path), t.uses[i].line),
			Remedy:  "correct the path, or list the file under documents.shared in batch.toml if both are to get it"})
	}
	return ps
}

// forgottenNumbers finds columns of the owner's own that hold national numbers: most
// likely signers under a name that was not recognized.
func (t *tally) forgottenNumbers(r *reader) []mailout.Problem {
	var ps []mailout.Problem
	for _, c := range t.watched {
		if c.numbers == 0 || c.numbers*2 < c.cells {
			continue
		}
		ps = append(ps, mailout.Problem{Severity: mailout.Stop, Code: "column-of-national-ids", Place: r.layout.place(r.Options, r.sheet, c.column),
			Message: "the column holds national identity numbers, but its name is not known",
			Remedy:  `map it under [columns] in batch.toml, or put it aside there with "-"`})
	}
	return ps
}
