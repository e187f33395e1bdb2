package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"batch/internal/mailout"
)

// ErrDone is the error of approving a batch of which nothing is left to send.
var ErrDone = errors.New("every row is over")

// ofSending are the events that say something of sending a batch, as part of a query.
const ofSending = `line = 0 AND kind IN ('approved','stopped','rebuilt')`

// lastSaid is the number of what was last said of sending a batch, as part of a query over
// batches.
const lastSaid = `coalesce((SELECT seq FROM events WHERE batch = batches.id AND ` + ofSending + ` ORDER BY seq DESC LIMIT 1), 0)`

// SaidSince lists what was said of sending a batch after seen, the LastSaid of books that
// somebody has looked at.
func (l *Ledger) SaidSince(ctx context.Context, id mailout.BatchID, seen int64) ([]mailout.Happening, error) {
	return l.happenings(ctx, ofSending+` AND batch = ? AND seq > ?`, string(id), seen)
}

// Approve says "send exactly this": a planned or stopped batch becomes approved. An
// approved one stays so; a superseded one is ErrSuperseded, one that is done ErrDone. by tells
// how it was said ("typed", "--yes", "--approve"). A plan with a row that is another attempt at
// one which is not free for it any more is [mailout.ErrStands].
//
// seen is the LastSaid of the books that were approved. A yes is an answer to them, and to no
// stop that came after: where there is one it is [mailout.ErrSaidSince]. Who has seen an
// approved batch, and goes on without asking anybody, never lifts a stop.
func (l *Ledger) Approve(ctx context.Context, id mailout.BatchID, by string, seen int64) error {
	return l.tx(ctx, "approving", func(tx *sql.Tx) error {
		state, err := batchState(tx, id)
		if err != nil || state == mailout.Approved {
			return err
		}
		if state == mailout.Ready {
			if err := stillFree(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := approvable(tx, id, state, seen); err != nil {
			return err
		}
		now := stamp(l.now())
		if _, err := tx.Exec(`UPDATE batches SET state = 'approved', stop_reason = '', approved_at = coalesce(approved_at, ?) WHERE id = ?`, now, string(id)); err != nil {
			return err
		}
		return addEvent(tx, event{at: now, batch: id, kind: "approved", detail: by})
	})
}

func approvable(tx *sql.Tx, id mailout.BatchID, state mailout.BatchState, seen int64) error {
	if state == mailout.Superseded {
		return fmt.Errorf("batch %s is superseded: %w", id, ErrSuperseded)
	}
	if state == mailout.Done {
		return fmt.Errorf("batch %s: %w", id, ErrDone)
	}
	if state != mailout.Ready && state != mailout.Stopped {
		return fmt.Errorf("batch %s is %s and cannot be approved", id, state)
	}
	var said int64
	if err := tx.QueryRow(`SELECT `+lastSaid+` FROM batches WHERE id = ?`, string(id)).Scan(&said); err != nil {
		return err
	}
	if said != seen {
		return fmt.Errorf("batch %s: %w", id, mailout.ErrSaidSince)
	}
	return nil
}

// StopBatch ends sending for a reason that a person must see; going on needs approval.
func (l *Ledger) StopBatch(ctx context.Context, id mailout.BatchID, reason string) error {
	return l.tx(ctx, "stopping the batch", func(tx *sql.Tx) error { return stop(tx, id, reason, stamp(l.now())) })
}

// stop stops a batch if it is approved. Its history says it: an approval that was given before
// is none of this stop.
func stop(tx *sql.Tx, id mailout.BatchID, reason, now string) error {
	res, err := tx.Exec(`UPDATE batches SET state = 'stopped', stop_reason = ? WHERE id = ? AND state = 'approved'`, reason, string(id))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return addEvent(tx, event{at: now, batch: id, kind: "stopped", detail: reason})
}

func batchState(tx *sql.Tx, id mailout.BatchID) (s mailout.BatchState, err error) {
	err = tx.QueryRow(`SELECT state FROM batches WHERE id = ?`, string(id)).Scan((*string)(&s))
	if err == sql.ErrNoRows {
		return "", ErrNoBatch
	}
	return s, err
}
