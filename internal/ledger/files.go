package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"batch/internal/mailout"
)

// Fetched commits a document that lies, synced, under its temporary name. A crash after
// this leaves the name in the books: whoever takes the change again renames it.
func (l *Ledger) Fetched(ctx context.Context, t mailout.Taken, job mailout.JobID, f mailout.KeptFile) error {
	return l.share(context.WithoutCancel(ctx), &step{doing: "noting a fetched document", do: func(tx writer, _ int64) error {
		_, err := tx.Exec(`INSERT INTO files (job_id, signer, sha256, batch, line, bytes, temp, state, doubt, at, warnings, partial, job_status) VALUES (?,?,?,?,?,?,?,'fetched',?,?,?,?,?)
			ON CONFLICT (job_id, signer, sha256) DO UPDATE SET temp = excluded.temp WHERE state = 'fetched'`,
			int64(job), f.Signer, f.SHA256.String(), string(t.Batch), t.Line, f.Bytes, f.Temp, f.Doubt, stamp(l.now()), warningsJSON(f), f.Partial, string(f.Of))
		return err
	}})
}

// KeepSigned commits that a fetched document, the signed one or a signer's XAdES, is in its
// place and its folder synced. Only after it may the change be confirmed. A doubtful one
// raises an alarm, also where its very bytes are kept already, unless it is an early one.
func (l *Ledger) KeepSigned(ctx context.Context, t mailout.Taken, job mailout.JobID, f mailout.KeptFile) error {
	now := stamp(l.now())
	return l.share(context.WithoutCancel(ctx), &step{doing: "noting a kept document", do: func(tx writer, _ int64) error {
		var path, doubt string
		err := tx.QueryRow(`SELECT path, doubt FROM files WHERE job_id = ? AND signer = ? AND sha256 = ?`, int64(job), f.Signer, f.SHA256.String()).Scan(&path, &doubt)
		if errors.Is(err, sql.ErrNoRows) {
			err = fmt.Errorf("job %d has no fetched document of that digest", job)
		}
		if err != nil {
			return err
		}
		if f.Doubt != "" && !f.Early {
			if err := raise(tx, mailout.Alarm{Kind: mailout.AlarmDoubtful, Batch: t.Batch, Line: t.Line, JobID: job, Detail: doubtDetail(f)}, now); err != nil {
				return err
			}
		}
		if path == f.Path && doubt == f.Doubt {
			return nil
		}
		if _, err := tx.Exec(`UPDATE files SET state = 'kept', path = ?, doubt = ?, warnings = ?, partial = ?, job_status = ? WHERE job_id = ? AND signer = ? AND sha256 = ?`,
			f.Path, f.Doubt, warningsJSON(f), f.Partial, string(f.Of), int64(job), f.Signer, f.SHA256.String()); err != nil {
			return err
		}
		f.Job = job
		return sayKept(tx, t.Batch, t.Line, t.State, f, now)
	}})
}

// sayKept writes into a line's history that a file is kept.
func sayKept(tx writer, batch mailout.BatchID, line int, state mailout.State, f mailout.KeptFile, now string) error {
	kind := "kept"
	if f.Doubt != "" {
		kind = "kept as doubtful"
	}
	return addEvent(tx, event{at: now, batch: batch, line: line, kind: kind, from: state, to: state, job: f.Job, detail: f.Path + " sha256 " + f.SHA256.String()})
}

// warningsJSON is how the warnings of a file are stored.
func warningsJSON(f mailout.KeptFile) string {
	raw, _ := json.Marshal(append([]string{}, f.Warnings...)) // strings always can be
	return string(raw)
}

// doubtDetail says what is wrong with a doubtful file, and where it lies.
func doubtDetail(f mailout.KeptFile) string {
	if f.Partial {
		return f.What() + " could not be fetched to its end (" + f.Doubt + "); what came is kept as " + f.Path
	}
	return f.What() + " did not pass its check (" + f.Doubt + "); it is kept as " + f.Path
}

// Doubt raises the alarm of a finished job of which something was not offered, or could
// not be fetched: nothing is confirmed.
func (l *Ledger) Doubt(ctx context.Context, t mailout.Taken, job mailout.JobID, why string) error {
	return l.tx(context.WithoutCancel(ctx), "raising an alarm", func(tx *sql.Tx) error {
		return raise(tx, mailout.Alarm{Kind: mailout.AlarmDoubtful, Batch: t.Batch, Line: t.Line, JobID: job, Detail: why}, stamp(l.now()))
	})
}

// TempFiles lists the temporary names that the books still count on; every other one
// was left by a crash before its bytes were safe and may be deleted.
func (l *Ledger) TempFiles(ctx context.Context) (map[string]bool, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT temp FROM files WHERE state = 'fetched'`)
	if err != nil {
		return nil, l.wrap("listing temporary files", err)
	}
	defer rows.Close()
	names := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, l.wrap("listing temporary files", err)
		}
		names[name] = true
	}
	return names, l.wrap("listing temporary files", rows.Err())
}

// Files lists what came of all jobs of a row, oldest first: the signed documents, signers'
// XAdES, and what is kept as doubtful.
func (l *Ledger) Files(ctx context.Context, batch mailout.BatchID, line int) ([]mailout.KeptFile, error) {
	all, err := readFiles(l.read, `batch = ? AND line = ? AND state = 'kept' ORDER BY at, path`, string(batch), line)
	return all, l.wrap("reading what was fetched", err)
}

func filesOf(tx querier, job mailout.JobID) ([]mailout.KeptFile, error) {
	return readFiles(tx, `job_id = ?`, int64(job))
}

func readFiles(q querier, where string, args ...any) ([]mailout.KeptFile, error) {
	rows, err := q.Query(`SELECT job_id, signer, sha256, bytes, temp, path, doubt, warnings, partial, job_status, at, gone_at <> '' FROM files WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []mailout.KeptFile
	for rows.Next() {
		var f mailout.KeptFile
		var warnings string
		if err := rows.Scan((*int64)(&f.Job), &f.Signer, hexDigest{&f.SHA256}, &f.Bytes, &f.Temp, &f.Path, &f.Doubt, &warnings, &f.Partial, (*string)(&f.Of), moment{&f.At}, &f.Gone); err != nil {
			return nil, err
		}
		if err := readOdd(warnings, &f.Warnings); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, rows.Err()
}
