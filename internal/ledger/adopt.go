package ledger

import (
	"database/sql"
	"errors"
	"fmt"

	"batch/internal/mailout"
)

// whose finds the change's row, by the job's id first and by the Ref else, and adopts
// where the row has no job yet, whichever of its attempts made it.
func (l *Ledger) whose(tx writer, c mailout.Change, t *mailout.Taken, now string) (place, error) {
	t.Kind = mailout.TakenOurs
	p, err := scanPlace(tx.QueryRow(`SELECT `+placeColumns+` FROM rows WHERE job_id = ?`, int64(c.JobID)))
	if !errors.Is(err, ErrNoRow) {
		return p, err
	}
	at, err := attemptOf(tx, c)
	if errors.Is(err, ErrNoRow) {
		return l.stranger(tx, c, t, now)
	}
	if err != nil {
		return p, err
	}
	// Where a person read the job's number, he may have read it wrong. Where books were
	// rebuilt by line numbers, it may not be the manifest that was sent.
	same, typed := true, c.Ref == ""
	if typed || at.byLine {
		if same, err = samePeople(tx, at.place, c); err != nil {
			return at.place, err
		}
	}
	switch {
	case typed && !same:
		return l.stranger(tx, c, t, now)
	case at.job != 0:
		return duplicate(tx, at.place, c, t, now)
	case !same:
		return missing(tx, at.place, c, t, now, fmt.Sprintf("job %d is of other people than line %d of the manifest names: it is not the manifest that was sent", c.JobID, at.line))
	}
	return adopt(tx, at, c, t, now)
}

// attempt is one that a change belongs to, with its row as it stands.
type attempt struct {
	place
	byLine bool          // its row was found by the line number alone
	seen   mailout.JobID // the job that a person read in the sender portal
}

// attemptOf finds the attempt that made a change's job: by the Ref; or where the portal
// gives none, by the id that a person has read in the sender portal.
func attemptOf(tx writer, c mailout.Change) (a attempt, err error) {
	err = tx.QueryRow(`SELECT r.batch, r.line, r.key, r.state, coalesce(r.ref,''), coalesce(r.job_id,0), a.by_line, coalesce(a.seen_job,0)
		FROM attempts a JOIN rows r ON r.batch = a.batch AND r.line = a.line WHERE a.ref = ?1 OR (?1 = '' AND a.seen_job = ?2) LIMIT 1`, string(c.Ref), int64(c.JobID)).
		Scan((*string)(&a.batch), &a.line, &a.key, (*string)(&a.state), (*string)(&a.ref), (*int64)(&a.job), &a.byLine, (*int64)(&a.seen))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoRow
	}
	return a, err
}

// stranger tells a change of ours that the ledger does not know from somebody else's.
func (l *Ledger) stranger(tx writer, c mailout.Change, t *mailout.Taken, now string) (place, error) {
	parts, ok := c.Ref.Parse()
	if !ok || parts.Workspace != l.workspace {
		t.Kind = mailout.TakenForeign
		return place{}, nil
	}
	at, found, err := regained(tx, c, parts, now)
	if err != nil {
		return place{}, err
	}
	if found {
		return adopt(tx, at, c, t, now)
	}
	return missing(tx, place{batch: parts.Batch, line: parts.Line, key: fmt.Sprint(parts.Line)}, c, t, now,
		fmt.Sprintf("job %d carries a reference of this workspace that the ledger does not know", c.JobID))
}

// missing leaves a change to a person: it proves that the books are not the whole truth. Who
// has laid that alarm to rest knows of the job.
func missing(tx writer, p place, c mailout.Change, t *mailout.Taken, now, detail string) (place, error) {
	t.Kind = mailout.TakenMissing
	if err := raise(tx, mailout.Alarm{Kind: mailout.AlarmMissing, Batch: p.batch, Line: p.line, JobID: c.JobID, Detail: detail}, now); err != nil {
		return p, err
	}
	return p, tx.QueryRow(`SELECT laid_at IS NOT NULL FROM alarms WHERE kind = ? AND batch = ? AND line = ? AND job_id = ?`,
		string(mailout.AlarmMissing), string(p.batch), p.line, int64(c.JobID)).Scan(&t.Laid)
}

func duplicate(tx writer, p place, c mailout.Change, t *mailout.Taken, now string) (place, error) {
	t.Kind = mailout.TakenDuplicate
	detail := fmt.Sprintf("job %d is a second job for this row; the first is job %d", c.JobID, p.job)
	if p.job == 0 {
		detail = fmt.Sprintf("job %d is a second job for the same letter: another row has the first", c.JobID)
	}
	return p, raiseDuplicate(tx, p, c, detail, now)
}

func raiseDuplicate(tx writer, p place, c mailout.Change, detail, now string) error {
	return raise(tx, mailout.Alarm{Kind: mailout.AlarmDuplicate, Batch: p.batch, Line: p.line, JobID: c.JobID, Detail: detail}, now)
}

// adopt gives the row the change's job. It does so even when the job is that of an
// earlier attempt, said to be absent: a row that has a job is not sent again. Where the
// newest attempt may have made a job too, that is an alarm.
func adopt(tx writer, at attempt, c mailout.Change, t *mailout.Taken, now string) (place, error) {
	before, p := at.place, at.place
	p.job = c.JobID
	if c.Ref != "" {
		p.ref = c.Ref
	}
	err := move(tx, &p, mailout.Adopt, now, "a status change brought the job")
	if errors.Is(err, mailout.ErrRepeat) { // the same letter went out by another row meanwhile
		return duplicate(tx, before, c, t, now)
	}
	if err != nil {
		return before, err
	}
	if _, err := tx.Exec(`UPDATE attempts SET job_id = ?, dropped_at = NULL WHERE ref = ?`, int64(c.JobID), string(p.ref)); err != nil {
		return p, err
	}
	if _, err := tx.Exec(`UPDATE rows SET code = '', message = '' WHERE batch = ? AND line = ?`, string(p.batch), p.line); err != nil {
		return p, err
	}
	if err := layMissing(tx, p, now); err != nil {
		return p, err
	}
	if err := takeAlong(tx, p, now); err != nil {
		return p, err
	}
	return p, raiseDoubts(tx, at, p, c, now)
}

// raiseDoubts raises the alarms of a row that adopted a job against what was believed.
func raiseDoubts(tx writer, before attempt, p place, c mailout.Change, now string) error {
	inDoubt := before.state == mailout.Sending || before.state == mailout.Unknown
	switch {
	case inDoubt && before.ref != p.ref:
		return raiseDuplicate(tx, p, c, fmt.Sprintf("job %d was made by an attempt that was said to be absent; the row was sent again, so there may be a second job", c.JobID), now)
	case before.seen != 0 && before.seen != c.JobID:
		return raiseDuplicate(tx, p, c, fmt.Sprintf("its reference brought job %d, but a person read job %d for it in the sender portal, so there may be two", c.JobID, before.seen), now)
	case before.state == mailout.Refused || before.state == mailout.Cancelled:
		return raise(tx, mailout.Alarm{Kind: mailout.AlarmRevived, Batch: p.batch, Line: p.line, JobID: c.JobID,
			Detail: fmt.Sprintf("the row was %s, yet the portal has job %d for it", before.state, c.JobID)}, now)
	}
	return nil
}
