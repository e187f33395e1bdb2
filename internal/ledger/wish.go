package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"batch/internal/mailout"
)

// WishCancelled writes that a person wishes rows of a batch cancelled; said tells who and
// why. What is planned is withdrawn at once, in the transaction that an intent to send it
// would need; what is being sent, unknown or created keeps the wish, which goes out as soon
// as there is a job. What is over stays as it is. It may be said again, which has the
// portal asked again whatever it had answered: as long as the status change has not come,
// nothing proves that the job is cancelled.
//
// Of a batch that was never approved nothing was sent or will be: ErrNotApproved.
func (l *Ledger) WishCancelled(ctx context.Context, batch mailout.BatchID, lines []int, said string) error {
	return l.tx(ctx, "writing what is to be cancelled", func(tx *sql.Tx) error {
		state, err := batchState(tx, batch)
		if err != nil {
			return err
		}
		if state != mailout.Approved && state != mailout.Stopped && state != mailout.Done {
			return mailout.ErrNotApproved
		}
		now := stamp(l.now())
		for _, line := range lines {
			p, err := rowAt(tx, batch, line)
			if err == nil && !p.state.Final() {
				err = wishRow(tx, &p, said, now)
			}
			if err != nil {
				return fmt.Errorf("line %d: %w", line, err)
			}
		}
		return nil
	})
}

