package ledger

import (
	"database/sql"
	"fmt"
	"time"

	"batch/internal/mailout"
)

// What the portal alone has is worked out whenever somebody reads, from what the books have
// anyway: the danger is greatest where nobody follows any more, and so nobody writes. Only once
// a queue was emptied, and a document is missing all the same, an alarm is written that a
// person can lay to rest.

// notKept says of changes c that what the job offers is not kept here: the document of a job
// that all have signed, or whatever a row still waits for whose job is over. (What comes of a
// purged batch is not kept.)
const notKept = `c.final = 1 AND c.confirmed_at IS NULL AND NOT EXISTS (SELECT 1 FROM batches b WHERE b.id = c.batch AND b.state = 'purged')
	AND (EXISTS (SELECT 1 FROM rows r WHERE r.job_id = c.job_id AND r.state = 'created')
		OR c.status = 'COMPLETED_SUCCESSFULLY' AND NOT EXISTS (SELECT 1 FROM files f WHERE f.job_id = c.job_id AND f.signer = 0 AND f.state = 'kept' AND f.doubt = '' AND f.job_status <> 'FAILED'))`

// overSince is when the job of a change c was over: when the last of its signers did something,
// if it is a row's own, and when its change first came at the latest.
const overSince = `min(c.first_at, coalesce((SELECT max(s.since) FROM rows r JOIN signers s ON s.batch = r.batch AND s.line = r.line WHERE r.job_id = c.job_id), c.first_at))`

// deadlines are what a batch has at the portal alone. What an alarm of its own was raised for is
// not counted again.
func deadlines(q asker, batch mailout.BatchID, now time.Time) (d mailout.Deadlines, err error) {
	err = q.QueryRow(`SELECT count(DISTINCT c.job_id), coalesce(min(`+overSince+`), '') FROM changes c INDEXED BY changes_open WHERE c.batch = ? AND `+notKept+`
		AND NOT EXISTS (SELECT 1 FROM alarms a WHERE a.kind = 'deadline' AND a.job_id = c.job_id)`, string(batch)).Scan(&d.Signed.Jobs, moment{&d.Signed.Since})
	if err != nil {
		return d, err
	}
	waits, err := waiting(q, batch)
	if err != nil {
		return d, err
	}
	for _, w := range waits {
		u, err := w.unasked(q, batch, now)
		if err != nil {
			return d, err
		}
		d.Unasked.Jobs += u.Jobs
		if u.Jobs > 0 && (d.Unasked.Since.IsZero() || u.Since.Before(d.Unasked.Since)) {
			d.Unasked.Since = u.Since
		}
	}
	return d, nil
}

// wait is what rows of a batch wait for: what one queue brings.
type wait struct {
	sender mailout.OrgNumber
	queue  string
	rows   int
	since  time.Time // nothing was signed before that has not come: the queue was empty, or the batch was not approved yet
}

func waiting(q asker, batch mailout.BatchID) (all []wait, err error) {
	rows, err := q.Query(`SELECT t.sender, t.queue, sum(t.n), coalesce(b.approved_at, b.created_at),
		(SELECT at FROM queues_empty e WHERE e.sender = t.sender AND e.queue = t.queue)
		FROM tally t JOIN batches b ON b.id = t.batch WHERE t.batch = ? AND t.state IN ('created','sending','unknown') AND t.n > 0 GROUP BY t.sender, t.queue`, string(batch))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var w wait
		var empty time.Time
		if err := rows.Scan((*string)(&w.sender), &w.queue, &w.rows, moment{&w.since}, moment{&empty}); err != nil {
			return nil, err
		}
		// A change that a lost poll had taken out of the queue came back a while after that.
		if known := empty.Add(-confirmedAfter); known.After(w.since) {
			w.since = known
		}
		all = append(all, w)
	}
	return all, rows.Err()
}

// unasked says since when an answer to one of these rows may have been missed. As long as that
// cannot be long ago nobody looks at the rows themselves, which may have been sent later.
func (w wait) unasked(q asker, batch mailout.BatchID, now time.Time) (u mailout.Unfetched, err error) {
	u = mailout.Unfetched{Jobs: w.rows, Since: w.since}
	if !u.Warned(now) {
		return u, nil
	}
	var first time.Time
	err = q.QueryRow(`SELECT count(*), coalesce(min(a.begun_at), '') FROM rows r INDEXED BY rows_by_state JOIN attempts a ON a.ref = r.ref
		WHERE r.batch = ? AND r.state IN ('created','sending','unknown') AND r.sender = ? AND r.queue = ?`, string(batch), string(w.sender), w.queue).Scan(&u.Jobs, moment{&first})
	if first.After(u.Since) {
		u.Since = first
	}
	return u, err
}

// deadlineAlarms are those that no one has raised: of batches that somebody must look at, while
// nobody follows. They have no number, and end by themselves.
func deadlineAlarms(q asker, now time.Time) (all []mailout.Alarm, err error) {
	rows, err := q.Query(`SELECT DISTINCT batch FROM tally WHERE n > 0 AND state IN ('created','sending','unknown')
		UNION SELECT batch FROM changes WHERE confirmed_at IS NULL AND batch <> '' ORDER BY batch`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var batches []mailout.BatchID
	for rows.Next() {
		var id mailout.BatchID
		if err := rows.Scan((*string)(&id)); err != nil {
			return nil, err
		}
		batches = append(batches, id)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, id := range batches {
		d, err := deadlines(q, id, now)
		if err != nil {
			return nil, err
		}
		if d.Alarmed(now) {
			all = append(all, mailout.Alarm{At: now, Kind: mailout.AlarmDeadline, Batch: id, Detail: d.Alarm(now)})
		}
	}
	return all, nil
}

// missed raises the alarm of each job of a queue whose document is still not here although the
// queue was found empty, and which the portal is about to delete.
func missed(tx *sql.Tx, sender mailout.OrgNumber, queue string, now time.Time) error {
	rows, err := tx.Query(`SELECT coalesce(c.batch, ''), coalesce(c.line, 0), c.job_id, min(`+overSince+`) FROM changes c INDEXED BY changes_open
		WHERE c.sender = ? AND c.queue = ? AND `+notKept+` GROUP BY c.job_id`, string(sender), queue)
	if err != nil {
		return err
	}
	defer rows.Close()
	var late []mailout.Alarm
	for rows.Next() {
		a := mailout.Alarm{Kind: mailout.AlarmDeadline}
		u := mailout.Unfetched{Jobs: 1}
		if err := rows.Scan((*string)(&a.Batch), &a.Line, (*int64)(&a.JobID), moment{&u.Since}); err != nil {
			return err
		}
		if u.Alarmed(now) {
			a.Detail = fmt.Sprintf("the signed document of job %d could not be fetched: the job was over on %s, and the portal deletes it from %s on",
				a.JobID, u.Since.Format(time.DateOnly), u.DeletedFrom().Format(time.DateOnly))
			late = append(late, a)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, a := range late {
		if err := raise(tx, a, stamp(now)); err != nil {
			return err
		}
	}
	return nil
}

// noteEmpty notes that a queue was empty, not oftener than once an hour: it is asked for weeks.
func noteEmpty(tx *sql.Tx, sender mailout.OrgNumber, queue string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO queues_empty (sender, queue, at) VALUES (?1,?2,?3) ON CONFLICT DO UPDATE SET at = excluded.at WHERE at < ?4 OR at > ?3`,
		string(sender), queue, stamp(at), stamp(at.Add(-time.Hour)))
	return err
}
