package audit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/audit"
	"batch/internal/mailout"
)

// books are a batch of three rows that is over and whole, as a ledger gives it: line 2 is signed by
// two, line 3 was rejected, line 4 left out. Tests damage it in one place.
type books struct {
	t        *testing.T
	dir      string
	batch    mailout.BatchInfo
	evidence []mailout.Evidence
	kept     mailout.Totals
	log      mailout.LogAudit
	written  []mailout.ReportFile
	others   []mailout.ReportFile // of other batches
	listed   []audit.Listed
	alarms   []mailout.Alarm
	recount  audit.Recount
	spoken   bool
	copied   bool
	unread   bool // no report.json can be read but that in reports/
}

const (
	batchID = mailout.BatchID("2026-11-21-a7")
	jobID   = mailout.JobID(1795303743001)
)

var (
	sent     = mailout.SumDigest([]byte("documents"))
	approved = mailout.SumDigest([]byte("approved"))
	rowsSum  = mailout.SumDigest([]byte("rows"))
	moment   = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
)

func whole(t *testing.T) *books {
	b := &books{t: t, dir: t.TempDir(), kept: mailout.Totals{mailout.Signed: 1, mailout.Rejected: 1, mailout.Skipped: 1}, recount: audit.Recount{Digest: approved, Rows: rowsSum},
		batch: mailout.BatchInfo{ID: batchID, State: mailout.Done, Rows: 3, Digest: approved, RowsDigest: rowsSum}}
	b.evidence = []mailout.Evidence{
		{Events: []mailout.EventBook{{Seq: 1, At: moment, Kind: "approved"}}},
		sentRow(2, 10, jobID, mailout.Complete, mailout.SignerSigned, mailout.SignerSigned),
		sentRow(3, 20, jobID+1, mailout.Reject, mailout.SignerRejected),
		{Line: 4, Row: true, State: mailout.Skipped, Since: moment},
	}
	signed, err := os.ReadFile(filepath.Join("testdata", "signed.pdf"))
	must(t, err)
	b.keep(1, 0, "signed/2026-11-21-a7/1042-1795303743001.pdf", string(signed))
	for n := range 2 {
		b.keep(1, n+1, "signed/2026-11-21-a7/1042-1795303743001-signer-"+string(rune('1'+n))+".xml", fmt.Sprint("<xades/>", n))
	}
	b.report("reports/2026-11-21-a7-report.csv", "a;b")
	return b
}

// sentRow is a row with the history of one that was sent, and ended by an event.
func sentRow(line int, seq int64, job mailout.JobID, end mailout.Event, signers ...mailout.SignerStatus) mailout.Evidence {
	ref := mailout.NewRef(mailout.RefParts{Workspace: "abcdef", Batch: batchID, Line: line, Attempt: 1})
	at := moment.Add(time.Duration(seq) * time.Minute)
	e := mailout.Evidence{Line: line, Row: true, Ref: ref, JobID: job, Since: at, Signers: signers, Documents: sent,
		Attempts: []mailout.AttemptBook{{Attempt: mailout.Attempt{Ref: ref, N: 1, Outcome: mailout.OutcomeAccepted, JobID: job}, Begun: at, Documents: sent}}}
	state := mailout.Planned
	for _, kind := range []mailout.Event{mailout.Begin, mailout.Accept, end} {
		to, err := mailout.Next(state, kind)
		if err != nil {
			panic(err)
		}
		e.Events = append(e.Events, mailout.EventBook{Seq: seq, At: at, Kind: string(kind), From: state, To: to, JobID: job})
		state, seq = to, seq+1
	}
	e.State = state
	status := mailout.JobFailed
	if end == mailout.Complete {
		status = mailout.Completed
	} else {
		e.Cause = string(signers[0])
	}
	e.Changes = []mailout.ChangeBook{{JobID: job, Status: status, Tried: true, Confirmed: true}}
	return e
}

