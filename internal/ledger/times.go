package ledger

import (
	"context"
	"database/sql"
	"time"

	"batch/internal/mailout"
)

// times is what the times of some jobs come to.
type times struct {
	ends mailout.Ends
	late time.Time // the first of their LateAfter
}

func (t *times) add(j mailout.Job) {
	t.ends.Add(j)
	if late := j.LateAfter(); late.Before(t.late) {
		t.late = late
	}
}

// note adds them to those of a batch.
func (t times) note(tx *sql.Tx, id mailout.BatchID) error {
	at := ""
	if !t.ends.At.IsZero() {
		at = stamp(t.ends.At)
	}
	_, err := tx.Exec(`UPDATE batches SET ends_at = max(ends_at, ?), ends_after = max(ends_after, ?), late_after = min(late_after, ?) WHERE id = ?`,
		at, int64(t.ends.After/time.Second), stamp(t.late), string(id))
	return err
}

// Late counts the planned rows that would be late if they were sent now, and finds the
// first one's line. It looks at every planned row that has times of its own.
func (l *Ledger) Late(ctx context.Context, batch mailout.BatchID, now time.Time) (n, first int, err error) {
	rows, err := l.read.QueryContext(ctx, `SELECT line, activation_at, deadline_at FROM rows INDEXED BY rows_by_state WHERE batch = ? AND state = 'planned'
		AND (activation_at IS NOT NULL OR deadline_at IS NOT NULL) ORDER BY line`, string(batch))
	if err != nil {
		return 0, 0, l.wrap("looking for late rows", err)
	}
	defer rows.Close()
	for rows.Next() {
		var line int
		var job mailout.Job
		if err := rows.Scan(&line, moment{&job.Activation}, moment{&job.Deadline}); err != nil {
			return 0, 0, l.wrap("looking for late rows", err)
		}
		if !now.After(job.LateAfter()) {
			continue
		}
		if n++; n == 1 {
			first = line
		}
	}
	return n, first, l.wrap("looking for late rows", rows.Err())
}
