package ledger

import (
	"context"
	"database/sql"

	"batch/internal/mailout"
)

// NoteReport notes that a completion report is about to get its name. It is called before the
// file is renamed: a crash between leaves a note of a report that is not there, which the next
// one of that name mends, and never a report that nobody can find again.
func (l *Ledger) NoteReport(ctx context.Context, r mailout.ReportFile) error {
	return l.tx(ctx, "noting a report", func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO reports (batch, path, sha256, bytes, format, at) VALUES (?,?,?,?,?,?)
			ON CONFLICT (batch, path, sha256) DO UPDATE SET at = excluded.at`,
			string(r.Batch), r.Path, r.SHA256.String(), r.Bytes, r.Format, stamp(r.At))
		return err
	})
}

// Reports lists the reports of a batch that were written to files, the newest first. A path
// stands there once for every content that it had: its newest is what should be there.
func (l *Ledger) Reports(ctx context.Context, batch mailout.BatchID) ([]mailout.ReportFile, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT batch, path, sha256, bytes, format, at FROM reports WHERE batch = ? ORDER BY at DESC, path, sha256`, string(batch))
	if err != nil {
		return nil, l.wrap("listing reports", err)
	}
	defer rows.Close()
	var all []mailout.ReportFile
	for rows.Next() {
		var r mailout.ReportFile
		if err := rows.Scan((*string)(&r.Batch), &r.Path, hexDigest{&r.SHA256}, &r.Bytes, &r.Format, moment{&r.At}); err != nil {
			return nil, l.wrap("listing reports", err)
		}
		all = append(all, r)
	}
	return all, l.wrap("listing reports", rows.Err())
}

// ReportOf is the batch of which a report with that digest was written to a path; empty: none.
func (l *Ledger) ReportOf(ctx context.Context, path string, sum mailout.Digest) (id mailout.BatchID, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT coalesce(max(batch), '') FROM reports WHERE path = ? AND sha256 = ?`, path, sum.String()).Scan((*string)(&id))
	return id, l.wrap("looking for a report", err)
}
