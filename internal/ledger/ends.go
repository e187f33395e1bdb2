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

// Lost counts the rows of a batch whose answers were lost since a person last approved it,
// and that are still unknown. Rows that a process took along when it died do not count: they
// say nothing of the portal, and a kill needs no new approval.
func (l *Ledger) Lost(ctx context.Context, id mailout.BatchID) (n int, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT count(*) FROM rows r INDEXED BY rows_by_state CROSS JOIN attempts a ON a.ref = r.ref
		WHERE r.batch = ?1 AND r.state = 'unknown' AND a.code <> 'ended' AND a.ended_at >=
			coalesce((SELECT max(at) FROM events WHERE batch = ?1 AND line = 0 AND kind = 'approved'), '')`, string(id)).Scan(&n)
	return n, l.wrap("counting lost answers", err)
}
