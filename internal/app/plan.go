package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"batch/internal/mailout"
	"batch/internal/manifest"
	"batch/internal/pdfprep"
	"batch/internal/plan"
	"batch/internal/workspace"
)

// Planned is what planning found; see package plan.
type Planned = plan.Result

// PortalCallsPerSecond is the portal's own limit (portal-api.md, Speed).
const PortalCallsPerSecond = 10

// PlanOptions say how to read a manifest.
type PlanOptions struct {
	Manifest    string
	Sheet       string
	Encoding    string
	Delimiter   string
	Hidden      string
	SkipBadRows bool

	OnlyNew      bool // leave out letters that an approved batch has
	AllowRepeats int  // send the same letters again, exactly so many; 0: none

	restoring bool // the batch was approved once, and its books were lost
}

// Plan reads, checks, merges and freezes. Problems are in the result; nothing is sent.
func (a *App) Plan(ctx context.Context, o PlanOptions) (Planned, error) {
	path, err := filepath.Abs(o.Manifest)
	if err != nil {
		return Planned{}, err
	}
	documents, err := a.documents(path)
	if err != nil {
		return Planned{}, err
	}
	defer documents.Close()
	cfg := a.ws.Config
	settings, err := a.settings(o)
	if err != nil {
		return Planned{}, err
	}
	// A plan that a crash has broken off keeps everything in prepared/ as long as it is there.
	planning, err := a.ws.Plan(func() error { return a.ledger.DropDrafts(ctx) })
	if err != nil {
		return Planned{}, err
	}
	defer planning.End() // an error leaves a file open, and nothing else
	pool, err := pdfprep.Open(ctx, pdfprep.Options{Documents: documents, Store: a.ws.Prepared(), Books: a.ledger})
	if err != nil {
		return Planned{}, err
	}
	defer pool.Close() // the verdicts that it could not keep are only found out again
	planned, err := plan.Make(ctx, a.reader(path, documents, o), pool, a.ledger, plan.Options{
		ManifestPath: path, Expect: digestOf(path), Location: a.Zone(), Settings: settings, Before: cfg.Documents.Before, After: cfg.Documents.After,
		Separate: cfg.Documents.As == "separate", SkipBadRows: o.SkipBadRows,
		OnlyNew: o.OnlyNew, AllowRepeats: o.AllowRepeats, Restoring: o.restoring, Kind: a.kind, Progress: a.planning(),
	})
	if unreadable := new(manifest.Error); errors.As(err, &unreadable) {
		return Planned{Problems: []mailout.Problem{whole(path, unreadable)}}, nil
	}
	if err == nil && planned.Batch != "" {
		a.sweepPrepared(ctx)
		planned.Problems = append(planned.Problems, a.warnExpiry(ctx, planned.Batch)...)
	}
	return planned, err
}

// maxHashed is the largest manifest that is looked up by its digest, in bytes; larger ones
// are refused by the reader.
const maxHashed = 512 << 20

// digestOf is the SHA-256 of an ordinary file as it is now; zero where it is none, or cannot
// be read.
func digestOf(path string) (d mailout.Digest) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() > maxHashed {
		return d
	}
	f, err := os.Open(path)
	if err != nil {
		return d
	}
	defer f.Close()
	d, _ = mailout.ReadDigest(io.LimitReader(f, maxHashed)) // zero with an error
	return d
}

// whole is the one problem of a manifest that cannot be read at all. The file is named
// with its folder: it may be another one than was meant.
func whole(path string, e *manifest.Error) mailout.Problem {
	return mailout.Problem{Severity: mailout.Stop, Code: e.Code, Place: mailout.Place{File: path}, Message: e.Message, Remedy: e.Remedy}
}

// kind is what a sender may combine.
func (a *App) kind(sender mailout.OrgNumber) mailout.SenderKind {
	for _, s := range a.ws.Config.Senders {
		if s.Organization == sender {
			return s.Kind
		}
	}
	return a.ws.Config.Sender.Kind
}

func (a *App) planning() func(int) {
	if a.o.Progress == nil {
		return nil
	}
	told := a.now()
	return func(rows int) {
		if now := a.now(); now.Sub(told) >= a.o.Every {
			told = now
			a.o.Progress(Progress{Doing: "planning", Done: rows})
		}
	}
}

