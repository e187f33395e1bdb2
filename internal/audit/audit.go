package audit

import (
	"context"
	"fmt"
	"io"
	"os"

	"batch/internal/mailout"
)

// Severity is how much a finding matters.
type Severity string

const (
	Problem Severity = "problem" // a person must look: it cannot be so
	Note    Severity = "note"    // it may be so, and an auditor is to know
)

// Finding is one thing that was found.
type Finding struct {
	Severity Severity      `json:"severity"`
	Code     string        `json:"code"` // stable, for scripts
	Line     int           `json:"line"` // of the manifest; 0: none
	Job      mailout.JobID `json:"job_id"`
	File     string        `json:"file"` // relative to the workspace, or absolute; what may be a national number in it is masked
	Message  string        `json:"message"`
	Remedy   string        `json:"remedy"`
}

// Books are what is audited (package ledger). They are only read.
type Books interface {
	// Evidence gives all that they say of a batch, line by line, as it is at one moment, and the
	// totals that they kept then.
	Evidence(ctx context.Context, batch mailout.BatchID, yield func(mailout.Evidence) error) (mailout.Totals, error)
	// Keeps reports whether they have a file of a job by a name below the workspace.
	Keeps(ctx context.Context, name string) (bool, error)
	// AuditLog compares sent.log with the attempts of a batch.
	AuditLog(ctx context.Context, batch mailout.BatchID) (mailout.LogAudit, error)
	// Reports are the completion reports that were written of a batch.
	Reports(ctx context.Context, batch mailout.BatchID) ([]mailout.ReportFile, error)
	// ReportOf is the batch of which a report with that digest was written to a path; empty: none.
	ReportOf(ctx context.Context, path string, sum mailout.Digest) (mailout.BatchID, error)
	Alarms(ctx context.Context) ([]mailout.Alarm, error)
}

// Options say what is audited.
type Options struct {
	Dir    string // the workspace
	Batch  mailout.BatchInfo
	Spoken bool // another process writes into the books meanwhile: what seems to be missing or too much may be on its way
	Copied bool // the books lie elsewhere than they were written: there may be others that go on

	// XAdES looks whether a file is one signer's XAdES, and whole. Its error is a sentence, safe to
	// show.
	XAdES func(r io.ReaderAt, size int64) error

	// Recount makes the plan's digests anew.
	Recount func(ctx context.Context) (Recount, error)

	// Listed reads the report.json of a folder, with absolute paths; none where there is none of ours.
	Listed func(folder string) ([]Listed, error)

	Progress func(rows int) // called after each row; nil: nobody is told
}

// Result counts what was looked at.
type Result struct {
	Totals    mailout.Totals // of the rows that are there
	Documents int            // signed documents that are kept, doubtful ones too
	XAdES     int
	Deleted   int // of both, those that were deleted on request
	Reports   int // that are as they were written
	Lines     int // of sent.log that name an attempt of the batch
	Problems  int
	Notes     int
}

// Run audits a batch. An error is one of the ledger, or of a disk that cannot be read: then it is
// not known how the batch stands.
func Run(ctx context.Context, books Books, o Options, tell func(Finding)) (Result, error) {
	a := &auditor{books: books, o: o, tell: tell, Result: Result{Totals: mailout.Totals{}}}
	if err := a.openHome(); err != nil {
		return a.Result, err
	}
	if a.root != nil {
		defer a.root.Close()
	}
	kept, err := books.Evidence(ctx, o.Batch.ID, func(e mailout.Evidence) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return a.line(e)
	})
	if err != nil {
		return a.Result, err
	}
	a.sums(kept)
	for _, look := range []func(context.Context) error{a.plan, a.folder, a.sentLog, a.reports, a.alarms} {
		if err := look(ctx); err != nil {
			return a.Result, err
		}
	}
	return a.Result, nil
}

type auditor struct {
	books    Books
	o        Options
	root     *os.Root // the batch's folder of signed documents; nil: there is none
	tell     func(Finding)
	approved int64 // Seq of the first approval; 0: none was met
	rebuilt  bool  // the books were rebuilt, and their history begins then
	purged   int64 // Seq of the beginning of the first purge; 0: none was met
	late     int   // rows that a job has revived since, and that are not over
	Result
}

// found tells a finding, and counts it.
func (a *auditor) found(f Finding) {
	if f.Severity == Note {
		a.Notes++
	} else {
		f.Severity = Problem
		a.Problems++
	}
	a.tell(f)
}

// unsettled is a finding that another process may be about to end.
func (a *auditor) unsettled(f Finding) {
	if a.o.Spoken {
		f.Severity, f.Remedy = Note, "another process is at work on it: audit again when that has ended"
	}
	a.found(f)
}

