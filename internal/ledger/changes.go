package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"batch/internal/mailout"
)

// TakeChange records a status change: it finds the row, adopts the job where the row had
// none, and writes the signers' statuses. It does not end the row: Conclude does, once
// what the portal offers is kept. Handling a change twice changes nothing.
func (l *Ledger) TakeChange(ctx context.Context, c mailout.Change) (mailout.Taken, error) {
	now := stamp(l.now())
	t := mailout.Taken{Fingerprint: fingerprint(c)}
	err := l.tx(context.WithoutCancel(ctx), "recording a status change", func(tx *sql.Tx) error {
		p, err := l.whose(tx, c, &t, now)
		if err != nil {
			return err
		}
		if t.Kind == mailout.TakenForeign {
			return countStranger(tx, c, &t, now)
		}
		t.Batch, t.Line, t.Key, t.State = p.batch, p.line, p.key, p.state
		if err := noteChange(tx, c, &t, now); err != nil {
			return err
		}
		if err := noteSigners(tx, p, c, &t); err != nil {
			return err
		}
		if e, _ := c.Event(); t.Kind == mailout.TakenDuplicate && e == mailout.Cancel {
			// It was cancelled, whatever was answered to the call.
			if err := layDuplicate(tx, p, c.JobID, now); err != nil {
				return err
			}
		}
		if t.Pending, err = pending(tx, c.JobID); err != nil {
			return err
		}
		t.Files, err = filesOf(tx, c.JobID)
		return err
	})
	return t, err
}

// pending reports whether the final change of a job waits for its confirmation.
func pending(tx *sql.Tx, job mailout.JobID) (is bool, err error) {
	err = tx.QueryRow(`SELECT count(*) > 0 FROM changes WHERE job_id = ? AND final = 1 AND confirmed_at IS NULL`, int64(job)).Scan(&is)
	return is, err
}

// whose finds the change's row, by the job's id first and by the Ref else, and adopts
// where the row has no job yet, whichever of its attempts made it.
func (l *Ledger) whose(tx *sql.Tx, c mailout.Change, t *mailout.Taken, now string) (place, error) {
	t.Kind = mailout.TakenOurs
	p, err := scanPlace(tx.QueryRow(`SELECT `+placeColumns+` FROM rows WHERE job_id = ?`, int64(c.JobID)))
	if !errors.Is(err, ErrNoRow) {
		return p, err
	}
	p, err = scanPlace(tx.QueryRow(`SELECT r.batch, r.line, r.key, r.state, coalesce(r.ref,''), coalesce(r.job_id,0)
		FROM attempts a JOIN rows r ON r.batch = a.batch AND r.line = a.line WHERE a.ref = ?`, string(c.Ref)))
	switch {
	case errors.Is(err, ErrNoRow):
		return l.stranger(tx, c, t, now)
	case err != nil:
		return p, err
	case p.job != 0:
		return duplicate(tx, p, c, t, now)
	}
	return adopt(tx, p, c, t, now)
}

// stranger tells a change of ours that the ledger does not know from somebody else's.
func (l *Ledger) stranger(tx *sql.Tx, c mailout.Change, t *mailout.Taken, now string) (place, error) {
	parts, ok := c.Ref.Parse()
	if !ok || parts.Workspace != l.workspace {
		t.Kind = mailout.TakenForeign
		return place{}, nil
	}
	t.Kind = mailout.TakenMissing
	p := place{batch: parts.Batch, line: parts.Line, key: fmt.Sprint(parts.Line)}
	return p, raise(tx, mailout.Alarm{Kind: mailout.AlarmMissing, Batch: parts.Batch, Line: parts.Line, JobID: c.JobID,
		Detail: fmt.Sprintf("job %d carries a reference of this workspace that the ledger does not know", c.JobID)}, now)
}

func duplicate(tx *sql.Tx, p place, c mailout.Change, t *mailout.Taken, now string) (place, error) {
	t.Kind = mailout.TakenDuplicate
	detail := fmt.Sprintf("job %d is a second job for this row; the first is job %d", c.JobID, p.job)
	if p.job == 0 {
		detail = fmt.Sprintf("job %d is a second job for the same letter: another row has the first", c.JobID)
	}
	return p, raiseDuplicate(tx, p, c, detail, now)
}

func raiseDuplicate(tx *sql.Tx, p place, c mailout.Change, detail, now string) error {
	return raise(tx, mailout.Alarm{Kind: mailout.AlarmDuplicate, Batch: p.batch, Line: p.line, JobID: c.JobID, Detail: detail}, now)
}