// keep puts a file of a row's job into its place, and into the books.
func (b *books) keep(i, signer int, name, content string) {
	b.t.Helper()
	b.write(name, content)
	e := &b.evidence[i]
	sum := mailout.SumDigest([]byte(content))
	e.Events = slices.Insert(e.Events, len(e.Events)-1, mailout.EventBook{Seq: e.Events[len(e.Events)-1].Seq, At: moment, Kind: "kept", From: mailout.Created, To: mailout.Created, JobID: e.JobID, Kept: sum})
	e.Events[len(e.Events)-1].Seq++
	e.Files = append(e.Files, mailout.FileBook{JobID: e.JobID, KeptFile: mailout.KeptFile{Signer: signer, SHA256: sum, Bytes: int64(len(content)), Path: name}})
}

func (b *books) report(name, content string) {
	b.t.Helper()
	b.write(name, content)
	r := mailout.ReportFile{Batch: batchID, Path: filepath.Join(b.dir, name), SHA256: mailout.SumDigest([]byte(content)), Bytes: int64(len(content)), At: moment}
	b.written = append(b.written, r)
	b.listed = append(b.listed, audit.Listed{ReportFile: r, Digest: approved})
}

func (b *books) write(name, content string) {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	must(b.t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(b.t, os.WriteFile(path, []byte(content), 0o600))
}

// rewrite is another content of a file, of which the books know.
func (b *books) rewrite(i, file int, content string) {
	f := &b.evidence[i].Files[file]
	b.write(f.Path, content)
	was := f.SHA256
	f.SHA256, f.Bytes = mailout.SumDigest([]byte(content)), int64(len(content))
	for k := range b.evidence[i].Events {
		if h := &b.evidence[i].Events[k]; h.Kept == was {
			h.Kept = f.SHA256
		}
	}
}

func (b *books) path(name string) string { return filepath.Join(b.dir, name) }

func (b *books) Evidence(_ context.Context, _ mailout.BatchID, yield func(mailout.Evidence) error) (mailout.Totals, error) {
	for _, e := range b.evidence {
		if err := yield(e); err != nil {
			return nil, err
		}
	}
	return b.kept, nil
}

func (b *books) Keeps(_ context.Context, name string) (bool, error) {
	return slices.ContainsFunc(b.evidence, func(e mailout.Evidence) bool {
		return slices.ContainsFunc(e.Files, func(f mailout.FileBook) bool { return f.Path == name || f.Temp == name })
	}), nil
}

func (b *books) AuditLog(context.Context, mailout.BatchID) (mailout.LogAudit, error) {
	return b.log, nil
}

func (b *books) Reports(context.Context, mailout.BatchID) ([]mailout.ReportFile, error) {
	return b.written, nil
}

func (b *books) ReportOf(_ context.Context, path string, sum mailout.Digest) (mailout.BatchID, error) {
	for _, r := range b.others {
		if r.Path == path && r.SHA256 == sum {
			return r.Batch, nil
		}
	}
	return "", nil
}

func (b *books) Alarms(context.Context) ([]mailout.Alarm, error) { return b.alarms, nil }

// audit runs one, and says what was found: "code line".
func (b *books) audit() (found []audit.Finding, r audit.Result) {
	b.t.Helper()
	r, err := audit.Run(b.t.Context(), b, audit.Options{Dir: b.dir, Batch: b.batch, Spoken: b.spoken, Copied: b.copied,
		Recount: func(context.Context) (audit.Recount, error) { return b.recount, nil },
		Listed: func(folder string) (all []audit.Listed, err error) {
			if b.unread && filepath.Base(folder) != "reports" {
				return nil, errors.New("permission denied")
			}
			for _, l := range b.listed {
				if filepath.Dir(l.Path) == folder {
					all = append(all, l)
				}
			}
			return all, nil
		},
		XAdES: func(r io.ReaderAt, size int64) error {
			if raw, err := io.ReadAll(io.NewSectionReader(r, 0, size)); err != nil || !strings.HasPrefix(string(raw), "<xades/>") {
				return errors.New("it is no XAdES")
			}
			return nil
		},
	}, func(f audit.Finding) { found = append(found, f) })
	must(b.t, err)
	return found, r
}

// codes are those of findings of a severity, in order.
func codes(found []audit.Finding, of audit.Severity) string {
	var all []string
	for _, f := range found {
		if f.Severity == of {
			all = append(all, f.Code)
		}
	}
	return strings.Join(all, " ")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