// wishRow withdraws a row, or keeps the wish. One that was tried before and is planned
// again keeps it too: should a job come to light all the same, it is cancelled.
func wishRow(tx *sql.Tx, p *place, said, now string) error {
	tried := p.state != mailout.Planned
	if !tried {
		if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM attempts WHERE batch = ? AND line = ?)`, string(p.batch), p.line).Scan(&tried); err != nil {
			return err
		}
	}
	if tried {
		if err := putWish(tx, *p, 0, said, now); err != nil {
			return err
		}
	}
	if p.state == mailout.Planned {
		return move(tx, p, mailout.Withdraw, now, said)
	}
	return noteWish(tx, *p, p.job, "cancel wished", said, now)
}

// putWish keeps a wish: of the row's own job, or of the one that is named.
func putWish(tx *sql.Tx, p place, job mailout.JobID, said, now string) error {
	_, err := tx.Exec(`INSERT INTO wishes (batch, line, job_id, at, said) VALUES (?,?,?,?,?)
		ON CONFLICT (batch, line, job_id) DO UPDATE SET at = excluded.at, said = excluded.said, answer = '', code = ''`,
		string(p.batch), p.line, int64(job), now, said)
	return err
}

func noteWish(tx *sql.Tx, p place, job mailout.JobID, kind, detail, now string) error {
	return addEvent(tx, event{at: now, batch: p.batch, line: p.line, kind: kind, from: p.state, to: p.state, ref: p.ref, job: job, detail: detail})
}

// withdrawWished withdraws a row that came back to planned, because its call had no effect
// or a person found no job, while there is a wish that it be cancelled.
func withdrawWished(tx writer, p *place, now string) error {
	var said string
	err := tx.QueryRow(`SELECT said FROM wishes WHERE batch = ? AND line = ? AND job_id = 0`, string(p.batch), p.line).Scan(&said)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return move(tx, p, mailout.Withdraw, now, said)
}

// WishJobCancelled writes that a person wishes one job of ours cancelled, by its id, a
// proven duplicate above all, and tells whose it is. ErrNoJob where the ledger knows no such
// job; one of a stranger is never cancelled.
func (l *Ledger) WishJobCancelled(ctx context.Context, job mailout.JobID, said string) (w mailout.Wish, err error) {
	err = l.tx(ctx, "writing what is to be cancelled", func(tx *sql.Tx) error {
		p, err := placeOfJob(tx, job)
		if err != nil {
			return err
		}
		w = mailout.Wish{Batch: p.batch, Line: p.line, Key: p.key, State: p.state, Job: job, Duplicate: p.job != job, Said: said}
		now := stamp(l.now())
		if w.Duplicate {
			if err := putWish(tx, p, job, said, now); err != nil {
				return err
			}
			return noteWish(tx, p, job, "cancel wished", fmt.Sprintf("of job %d, %s", job, said), now)
		}
		if p.state.Final() {
			return nil
		}
		return wishRow(tx, &p, said, now)
	})
	return w, err
}

// placeOfJob finds the row that a job belongs to: as its own, or as a duplicate. Of a job
// of ours whose row the ledger does not know, the place is what its reference says.
func placeOfJob(tx *sql.Tx, job mailout.JobID) (place, error) {
	p, err := scanPlace(tx.QueryRow(`SELECT `+placeColumns+` FROM rows WHERE job_id = ?`, int64(job)))
	if !errors.Is(err, ErrNoRow) {
		return p, err
	}
	err = tx.QueryRow(`SELECT batch, line FROM changes WHERE job_id = ?1 AND batch <> ''
		UNION ALL SELECT batch, line FROM alarms WHERE job_id = ?1 AND batch <> '' LIMIT 1`, int64(job)).Scan((*string)(&p.batch), &p.line)
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNoJob
	}
	if err != nil {
		return p, err
	}
	known, err := rowAt(tx, p.batch, p.line)
	if errors.Is(err, ErrNoRow) {
		return p, nil
	}
	return known, err
}

// BeginCancel notes that the portal is about to be asked to cancel a job, so that an answer
// of "too late" can later be told from the echo of an earlier call, and takes the wish's
// turn: it goes behind all others. ask is false where there is nothing to ask any more: the
// row is over, or the wish was answered.
func (l *Ledger) BeginCancel(ctx context.Context, w mailout.Wish) (ask bool, err error) {
	if err := l.failure(); err != nil {
		return false, err
	}
	now := stamp(l.now())
	err = l.tx(ctx, "noting a cancellation", func(tx *sql.Tx) error {
		p, err := placeOfJob(tx, w.Job)
		if err != nil || (!w.Duplicate && p.state != mailout.Created) {
			return err
		}
		res, err := tx.Exec(`UPDATE wishes SET turn = 1 + (SELECT max(turn) FROM wishes WHERE answer = ''), possible = possible + 1
			WHERE batch = ? AND line = ? AND job_id = ? AND answer = ''`, string(w.Batch), w.Line, keyOf(w))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		ask = true
		return noteWish(tx, p, w.Job, "cancel asked", fmt.Sprintf("of job %d", w.Job), now)
	})
	return ask && err == nil, err
}

// keyOf is the job that a wish is kept under.
func keyOf(w mailout.Wish) int64 {
	if w.Duplicate {
		return int64(w.Job)
	}
	return 0
}

// SettleCancel writes what the portal answered. Without a kind the answer was lost, and
// Message says why: the wish stays open, and the portal is asked again. The row's state
// follows from its status change alone. The alarm of a duplicate that is cancelled is laid
// to rest.
func (l *Ledger) SettleCancel(ctx context.Context, w mailout.Wish, a mailout.Answer) error {
	now := stamp(l.now())
	return l.tx(context.WithoutCancel(ctx), "writing the answer to a cancellation", func(tx *sql.Tx) error {
		p, err := placeOfJob(tx, w.Job)
		if err != nil {
			return err
		}
		no := a.Kind != "" && a.Kind != mailout.AnswerGranted // this call has cancelled nothing
		if _, err := tx.Exec(`UPDATE wishes SET answer = ?, code = ?, possible = possible - ? WHERE batch = ? AND line = ? AND job_id = ? AND answer = ''`,
			string(a.Kind), a.Code, no, string(w.Batch), w.Line, keyOf(w)); err != nil {
			return err
		}
		if w.Duplicate && a.Kind == mailout.AnswerGranted {
			if err := layDuplicate(tx, p, w.Job, now); err != nil {
				return err
			}
		}
		return noteWish(tx, p, w.Job, "cancel answered", answerDetail(w, a), now)
	})
}

// answerDetail tells an answer; w is the wish as it was before the call.
func answerDetail(w mailout.Wish, a mailout.Answer) (s string) {
	switch w.Answer = a.Kind; {
	case w.Echo():
		s = "the job is over: it was too late, or an earlier call has cancelled it"
	case a.Kind == mailout.AnswerGranted:
		s = "cancelled; the status change follows"
	case a.Kind == mailout.AnswerDeclined:
		s = "too late: the job is over"
	case a.Kind == mailout.AnswerGone:
		s = "too late: the portal does not have the job any more"
	case a.Kind == mailout.AnswerRefused:
		s = "refused: it is not asked again by itself"
	default:
		s = "no answer, it is asked again"
	}
	if a.Message != "" {
		s += " (" + a.Message + ")"
	}
	return s
}

// layDuplicate lays the alarm of a duplicate to rest that was cancelled at a person's wish.
func layDuplicate(tx writer, p place, job mailout.JobID, now string) error {
	_, err := tx.Exec(`UPDATE alarms SET laid_at = ?1, note = 'cancelled, ' || w.said FROM wishes w
		WHERE w.batch = alarms.batch AND w.line = alarms.line AND w.job_id = alarms.job_id
		AND alarms.kind = ?2 AND alarms.batch = ?3 AND alarms.line = ?4 AND alarms.job_id = ?5 AND alarms.laid_at IS NULL`,
		now, string(mailout.AlarmDuplicate), string(p.batch), p.line, int64(job))
	return err
}

// endDuplicate has the alarm of a duplicate follow what became of the job, whatever was answered
// to a call: it rests where the job was cancelled at a person's wish. Where all have signed it,
// it is open again if it rests because a cancellation was granted.
func endDuplicate(tx writer, p place, c mailout.Change, now string) error {
	switch e, _ := c.Event(); e {
	case mailout.Cancel:
		return layDuplicate(tx, p, c.JobID, now)
	case mailout.Complete:
		_, err := tx.Exec(`UPDATE alarms SET laid_at = NULL, note = '', at = ?1 WHERE kind = ?2 AND batch = ?3 AND line = ?4 AND job_id = ?5 AND laid_at IS NOT NULL
			AND EXISTS (SELECT 1 FROM wishes w WHERE w.batch = ?3 AND w.line = ?4 AND w.job_id = ?5 AND alarms.note = 'cancelled, ' || w.said)`,
			now, string(mailout.AlarmDuplicate), string(p.batch), p.line, int64(c.JobID))
		return err
	}
	return nil
}
