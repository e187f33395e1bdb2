package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"batch/internal/mailout"
)

// takenUp says of batches b that somebody approved them: what their rows are other attempts at
// is theirs from then on.
const takenUp = `b.state IN ('approved','stopped','done','purged')`

// standingQuery has, of the row (?1, ?2), in chain the row itself and, as long as those were
// left out, the ones that they were other attempts at: the last is the one whose job counts.
// In after it has what other attempts were made at any of these, left out ones passed over.
const standingQuery = `WITH RECURSIVE
	chain (batch, line, depth) AS (
		SELECT batch, line, 0 FROM rows WHERE batch = ?1 AND line = ?2
		UNION SELECT o.from_batch, o.from_line, c.depth + 1 FROM chain c
			JOIN rows r ON r.batch = c.batch AND r.line = c.line AND r.state = 'skipped'
			JOIN origins o ON o.batch = c.batch AND o.line = c.line WHERE c.depth < 100),
	after (batch, line) AS (
		SELECT o.batch, o.line FROM origins o JOIN chain c ON o.from_batch = c.batch AND o.from_line = c.line
		UNION SELECT o.batch, o.line FROM after a
			JOIN rows r ON r.batch = a.batch AND r.line = a.line AND r.state = 'skipped'
			JOIN origins o ON o.from_batch = a.batch AND o.from_line = a.line) `

// mayLive says of alarms a that they name a job of their row that is not over as far as the
// books know, or that all have signed. Laying the alarm to rest changes nothing of that: it says
// that a person knows of the job.
const mayLive = `a.kind IN ('duplicate','missing','revived') AND a.job_id <> 0
	AND (NOT EXISTS (SELECT 1 FROM changes c WHERE c.job_id = a.job_id AND c.status = 'FAILED')
		OR EXISTS (SELECT 1 FROM changes c WHERE c.job_id = a.job_id AND c.status = 'COMPLETED_SUCCESSFULLY'))`

// Standing reads what another attempt at a row must know of it; found is false where the ledger
// does not have the row. Of one that was left out, and was another attempt itself, it is the
// state of that one's job, which may be alive.
func (l *Ledger) Standing(ctx context.Context, id mailout.RowID) (s mailout.Standing, found bool, err error) {
	if err := ctx.Err(); err != nil {
		return s, false, err
	}
	s, found, err = standing(l.read, id, mailout.RowID{})
	return s, found, l.wrap("reading an earlier row", err)
}

// standing passes over one row, by, that is itself another attempt.
func standing(q asker, id, by mailout.RowID) (s mailout.Standing, found bool, err error) {
	err = q.QueryRow(standingQuery+`SELECT r.state, b.state,
			(SELECT count(*) FROM alarms a JOIN chain ON a.batch = chain.batch AND a.line = chain.line WHERE a.laid_at IS NULL),
			(SELECT coalesce(min(a.job_id), 0) FROM alarms a JOIN chain ON a.batch = chain.batch AND a.line = chain.line WHERE `+mayLive+`)
		FROM chain c JOIN rows r ON r.batch = c.batch AND r.line = c.line JOIN batches b ON b.id = c.batch
		WHERE b.state <> 'draft' ORDER BY c.depth DESC LIMIT 1`, string(id.Batch), id.Line).
		Scan((*string)(&s.State), (*string)(&s.Batch), &s.Alarms, (*int64)(&s.Other))
	if errors.Is(err, sql.ErrNoRows) {
		return s, false, nil
	}
	if err != nil {
		return s, false, err
	}
	err = q.QueryRow(standingQuery+`SELECT r.batch, r.line, r.state
		FROM after a JOIN rows r ON r.batch = a.batch AND r.line = a.line JOIN batches b ON b.id = a.batch
		WHERE r.state <> 'skipped' AND `+takenUp+` AND (a.batch, a.line) <> (?3, ?4) AND NOT EXISTS (SELECT 1 FROM chain c WHERE c.batch = a.batch AND c.line = a.line)
		ORDER BY b.created_at, a.batch, a.line LIMIT 1`, string(id.Batch), id.Line, string(by.Batch), by.Line).
		Scan((*string)(&s.Again.Batch), &s.Again.Line, (*string)(&s.Again.State))
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return s, err == nil, err
}

// stillFree looks once more, as a plan is approved, at what its rows are other attempts at: days
// may have passed, and another list of the same rows may have been approved.
func stillFree(ctx context.Context, tx *sql.Tx, batch mailout.BatchID) error {
	rows, err := tx.QueryContext(ctx, `SELECT line FROM origins JOIN rows USING (batch, line) WHERE batch = ? AND state = 'planned' ORDER BY line`, string(batch))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		by := mailout.RowID{Batch: batch}
		if err := rows.Scan(&by.Line); err != nil {
			return err
		}
		if err := freeFor(tx, by); err != nil {
			return err
		}
	}
	return rows.Err()
}

