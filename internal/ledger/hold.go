package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"batch/internal/mailout"
)

// heldUntil is until when a row is held, as part of a query over rows: as its newest
// attempt was begun; of a row that is planned, if it is sent now.
const heldUntil = `(SELECT max(until) FROM holds h WHERE h.batch = rows.batch AND (rows.state = 'planned'
	OR h.fixed_at <= (SELECT begun_at FROM attempts a WHERE a.ref = rows.ref)))`

// Hold fixes until when the rows of an approved batch are held that are sent from now on:
// once, before the intent of the first of them. instead is what is fixed already and a
// person agreed to replace; zero: nothing. Where another time than that is fixed, it stays,
// and is what Hold returns: after a crash, and where it was fixed meanwhile. Rows that the
// portal has keep theirs.
func (l *Ledger) Hold(ctx context.Context, batch mailout.BatchID, instead, until time.Time) (fixed time.Time, err error) {
	err = l.tx(ctx, "fixing until when the batch is held", func(tx *sql.Tx) error {
		state, err := batchState(tx, batch)
		if err != nil {
			return err
		}
		if state != mailout.Approved {
			return mailout.ErrNotApproved
		}
		if err := tx.QueryRow(`SELECT max(until) FROM holds WHERE batch = ?`, string(batch)).Scan(moment{&fixed}); err != nil || !fixed.Equal(instead) {
			return err
		}
		now := l.now()
		if _, err := tx.Exec(`INSERT INTO holds (batch, fixed_at, until) VALUES (?,?,?)`, string(batch), stamp(now), stamp(until)); err != nil {
			return err
		}
		fixed = until
		return addEvent(tx, event{at: stamp(now), batch: batch, kind: "held", detail: fmt.Sprintf("until %s", until.UTC().Format(time.RFC3339))})
	})
	return fixed, err
}
