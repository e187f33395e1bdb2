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
// otherwise. A sent.log that is not the ledger's own, or an older copy of it, proves
// nothing: all that was sending is unknown. Where sent.log knows more than the ledger, nothing is touched and
// ErrOlderLedger returned: an older copy was put back, and nothing may be sent from it.
func (l *Ledger) Recover(ctx context.Context) (mailout.Recovered, error) {
	var found mailout.Recovered
	said, err := l.sent.Read()
	if err != nil {
		return found, l.wrap("reading sent.log", err)
	}
	if err := l.compare(ctx, said); err != nil {
		return found, err
	}
	whole, err := l.wholeLog(ctx, said)
	if err != nil {
		return found, err
	}
	now := stamp(l.now())
	err = l.tx(ctx, "taking up what was left", func(tx *sql.Tx) error {
		left, err := sendingRows(tx)
		if err != nil {
			return err
		}
		for _, s := range left {
			e, outcome, detail := mailout.Lose, mailout.OutcomeUnknown, "the program ended while sending"
			if whole && said.at[s.ref] != s.begun {
				e, outcome, detail = mailout.NotSent, mailout.OutcomeNotSent, "the program ended before the first byte"
				found.NotSent++
			} else {
				found.Unknown++
			}
			if err := move(tx, &s.place, e, now, detail); err != nil {
				return err
			}
			if _, err := tx.Exec(`UPDATE attempts SET ended_at = ?, outcome = ?, code = 'ended' WHERE ref = ?`, now, string(outcome), string(s.ref)); err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}

// Whole looks, without touching anything, whether sent.log knows more than the ledger:
// then it returns ErrOlderLedger, and neither the books nor a new plan can be relied on.
func (l *Ledger) Whole(ctx context.Context) error {
	said, err := l.sent.Read()
	if err != nil {
		return l.wrap("reading sent.log", err)
	}
	return l.compare(ctx, said)
}

// compare looks for Refs of this workspace in sent.log that have no attempt here.
func (l *Ledger) compare(ctx context.Context, said said) error {
	unknown := 0
	for ref := range said.at {
		if p, _ := ref.Parse(); p.Workspace != l.workspace {
			continue // another workspace's line, copied here by hand
		}
		var n int
		err := l.read.QueryRowContext(ctx, `SELECT 1 FROM attempts WHERE ref = ?`, string(ref)).Scan(&n)
		if errors.Is(err, sql.ErrNoRows) {
			unknown++
		} else if err != nil {
			return l.wrap("comparing with sent.log", err)
		}
	}
	if unknown > 0 {
		return fmt.Errorf("%w: %d references in sent.log are not in it", ErrOlderLedger, unknown)
	}
	return nil
}

// wholeLog reports whether sent.log can prove that something was not sent: it is the one
// that this ledger began, and knows every attempt that was certainly answered.
func (l *Ledger) wholeLog(ctx context.Context, said said) (bool, error) {
	if !said.began[l.workspace] {
		return false, nil
	}
	rows, err := l.read.QueryContext(ctx, `SELECT ref FROM attempts WHERE outcome IN ('accepted','refused')`)
	if err != nil {
		return false, l.wrap("comparing with sent.log", err)
	}
	defer rows.Close()
	for rows.Next() {
		var ref mailout.Ref
		if err := rows.Scan((*string)(&ref)); err != nil {
			return false, l.wrap("comparing with sent.log", err)
		}
		if _, ok := said.at[ref]; !ok {
			return false, nil
		}
	}
	return true, l.wrap("comparing with sent.log", rows.Err())
}

type sendingRow struct {
	place
	begun string
}

func sendingRows(tx *sql.Tx) ([]sendingRow, error) {
	rows, err := tx.Query(`SELECT r.batch, r.line, r.key, r.state, r.ref, a.begun_at FROM rows r JOIN attempts a ON a.ref = r.ref WHERE r.state = 'sending'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []sendingRow
	for rows.Next() {
		var s sendingRow
		if err := rows.Scan((*string)(&s.batch), &s.line, &s.key, (*string)(&s.state), (*string)(&s.ref), &s.begun); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
