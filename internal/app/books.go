package app

import (
	"context"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"batch/internal/mailout"
	"batch/internal/report"
)

// Batches are the books of every batch, oldest first.
func (a *App) Batches(ctx context.Context) ([]mailout.BatchInfo, error) {
	all, err := a.ledger.Batches(ctx)
	spoken := a.ws.Spoken()
	for i := range all {
		all[i] = seen(all[i], spoken)
	}
	return all, err
}

// Books are those of one batch.
func (a *App) Books(ctx context.Context, id mailout.BatchID) (mailout.BatchInfo, error) {
	b, err := a.ledger.Batch(ctx, id)
	return seen(b, a.ws.Spoken()), err
}

// seen is how readers see the books: rows that are being sent while nobody speaks were
// left by a process that was killed. The next speaker makes them unknown.
func seen(b mailout.BatchInfo, spoken bool) mailout.BatchInfo {
	if n := b.Totals[mailout.Sending]; n > 0 && !spoken {
		b.Totals[mailout.Unknown] += n
		delete(b.Totals, mailout.Sending)
	}
	return b
}

// seenRow is the same for one row.
func seenRow(r mailout.Record, spoken bool) mailout.Record {
	if r.State == mailout.Sending && !spoken {
		r.State = mailout.Unknown
	}
	return r
}

// Records are the rows of a batch in the manifest's order, as readers see them.
func (a *App) Records(ctx context.Context, id mailout.BatchID) iter.Seq2[mailout.Record, error] {
	spoken := a.ws.Spoken()
	return func(yield func(mailout.Record, error) bool) {
		for r, err := range a.ledger.Records(ctx, id) {
			if !yield(seenRow(r, spoken), err) {
				return
			}
		}
	}
}

// Whole says whether the ledger is the whole truth: an error where sent.log knows more.
func (a *App) Whole(ctx context.Context) error { return a.ledger.Whole(ctx) }

// Alarms are what nobody has laid to rest yet.
func (a *App) Alarms(ctx context.Context) ([]mailout.Alarm, error) { return a.ledger.Alarms(ctx) }

// Story is everything the ledger knows of a row.
type Story struct {
	Record   mailout.Record
	Attempts []mailout.Attempt
	History  []mailout.Happening
	Alarms   []mailout.Alarm
}

// Why tells a row's story. row is the owner's key or "line:14".
func (a *App) Why(ctx context.Context, id mailout.BatchID, row string) (s Story, err error) {
	line, err := a.ledger.Line(ctx, id, row)
	if err != nil {
		return s, err
	}
	if s.Record, err = a.ledger.Record(ctx, id, line); err != nil {
		return s, err
	}
	if s.Attempts, err = a.ledger.Attempts(ctx, id, line); err != nil {
		return s, err
	}
	s.Record = seenRow(s.Record, a.ws.Spoken())
	if s.History, err = a.ledger.History(ctx, id, line); err != nil {
		return s, err
	}
	alarms, err := a.ledger.Alarms(ctx)
	for _, al := range alarms {
		if al.Batch == id && al.Line == line {
			s.Alarms = append(s.Alarms, al)
		}
	}
	return s, err
}

// ReportOptions say what report to write.
type ReportOptions struct {
	Format          string // csv, xlsx or json
	Delimiter       rune   // of csv; 0: semicolon
	WithNationalIDs bool
	Only            []mailout.State // empty: all
	Out             string          // a path; empty: reports/BATCH-report.FORMAT
}

func (o ReportOptions) of(zone *time.Location, temp string) report.Options {
	return report.Options{Format: o.Format, Delimiter: o.Delimiter, Location: zone, WithNationalIDs: o.WithNationalIDs, Only: o.Only, TempDir: temp}
}

// Report writes a batch's completion report to a file, 0600, and returns its path. The
// file is whole or not there: it is renamed into place.
func (a *App) Report(ctx context.Context, id mailout.BatchID, o ReportOptions) (path string, err error) {
	books, err := a.Books(ctx, id)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(a.ws.Reports(), 0o700); err != nil {
		return "", err
	}
	path = o.Out
	if _, err := os.Lstat(path); path != "" && err == nil && !a.ask("The file "+path+" is there already and may be the manifest or the ledger. Write over it?") {
		return "", usage("give a new name with --out", "the file %s is there already; nothing was written", path)
	}
	if path == "" {
		path = filepath.Join(a.ws.Reports(), string(id)+"-report."+o.Format)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return "", usage("give another place with --out", "the report cannot be written: %v", err)
	}
	defer os.Remove(f.Name()) // gone already where all went well
	_, err = report.Write(f, books, a.Records(ctx, id), o.of(a.Zone(), a.ws.Reports()))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return path, err
}

// ReportTo writes a batch's completion report to w.
func (a *App) ReportTo(ctx context.Context, w io.Writer, id mailout.BatchID, o ReportOptions) error {
	books, err := a.Books(ctx, id)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(a.ws.Reports(), 0o700); err != nil { // large workbooks are spooled there
		return err
	}
	_, err = report.Write(w, books, a.Records(ctx, id), o.of(a.Zone(), a.ws.Reports()))
	return err
}
