package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"batch/internal/mailout"
)

// Batches lists every batch that was planned to its end, oldest first.
func (l *Ledger) Batches(ctx context.Context) ([]mailout.BatchInfo, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT id FROM batches WHERE state <> 'draft' ORDER BY created_at, id`)
	if err != nil {
		return nil, l.wrap("listing batches", err)
	}
	defer rows.Close()
	var ids []mailout.BatchID
	for rows.Next() {
		var id mailout.BatchID
		if err := rows.Scan((*string)(&id)); err != nil {
			return nil, l.wrap("listing batches", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, l.wrap("listing batches", err)
	}
	all := make([]mailout.BatchInfo, len(ids))
	for i, id := range ids {
		if all[i], err = l.Batch(ctx, id); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Batch reads the books of one batch; ErrNoBatch where there is none. The totals sum to
// the manifest's rows.
func (l *Ledger) Batch(ctx context.Context, id mailout.BatchID) (b mailout.BatchInfo, err error) {
	tx, err := l.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one moment for all the figures
	if err != nil {
		return b, l.wrap("reading a batch", err)
	}
	defer tx.Rollback()
	b.ID, b.Totals = id, mailout.Totals{} // also where there is no such batch
	var seconds int64
	err = tx.QueryRow(`SELECT state, digest, rows_digest, manifest_path, manifest_sha256, settings, created_at, approved_at, stop_reason, ends_at, ends_after, late_after,
		(SELECT max(until) FROM holds WHERE batch = batches.id), `+lastSaid+` FROM batches WHERE id = ?`, string(id)).
		Scan((*string)(&b.State), hexDigest{&b.Digest}, hexDigest{&b.RowsDigest}, &b.ManifestPath, hexDigest{&b.ManifestSHA256}, &b.Settings,
			moment{&b.CreatedAt}, moment{&b.ApprovedAt}, &b.StopReason, moment{&b.Ends.At}, &seconds, moment{&b.LateAfter}, moment{&b.HeldUntil}, &b.LastSaid)
	if errors.Is(err, sql.ErrNoRows) {
		return b, ErrNoBatch
	}
	if err != nil {
		return b, l.wrap("reading a batch", err)
	}
	b.Ends.After = time.Duration(seconds) * time.Second
	if err := lastEnd(tx, id, &b); err != nil {
		return b, l.wrap("reading a batch", err)
	}
	if b.Totals, err = tally(tx, id); err != nil {
		return b, l.wrap("counting rows", err)
	}
	b.Rows = b.Totals.Sum()
	err = tx.QueryRow(`SELECT (SELECT count(*) FROM changes WHERE `+awaited+` AND batch = ?1),
		(SELECT count(*) FROM alarms WHERE laid_at IS NULL AND batch IN (?1, '')),
		(SELECT count(*) FROM wishes w LEFT JOIN rows r ON r.batch = w.batch AND r.line = w.line WHERE w.batch = ?1 AND `+due+`),
		(SELECT count(*) FROM wishes w CROSS JOIN rows r ON r.batch = w.batch AND r.line = w.line
			WHERE w.batch = ?1 AND w.answer = 'refused' AND w.job_id = 0 AND r.state = 'created')`, string(id)).Scan(&b.Unconfirmed, &b.Alarms, &b.Uncancelled, &b.Uncancellable)
	if err != nil {
		return b, l.wrap("counting alarms", err)
	}
	now := l.now()
	if b.Deadlines, err = deadlines(tx, id, now); b.Deadlines.Alarmed(now) {
		b.Overdue = true
		b.Alarms++
	}
	return b, l.wrap("looking for deadlines", err)
}

// Line finds the line of a row by the owner's key, by "line:14", or by the Ref of one of its
// attempts. A skipped row may have the key of another: the other is found.
func (l *Ledger) Line(ctx context.Context, batch mailout.BatchID, row string) (line int, err error) {
	where, arg, err := rowQuery(row)
	if err != nil {
		return 0, err
	}
	err = l.read.QueryRowContext(ctx, `SELECT line FROM rows WHERE batch = ? AND `+where, string(batch), arg).Scan(&line)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrNoRow
	}
	return line, l.wrap("finding a row", err)
}

// rowQuery is how the row is found that a person names.
func rowQuery(row string) (where string, arg any, err error) {
	if _, ok := mailout.Ref(row).Parse(); ok {
		return `line = (SELECT a.line FROM attempts a WHERE a.ref = ? AND a.batch = rows.batch)`, row, nil
	}
	s, ok := strings.CutPrefix(row, "line:")
	if !ok {
		return `key = ? ORDER BY state = 'skipped', line LIMIT 1`, row, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return "", nil, fmt.Errorf("%q is not a line: write line:14", row)
	}
	return `line = ?`, n, nil
}

// History lists what happened to a row, or to the whole batch with line 0, in order.
func (l *Ledger) History(ctx context.Context, batch mailout.BatchID, line int) ([]mailout.Happening, error) {
	return l.happenings(ctx, `batch = ? AND line = ?`, string(batch), line)
}

func (l *Ledger) happenings(ctx context.Context, where string, args ...any) ([]mailout.Happening, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT seq, at, line, kind, from_state, to_state, detail FROM events WHERE `+where+` ORDER BY seq`, args...)
	if err != nil {
		return nil, l.wrap("reading the history", err)
	}
	defer rows.Close()
	var all []mailout.Happening
	for rows.Next() {
		var h mailout.Happening
		if err := rows.Scan(&h.Seq, moment{&h.At}, &h.Line, &h.Kind, (*string)(&h.From), (*string)(&h.To), &h.Detail); err != nil {
			return nil, l.wrap("reading the history", err)
		}
		all = append(all, h)
	}
	return all, l.wrap("reading the history", rows.Err())
}

