package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"batch/internal/mailout"
)

// What sent.log can prove depends on whether it is the log that this ledger wrote, all of
// it. Each intent that was given out is covered by a note in the ledger of how far the log
// went (see round), so that a start need only look at what lies behind that. A log that does
// not reach the note is cut, an older copy, or another one; a line behind it that the ledger
// does not know means that the ledger is an older copy.

// logCheck is what comparing sent.log with the ledger came to.
type logCheck struct {
	noted  bool   // the ledger had noted how far the log went
	fits   bool   // the log is the one that this ledger wrote, all of it
	end    logEnd // how far its whole lines go; with the turn that was noted
	before logEnd // what was noted
	said   said   // what it says: behind the note, or all of it where it was not noted or does not fit
	older  int    // attempts that it names and the ledger does not know
}

// proves reports whether the log shows that an attempt was not sent: the one that began at
// that moment, in that turn.
func (c logCheck) proves(ref mailout.Ref, begun string, turn int64) bool {
	at, named := c.said.at[ref]
	said := named && (at == begun || at == "")
	return c.fits && !said && !(c.noted && turn <= c.end.turn)
}

// checkLog compares sent.log with the ledger: what was added since it was noted, or, where
// it was not noted or does not fit, all of it.
//
// A speaker may write beside it: what was noted is read before the log, and the attempts
// that lines name are looked for after. q is of one moment, or of the first one.
func (l *Ledger) checkLog(q asker) (c logCheck, err error) {
	if c.before, c.noted, c.fits, err = l.noted(q); err != nil {
		return c, err
	}
	var from int64
	if c.fits {
		from = c.before.bytes
	}
	err = l.readLog(&c, from)
	if err == nil && !c.noted {
		c.fits, err = l.knowsAnswered(q, c.said)
	}
	return c, err
}

// noted is how far the log went when the ledger noted it, and whether it reaches that far, with
// the same end there.
func (l *Ledger) noted(q asker) (before logEnd, noted, fits bool, err error) {
	err = q.QueryRow(`SELECT bytes, digest, turn FROM sent_log`).Scan(&before.bytes, hexDigest{&before.digest}, &before.turn)
	if errors.Is(err, sql.ErrNoRows) {
		return before, false, false, nil
	}
	if err == nil {
		fits, err = l.sent.reaches(before)
	}
	return before, true, fits, err
}

// readLog reads the log behind so many bytes.
func (l *Ledger) readLog(c *logCheck, from int64) error {
	c.said = newSaid()
	end, err := l.sent.each(from, func(line string) error {
		c.said.add(line)
		return nil
	})
	if err != nil {
		return err
	}
	if c.older, err = l.unknownTo(c.said); err != nil {
		return err
	}
	c.end, err = l.sent.endAt(end)
	c.end.turn = c.before.turn
	return err
}

// unknownTo counts the attempts that a log names and the ledger does not know. Of a Ref that
// was begun more than once its last line counts: the clock may have been put back between.
func (l *Ledger) unknownTo(said said) (n int, err error) {
	attempt, err := l.read.Prepare(`SELECT begun_at FROM attempts WHERE ref = ?`)
	if err != nil {
		return 0, err
	}
	defer attempt.Close()
	for ref, at := range said.at {
		if p, _ := ref.Parse(); p.Workspace != l.workspace {
			continue // another workspace's, copied here by hand
		}
		known, err := knows(attempt, entry{ref: ref, at: at})
		if err != nil {
			return n, err
		}
		if !known {
			n++
		}
	}
	return n, nil
}

// knows reports whether the ledger has the attempt of a line. It has not where there is none
// of that Ref, and where the Ref was begun once more, later than the ledger knows, as it is
// after a call that was proved not sent.
func knows(attempt *sql.Stmt, e entry) (bool, error) {
	var begun string
	err := attempt.QueryRow(string(e.ref)).Scan(&begun)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return isTorn(e.at) || e.at <= begun, err
}

// isTorn reports whether the moment of a line is not whole, or was never written.
func isTorn(at string) bool { return len(at) < len(timeLayout) }

// knowsAnswered reports whether a log, of which the ledger has not noted how far it went,
// can be its own: it begins with it, and has every attempt that was certainly answered.
func (l *Ledger) knowsAnswered(q asker, said said) (bool, error) {
	if !said.began[l.workspace] {
		return false, nil
	}
	rows, err := q.Query(`SELECT ref FROM attempts WHERE outcome IN ('accepted','refused')`)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var ref mailout.Ref
		if err := rows.Scan((*string)(&ref)); err != nil {
			return false, err
		}
		if _, ok := said.at[ref]; !ok {
			return false, nil
		}
	}
	return true, rows.Err()
}

// asOlder is the error of a log that names so many attempts more than the ledger.
func asOlder(n int) error {
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%w: attempts at sending that sent.log names and it does not: %d", ErrOlderLedger, n)
}

// noteLog notes how far sent.log goes.
func noteLog(tx writer, end logEnd) error {
	_, err := tx.Exec(`INSERT INTO sent_log (one, bytes, digest, turn) VALUES (1, ?, ?, ?)
		ON CONFLICT DO UPDATE SET bytes = excluded.bytes, digest = excluded.digest, turn = max(turn, excluded.turn)`,
		end.bytes, end.digest.String(), end.turn)
	return err
}

// nextTurn is the turn of intents that are about to be written. It makes sure that the books
// are still those that this process has open, and the log the one whose end it knows; where it
// does not know it, it looks.
func (l *Ledger) nextTurn(tx writer) (int64, error) {
	size, err := l.unreplaced()
	if err != nil {
		return 0, err
	}
	if known := l.steps.end; known.bytes > 0 && known.bytes == size {
		return known.turn + 1, nil
	}
	c, err := l.checkLog(tx)
	if err != nil {
		return 0, l.wrap("comparing with sent.log", err)
	}
	if err := asOlder(c.older); err != nil {
		return 0, err
	}
	if !c.fits {
		return 0, ErrSentLog
	}
	return c.end.turn + 1, wholeAgain(tx, stamp(l.now()))
}

// Whole looks, without touching anything, whether sent.log knows more than the ledger:
// then it returns ErrOlderLedger, and neither the books nor a new plan can be relied on.
func (l *Ledger) Whole(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := l.checkLog(l.read)
	if err != nil {
		return l.wrap("comparing with sent.log", err)
	}
	return asOlder(c.older)
}

// LogReport is what every line of sent.log comes to beside every attempt of the ledger.
type LogReport struct {
	Missing int  // attempts that it names and the ledger does not know: the ledger is an older copy
	Fits    bool // it is the ledger's own, and has every attempt that was certainly answered
	Stray   int  // lines that batch did not write; they prove nothing, and hide nothing
}

// Older is ErrOlderLedger where the log knows more than the ledger.
func (r LogReport) Older() error { return asOlder(r.Missing) }

// CompareLog compares all of sent.log with all of the ledger, where a start looks at what
// is new only. It touches nothing.
func (l *Ledger) CompareLog(ctx context.Context) (r LogReport, err error) {
	tx, err := l.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return r, l.wrap("comparing with sent.log", err)
	}
	defer tx.Rollback()
	c, err := l.checkLog(tx)
	if err != nil {
		return r, l.wrap("comparing with sent.log", err)
	}
	r.Fits = c.fits
	var all logCheck
	err = l.readLog(&all, 0)
	if err == nil && r.Fits {
		r.Fits, err = l.knowsAnswered(tx, all.said)
	}
	r.Missing, r.Stray = all.older, all.said.stray()
	return r, l.wrap("comparing with sent.log", err)
}
