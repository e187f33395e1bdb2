package app

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"batch/internal/mailout"
	"batch/internal/manifest"
	"batch/internal/report"
)

// NextOptions say which rows another attempt is to be made at, and where the list goes.
type NextOptions struct {
	From    []mailout.State        // states that are over, signed aside
	Include []mailout.SignerStatus // people with these are tried again too, and not written to on paper
	Format  string                 // csv or xlsx; empty: as the file's name says, else as the batch's own manifest
	Out     string                 // a path; empty: beside the batch's own manifest
}

// NextRow is a row that is not in the list, or is to get a letter on paper.
type NextRow struct {
	Line  int
	Key   string
	State mailout.State
	Why   string // safe to show
}

// NextReason is why rows that are in the list ended as they did.
type NextReason struct {
	State mailout.State
	Cause string // a signer's status, or the portal's or a problem's code; may be empty
}

// Next is a list for another attempt.
type Next struct {
	Path    string // empty: no row is to be tried again, and nothing was written
	Format  string
	Rows    int
	Reasons map[NextReason]int
	Paper   []NextRow // people who opted out or cannot be named
	Left    []NextRow // asked for, or not over, and not in the list
	Others  int       // rows over that were not asked for: signed, or in other states

	Changed   bool // a workbook was written in place of a csv: cells would be run as formulas in one
	Elsewhere bool // it is not in the folder that document paths begin in
	Differ    int  // rows that batch.toml makes other jobs of than before
	Faulty    int  // rows that have problems as they are now, such as a deadline that has passed; all, where the list as a whole has one
}

// overStates are those of rows of which another attempt can be made: no job of theirs lives,
// and nobody has signed.
var overStates = []mailout.State{mailout.Rejected, mailout.Expired, mailout.Failed, mailout.Cancelled, mailout.Refused, mailout.Skipped}

// Next writes a manifest for another attempt at rows of a batch: only those whose job is
// certainly over, with the owner's columns unchanged. It changes nothing in the books, and runs
// beside a process that sends.
func (a *App) Next(ctx context.Context, id mailout.BatchID, o NextOptions) (Next, error) {
	books, err := a.nextBooks(ctx, id, o)
	if err != nil {
		return Next{}, err
	}
	c, err := a.choose(ctx, books, o)
	if err != nil || len(c.lines) == 0 {
		return c.Next, err
	}
	return a.writeNext(ctx, books, o, c)
}

// nextBooks makes sure that the books can tell which rows are over.
func (a *App) nextBooks(ctx context.Context, id mailout.BatchID, o NextOptions) (b mailout.BatchInfo, err error) {
	for _, s := range o.From {
		if !slices.Contains(overStates, s) {
			return b, notOver(s)
		}
	}
	for _, s := range o.Include {
		if !slices.Contains(mailout.OnPaper, s) {
			return b, usage("it takes RESERVED, SIGNERS_NAME_NOT_AVAILABLE and BLOCKED; others are in the list by themselves", "%q is no status that --include is needed for", s)
		}
	}
	if err := a.Whole(ctx); err != nil {
		return b, err
	}
	b, err = a.Books(ctx, id)
	switch {
	case err != nil:
	case b.State == mailout.Ready, b.State == mailout.Superseded:
		err = usage("plan its manifest again, and run it", "batch %s was never approved, and nothing of it was sent: there is nothing to try again", id)
	case b.State == mailout.Purged:
		err = usage("make the list from its source", "batch %s is purged: what stood in its rows is not in the books any more", id)
	}
	return b, err
}

func notOver(s mailout.State) error {
	over := make([]string, len(overStates))
	for i, state := range overStates {
		over[i] = string(state)
	}
	takes := "--from takes " + strings.Join(over, ", ")
	switch {
	case s == mailout.Signed:
		return usage(takes, "a row that is signed has what was asked for: there is nothing to try again")
	case slices.Contains(mailout.States, s):
		return usage(takes, "a row that is %s is not over: its job may live, and a second letter could go out", s)
	}
	return usage(takes, "%q is not a state", string(s))
}

// chosen are the rows of a batch that another attempt is to be made at.
type chosen struct {
	Next
	lines []int   // in order
	live  NextRow // the first with a cell that a spreadsheet would run, were it in a csv: Why is its column
}