// Attempts lists the tries at sending a row, oldest first.
func (l *Ledger) Attempts(ctx context.Context, batch mailout.BatchID, line int) ([]mailout.Attempt, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT ref, n, outcome, status, code, coalesce(job_id, 0), dropped_at IS NOT NULL, coalesce(seen_job, 0) FROM attempts WHERE batch = ? AND line = ? ORDER BY n`, string(batch), line)
	if err != nil {
		return nil, l.wrap("reading attempts", err)
	}
	defer rows.Close()
	var all []mailout.Attempt
	for rows.Next() {
		var a mailout.Attempt
		if err := rows.Scan((*string)(&a.Ref), &a.N, (*string)(&a.Outcome), &a.Status, &a.Code, (*int64)(&a.JobID), &a.Dropped, (*int64)(&a.Seen)); err != nil {
			return nil, l.wrap("reading attempts", err)
		}
		all = append(all, a)
	}
	return all, l.wrap("reading attempts", rows.Err())
}

// Alarms lists what nobody has laid to rest yet, and last, without a number, the batches of
// which the portal is about to delete signed documents.
func (l *Ledger) Alarms(ctx context.Context) ([]mailout.Alarm, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT id, at, kind, batch, line, job_id, detail FROM alarms WHERE laid_at IS NULL ORDER BY id`)
	if err != nil {
		return nil, l.wrap("reading alarms", err)
	}
	defer rows.Close()
	var all []mailout.Alarm
	for rows.Next() {
		var a mailout.Alarm
		if err := rows.Scan(&a.ID, moment{&a.At}, (*string)(&a.Kind), (*string)(&a.Batch), &a.Line, (*int64)(&a.JobID), &a.Detail); err != nil {
			return nil, l.wrap("reading alarms", err)
		}
		all = append(all, a)
	}
	if err := rows.Err(); err != nil {
		return nil, l.wrap("reading alarms", err)
	}
	more, err := deadlineAlarms(l.read, l.now())
	return append(all, more...), l.wrap("looking for deadlines", err)
}

