package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"batch/internal/mailout"
)

// Recover is the speaker's first act, with the lock in its hand: what an earlier process
// left sending is proved not sent where sent.log has no line of that moment, and unknown
// otherwise. A sent.log that was cut, an older copy of it, or one that is not the ledger's
// own proves nothing: all that was sending is unknown, and no intent is written until a
// person has laid the alarm to rest that this raises, for the ledger may be an older copy
// too. Where sent.log knows more than the ledger, nothing is touched and ErrOlderLedger
// returned: an older copy was put back, and nothing may be sent from it. Books that were
// replaced since this process opened them are an *Error.
func (l *Ledger) Recover(ctx context.Context) (mailout.Recovered, error) {
	var found mailout.Recovered
	if _, err := l.unreplaced(); err != nil {
		return found, err
	}
	killed, err := l.afterCrash(ctx)
	if err != nil {
		return found, err
	}
	now := stamp(l.now())
	err = l.tx(ctx, "taking up what was left", func(tx *sql.Tx) error {
		if err := l.speak(tx, killed); err != nil {
			return err
		}
		c, err := l.checkLog(tx)
		if err != nil {
			return err
		}
		if err := asOlder(c.older); err != nil {
			return err
		}
		if found, err = takeUp(tx, c, now); err != nil {
			return err
		}
		return l.trust(tx, c, now)
	})
	if err != nil {
		return mailout.Recovered{}, err
	}
	return found, nil
}

// takeUp settles what was left sending.
func takeUp(tx *sql.Tx, c logCheck, now string) (found mailout.Recovered, err error) {
	left, err := sendingRows(tx)
	if err != nil {
		return found, err
	}
	for _, s := range left {
		e, outcome, detail := mailout.Lose, mailout.OutcomeUnknown, "the program ended while sending"
		if c.proves(s.ref, s.begun, s.turn) {
			e, outcome, detail = mailout.NotSent, mailout.OutcomeNotSent, "the program ended before the first byte"
			found.NotSent++
		} else {
			found.Unknown++
		}
		if err := move(tx, &s.place, e, now, detail); err != nil {
			return found, err
		}
		if _, err := tx.Exec(`UPDATE attempts SET ended_at = ?, outcome = ?, code = 'ended' WHERE ref = ?`, now, string(outcome), string(s.ref)); err != nil {
			return found, err
		}
	}
	return found, nil
}

// trust notes how far a log goes that fits. Of one that does not it raises an alarm; once a
// person has laid that to rest, what the log lacks is written into it again.
func (l *Ledger) trust(tx *sql.Tx, c logCheck, now string) error {
	if !c.fits {
		a := mailout.Alarm{Kind: mailout.AlarmSentLog, Detail: c.misfit()}
		told, err := toldOf(tx, a)
		if err != nil || !told {
			return errors.Join(err, raise(tx, a, now))
		}
		if c.end, err = l.mend(tx, c); err != nil {
			return err
		}
	}
	if err := wholeAgain(tx, now); err != nil {
		return err
	}
	if c.noted && c.end == c.before {
		return nil
	}
	return noteLog(tx, c.end)
}

// misfit tells what is wrong with a log. The words are the same until the log is whole
// again, so that what a person said of it counts until then and no longer.
func (c logCheck) misfit() string {
	if !c.noted {
		return "sent.log is not the one that belongs to this ledger, or an older copy of it"
	}
	return fmt.Sprintf("sent.log was cut short, or is not the one that belongs to this ledger, or an older copy of it: it had %d bytes when the ledger was last written", c.before.bytes)
}

// toldOf reports whether a person has laid this very alarm to rest, and the log was not whole
// since.
func toldOf(tx *sql.Tx, a mailout.Alarm) (told bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM alarms WHERE kind = ? AND detail = ? AND laid_at IS NOT NULL AND used_at IS NULL)`, string(a.Kind), a.Detail).Scan(&told)
	return told, err
}

// wholeAgain ends the alarm about a log that is whole, and uses up what a person said of it:
// a log that is cut once more is another one's to judge, whoever laid this alarm to rest.
func wholeAgain(tx writer, now string) error {
	_, err := tx.Exec(`UPDATE alarms SET note = iif(laid_at IS NULL, 'sent.log is whole again', note), laid_at = coalesce(laid_at, ?1), used_at = ?1
		WHERE kind = ?2 AND used_at IS NULL`, now, string(mailout.AlarmSentLog))
	return err
}

// mend appends to sent.log what it lacks of the ledger's attempts, and syncs it. What it
// has already stays, whatever it is. A crash before the commit leaves a log that is longer
// and still does not fit: it is mended once more.
func (l *Ledger) mend(tx *sql.Tx, c logCheck) (logEnd, error) {
	rows, err := tx.Query(`SELECT ref, begun_at, batch, coalesce((SELECT letter FROM rows r WHERE r.batch = a.batch AND r.line = a.line), '') FROM attempts a ORDER BY begun_at, ref`)
	if err != nil {
		return logEnd{}, err
	}
	defer rows.Close()
	var lacks []entry
	for rows.Next() {
		var e entry
		var batch mailout.BatchID
		var letter mailout.Digest
		if err := rows.Scan((*string)(&e.ref), &e.at, (*string)(&batch), hexDigest{&letter}); err != nil {
			return logEnd{}, err
		}
		if at, ok := c.said.at[e.ref]; !ok || at != "" && at < e.at {
			e.mark = l.mark(batch, letter)
			lacks = append(lacks, e)
		}
	}
	if err := rows.Err(); err != nil {
		return logEnd{}, err
	}
	if err := l.sent.Begin(l.workspace); err != nil {
		return logEnd{}, err
	}
	end, err := l.sent.Append(lacks...)
	end.turn = c.end.turn
	return end, err
}

type sendingRow struct {
	place
	begun string
	turn  int64
}

// sendingRows are the few that are under way, found by the index of each batch: left to
// itself SQLite reads every row there is.
func sendingRows(tx *sql.Tx) ([]sendingRow, error) {
	rows, err := tx.Query(`SELECT r.batch, r.line, r.key, r.state, r.ref, a.begun_at, a.turn
		FROM batches b CROSS JOIN rows r INDEXED BY rows_by_state ON r.batch = b.id AND r.state = 'sending' CROSS JOIN attempts a ON a.ref = r.ref`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []sendingRow
	for rows.Next() {
		var s sendingRow
		if err := rows.Scan((*string)(&s.batch), &s.line, &s.key, (*string)(&s.state), (*string)(&s.ref), &s.begun, &s.turn); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