// choose looks at every row.
func (a *App) choose(ctx context.Context, b mailout.BatchInfo, o NextOptions) (chosen, error) {
	c := chosen{Next: Next{Reasons: map[NextReason]int{}}}
	alarms, err := a.ledger.Alarms(ctx)
	if err != nil {
		return c, err
	}
	alarmed := map[int]bool{}
	for _, al := range alarms {
		alarmed[al.Line] = alarmed[al.Line] || al.Batch == b.ID
	}
	others, err := a.ledger.OtherJobs(ctx, b.ID)
	if err != nil {
		return c, err
	}
	for r, err := range a.Records(ctx, b.ID) {
		if err != nil {
			return c, err
		}
		if r.State.Final() && !slices.Contains(o.From, r.State) {
			c.Others++
			continue
		}
		paper := paperSigners(r, o.Include)
		switch why := whyNot(r, alarmed[r.Line], others[r.Line]); {
		case why != "":
			c.Left = append(c.Left, NextRow{r.Line, r.Key, r.State, why})
		case paper != "":
			c.Paper = append(c.Paper, NextRow{r.Line, r.Key, r.State, paper})
		default:
			c.Reasons[NextReason{r.State, cmp.Or(r.Cause, r.Code)}]++
			c.lines = append(c.lines, r.Line)
			if name, found := runs(r.Columns); found && c.live.Line == 0 {
				c.live = NextRow{r.Line, r.Key, r.State, name}
			}
		}
	}
	c.Rows = len(c.lines)
	return c, nil
}

// whyNot says why no other attempt may be made at a row; empty: it may. What is not over may
// still be signed, and what a person must look at may live under another job.
func whyNot(r mailout.Record, alarmed bool, other mailout.JobID) string {
	switch {
	case r.State == mailout.Unknown:
		return "unknown: a job may exist; batch resolve settles it"
	case !r.State.Final():
		return "not over: its job may still be signed"
	case len(r.Duplicates) > 0 || alarmed:
		return "a person must look first: it has an alarm, which batch status shows"
	case other != 0:
		return "the portal has another job for it, " + strconv.FormatInt(int64(other), 10) + ", which is not known to be over, or which all have signed; batch why shows it"
	case !r.Again.IsZero():
		return "tried again already, as line " + strconv.Itoa(r.Again.Line) + " of batch " + string(r.Again.Batch)
	case r.State == mailout.Skipped && (r.Code == "repeat" || r.Code == "repeat-of-earlier"):
		return "left out for a letter that goes out elsewhere"
	case r.State == mailout.Skipped && slices.ContainsFunc(r.Columns, func(c mailout.Column) bool { return c.Odd }):
		return "left out for a cell that could not be read: the books do not have it; take the row from its list"
	case len(r.Columns) == 0:
		return "the books do not have what stood in its cells; take the row from its list"
	}
	return ""
}

// paperSigners names the signers of a row, by number, who can only be written to on paper.
func paperSigners(r mailout.Record, include []mailout.SignerStatus) string {
	only := func(s mailout.SignerStatus) bool {
		return slices.Contains(mailout.OnPaper, s) && !slices.Contains(include, s)
	}
	var all []string
	for i, book := range r.Settled {
		if only(book.Status) {
			all = append(all, "signer "+strconv.Itoa(i+1)+" is "+string(book.Status))
		}
	}
	if len(all) == 0 && only(mailout.SignerStatus(r.Cause)) {
		all = append(all, r.Cause)
	}
	return strings.Join(all, ", ")
}

// nextFormat is what is written: what was asked for, what the name says, or what the batch's own
// manifest was. asked says that a person decided.
func nextFormat(o NextOptions, original string) (form string, asked bool, err error) {
	ending := strings.ToLower(filepath.Ext(o.Out))
	switch {
	case o.Out == "-":
		return "", true, usage("give a file: document paths are relative to the folder of the list", "a list is not written to stdout")
	case o.Out != "" && ending != ".csv" && ending != ".xlsx":
		return "", true, usage("end it in .csv or .xlsx", "the name %s does not say what kind of list it is", filepath.Base(o.Out))
	case o.Out != "" && o.Format != "" && ending != "."+o.Format:
		return "", true, usage("give the file the ending of its format", "--format %s and --out %s do not fit together", o.Format, filepath.Base(o.Out))
	case o.Out != "":
		return ending[1:], true, nil
	case o.Format != "":
		return o.Format, true, nil
	}
	switch strings.ToLower(filepath.Ext(original)) {
	case ".xlsx", ".xlsm":
		return manifest.Workbook, false, nil
	}
	return manifest.CSV, false, nil
}

// runs reports whether a spreadsheet would run a cell of the row, or the header above it, were
// it in a csv.
func runs(columns []mailout.Column) (name string, found bool) {
	for _, c := range columns {
		for _, text := range append([]mailout.Text{mailout.Text(c.Name), c.Value}, c.More...) {
			if report.RunsInCSV(text.Reveal()) {
				return c.Name, true
			}
		}
	}
	return "", false
}
