package ledger

import (
	"context"
	"database/sql"
	"math"

	"batch/internal/mailout"
)

// wishColumns are those of a mailout.Wish, of wishes w and rows r.
const wishColumns = `w.batch, w.line, coalesce(r.key, ''), coalesce(r.state, ''), iif(w.job_id = 0, coalesce(r.job_id, 0), w.job_id) AS job, w.job_id <> 0,
	coalesce(r.sender, (SELECT c.sender FROM changes c WHERE c.job_id = w.job_id LIMIT 1), ''),
	coalesce((SELECT c.cancel_url FROM changes c WHERE c.job_id = iif(w.job_id = 0, r.job_id, w.job_id) AND c.cancel_url <> '' ORDER BY c.last_at DESC LIMIT 1),
		(SELECT a.cancel_url FROM attempts a WHERE a.batch = w.batch AND a.line = w.line AND a.job_id = iif(w.job_id = 0, r.job_id, w.job_id) AND a.cancel_url <> '' LIMIT 1), ''),
	w.said, w.turn, w.possible > 0, w.answer, w.code
	FROM wishes w LEFT JOIN rows r ON r.batch = w.batch AND r.line = w.line`

// due says of wishes w and rows r that the portal is to be asked: there is a job that is not
// over, and no answer. A row that is over needs no call, whatever ended it; of a duplicate
// the portal knows best.
const due = `w.answer = '' AND (w.job_id <> 0 OR r.state = 'created')`

const dueQuery = `SELECT ` + wishColumns + ` WHERE ` + due + ` AND (w.turn, w.batch, w.line, w.job_id) > (?, ?, ?, ?)
	ORDER BY w.turn, w.batch, w.line, w.job_id`

// ToCancel reads up to limit wishes whose call is due, after another one in their order:
// those first that were never asked about, then those that were asked about longest ago.
func (l *Ledger) ToCancel(ctx context.Context, after mailout.Wish, limit int) ([]mailout.Wish, error) {
	rows, err := l.due.QueryContext(ctx, after.Turn, string(after.Batch), after.Line, keyOf(after))
	if err != nil {
		return nil, l.wrap("reading what is to be cancelled", err)
	}
	return l.readWishes(rows, limit)
}

// Unanswered reads whose the wishes of a batch are whose call is due: the line, the job, and
// whether it is a duplicate.
func (l *Ledger) Unanswered(ctx context.Context, batch mailout.BatchID) ([]mailout.Wish, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT w.line, iif(w.job_id = 0, r.job_id, w.job_id), w.job_id <> 0
		FROM wishes w LEFT JOIN rows r ON r.batch = w.batch AND r.line = w.line WHERE `+due+` AND w.batch = ?`, string(batch))
	if err != nil {
		return nil, l.wrap("reading what is to be cancelled", err)
	}
	defer rows.Close()
	var all []mailout.Wish
	for rows.Next() {
		w := mailout.Wish{Batch: batch}
		if err := rows.Scan(&w.Line, (*int64)(&w.Job), &w.Duplicate); err != nil {
			return nil, l.wrap("reading what is to be cancelled", err)
		}
		all = append(all, w)
	}
	return all, l.wrap("reading what is to be cancelled", rows.Err())
}

// Wishes reads what a person wished cancelled of a batch, in the manifest's order. Rows
// that were withdrawn before they were ever sent are not among them.
func (l *Ledger) Wishes(ctx context.Context, batch mailout.BatchID) ([]mailout.Wish, error) {
	rows, err := l.read.QueryContext(ctx, `SELECT `+wishColumns+` WHERE w.batch = ? ORDER BY w.line, w.job_id`, string(batch))
	if err != nil {
		return nil, l.wrap("reading what is to be cancelled", err)
	}
	return l.readWishes(rows, math.MaxInt)
}

// readWishes reads so many rows of wishColumns at most, and closes them. (The order is that of
// an index, so those behind cost nothing. A LIMIT that is bound would have SQLite parse the
// statement anew each time, for the number that it has then.)
func (l *Ledger) readWishes(rows *sql.Rows, most int) ([]mailout.Wish, error) {
	defer rows.Close()
	var all []mailout.Wish
	for len(all) < most && rows.Next() {
		var w mailout.Wish
		if err := rows.Scan((*string)(&w.Batch), &w.Line, &w.Key, (*string)(&w.State), (*int64)(&w.Job), &w.Duplicate,
			(*string)(&w.Sender), &w.URL, &w.Said, &w.Turn, &w.Perhaps, (*string)(&w.Answer), &w.Code); err != nil {
			return nil, l.wrap("reading what is to be cancelled", err)
		}
		all = append(all, w)
	}
	return all, l.wrap("reading what is to be cancelled", rows.Err())
}
