package ledger

import (
	"context"
	"iter"
	"time"

	"batch/internal/mailout"
)

// mayExpire says of rows that the portal may end their jobs by a moment: as soon as a job can
// end at all. What its signers did may put it off, which only the row itself tells.
const mayExpire = `iif(available_seconds = 0 AND deadline_at IS NOT NULL, unixepoch(deadline_at),
	(SELECT unixepoch(begun_at) FROM attempts a WHERE a.ref = rows.ref) + iif(available_seconds > 0, available_seconds, ?)) <= ?`

// Expiring reads the rows of a batch whose jobs the portal is expected to end by a moment (see
// [mailout.Record.ExpiresAt]), in the manifest's order.
func (l *Ledger) Expiring(ctx context.Context, batch mailout.BatchID, by time.Time) iter.Seq2[mailout.Record, error] {
	rows := l.records(ctx, true, `batch = ?1 AND line IN (SELECT line FROM rows WHERE batch = ?1 AND state = 'created' AND `+mayExpire+`)`,
		string(batch), int64(mailout.DefaultAvailable/time.Second), by.Unix())
	return func(yield func(mailout.Record, error) bool) {
		for r, err := range rows {
			ends := r.ExpiresAt()
			if err == nil && (ends.IsZero() || ends.After(by)) {
				continue
			}
			if !yield(r, err) {
				return
			}
		}
	}
}
