package ledger

import (
	"database/sql"
	"errors"

	"batch/internal/mailout"
)

// place is a row and the few of its columns that transitions read.
type place struct {
	batch mailout.BatchID
	line  int
	key   string
	state mailout.State
	ref   mailout.Ref
	job   mailout.JobID
	queue string // of a row that is about to be sent: where its changes will come; else empty
}

const placeColumns = `batch, line, key, state, coalesce(ref, ''), coalesce(job_id, 0)`

func scanPlace(row *sql.Row) (p place, err error) {
	err = row.Scan((*string)(&p.batch), &p.line, &p.key, (*string)(&p.state), (*string)(&p.ref), (*int64)(&p.job))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoRow
	}
	return p, err
}

func rowAt(tx asker, batch mailout.BatchID, line int) (place, error) {
	return scanPlace(tx.QueryRow(`SELECT `+placeColumns+` FROM rows WHERE batch = ? AND line = ?`, string(batch), line))
}

// move takes a row through one event and writes it into the history. It is the only
// statement that changes a row's state. A row that is sent forgets why it was refused
// before. One that it brings back to planned and that a person wishes cancelled is
// withdrawn, so that no intent can ever find it.
func move(tx writer, p *place, e mailout.Event, now, detail string) error {
	to, err := mailout.Next(p.state, e)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE rows SET state = ?1, since = ?2, ref = nullif(?3, ''), job_id = nullif(?4, 0), queue = iif(?5 = '', queue, ?5),
		code = iif(?1 = 'sending', '', code), message = iif(?1 = 'sending', '', message) WHERE batch = ?6 AND line = ?7`,
		string(to), now, string(p.ref), int64(p.job), p.queue, string(p.batch), p.line)
	if isUnique(err) {
		return mailout.ErrRepeat
	}
	if err != nil {
		return err
	}
	from := p.state
	p.state = to
	if err := addEvent(tx, event{at: now, batch: p.batch, line: p.line, kind: string(e), from: from, to: to, ref: p.ref, job: p.job, detail: detail}); err != nil {
		return err
	}
	if to == mailout.Planned {
		return withdrawWished(tx, p, now)
	}
	return settleBatch(tx, p.batch, from, to)
}

// settleBatch keeps a batch's state true after one of its rows moved: done when the
// last row is final, approved again when a change revived a row of a done batch.
func settleBatch(tx writer, id mailout.BatchID, from, to mailout.State) error {
	switch {
	case to.Final():
		_, err := tx.Exec(`UPDATE batches SET state = 'done', stop_reason = '' WHERE id = ? AND state IN ('approved','stopped')
			AND NOT EXISTS (SELECT 1 FROM rows WHERE batch = batches.id AND state IN ('planned','sending','unknown','created'))`, string(id))
		return err
	case from.Final():
		_, err := tx.Exec(`UPDATE batches SET state = 'approved' WHERE id = ? AND state = 'done'`, string(id))
		return err
	}
	return nil
}

type event struct {
	at       string
	batch    mailout.BatchID
	line     int
	kind     string
	from, to mailout.State
	ref      mailout.Ref
	job      mailout.JobID
	detail   string
}

func addEvent(tx writer, e event) error {
	_, err := tx.Exec(`INSERT INTO events (at, batch, line, kind, from_state, to_state, ref, job_id, detail) VALUES (?,?,?,?,?,?,nullif(?,''),nullif(?,0),?)`,
		e.at, string(e.batch), e.line, e.kind, string(e.from), string(e.to), string(e.ref), int64(e.job), e.detail)
	return err
}

// raise adds an alarm; the same one twice is one. A job may be doubtful for one file after
// the other, a row come back in another way, sent.log be cut again, and one more copy of the books
// have sent a row: where a person has laid the first to rest, another one is open again. So is
// the same one about sent.log once it was whole in between.
func raise(tx writer, a mailout.Alarm, now string) error {
	_, err := tx.Exec(`INSERT INTO alarms (at, kind, batch, line, job_id, detail) VALUES (?,?,?,?,?,?)
		ON CONFLICT DO UPDATE SET at = excluded.at, detail = excluded.detail, laid_at = NULL, note = '', used_at = NULL
		WHERE (kind IN (?, ?, ?) OR kind = ? AND job_id = 0) AND laid_at IS NOT NULL AND (detail <> excluded.detail OR used_at IS NOT NULL)`,
		now, string(a.Kind), string(a.Batch), a.Line, int64(a.JobID), a.Detail, string(mailout.AlarmDoubtful), string(mailout.AlarmRevived), string(mailout.AlarmSentLog), string(mailout.AlarmMissing))
	return err
}