// line looks at all that the books say of one line of the manifest; line 0 is the batch itself.
func (a *auditor) line(e mailout.Evidence) error {
	if e.Line == 0 {
		a.said(e.Events)
		return nil
	}
	r := row{auditor: a, Evidence: e}
	if !e.Row {
		r.gone()
	} else {
		a.Totals[e.State]++
		if !e.State.Final() && r.revivedLate() {
			a.late++
		}
		r.chain()
		r.attempts()
		r.end()
		r.signers()
	}
	r.jobs()
	err := r.files()
	if a.o.Progress != nil {
		a.o.Progress(a.Totals.Sum())
	}
	return err
}

// said looks when the batch was first approved, and when it was first purged.
func (a *auditor) said(events []mailout.EventBook) {
	for _, h := range events {
		a.rebuilt = a.rebuilt || h.Kind == "rebuilt"
		if a.approved == 0 && h.Kind == "approved" {
			a.approved = h.Seq
		}
		if a.purged == 0 && h.Kind == "purge begun" {
			a.purged = h.Seq
		}
	}
}

// sums holds the rows against what the books have counted, and against the state of the batch.
func (a *auditor) sums(kept mailout.Totals) {
	for _, s := range mailout.States {
		if a.Totals[s] != kept[s] {
			a.found(Finding{Code: "sum", Message: fmt.Sprintf("rows that are %s: %d, and the books have counted %d", s, a.Totals[s], kept[s]), Remedy: restore})
		}
	}
	open := a.Totals.Sum() - a.Totals.Final()
	switch done := a.o.Batch.State == mailout.Done || a.o.Batch.State == mailout.Purged; {
	case open > a.late && done && !a.o.Spoken:
		a.found(Finding{Code: "done-with-open-rows", Message: fmt.Sprintf("the batch is %s, and rows that are not over: %d", a.o.Batch.State, open), Remedy: restore})
	case open > 0:
		a.found(Finding{Severity: Note, Code: "not-over", Message: fmt.Sprintf("the batch is not over: rows that are not at their end: %d", open), Remedy: "batch status tells what is left to do; audit again when the batch is done"})
	}
	if n := a.Totals[mailout.Unknown]; n > 0 {
		a.found(Finding{Code: "unknown", Message: fmt.Sprintf("rows of which nobody knows whether the portal has a job: %d", n), Remedy: "batch resolve, after searching the sender portal"})
	}
}

// restore is what to do about books that cannot be true.
const restore = "keep copies of ledger.db and sent.log as they are; compare with a backup, and find out who or what changed the books past batch"

// alarms tells what nobody has laid to rest.
func (a *auditor) alarms(ctx context.Context) error {
	all, err := a.books.Alarms(ctx)
	for _, al := range all {
		if al.Batch != a.o.Batch.ID && al.Batch != "" {
			continue
		}
		f := Finding{Code: "alarm", Line: al.Line, Job: al.JobID, Message: fmt.Sprintf("alarm %d (%s) is open: %s", al.ID, al.Kind, al.Detail), Remedy: fmt.Sprintf("when it is dealt with: batch resolve --alarm %d --note TEXT", al.ID)}
		if al.ID == 0 {
			f.Message, f.Remedy = fmt.Sprintf("alarm (%s): %s", al.Kind, al.Detail), "batch follow "+string(al.Batch)
		}
		a.found(f)
	}
	return err
}

// sentLog tells where sent.log and the books differ.
func (a *auditor) sentLog(ctx context.Context) error {
	const remedy = "keep copies of ledger.db and sent.log as they are, and put the newest of both back; batch doctor looks at them"
	l, err := a.books.AuditLog(ctx, a.o.Batch.ID)
	if err != nil {
		return err
	}
	a.Lines = l.Lines
	if l.Gone {
		a.found(Finding{Code: "sent-log-missing", Message: "sent.log is gone: that nothing was sent beside the books cannot be shown", Remedy: remedy})
		return nil
	}
	if l.Cut {
		a.unsettled(Finding{Code: "sent-log-cut", Message: "sent.log was cut short, or is not the one that this ledger wrote, or an older copy of it", Remedy: remedy})
	}
	if l.Unknowns > 0 {
		a.unsettled(Finding{Code: "sent-log-unknown", Message: fmt.Sprintf("attempts that sent.log names and the ledger does not know: %d, the first %s", l.Unknowns, l.Unknown[0]), Remedy: "the ledger is an older copy: put the newest back, or batch resume --rebuild"})
	}
	if l.Unwrittens > 0 {
		a.unsettled(Finding{Code: "sent-log-lacks", Message: fmt.Sprintf("attempts that the ledger has as sent and sent.log does not name: %d, the first %s", l.Unwrittens, l.Unwritten[0]), Remedy: remedy})
	}
	if l.Stray > 0 {
		a.found(Finding{Severity: Note, Code: "sent-log-stray", Message: fmt.Sprintf("lines of sent.log that batch did not write: %d", l.Stray), Remedy: "find out who or what wrote them; they prove nothing, and hide nothing"})
	}
	return nil
}
