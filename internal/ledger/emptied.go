package ledger

import (
	"context"
	"database/sql"
	"time"

	"batch/internal/mailout"
)

// confirmedAfter is how long after its poll a change whose confirmation was tried has not come
// back that was lost: the portal hands it out again after ten minutes (portal-api.md, "Status
// changes").
const confirmedAfter = 12 * time.Minute

// awaited says of changes that their confirmation is waited for: they are final, of a batch of
// ours, and no person knows of their job as of one that the books will never have.
const awaited = `final = 1 AND confirmed_at IS NULL AND changes.batch IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM alarms k WHERE k.kind = 'ledger-not-whole' AND k.batch = changes.batch AND k.line = changes.line AND k.job_id = changes.job_id AND k.laid_at IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM rows WHERE rows.job_id = changes.job_id))`

// Unconfirmed counts the final changes of a batch, or with no id of all, whose confirmation
// was not answered. last is when the newest of them was taken; by the time until, all of them
// have come again or are known to be confirmed, if their queues are polled and answer.
func (l *Ledger) Unconfirmed(ctx context.Context, batch mailout.BatchID) (n int, last, until time.Time, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT count(*), max(last_at), max(max(last_at, coalesce((SELECT at FROM polls_lost p WHERE p.sender = changes.sender AND p.queue = changes.queue), '')))
		FROM changes WHERE `+awaited+` AND (?1 = '' OR batch = ?1)`, string(batch)).Scan(&n, moment{&last}, moment{&until})
	if n > 0 {
		until = until.Add(confirmedAfter)
	}
	return n, last, until, l.wrap("counting confirmations", err)
}

// PollLost notes that the answer of a poll of a queue was lost at a moment. It may have carried
// a change that was tried to be confirmed, which is out of the queue again for ten minutes.
func (l *Ledger) PollLost(ctx context.Context, sender mailout.OrgNumber, queue string, at time.Time) error {
	return l.tx(context.WithoutCancel(ctx), "noting a poll without an answer", func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO polls_lost (sender, queue, at) VALUES (?,?,?) ON CONFLICT DO UPDATE SET at = excluded.at`, string(sender), queue, stamp(at))
		return err
	})
}

// pollsKilled notes the same of every queue that a change is awaited from: the last speaker was
// killed, perhaps in the middle of a poll.
func (l *Ledger) pollsKilled(tx *sql.Tx) error {
	_, err := tx.Exec(`INSERT INTO polls_lost (sender, queue, at) SELECT DISTINCT sender, queue, ?1 FROM changes INDEXED BY changes_open
		WHERE confirmed_at IS NULL AND tried_at IS NOT NULL
		ON CONFLICT DO UPDATE SET at = excluded.at`, stamp(l.now()))
	return err
}

// ended says of changes that another one ended their job and was confirmed, and that no signed
// document which they offer is missing here.
const ended = `EXISTS (SELECT 1 FROM changes d WHERE d.job_id = changes.job_id AND d.final = 1 AND d.confirmed_at IS NOT NULL)
	AND (status <> 'COMPLETED_SUCCESSFULLY' OR EXISTS (SELECT 1 FROM files f WHERE f.job_id = changes.job_id AND f.signer = 0 AND f.state = 'kept' AND f.doubt = '' AND f.job_status <> 'FAILED'))`

// EmptyQueue says that a queue was empty at a moment. A change whose confirmation was
// tried and lost would have come back before confirmedAfter: what is not there then is
// confirmed, unless a poll's answer was lost in that time, and the change perhaps with it. So is
// one that was not tried, if another that ended its job was confirmed: an end may come again in
// other words, of a signer's status above all, and with the one the job is gone. What is not
// fetched by then, and the portal is about to delete, is an alarm.
func (l *Ledger) EmptyQueue(ctx context.Context, sender mailout.OrgNumber, queue string, at time.Time) error {
	return l.tx(ctx, "noting an empty queue", func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE changes SET confirmed_at = ?1, tried_at = coalesce(tried_at, ?1) WHERE sender = ?2 AND queue = ?3 AND confirmed_at IS NULL AND last_at < ?4
			AND (tried_at IS NOT NULL OR `+ended+`)
			AND NOT EXISTS (SELECT 1 FROM polls_lost WHERE sender = ?2 AND queue = ?3 AND at >= ?4)`,
			stamp(at), string(sender), queue, stamp(at.Add(-confirmedAfter)))
		if err != nil {
			return err
		}
		if err := noteEmpty(tx, sender, queue, at); err != nil {
			return err
		}
		return missed(tx, sender, queue, at)
	})
}
