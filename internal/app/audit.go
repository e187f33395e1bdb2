package app

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"

	"batch/internal/audit"
	"batch/internal/ledger"
	"batch/internal/mailout"
	"batch/internal/pdfprep"
	"batch/internal/plan"
	"batch/internal/reconcile"
	"batch/internal/report"
)

// What an audit finds, and what it looked at; see package audit.
type (
	AuditFinding = audit.Finding
	AuditResult  = audit.Result
)

// How much a finding of an audit matters.
const (
	AuditProblem = audit.Problem
	AuditNote    = audit.Note
)

// OpenToAudit opens a workspace to look at it: nothing is made, updated or taken up. Of the
// methods of the App only those that read may be called.
func OpenToAudit(ctx context.Context, o Options) (*App, error) {
	ws, err := findWorkspace(o.Dir, false)
	if err != nil {
		return nil, err
	}
	o = o.filled()
	l, err := ledger.Look(ctx, ledger.Options{Path: ws.Ledger(), SentLog: ws.SentLog(), Now: o.Now, Disk: o.Disk, VFS: o.VFS})
	if err != nil {
		return nil, err
	}
	return &App{ws: ws, ledger: l, now: o.Now, o: o}, nil
}

// Audit looks a batch through and tells what it finds as it goes. Damage of the ledger's file
// itself ends it: nothing else could be relied on.
func (a *App) Audit(ctx context.Context, b mailout.BatchInfo, tell func(AuditFinding)) (AuditResult, error) {
	var rows atomic.Int64
	defer a.ticking(ctx, func(context.Context) {
		a.o.Progress(Progress{Doing: "auditing", Done: int(rows.Load()), Total: b.Rows})
	})()
	damage, err := a.ledger.Damage(ctx)
	if err != nil {
		return AuditResult{}, err
	}
	for _, d := range damage {
		tell(audit.Finding{Severity: audit.Problem, Code: "ledger-damaged", File: filepath.Base(a.ws.Ledger()), Message: "the ledger's file is damaged: " + d,
			Remedy: "put the newest good copy of ledger.db back, keep sent.log as it is, and do not delete either"})
	}
	if len(damage) > 0 {
		return AuditResult{Problems: len(damage)}, nil
	}
	home, here, err := a.homes(ctx)
	if err != nil {
		return AuditResult{}, err
	}
	return audit.Run(ctx, a.ledger, audit.Options{Dir: a.ws.Dir, Batch: b, Spoken: a.ws.Spoken(), Copied: home != "" && home != here, XAdES: reconcile.CheckXAdES, Listed: listedReports,
		Recount:  func(ctx context.Context) (audit.Recount, error) { return a.recount(ctx, b) },
		Progress: func(n int) { rows.Store(int64(n)) }}, tell)
}

// AuditLimits are what an audit of a batch cannot know.
func (a *App) AuditLimits(b mailout.BatchInfo) []string { return audit.Limits(b) }

// recount makes the digests of a plan anew. What a document is made of is known of every copy, and
// of what this version has merged.
func (a *App) recount(ctx context.Context, b mailout.BatchInfo) (r audit.Recount, err error) {
	known := b.State != mailout.Purged
	digest, rows, planned, err := plan.Digests(b, a.ledger.Records(ctx, b.ID), func(d mailout.Document) (mailout.Digest, error) {
		var parts []mailout.Digest
		for _, s := range d.Sources {
			parts = append(parts, s.SHA256)
		}
		recipe := pdfprep.Recipe(parts)
		if len(parts) == 1 || !known {
			return recipe, nil
		}
		made, found, err := a.ledger.PreparedBy(ctx, recipe)
		known = known && found && made.SHA256 == d.SHA256
		return recipe, err
	})
	if err != nil || planned == 0 {
		return r, err
	}
	r.Digest = digest
	if known || rows == b.RowsDigest {
		r.Rows = rows
	}
	return r, nil
}

// listedReports reads the report.json of a folder. Somebody else's says nothing about reports.
func listedReports(folder string) (all []audit.Listed, err error) {
	b, err := readBeside(folder)
	if errors.Is(err, report.ErrNotOurs) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for name := range b.Reports {
		e, err := b.Entry(name)
		if err != nil {
			continue // ReadBeside has read it
		}
		l := audit.Listed{ReportFile: mailout.ReportFile{Batch: e.Batch, Path: filepath.Join(folder, filepath.Base(name)), Bytes: e.Bytes, Format: e.Format, At: e.WrittenAt}}
		l.SHA256, _ = mailout.ParseDigest(e.SHA256) // of another form it is no report's
		l.Digest, _ = mailout.ParseDigest(e.Digest)
		all = append(all, l)
	}
	return all, nil
}