// adopt gives the row the change's job. It does so even when the job is that of an
// earlier attempt, said to be absent: a row that has a job is not sent again. Where the
// newest attempt may have made a job too, that is an alarm.
func adopt(tx *sql.Tx, p place, c mailout.Change, t *mailout.Taken, now string) (place, error) {
	before := p
	p.job, p.ref = c.JobID, c.Ref
	err := move(tx, &p, mailout.Adopt, now, "a status change brought the job")
	if errors.Is(err, mailout.ErrRepeat) { // the same letter went out by another row meanwhile
		return duplicate(tx, before, c, t, now)
	}
	if err != nil {
		return before, err
	}
	if _, err := tx.Exec(`UPDATE attempts SET job_id = ?, dropped_at = NULL WHERE ref = ?`, int64(c.JobID), string(c.Ref)); err != nil {
		return p, err
	}
	if _, err := tx.Exec(`UPDATE rows SET code = '', message = '' WHERE batch = ? AND line = ?`, string(p.batch), p.line); err != nil {
		return p, err
	}
	if inDoubt := before.state == mailout.Sending || before.state == mailout.Unknown; inDoubt && before.ref != c.Ref {
		return p, raiseDuplicate(tx, p, c, fmt.Sprintf("job %d was made by an attempt that was said to be absent; the row was sent again, so there may be a second job", c.JobID), now)
	}
	if before.state == mailout.Refused || before.state == mailout.Cancelled {
		return p, raise(tx, mailout.Alarm{Kind: mailout.AlarmRevived, Batch: p.batch, Line: p.line, JobID: c.JobID,
			Detail: fmt.Sprintf("the row was %s, yet the portal has job %d for it", before.state, c.JobID)}, now)
	}
	return p, nil
}

func countStranger(tx *sql.Tx, c mailout.Change, t *mailout.Taken, now string) error {
	if _, err := tx.Exec(`INSERT INTO strangers (job_id, queue, first_at) VALUES (?,?,?) ON CONFLICT DO NOTHING`, int64(c.JobID), c.Queue, now); err != nil {
		return err
	}
	if err := tx.QueryRow(`SELECT count(*) FROM strangers WHERE queue = ?`, c.Queue).Scan(&t.Strangers); err != nil {
		return err
	}
	return raise(tx, mailout.Alarm{Kind: mailout.AlarmStrange, JobID: c.JobID,
		Detail: fmt.Sprintf("the queue %q handed out job %d, which is not ours; it was left unconfirmed", c.Queue, c.JobID)}, now)
}

func noteChange(tx *sql.Tx, c mailout.Change, t *mailout.Taken, now string) error {
	var confirmed time.Time
	err := tx.QueryRow(`SELECT confirmed_at FROM changes WHERE job_id = ? AND fingerprint = ?`, int64(c.JobID), t.Fingerprint).Scan(moment{&confirmed})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	t.Confirmed = !confirmed.IsZero()
	first := errors.Is(err, sql.ErrNoRows)
	// A change that comes back was not confirmed after all: the portal is believed.
	_, err = tx.Exec(`INSERT INTO changes (job_id, fingerprint, batch, line, sender, queue, status, final, first_at, last_at, cancel_url) VALUES (?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (job_id, fingerprint) DO UPDATE SET last_at = excluded.last_at, times = times + 1, confirmed_at = NULL, cancel_url = excluded.cancel_url`,
		int64(c.JobID), t.Fingerprint, string(t.Batch), t.Line, string(c.Sender), c.Queue, string(c.Status), c.Status.Final(), stamp(c.TakenAt), stamp(c.TakenAt), c.CancellationURL)
	if err != nil || !first {
		return err
	}
	return addEvent(tx, event{at: now, batch: t.Batch, line: t.Line, kind: "change", from: t.State, to: t.State, ref: c.Ref, job: c.JobID, detail: changeDetail(c)})
}

func changeDetail(c mailout.Change) string {
	s := string(c.Status) + " (signers:"
	for _, sc := range c.Signers {
		s += " " + string(sc.Status)
	}
	return s + ")"
}

// noteSigners tells the change's signers apart, and writes what they did where the row is
// the change's and not over.
func noteSigners(tx *sql.Tx, p place, c mailout.Change, t *mailout.Taken) error {
	booked, err := signersOf(tx, p.batch, p.line)
	if err != nil {
		return err
	}
	row := make([]mailout.Signer, len(booked))
	for i, s := range booked {
		row[i] = s.Signer
	}
	t.Signers = mailout.NumberSigners(row, c.Signers)
	if t.Kind != mailout.TakenOurs || p.state.Final() {
		return nil
	}
	for i, sc := range c.Signers {
		// An unconfirmed change comes again, perhaps after a newer one: it turns nobody back.
		if _, err := tx.Exec(`UPDATE signers SET status = ?1, since = ?2 WHERE batch = ?3 AND line = ?4 AND n = ?5
			AND (since IS NULL OR ?2 IS NULL OR since <= ?2)`,
			string(sc.Status), stampOrNull(sc.Since), string(p.batch), p.line, t.Signers[i]); err != nil {
			return err
		}
	}
	return nil
}

