package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"batch/internal/findings"
	"batch/internal/ledger"
	"batch/internal/mailout"
	"batch/internal/manifest"
	"batch/internal/workspace"
)

// Resolve writes what a person found at the sender portal about an unknown row. A speaker
// beside reads the row's state in the transaction of its next intent.
func (a *App) Resolve(ctx context.Context, id mailout.BatchID, row string, f mailout.Finding) error {
	if err := a.takeUp(ctx); err != nil {
		return err
	}
	line, err := a.ledger.Line(ctx, id, row)
	if err != nil {
		return err
	}
	err = a.ledger.Resolve(ctx, id, line, f, a.ws.Config.Send.AbsentAfter)
	no := new(ledger.ResolveError)
	switch {
	case errors.As(err, &no) && !no.Possible.IsZero():
		return usage("search the sender portal meanwhile; its status change may come too", "%s", a.resolveWords(no))
	case errors.As(err, &no) && no.Unnamed:
		return usage(fmt.Sprintf("batch why %s %s shows them all; then: batch resolve %s REFERENCE --%s", id, row, id, f.Verdict), "%s", no.Message)
	}
	return err
}

// takeUp is how a start that says nothing to the portal takes up what a killed run left:
// readers show a row as unknown that it was sending, and a person resolves what is shown.
// Where somebody speaks, the row really is being sent.
func (a *App) takeUp(ctx context.Context) error {
	lock, err := a.lock(ctx)
	if held := new(workspace.Held); errors.As(err, &held) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lock.Unlock()
	defer a.ledger.FallSilent() // somebody else may speak while a person is answered
	return a.recover(ctx)
}

// resolveWords says why a row cannot be resolved, and from when on it can be.
func (a *App) resolveWords(e *ledger.ResolveError) string {
	if e.Possible.IsZero() {
		return e.Message
	}
	return fmt.Sprintf("%s; from %s on it can be declared absent", e.Message, e.Possible.In(a.Zone()).Format("15:04:05"))
}

// FindingsList is what a file says about many rows, before any of it is written.
type FindingsList struct {
	Path            string
	Present, Absent int
	Silent          int // rows of which nothing is said
	findings        []findings.Finding
}

// Findings reads a list of what a person found; problems are those of the list itself.
func (a *App) Findings(ctx context.Context, path string) (FindingsList, []mailout.Problem, error) {
	list := FindingsList{Path: path}
	read, err := findings.Read(ctx, path)
	if unreadable := new(manifest.Error); errors.As(err, &unreadable) {
		full, err := filepath.Abs(path)
		return list, []mailout.Problem{whole(full, unreadable)}, err
	}
	if err != nil || len(read.Problems) > 0 {
		return list, read.Problems, err
	}
	list.Silent, list.findings = read.Silent, read.Findings
	for _, f := range read.Findings {
		if f.Verdict == mailout.VerdictAbsent {
			list.Absent++
		} else {
			list.Present++
		}
	}
	return list, nil, nil
}

// ResolveAll writes a list: all of it, or with problems nothing. said tells who found it, with
// the note of a line. changed leaves out what was written before, or has settled itself
// meanwhile.
func (a *App) ResolveAll(ctx context.Context, id mailout.BatchID, list FindingsList, said func(note string) string) (changed int, problems []mailout.Problem, err error) {
	if err := a.takeUp(ctx); err != nil {
		return 0, nil, err
	}
	all := make([]ledger.RowFinding, len(list.findings))
	for i, f := range list.findings {
		all[i] = ledger.RowFinding{Row: f.Row, Finding: mailout.Finding{Verdict: f.Verdict, Ref: f.Ref, Job: f.Job, By: said(f.Note)}}
	}
	changed, faults, err := a.ledger.ResolveAll(ctx, id, all, a.ws.Config.Send.AbsentAfter)
	for i, f := range list.findings {
		if faults[i] != nil {
			problems = append(problems, a.faultOf(f, faults[i]))
		}
	}
	return changed, problems, err
}

// faultOf is a finding that the books do not bear out, at its cell.
func (a *App) faultOf(f findings.Finding, fault error) mailout.Problem {
	p := mailout.Problem{Severity: mailout.Stop, Code: "finding-row", Place: f.At("row"), Message: "the batch has no such row", Remedy: "see which batch the list is of, and copy the reference once more"}
	if re := (*ledger.ResolveError)(nil); errors.As(fault, &re) {
		p.Code, p.Place, p.Message, p.Remedy = "finding-state", f.At("found"), a.resolveWords(re), "take the line out, or correct it; batch why tells the row's history"
		if !re.Possible.IsZero() {
			p.Code, p.Remedy = "finding-early", "give the list again then; or take the line out"
		}
	}
	return p
}

// LayAlarm lays an alarm to rest with a note.
func (a *App) LayAlarm(ctx context.Context, id int64, note string) error {
	found, err := a.ledger.LayAlarm(ctx, id, note)
	if err == nil && !found {
		return usage("`batch status` lists the alarms", "there is no open alarm %d", id)
	}
	return err
}
