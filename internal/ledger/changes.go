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
	err := l.share(context.WithoutCancel(ctx), &step{doing: "recording a status change", do: func(tx writer, _ int64) error {
		p, err := l.whose(tx, c, &t, now)
		if err != nil {
			return err
		}
		if t.Kind == mailout.TakenForeign {
			return countStranger(tx, c, &t, now)
		}
		t.Batch, t.Line, t.Key, t.State = p.batch, p.line, p.key, p.state
		if err := afterPurge(tx, c, &t); err != nil {
			return err
		}
		if err := noteChange(tx, c, &t, now); err != nil {
			return err
		}
		if err := noteSigners(tx, p, c, &t); err != nil {
			return err
		}
		if t.Kind == mailout.TakenDuplicate {
			if err := endDuplicate(tx, p, c, now); err != nil {
				return err
			}
		}
		if t.Pending, err = pending(tx, c.JobID); err != nil {
			return err
		}
		t.Files, err = filesOf(tx, c.JobID)
		return err
	}})
	return t, err
}

// pending reports whether a change of a job waits for its confirmation that is an end, or may
// be one: of a status that this program does not know.
func pending(tx writer, job mailout.JobID) (is bool, err error) {
	err = tx.QueryRow(`SELECT count(*) > 0 FROM changes WHERE job_id = ? AND status <> ? AND confirmed_at IS NULL`, int64(job), string(mailout.InProgress)).Scan(&is)
	return is, err
}

func countStranger(tx writer, c mailout.Change, t *mailout.Taken, now string) error {
	if _, err := tx.Exec(`INSERT INTO strangers (job_id, queue, first_at) VALUES (?,?,?) ON CONFLICT DO NOTHING`, int64(c.JobID), c.Queue, now); err != nil {
		return err
	}
	if err := raise(tx, mailout.Alarm{Kind: mailout.AlarmStrange, JobID: c.JobID,
		Detail: fmt.Sprintf("%s handed out job %d, which is not ours; it was left unconfirmed", c.Where(), c.JobID)}, now); err != nil {
		return err
	}
	// Whose alarm a person has laid to rest is known to be there: it stops nobody any more.
	return tx.QueryRow(`SELECT count(*) FROM strangers s JOIN alarms a ON a.kind = ? AND a.batch = '' AND a.line = 0 AND a.job_id = s.job_id
		WHERE s.queue = ? AND a.laid_at IS NULL`, string(mailout.AlarmStrange), c.Queue).Scan(&t.Strangers)
}