// fingerprint tells one change of a job from another: its status and its signers'. The
// numbers of signers go in hashed, with the rest, and do not come out.
func fingerprint(c mailout.Change) string {
	h := sha256.New()
	io.WriteString(h, string(c.Status))
	for _, s := range c.Signers {
		fmt.Fprintf(h, "|%s|%s|%s|%s|%d", s.Status, s.NationalID.Reveal(), s.Email.Reveal(), s.Mobile.Reveal(), s.Since.Unix())
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Conclude ends a row as its final change says. The caller has kept what was offered: the
// alarm is laid to rest that something of it could not be fetched before, unless a doubtful
// file is there, which a person looks at. A row that is over stays as it is.
func (l *Ledger) Conclude(ctx context.Context, t mailout.Taken, c mailout.Change) (mailout.State, error) {
	e, final := c.Event()
	if !final {
		return t.State, nil
	}
	now := stamp(l.now())
	state := t.State
	err := l.tx(context.WithoutCancel(ctx), "ending a row", func(tx *sql.Tx) error {
		if err := layFetched(tx, c.JobID, now); err != nil || t.Kind != mailout.TakenOurs {
			return err
		}
		p, err := rowAt(tx, t.Batch, t.Line)
		if err != nil || p.state.Final() {
			state = p.state
			return err
		}
		if err := move(tx, &p, e, now, c.Cause()); err != nil {
			return err
		}
		state = p.state
		if e == mailout.Complete {
			return nil
		}
		_, err = tx.Exec(`UPDATE rows SET cause = ? WHERE batch = ? AND line = ?`, c.Cause(), string(p.batch), p.line)
		return err
	})
	return state, err
}

// layFetched lays the alarm to rest of a job of which all is kept now, and nothing doubtful.
func layFetched(tx *sql.Tx, job mailout.JobID, now string) error {
	_, err := tx.Exec(`UPDATE alarms SET laid_at = ?1, note = 'all that the portal offers is kept now'
		WHERE kind = ?2 AND job_id = ?3 AND laid_at IS NULL AND NOT EXISTS (SELECT 1 FROM files WHERE job_id = ?3 AND doubt <> '')`,
		now, string(mailout.AlarmDoubtful), int64(job))
	return err
}

// TryConfirm notes that a change is about to be confirmed: an empty queue later then
// means that the confirmation arrived, whatever its answer was. again is true when it was
// tried before.
func (l *Ledger) TryConfirm(ctx context.Context, t mailout.Taken, job mailout.JobID) (again bool, err error) {
	err = l.tx(ctx, "noting a confirmation", func(tx *sql.Tx) error {
		var before time.Time
		if err := tx.QueryRow(`SELECT tried_at FROM changes WHERE job_id = ? AND fingerprint = ?`, int64(job), t.Fingerprint).Scan(moment{&before}); err != nil {
			return err
		}
		again = !before.IsZero()
		_, err := tx.Exec(`UPDATE changes SET tried_at = ? WHERE job_id = ? AND fingerprint = ?`, stamp(l.now()), int64(job), t.Fingerprint)
		return err
	})
	return again, err
}

// Confirmed commits that the portal took the confirmation.
func (l *Ledger) Confirmed(ctx context.Context, t mailout.Taken, job mailout.JobID) error {
	now := stamp(l.now())
	return l.tx(context.WithoutCancel(ctx), "writing a confirmation", func(tx *sql.Tx) error {
		if _, err := tx.Exec(`UPDATE changes SET confirmed_at = ? WHERE job_id = ? AND fingerprint = ?`, now, int64(job), t.Fingerprint); err != nil {
			return err
		}
		return addEvent(tx, event{at: now, batch: t.Batch, line: t.Line, kind: "confirmed", from: t.State, to: t.State, job: job})
	})
}

// EmptyQueue says that a queue was empty at a moment. A change whose confirmation was
// tried and lost would have come back ten minutes after its poll: what is not there
// twelve minutes later is confirmed.
func (l *Ledger) EmptyQueue(ctx context.Context, sender mailout.OrgNumber, queue string, at time.Time) error {
	return l.tx(ctx, "noting an empty queue", func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE changes SET confirmed_at = ? WHERE sender = ? AND queue = ? AND confirmed_at IS NULL AND tried_at IS NOT NULL AND last_at < ?`,
			stamp(at), string(sender), queue, stamp(at.Add(-12*time.Minute)))
		return err
	})
}
