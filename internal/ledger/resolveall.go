package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"batch/internal/mailout"
)

// RowFinding is what a person found about one of many rows.
type RowFinding struct {
	Row string // as a person names it; not looked at where there is a Ref
	mailout.Finding
}

// errAnyFault ends a transaction whose faults are told one by one.
var errAnyFault = errors.New("a finding does not hold")

// ResolveAll writes what a person found about many rows, as Resolve does: all of it, or with
// faults nothing. faults are by the index in all; each is a *ResolveError or ErrNoRow. What
// was written before, or has settled itself meanwhile, changes nothing, so that the same
// list may be given again; changed counts the others.
func (l *Ledger) ResolveAll(ctx context.Context, batch mailout.BatchID, all []RowFinding, absentAfter time.Duration) (changed int, faults map[int]error, err error) {
	now := l.now()
	faults = map[int]error{}
	err = l.tx(ctx, "resolving rows", func(tx *sql.Tx) error {
		seen := map[int]bool{}
		for i, f := range all {
			done, err := resolveOne(tx, batch, f, seen, now, absentAfter)
			re := (*ResolveError)(nil)
			switch {
			case errors.As(err, &re), errors.Is(err, ErrNoRow):
				faults[i] = err
			case err != nil:
				return err
			case done:
				changed++
			}
		}
		if len(faults) > 0 {
			return errAnyFault
		}
		return nil
	})
	if errors.Is(err, errAnyFault) {
		return 0, faults, nil
	}
	return changed, faults, err
}

// resolveOne settles one row of a list; done is false where it was settled before.
func resolveOne(tx *sql.Tx, batch mailout.BatchID, f RowFinding, seen map[int]bool, now time.Time, absentAfter time.Duration) (done bool, err error) {
	p, err := foundRow(tx, batch, f)
	if err != nil {
		return false, err
	}
	if seen[p.line] {
		return false, &ResolveError{State: p.state, Message: "the row stands in the list twice"}
	}
	seen[p.line] = true
	if before, err := settledBefore(tx, p, f); err != nil || before {
		return false, err
	}
	return true, resolve(tx, p, f.Finding, now, absentAfter)
}

// foundRow finds the row that a finding is about. Where both the reference and the key are
// given they must be of one row: who sorts one column of a sheet mixes up all others. A key
// that the books do not have may be masked.
func foundRow(tx *sql.Tx, batch mailout.BatchID, f RowFinding) (place, error) {
	key, err := rowNamed(tx, batch, f.Row)
	if f.Ref == "" {
		return key, err
	}
	if err != nil && !errors.Is(err, ErrNoRow) {
		return key, err
	}
	p, err2 := scanPlace(tx.QueryRow(`SELECT r.batch, r.line, r.key, r.state, coalesce(r.ref,''), coalesce(r.job_id,0)
		FROM attempts a JOIN rows r ON r.batch = a.batch AND r.line = a.line WHERE a.ref = ? AND a.batch = ?`, string(f.Ref), string(batch)))
	if err2 == nil && err == nil && key.line != p.line {
		return p, &ResolveError{State: p.state, Message: fmt.Sprintf("the reference is that of line %d, the row that is named beside it stands in line %d", p.line, key.line)}
	}
	return p, err2
}

func rowNamed(tx *sql.Tx, batch mailout.BatchID, row string) (place, error) {
	where, arg, err := rowQuery(row)
	if err != nil {
		return place{}, ErrNoRow
	}
	return scanPlace(tx.QueryRow(`SELECT `+placeColumns+` FROM rows WHERE batch = ? AND `+where, string(batch), arg))
}

// settledBefore reports whether a finding was written before, or has come true by itself:
// a job that was found absent is dropped, one that was found present is noted or has come.
func settledBefore(tx *sql.Tx, p place, f RowFinding) (before bool, err error) {
	if f.Verdict == mailout.VerdictPresent {
		if p.job != 0 {
			return f.Job == 0 || f.Job == p.job, nil
		}
		err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM events WHERE batch = ?1 AND line = ?2 AND kind = 'present' AND ref = ?3)
			AND (?4 = 0 OR EXISTS (SELECT 1 FROM attempts WHERE ref = ?3 AND seen_job = ?4))`,
			string(p.batch), p.line, string(p.ref), int64(f.Job)).Scan(&before)
		return before, err
	}
	if f.Ref == "" && p.state == mailout.Unknown {
		return false, nil // what was dropped is another attempt
	}
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM attempts WHERE batch = ? AND line = ? AND dropped_at IS NOT NULL AND ? IN ('', ref))`,
		string(p.batch), p.line, string(f.Ref)).Scan(&before)
	return before, err
}
