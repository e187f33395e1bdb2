package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"batch/internal/mailout"
)

// need is a kind of row in which it is the sender's turn.
type need struct {
	What   string // "failed: RESERVED"
	State  mailout.State
	Find   string // what finds these rows in the list, beside their state
	Rows   int
	Line   int    // of the first
	Action string // what to do about that one …
	Same   bool   // … and about all others
}

// needs are all kinds of them, by What.
type needs map[string]*need

func (all needs) count(l line) {
	what, find := whatNeeds(*l.rec, l.shows(colCode))
	action := l.shows(colNext)
	n := all[what]
	if n == nil {
		n = &need{What: what, State: l.rec.State, Find: find, Line: l.rec.Line, Action: action, Same: true}
		all[what] = n
	}
	n.Rows++
	n.Same = n.Same && n.Action == action
}

// whatNeeds names the kind of a row. Those that no state tells are found by a word of their
// next action.
func whatNeeds(r mailout.Record, word string) (what, find string) {
	switch {
	case len(r.Duplicates) > 0:
		return "more than one job at the portal", "more than one job"
	case r.Doubtful:
		return "a document in doubt", "in doubtful"
	case r.State == mailout.Signed:
		return "signed, the document not kept yet", "not kept yet"
	case word == "" || strings.EqualFold(word, string(r.State)):
		return string(r.State), ""
	}
	return fmt.Sprintf("%s: %s", r.State, word), word
}

// urgent are the states in the order in which a person deals with them.
var urgent = []mailout.State{mailout.Unknown, mailout.Signed, mailout.Created, mailout.Refused, mailout.Failed, mailout.Rejected,
	mailout.Expired, mailout.Skipped, mailout.Cancelled, mailout.Planned, mailout.Sending}

// mostNeeds is how many kinds a page names: codes are the portal's, and it may have many.
const mostNeeds = 20

// list gives the kinds, the most urgent first, and how many rows are of kinds that are not
// named.
func (all needs) list() (named []need, others int) {
	for _, n := range all {
		named = append(named, *n)
	}
	slices.SortFunc(named, func(a, b need) int {
		return cmp.Or(slices.Index(urgent, a.State)-slices.Index(urgent, b.State), b.Rows-a.Rows, cmp.Compare(a.What, b.What))
	})
	for _, n := range named[min(mostNeeds, len(named)):] {
		others += n.Rows
	}
	return named[:min(mostNeeds, len(named))], others
}