// LayAlarm lays an alarm to rest with a note; found is false where there is no such
// alarm, or somebody laid it before.
func (l *Ledger) LayAlarm(ctx context.Context, id int64, note string) (found bool, err error) {
	err = l.tx(ctx, "laying an alarm to rest", func(tx *sql.Tx) error {
		now := stamp(l.now())
		var a mailout.Alarm
		err := tx.QueryRow(`UPDATE alarms SET laid_at = ?, note = ? WHERE id = ? AND laid_at IS NULL RETURNING kind, batch, line, job_id`, now, note, id).
			Scan((*string)(&a.Kind), (*string)(&a.Batch), &a.Line, (*int64)(&a.JobID))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if found = err == nil; !found {
			return err
		}
		p, err := rowAt(tx, a.Batch, a.Line)
		if err != nil && !errors.Is(err, ErrNoRow) {
			return err
		}
		return addEvent(tx, event{at: now, batch: a.Batch, line: a.Line, kind: "alarm laid", from: p.state, to: p.state, job: a.JobID, detail: fmt.Sprintf("alarm %d (%s), %s", id, a.Kind, note)})
	})
	return found, err
}

// ToSend reads up to limit planned rows after a line, in the manifest's order.
func (l *Ledger) ToSend(ctx context.Context, batch mailout.BatchID, after, limit int) ([]mailout.Record, error) {
	var all []mailout.Record
	for r, err := range l.records(ctx, true, `batch = ?1 AND line IN (SELECT line FROM rows WHERE batch = ?1 AND state = 'planned' AND line > ?2 ORDER BY line LIMIT ?3)`,
		string(batch), after, limit) {
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// Records reads every row of a batch in the manifest's order.
func (l *Ledger) Records(ctx context.Context, batch mailout.BatchID) iter.Seq2[mailout.Record, error] {
	return l.records(ctx, true, `batch = ?`, string(batch))
}

// Standings reads every row of a batch as Records does, without its documents and what else
// only sending needs: what csv and xlsx reports are made of.
func (l *Ledger) Standings(ctx context.Context, batch mailout.BatchID) iter.Seq2[mailout.Record, error] {
	return l.records(ctx, false, `batch = ?`, string(batch))
}

// Record reads one row.
func (l *Ledger) Record(ctx context.Context, batch mailout.BatchID, line int) (mailout.Record, error) {
	for r, err := range l.records(ctx, true, `batch = ? AND line = ?`, string(batch), line) {
		return r, err
	}
	return mailout.Record{}, ErrNoRow
}

// openQuery is asked before a poll of queues that had no more to hand out. Without a batch, it is
// of all.
const openQuery = `SELECT
	(SELECT coalesce(sum(n), 0) FROM tally WHERE state IN ('created','sending') AND (?1 = '' OR batch = ?1)) +
	(SELECT count(*) FROM changes WHERE ` + awaited + ` AND (?1 = '' OR batch = ?1)),
	(SELECT coalesce(sum(n), 0) FROM tally WHERE state = 'unknown' AND (?1 = '' OR batch = ?1))`

// Open counts the rows that wait for the portal, of one batch or, with an empty id, of
// all: certain are those with a job, or with a final change not yet confirmed; unknown
// may have none.
func (l *Ledger) Open(ctx context.Context, batch mailout.BatchID) (certain, unknown int, err error) {
	if err := ctx.Err(); err != nil { // as in Verdict
		return 0, 0, err
	}
	err = l.open.QueryRow(string(batch)).Scan(&certain, &unknown)
	return certain, unknown, l.wrap("counting open rows", err)
}

// Queues calls f with every sender and polling queue that open rows were sent with, or
// that final changes came from which are not confirmed yet.
func (l *Ledger) Queues(ctx context.Context, f func(sender mailout.OrgNumber, queue string)) error {
	rows, err := l.read.QueryContext(ctx, `SELECT sender, queue FROM tally WHERE n > 0 AND state IN ('sending','created','unknown')
		UNION SELECT sender, queue FROM changes WHERE final = 1 AND confirmed_at IS NULL ORDER BY sender, queue`)
	if err != nil {
		return l.wrap("listing queues", err)
	}
	defer rows.Close()
	for rows.Next() {
		var sender mailout.OrgNumber
		var queue string
		if err := rows.Scan((*string)(&sender), &queue); err != nil {
			return l.wrap("listing queues", err)
		}
		f(sender, queue)
	}
	return l.wrap("listing queues", rows.Err())
}
