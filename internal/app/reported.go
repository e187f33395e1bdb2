package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"batch/internal/disk"
	"batch/internal/mailout"
	"batch/internal/report"
)

// ReportOptions say what report to write.
type ReportOptions struct {
	Format          string // csv, xlsx, json or html
	Delimiter       rune   // of csv; 0: semicolon
	WithNationalIDs bool
	Only            []mailout.State   // empty: all
	Out             string            // a path; empty: reports/BATCH-report.FORMAT
	Note            func(note string) // told what the person should know of a report that was written; nil: nobody
}

// ReportTo writes a batch's completion report to w. Nothing is noted of it.
func (a *App) ReportTo(ctx context.Context, w io.Writer, id mailout.BatchID, o ReportOptions) error {
	books, err := a.Books(ctx, id)
	if err != nil {
		return err
	}
	_, err = a.writeReport(ctx, w, books, o)
	return err
}

// spool makes a folder for what large workbooks are put aside in, in clear, while they are
// written: below reports, which is closed to others. What a killed process leaves of it, the
// next report deletes, and purging.
func (a *App) spool() (folder string, done func(), err error) {
	if err := os.MkdirAll(a.ws.Reports(), 0o700); err != nil {
		return "", nil, err
	}
	folder, err = os.MkdirTemp(a.ws.Reports(), unfinishedReport)
	return folder, func() { os.RemoveAll(folder) }, err
}

// writeReport writes what a report says, whatever becomes of it.
func (a *App) writeReport(ctx context.Context, w io.Writer, books mailout.BatchInfo, o ReportOptions) (mailout.Totals, error) {
	spool, done, err := a.spool()
	if err != nil {
		return nil, err
	}
	defer done()
	rows := a.ledger.Records(ctx, books.ID)
	if o.Format == "csv" || o.Format == "xlsx" {
		rows = a.ledger.Standings(ctx, books.ID)
	}
	return report.Write(w, books, a.seenRows(ctx, books.ID, rows), report.Options{Format: o.Format, Delimiter: o.Delimiter, Location: a.Zone(), Now: a.now(),
		WithNationalIDs: o.WithNationalIDs, Only: o.Only, TempDir: spool})
}

// unfinishedReport is how the names of what becomes a report begin. A process that is killed
// leaves it; who writes a report into that folder a day later deletes it.
const unfinishedReport = ".batch-report-"

func sweepReports(folder string) {
	left, _ := filepath.Glob(filepath.Join(folder, unfinishedReport+"*")) // of a folder with [ in its name none is found, and none deleted
	for _, path := range left {
		if info, err := os.Lstat(path); err == nil && time.Since(info.ModTime()) > forgotten {
			os.RemoveAll(path)
		}
	}
}

// Report writes a batch's completion report to a file, 0600, and returns its absolute path.
// The file is whole or not there: it is renamed into place, over an earlier one of that name.
//
// Before it gets its name the books note it (ledger.NoteReport): a crash leaves a note too
// many, or an unfinished file, never a report that a purge would not find. After it,
// report.json beside it is brought up to date: a crash between leaves the entry of the earlier
// one, which the next report of that name mends.
func (a *App) Report(ctx context.Context, id mailout.BatchID, o ReportOptions) (path string, err error) {
	books, err := a.Books(ctx, id)
	if err != nil {
		return "", err
	}
	if path, err = a.reportPath(id, o); err != nil {
		return "", err
	}
	if err := os.MkdirAll(a.ws.Reports(), 0o700); err != nil {
		return "", err
	}
	sweepReports(a.ws.Reports())
	sweepReports(filepath.Dir(path))
	d := disk.Or(a.o.Disk)
	out, err := newDraft(d, filepath.Dir(path))
	if err != nil {
		return "", usage("give another place with --out", "the report cannot be written: %v", err)
	}
	defer out.drop() // gone already where all went well
	totals, err := a.writeReport(ctx, out, books, o)
	if err == nil {
		err = out.file.Sync()
	}
	if err := errors.Join(err, out.file.Close()); err != nil {
		return "", err
	}
	file := mailout.ReportFile{Batch: id, Path: path, SHA256: mailout.Digest(out.sum.Sum(nil)), Bytes: out.bytes, Format: o.Format, At: a.now().UTC().Truncate(time.Microsecond)}
	if err := a.ledger.NoteReport(ctx, file); err != nil {
		return "", err
	}
	if err := d.Rename(out.file.Name(), path); err != nil {
		return "", fmt.Errorf("giving the report its name: %w", err)
	}
	err = noteBeside(d, path, report.NewEntry(books, totals, file, o.WithNationalIDs))
	if errors.Is(err, report.ErrNotOurs) && o.Note != nil {
		o.Note(fmt.Sprintf("%s in %s is not a list of reports: it was left as it is, and the report's digest is in the ledger only", report.BesideName, filepath.Dir(path)))
		err = nil
	}
	return path, err
}

// reportPath is where a report is written to. A person is asked before it takes the place of
// a file whose name he gave.
func (a *App) reportPath(id mailout.BatchID, o ReportOptions) (path string, err error) {
	if o.Out == "" {
		return filepath.Abs(filepath.Join(a.ws.Reports(), string(id)+"-report."+o.Format))
	}
	if path, err = filepath.Abs(o.Out); err != nil {
		return "", err
	}
	if strings.EqualFold(filepath.Base(path), report.BesideName) {
		return "", usage("give another name with --out", "%s is the list of the reports in its folder; nothing was written", report.BesideName)
	}
	if _, err := os.Lstat(path); err == nil && !a.ask("The file "+o.Out+" is there already and may be the manifest or the ledger. Write over it?") {
		return "", usage("give a new name with --out", "the file %s is there already; nothing was written", o.Out)
	}
	return path, nil
}

// draft is a report that has no name yet, and what its bytes come to.
type draft struct {
	disk   disk.Disk
	folder string
	file   disk.File
	sum    hash.Hash
	bytes  int64
}

func newDraft(d disk.Disk, folder string) (*draft, error) {
	f, err := d.CreateTemp(folder, unfinishedReport+"*")
	return &draft{disk: d, folder: folder, file: f, sum: sha256.New()}, err
}

func (r *draft) Write(p []byte) (int, error) {
	n, err := r.file.Write(p)
	r.sum.Write(p[:n])
	r.bytes += int64(n)
	return n, err
}

// Renew begins anew (report.Renewable): in a new file, for the old one's end would stay.
func (r *draft) Renew() error {
	err := r.file.Close()
	r.drop()
	if err != nil {
		return err
	}
	again, err := newDraft(r.disk, r.folder)
	if err == nil {
		*r = *again
	}
	return err
}

func (r *draft) drop() { r.disk.Remove(r.file.Name()) }
