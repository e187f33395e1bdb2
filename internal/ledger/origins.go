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

// Standing reads what another attempt at a row must know of it; found is false where the ledger
// does not have the row. Of one that was left out, and was another attempt itself, it is the
// state of that one's job, which may be alive.
func (l *Ledger) Standing(ctx context.Context, id mailout.RowID) (s mailout.Standing, found bool, err error) {
	s, found, err = standing(ctx, l.read, id)
	return s, found, l.wrap("reading an earlier row", err)
}

// rowAsker is a transaction or a pool.
type rowAsker interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func standing(ctx context.Context, q rowAsker, id mailout.RowID) (s mailout.Standing, found bool, err error) {
	err = q.QueryRowContext(ctx, standingQuery+`SELECT r.state, b.state,
			(SELECT count(*) FROM alarms a JOIN chain ON a.batch = chain.batch AND a.line = chain.line WHERE a.laid_at IS NULL)
		FROM chain c JOIN rows r ON r.batch = c.batch AND r.line = c.line JOIN batches b ON b.id = c.batch
		WHERE b.state <> 'draft' ORDER BY c.depth DESC LIMIT 1`, string(id.Batch), id.Line).
		Scan((*string)(&s.State), (*string)(&s.Batch), &s.Alarms)
	if errors.Is(err, sql.ErrNoRows) {
		return s, false, nil
	}
	if err != nil {
		return s, false, err
	}
	err = q.QueryRowContext(ctx, standingQuery+`SELECT r.batch, r.line, r.state
		FROM after a JOIN rows r ON r.batch = a.batch AND r.line = a.line JOIN batches b ON b.id = a.batch
		WHERE r.state <> 'skipped' AND `+takenUp+` AND NOT EXISTS (SELECT 1 FROM chain c WHERE c.batch = a.batch AND c.line = a.line)
		ORDER BY b.created_at, a.batch, a.line LIMIT 1`, string(id.Batch), id.Line).
		Scan((*string)(&s.Again.Batch), &s.Again.Line, (*string)(&s.Again.State))
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return s, err == nil, err
}

// ErrStands is of a plan with a row that is another attempt at one which, since it was planned,
// has come to life, or was tried again elsewhere.
var ErrStands = errors.New("what it is another attempt at is not free for one any more")

// stillFree looks once more, as a plan is approved, at what its rows are other attempts at: days
// may have passed, and another list of the same rows may have been approved.
func stillFree(ctx context.Context, tx *sql.Tx, batch mailout.BatchID) error {
	rows, err := tx.QueryContext(ctx, `SELECT o.line, o.from_batch, o.from_line FROM origins o JOIN rows r ON r.batch = o.batch AND r.line = o.line
		WHERE o.batch = ? AND r.state = 'planned' ORDER BY o.line`, string(batch))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var line int
		var from mailout.RowID
		if err := rows.Scan(&line, (*string)(&from.Batch), &from.Line); err != nil {
			return err
		}
		s, found, err := standing(ctx, tx, from)
		if err != nil {
			return err
		}
		if found && !s.Free() {
			return fmt.Errorf("line %d, another attempt at line %d of batch %s: %w", line, from.Line, from.Batch, ErrStands)
		}
	}
	return rows.Err()
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
