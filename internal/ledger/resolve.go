package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"batch/internal/mailout"
)

// Resolve writes what a person found about an unknown row. Absent is possible when
// absentAfter has passed since the last byte can have left, and never after present; the
// row is then planned again, and its next attempt gets a new Ref.
func (l *Ledger) Resolve(ctx context.Context, batch mailout.BatchID, line int, v mailout.Verdict, absentAfter time.Duration, by string) error {
	now := l.now()
	return l.tx(ctx, "resolving the row", func(tx *sql.Tx) error {
		p, err := rowAt(tx, batch, line)
		if err != nil {
			return err
		}
		if p.state != mailout.Unknown {
			return &ResolveError{State: p.state, Message: fmt.Sprintf("the row is %s, not unknown: there is nothing to resolve", p.state)}
		}
		switch v {
		case mailout.VerdictAbsent:
		case mailout.VerdictPresent:
			return addEvent(tx, event{at: stamp(now), batch: batch, line: line, kind: "present", from: p.state, to: p.state, ref: p.ref, detail: by})
		default:
			return fmt.Errorf("%q is no verdict: it is %q or %q", v, mailout.VerdictPresent, mailout.VerdictAbsent)
		}
		if err := absentAllowed(tx, p, now, absentAfter); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE attempts SET dropped_at = ? WHERE ref = ?`, stamp(now), string(p.ref)); err != nil {
			return err
		}
		p.ref = ""
		return move(tx, &p, mailout.Absent, stamp(now), by)
	})
}

// ResolveError says why a row cannot be resolved that way now.
type ResolveError struct {
	State    mailout.State
	Message  string
	Possible time.Time // from when on it can be; zero: never
}

func (e *ResolveError) Error() string { return e.Message }

func absentAllowed(tx *sql.Tx, p place, now time.Time, after time.Duration) error {
	var present int
	if err := tx.QueryRow(`SELECT count(*) FROM events WHERE batch = ? AND line = ? AND kind = 'present' AND ref = ?`, string(p.batch), p.line, string(p.ref)).Scan(&present); err != nil {
		return err
	}
	if present > 0 {
		return &ResolveError{State: p.state, Message: "the row was said to be present at the portal: it waits for its status change and cannot be absent too"}
	}
	var last time.Time
	if err := tx.QueryRow(`SELECT coalesce(last_byte, ended_at, begun_at) FROM attempts WHERE ref = ?`, string(p.ref)).Scan(moment{&last}); err != nil {
		return err
	}
	if possible := last.Add(after); now.Before(possible) {
		return &ResolveError{State: p.state, Message: "too early: the portal may still be working on it", Possible: possible}
	}
	return nil
}