// settings is the canonical form of everything in batch.toml that changes what is sent
// and is not in the rows themselves: a JSON object whose keys are those of batch.toml. It
// holds no personal data: the ledger keeps it, and a later plan shows what changed in it.
//
// What the command line says of repeats is among them, with keys like its flags: the same
// manifest planned with and without is two plans, and only planned with the same again it is
// the same.
func (a *App) settings(o PlanOptions) ([]byte, error) {
	cfg := a.ws.Config
	return json.Marshal(struct {
		Environment string             `json:"portal.environment"`
		Root        string             `json:"portal.url"`
		Sender      mailout.OrgNumber  `json:"sender.organization"`
		Kind        mailout.SenderKind `json:"sender.kind"`
		Queue       string             `json:"portal.polling_queue"`
		As          string             `json:"documents.as"`
		Hold        string             `json:"send.hold,omitempty"`
		OnlyNew     bool               `json:"--only-new,omitempty"`
		Repeats     int                `json:"--allow-repeats,omitempty"`
	}{cfg.Portal.Environment, a.settingsRoot(), cfg.Sender.Organization, cfg.Sender.Kind, cfg.Portal.PollingQueue, cfg.Documents.As,
		span(cfg.Send.Hold), o.OnlyNew, o.AllowRepeats})
}

// span is a duration as it is written in settings; none is empty.
func span(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// settingsRoot is the portal a plan is for. A sandbox has another port every time; a plan
// for one is a plan for all of them.
func (a *App) settingsRoot() string {
	if a.ws.Config.Portal.Environment == "sandbox" {
		return ""
	}
	return a.ws.PortalRoot()
}

// reader adapts the manifest package to what plan asks for.
func (a *App) reader(path string, documents *os.Root, o PlanOptions) plan.Manifest {
	mo := reading(a.ws.Config, a.rehearsal)
	mo.Sheet, mo.Encoding, mo.Delimiter, mo.Hidden = o.Sheet, o.Encoding, o.Delimiter, o.Hidden
	mo.Now, mo.Documents = a.now(), documents.FS()
	return func(ctx context.Context, yield func(mailout.Entry, []mailout.Problem) error) (plan.Reading, error) {
		res, err := manifest.Read(ctx, path, mo, yield)
		passed := plan.Passed{Blank: res.Blank, Hidden: res.Hidden, Unused: res.Unused}
		return plan.Reading{SHA256: res.SHA256, Problems: res.Problems, Passed: passed}, err
	}
}

// reading is what batch.toml says of how manifests are read.
func reading(c workspace.Config, rehearsal bool) manifest.Options {
	kinds := map[mailout.OrgNumber]mailout.SenderKind{}
	for _, s := range c.Senders {
		kinds[s.Organization] = s.Kind
	}
	production := c.Portal.Environment == "production"
	return manifest.Options{
		Location:       c.Location,
		AllowSynthetic: !production, SyntheticOnly: !production && !rehearsal, TestPersons: c.Test.Persons,
		Sender: c.Sender.Organization, Kind: c.Sender.Kind, Senders: kinds,
		Columns: c.Columns, Values: c.Values, Defaults: c.Defaults.Job, SignerDefaults: c.Defaults.Signers, Signers: c.Signers,
		GroupBy: c.GroupBy, Shared: c.Documents.Shared, Around: slices.Concat(c.Documents.Before, c.Documents.After),
	}
}

// ByDigest finds the batch whose digest begins with what a person typed, twelve digits at
// least.
func (a *App) ByDigest(ctx context.Context, digest string) (mailout.BatchInfo, error) {
	digest = strings.ToLower(digest)
	if len(digest) < 12 {
		return mailout.BatchInfo{}, usage("copy it from the plan", "a digest is given with at least twelve digits")
	}
	all, err := a.Batches(ctx)
	if err != nil {
		return mailout.BatchInfo{}, err
	}
	message := "no plan in this workspace has that digest; nothing was sent"
	for _, b := range slices.Backward(all) {
		if !strings.HasPrefix(b.Digest.String(), digest) {
			continue
		}
		if b.State != mailout.Superseded {
			return b, nil
		}
		message = "a newer plan took the place of the one with that digest; nothing was sent"
	}
	return mailout.BatchInfo{}, &Error{Kind: KindProblems, Message: message,
		Remedy: "plan again with `batch plan MANIFEST` and approve the digest it prints"}
}

// FindUnfinished is Find for going on: with no name, the one approved batch with rows
// left.
func (a *App) FindUnfinished(ctx context.Context, name string) (mailout.BatchInfo, error) {
	if name != "" {
		return a.Find(ctx, name)
	}
	all, err := a.Batches(ctx)
	if err != nil {
		return mailout.BatchInfo{}, err
	}
	var open []mailout.BatchInfo
	for _, b := range all {
		if b.State == mailout.Approved || b.State == mailout.Stopped {
			open = append(open, b)
		}
	}
	switch len(open) {
	case 0:
		return a.Find(ctx, "") // says what there is, or the one that is done
	case 1:
		return open[0], nil
	}
	return mailout.BatchInfo{}, usage("name one of those that `batch status` lists", "%d batches can be gone on with", len(open))
}
