package ledger

import (
	"context"
	"database/sql"
	"errors"

	"batch/internal/mailout"
)

// NoteEnd writes into a batch's history why sending ended that left it approved: BatchInfo
// tells it until the next end. An empty reason is a good end, and takes the one before away.
// A batch that nobody has approved has no end to tell of.
func (l *Ledger) NoteEnd(ctx context.Context, id mailout.BatchID, reason string) error {
	return l.tx(ctx, "noting why sending ended", func(tx *sql.Tx) error {
		state, err := batchState(tx, id)
		if err != nil || state == mailout.Ready || state == mailout.Superseded {
			return err
		}
		var before mailout.BatchInfo
		if err := lastEnd(tx, id, &before); err != nil || reason == "" && before.EndReason == "" {
			return err
		}
		return addEvent(tx, event{at: stamp(l.now()), batch: id, kind: "ended", detail: reason})
	})
}

// lastEnd reads what NoteEnd wrote last.
func lastEnd(tx *sql.Tx, id mailout.BatchID, b *mailout.BatchInfo) error {
	err := tx.QueryRow(`SELECT at, detail FROM events WHERE batch = ? AND line = 0 AND kind = 'ended' ORDER BY seq DESC LIMIT 1`, string(id)).
		Scan(moment{&b.EndedAt}, &b.EndReason)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// lastApproved is when a person last approved the batch ?1, as part of a query.
const lastApproved = `coalesce((SELECT max(at) FROM events WHERE batch = ?1 AND line = 0 AND kind = 'approved'), '')`

// Lost counts the rows of a batch whose answers were lost since a person last approved it,
// and that are still unknown. Rows that a process took along when it died do not count: they
// say nothing of the portal, and a kill needs no new approval.
func (l *Ledger) Lost(ctx context.Context, id mailout.BatchID) (n int, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT count(*) FROM rows r INDEXED BY rows_by_state CROSS JOIN attempts a ON a.ref = r.ref
		WHERE r.batch = ?1 AND r.state = 'unknown' AND a.code <> 'ended' AND a.ended_at >= `+lastApproved, string(id)).Scan(&n)
	return n, l.wrap("counting lost answers", err)
}

// Begun reports whether anything of a batch may have reached the portal, now or before a
// person found that it had not. What was withdrawn before it was sent has no attempt, and
// what is proved not sent is none.
func (l *Ledger) Begun(ctx context.Context, id mailout.BatchID) (begun bool, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM attempts WHERE batch = ? AND outcome <> 'not-sent')`, string(id)).Scan(&begun)
	return begun, l.wrap("looking whether anything was sent", err)
}

// Out counts the rows of a batch that have gone out since a person last approved it. A row
// that is planned again, or was withdrawn, has not.
func (l *Ledger) Out(ctx context.Context, id mailout.BatchID) (n int, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT count(*) FROM rows r JOIN attempts a ON a.ref = r.ref
		WHERE r.batch = ?1 AND r.state NOT IN ('planned','skipped') AND a.outcome <> 'not-sent' AND a.begun_at >= `+lastApproved, string(id)).Scan(&n)
	return n, l.wrap("counting what has gone out", err)
}