func noteChange(tx writer, c mailout.Change, t *mailout.Taken, now string) error {
	var confirmed time.Time
	err := tx.QueryRow(`SELECT confirmed_at FROM changes WHERE job_id = ? AND fingerprint = ?`, int64(c.JobID), t.Fingerprint).Scan(moment{&confirmed})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	t.Confirmed = !confirmed.IsZero()
	first := errors.Is(err, sql.ErrNoRows)
	// A change that comes back was not confirmed after all: the portal is believed.
	_, err = tx.Exec(`INSERT INTO changes (job_id, fingerprint, batch, line, sender, queue, status, final, first_at, last_at, cancel_url, delete_url) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (job_id, fingerprint) DO UPDATE SET last_at = excluded.last_at, times = times + 1, confirmed_at = NULL, cancel_url = excluded.cancel_url, delete_url = excluded.delete_url`,
		int64(c.JobID), t.Fingerprint, string(t.Batch), t.Line, string(c.Sender), c.Queue, string(c.Status), c.Status.Final(), stamp(c.TakenAt), stamp(c.TakenAt), c.CancellationURL, c.DeleteURL)
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
func noteSigners(tx writer, p place, c mailout.Change, t *mailout.Taken) error {
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
// file is there that came whole, which a person looks at. A row that is over stays as it is;
// where the change says otherwise of whether all have signed, that is an alarm.
func (l *Ledger) Conclude(ctx context.Context, t mailout.Taken, c mailout.Change) (mailout.State, error) {
	e, final := c.Event()
	if !final {
		return t.State, nil
	}
	now := stamp(l.now())
	state := t.State
	err := l.share(context.WithoutCancel(ctx), &step{doing: "ending a row", do: func(tx writer, _ int64) error {
		if err := layFetched(tx, c.JobID, now); err != nil || t.Kind != mailout.TakenOurs {
			return err
		}
		p, err := rowAt(tx, t.Batch, t.Line)
		if err != nil || p.state.Final() {
			state = p.state
			return errors.Join(err, contradicted(tx, p, t, c, now))
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
	}})
	return state, err
}

// contradicted raises the alarm of a row that is over, and of whose job the portal now says the
// opposite: that all have signed, or that they have not. The row's state stays.
func contradicted(tx writer, p place, t mailout.Taken, c mailout.Change, now string) error {
	signed := c.Status == mailout.Completed
	if !p.state.Final() || signed == (p.state == mailout.Signed) {
		return nil
	}
	says := "its job has failed"
	switch {
	case signed && t.Purged:
		says = "all have signed its job; nothing was kept, for the batch is purged"
	case signed:
		says = "all have signed its job; the document is kept"
	}
	return raise(tx, mailout.Alarm{Kind: mailout.AlarmRevived, Batch: p.batch, Line: p.line, JobID: c.JobID,
		Detail: fmt.Sprintf("the row is %s, and stays so, yet the portal says now that %s", p.state, says)}, now)
}

// layFetched lays the alarms to rest of a job of which all is kept now; not that of a doubtful
// file that came whole, where there is one.
func layFetched(tx writer, job mailout.JobID, now string) error {
	_, err := tx.Exec(`UPDATE alarms SET laid_at = ?1, note = 'all that the portal offers is kept now'
		WHERE (kind = ?4 OR kind = ?2 AND NOT EXISTS (SELECT 1 FROM files WHERE job_id = ?3 AND doubt <> '' AND partial = 0)) AND job_id = ?3 AND laid_at IS NULL`,
		now, string(mailout.AlarmDoubtful), int64(job), string(mailout.AlarmDeadline))
	return err
}

// TryConfirm notes that a change is about to be confirmed: an empty queue later then
// means that the confirmation arrived, whatever its answer was. again is true when it was
// tried before.
func (l *Ledger) TryConfirm(ctx context.Context, t mailout.Taken, job mailout.JobID) (again bool, err error) {
	if err := l.failure(); err != nil {
		return false, err
	}
	if _, err := l.unreplaced(); err != nil {
		return false, err
	}
	err = l.share(ctx, &step{doing: "noting a confirmation", do: func(tx writer, _ int64) error {
		var before time.Time
		if err := tx.QueryRow(`SELECT tried_at FROM changes WHERE job_id = ? AND fingerprint = ?`, int64(job), t.Fingerprint).Scan(moment{&before}); err != nil {
			return err
		}
		again = !before.IsZero()
		_, err := tx.Exec(`UPDATE changes SET tried_at = ? WHERE job_id = ? AND fingerprint = ?`, stamp(l.now()), int64(job), t.Fingerprint)
		return err
	}})
	if err == nil {
		err = l.failure() // somebody else's step failed while this one waited: nothing more is said
	}
	return again, err
}

// Confirmed commits that the portal took the confirmation.
func (l *Ledger) Confirmed(ctx context.Context, t mailout.Taken, job mailout.JobID) error {
	now := stamp(l.now())
	return l.share(context.WithoutCancel(ctx), &step{doing: "writing a confirmation", do: func(tx writer, _ int64) error {
		if _, err := tx.Exec(`UPDATE changes SET confirmed_at = ? WHERE job_id = ? AND fingerprint = ?`, now, int64(job), t.Fingerprint); err != nil {
			return err
		}
		return addEvent(tx, event{at: now, batch: t.Batch, line: t.Line, kind: "confirmed", from: t.State, to: t.State, job: job})
	}})
}
