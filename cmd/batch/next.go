package main

import (
	"cmp"
	"slices"
	"strings"

	"batch/internal/app"
	"batch/internal/mailout"
)

type nextCmd struct {
	From    []mailout.State        `required:"" help:"Rows in these states: rejected, expired, failed, cancelled, refused, skipped." placeholder:"STATE,…"`
	Include []mailout.SignerStatus `help:"Try these people again too: RESERVED, SIGNERS_NAME_NOT_AVAILABLE, BLOCKED." placeholder:"STATUS,…"`
	Format  string                 `help:"csv or xlsx; default: as the batch's own manifest." enum:"csv,xlsx," default:"" placeholder:"csv|xlsx"`
	Out     string                 `help:"Where to write it; default: beside the batch's own manifest. Nothing is written over." placeholder:"FILE"`
	Batch   string                 `arg:"" optional:"" help:"The batch's id, or latest."`
}

// Help is shown by batch next --help.
func (nextCmd) Help() string {
	return "Writes a manifest of the rows that ended so, with your columns as they were, and a column that says which row each of them was. " +
		"Only rows whose job is certainly over are in it. It sends nothing: correct the list, and run it as any other.\n\n" +
		"Example:\n\n    batch next latest --from expired,rejected"
}

// Run writes the list and says what is in it, and what is not.
func (c *nextCmd) Run(s *session) error {
	a, books, err := s.openBatch(c.Batch)
	if err != nil {
		return err
	}
	defer a.Close()
	next, err := a.Next(s.hard, books.ID, app.NextOptions{From: c.From, Include: c.Include, Format: c.Format, Out: c.Out})
	if err != nil {
		return err
	}
	s.showNext(next)
	s.nextObjects(next)
	return s.done(books)
}

func (s *session) showNext(n app.Next) {
	if n.Path == "" {
		s.ui.say("No row is to be tried again; nothing was written.")
	} else {
		s.ui.say("%s: %s", n.Path, count(n.Rows, "row"))
	}
	for _, r := range reasonsOf(n) {
		s.ui.say("  %8s %s", thousands(int64(n.Reasons[r])), strings.TrimSpace(string(r.State)+" "+r.Cause))
	}
	s.ui.parts(part{n.Others, "over and not asked for"})
	s.listNext("Send on paper: the portal cannot have them sign, unless --include names it", n.Paper)
	s.listNext("Left out", n.Left)
	if n.Changed {
		s.ui.note("It is a workbook: in a csv a spreadsheet would run some of the cells as formulas.")
	}
	if n.Elsewhere {
		s.ui.note("Document paths in it begin in the folder of the batch's own manifest, and it stands in another.")
	}
	if n.Differ > 0 {
		s.ui.note("batch.toml has changed since: of %s it makes another job than before.", count(n.Differ, "row"))
	}
	if n.Faulty > 0 {
		s.ui.note("%s of it to be corrected first, such as a deadline that has passed: batch plan shows what and where.", pluralHas(n.Faulty))
	}
	if n.Path != "" {
		s.ui.note("Look through it, correct what the portal or the signers named, and run it as any other list.")
	}
}

func pluralHas(n int) string {
	if n == 1 {
		return "1 row has something"
	}
	return thousands(int64(n)) + " rows have something"
}

// shownNext is how many rows are listed for people; --json has all.
const shownNext = 20

func (s *session) listNext(title string, rows []app.NextRow) {
	if len(rows) == 0 {
		return
	}
	s.ui.say("%s: %s.", title, count(len(rows), "row"))
	for _, r := range rows[:min(len(rows), shownNext)] {
		s.ui.say("    line %d, row %s, %s: %s", r.Line, strings.TrimSpace(r.Key), r.State, r.Why)
	}
	if more := len(rows) - shownNext; more > 0 {
		s.ui.say("    and %s more; --json lists all", thousands(int64(more)))
	}
}

// reasonsOf are the reasons in the order in which totals show states, and by cause.
func reasonsOf(n app.Next) []app.NextReason {
	var all []app.NextReason
	for r := range n.Reasons {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b app.NextReason) int {
		return cmp.Or(cmp.Compare(slices.Index(mailout.States, a.State), slices.Index(mailout.States, b.State)), cmp.Compare(a.Cause, b.Cause))
	})
	return all
}

// nextLine is the "next" object of --json; a row that is not in the list is a nextRowLine.
type nextLine struct {
	Type    string       `json:"type"`
	Path    *string      `json:"path"` // null: nothing was written
	Format  string       `json:"format,omitempty"`
	Rows    int          `json:"rows"`
	Reasons []reasonLine `json:"reasons"`
	Others  int          `json:"others"`
	Paper   int          `json:"paper"`
	Left    int          `json:"left_out"`
	Differ  int          `json:"differ"`
	Faulty  int          `json:"faulty"`
}

type reasonLine struct {
	State mailout.State `json:"state"`
	Cause string        `json:"cause"`
	Rows  int           `json:"rows"`
}

type nextRowLine struct {
	Type  string        `json:"type"` // "paper" or "left-out"
	Line  int           `json:"line"`
	Row   string        `json:"row"`
	State mailout.State `json:"state"`
	Why   string        `json:"why"`
}

func (s *session) nextObjects(n app.Next) {
	l := nextLine{Type: "next", Format: n.Format, Rows: n.Rows, Reasons: []reasonLine{}, Others: n.Others, Paper: len(n.Paper), Left: len(n.Left), Differ: n.Differ, Faulty: n.Faulty}
	if n.Path != "" {
		l.Path = &n.Path
	}
	for _, r := range reasonsOf(n) {
		l.Reasons = append(l.Reasons, reasonLine{r.State, r.Cause, n.Reasons[r]})
	}
	s.ui.object(l)
	for _, r := range n.Paper {
		s.ui.object(nextRowLine{"paper", r.Line, r.Key, r.State, r.Why})
	}
	for _, r := range n.Left {
		s.ui.object(nextRowLine{"left-out", r.Line, r.Key, r.State, r.Why})
	}
}