// freeFor is mailout.ErrStands where a row is another attempt at one that, since the plan was
// made, has come to life, was signed, or was tried again elsewhere. The plan has looked before,
// but until the row is sent its batch may be held, or stand still, for weeks.
func freeFor(tx asker, by mailout.RowID) error {
	var from mailout.RowID
	err := tx.QueryRow(`SELECT from_batch, from_line FROM origins WHERE batch = ? AND line = ?`, string(by.Batch), by.Line).Scan((*string)(&from.Batch), &from.Line)
	if err != nil {
		return err
	}
	s, found, err := standing(tx, from, by)
	if err == nil && found && !s.Free() {
		err = fmt.Errorf("line %d, another attempt at line %d of batch %s: %w", by.Line, from.Line, from.Batch, mailout.ErrStands)
	}
	return err
}

// OtherJobs are jobs of a batch's rows that are not their own, and not over as far as the books
// know, or signed by all: one for each such line, also where its alarm was laid to rest.
func (l *Ledger) OtherJobs(ctx context.Context, batch mailout.BatchID) (map[int]mailout.JobID, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT a.line, min(a.job_id) FROM alarms a WHERE a.batch = ? AND `+mayLive+` GROUP BY a.line`, string(batch))
	if err != nil {
		return nil, l.wrap("looking for other jobs", err)
	}
	defer rows.Close()
	jobs := map[int]mailout.JobID{}
	for rows.Next() {
		var line int
		var job mailout.JobID
		if err := rows.Scan(&line, (*int64)(&job)); err != nil {
			return nil, l.wrap("looking for other jobs", err)
		}
		jobs[line] = job
	}
	return jobs, l.wrap("looking for other jobs", rows.Err())
}

// TriedAgain are the rows of a batch that were tried again in an approved batch: by line, the
// row that was the attempt. One that was left out there is none.
func (l *Ledger) TriedAgain(ctx context.Context, batch mailout.BatchID) (map[int]mailout.RowID, error) {
	rows, err := l.read.QueryContext(ctx, `WITH RECURSIVE after (root, batch, line) AS (
			SELECT from_line, batch, line FROM origins WHERE from_batch = ?
			UNION SELECT a.root, o.batch, o.line FROM after a
				JOIN rows r ON r.batch = a.batch AND r.line = a.line AND r.state = 'skipped'
				JOIN origins o ON o.from_batch = a.batch AND o.from_line = a.line)
		SELECT a.root, a.batch, a.line FROM after a JOIN rows r ON r.batch = a.batch AND r.line = a.line JOIN batches b ON b.id = a.batch
		WHERE r.state <> 'skipped' AND `+takenUp+` ORDER BY b.created_at DESC, a.batch, a.line`, string(batch))
	if err != nil {
		return nil, l.wrap("reading other attempts", err)
	}
	defer rows.Close()
	again := map[int]mailout.RowID{}
	for rows.Next() {
		var line int
		var by mailout.RowID
		if err := rows.Scan(&line, (*string)(&by.Batch), &by.Line); err != nil {
			return nil, l.wrap("reading other attempts", err)
		}
		again[line] = by
	}
	return again, l.wrap("reading other attempts", rows.Err())
}

// Linked reads the row that one is another attempt at, if it is, and those that are other
// attempts at it, in batches that were planned and not superseded, oldest first.
func (l *Ledger) Linked(ctx context.Context, id mailout.RowID) (earlier *mailout.Tried, later []mailout.Tried, err error) {
	rows, err := l.read.QueryContext(ctx, `SELECT 0 AS after, o.from_batch, o.from_line, coalesce(r.state, ''), '' AS at
			FROM origins o LEFT JOIN rows r ON r.batch = o.from_batch AND r.line = o.from_line WHERE o.batch = ?1 AND o.line = ?2
		UNION ALL SELECT 1, o.batch, o.line, r.state, b.created_at
			FROM origins o JOIN rows r ON r.batch = o.batch AND r.line = o.line JOIN batches b ON b.id = o.batch
			WHERE o.from_batch = ?1 AND o.from_line = ?2 AND b.state NOT IN ('draft','superseded')
		ORDER BY after, at, 2, 3`, string(id.Batch), id.Line)
	if err != nil {
		return nil, nil, l.wrap("reading other attempts", err)
	}
	defer rows.Close()
	for rows.Next() {
		var t mailout.Tried
		var after bool
		var at string
		if err := rows.Scan(&after, (*string)(&t.Batch), &t.Line, (*string)(&t.State), &at); err != nil {
			return nil, nil, l.wrap("reading other attempts", err)
		}
		if after {
			later = append(later, t)
		} else {
			earlier = &t
		}
	}
	return earlier, later, l.wrap("reading other attempts", rows.Err())
}
