package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"batch/internal/mailout"
)

// RebuildReason is why a batch stands still after its books were rebuilt.
const RebuildReason = "its books were rebuilt from sent.log; look at what was found before more is sent"

// lostAttempt is a line of sent.log that the ledger knows nothing of.
type lostAttempt struct {
	entry
	mailout.RefParts
	known bool // the ledger has the Ref, but not that it was begun once more
}

// lostAttempts reads what sent.log names and the ledger does not know, by batch, in the
// order of lines and attempts.
func (l *Ledger) lostAttempts(tx *sql.Tx) (map[mailout.BatchID][]lostAttempt, error) {
	newest := map[mailout.Ref]entry{}
	_, err := l.sent.each(0, func(line string) error {
		if e, ok := parseEntry(line); ok {
			newest[e.ref] = e
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	begun, err := tx.Prepare(`SELECT begun_at FROM attempts WHERE ref = ?`)
	if err != nil {
		return nil, err
	}
	lost := map[mailout.BatchID][]lostAttempt{}
	for ref, e := range newest {
		a := lostAttempt{entry: e}
		if a.RefParts, _ = ref.Parse(); a.Workspace != l.workspace {
			continue // another workspace's line, copied here by hand
		}
		var at string
		err := begun.QueryRow(string(ref)).Scan(&at)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		if a.known = err == nil; !a.known || !isTorn(e.at) && at < e.at { // as knows says it
			lost[a.Batch] = append(lost[a.Batch], a)
		}
	}
	for _, all := range lost {
		slices.SortFunc(all, func(a, b lostAttempt) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.ref, b.ref))
		})
	}
	return lost, nil
}

// Claims says which batches sent.log knows more of than the ledger, and how each fits a
// batch that was planned anew; with no id, only which they are. In the order of their ids.
func (l *Ledger) Claims(ctx context.Context, planned mailout.BatchID) (claims []mailout.Claim, err error) {
	err = l.tx(ctx, "comparing with sent.log", func(tx *sql.Tx) error {
		if err := l.takeName(tx); err != nil {
			return err
		}
		lost, err := l.lostAttempts(tx)
		if err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(lost)) {
			c, err := l.claim(tx, id, planned, lost[id])
			if err != nil {
				return err
			}
			claims = append(claims, c)
		}
		return nil
	})
	return claims, err
}

func (l *Ledger) claim(tx *sql.Tx, id, planned mailout.BatchID, lost []lostAttempt) (mailout.Claim, error) {
	c := mailout.Claim{Batch: id, Attempts: len(lost)}
	state, err := batchState(tx, id)
	if err != nil && !errors.Is(err, ErrNoBatch) {
		return c, err
	}
	c.Here = err == nil && state != mailout.Draft
	marks, err := l.marks(tx, planned, id)
	for _, a := range lost {
		if !l.checkable(a.mark) {
			continue
		}
		c.Checkable++
		if _, fits := marks[a.mark]; fits {
			c.Proved++
		}
	}
	return c, err
}

// marks are the lines of a batch's rows by what sent.log would say of their letters, were
// the batch called as. Rows that were allowed as repeats have the same letter.
func (l *Ledger) marks(tx *sql.Tx, id, as mailout.BatchID) (map[string][]int, error) {
	rows, err := tx.Query(`SELECT line, letter FROM rows WHERE batch = ? AND letter IS NOT NULL ORDER BY line`, string(id))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	marks := map[string][]int{}
	for rows.Next() {
		var line int
		var letter mailout.Digest
		if err := rows.Scan(&line, hexDigest{&letter}); err != nil {
			return nil, err
		}
		if mark := l.mark(as, letter); mark != "" {
			marks[mark] = append(marks[mark], line)
		}
	}
	return marks, rows.Err()
}

// takeName gives a ledger that has sent nothing the name of the workspace that sent.log is
// of: it was made anew before the log was put back. Where the log is of several, nobody
// knows which is ours.
func (l *Ledger) takeName(tx *sql.Tx) error {
	names := map[string]bool{}
	_, err := l.sent.each(0, func(line string) error {
		if e, ok := parseEntry(line); ok {
			p, _ := e.ref.Parse()
			names[p.Workspace] = true
		}
		return nil
	})
	if err != nil || len(names) != 1 || names[l.workspace] {
		return err
	}
	var sent bool
	if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM attempts)`).Scan(&sent); err != nil || sent {
		return err
	}
	for name := range names {
		if _, err := tx.Exec(`UPDATE meta SET value = ? WHERE key = 'workspace'`, name); err != nil {
			return err
		}
		l.workspace = name
	}
	return nil
}

// Rebuild brings the books up to what sent.log knows, for every batch that the ledger has,
// and for the one that the manifest was planned as: its rows get the id back that their
// Refs were made under, so that answers find them again. as is empty where there is none;
// planned is, where the manifest is lost too: then nothing but the Refs is known.
//
// Every row that sent.log names becomes unknown, whatever the books believed; what no row
// fits is kept as a row of its own, of which nothing but the Ref is known. Every batch with
// rows to send stands still until a person approves: rows may have been withdrawn since,
// which sent.log does not tell. It is all one transaction: a crash leaves the books as they
// were, or rebuilt, and a second time there is nothing to do. The lock is held: while batches
// are missing nothing but this is the speaker's first act (see [Ledger.Recover]).
func (l *Ledger) Rebuild(ctx context.Context, planned, as mailout.BatchID, sender mailout.OrgNumber, queue func(mailout.OrgNumber) string) (all []mailout.Restored, err error) {
	if _, err := l.unreplaced(); err != nil {
		return nil, err
	}
	killed, err := l.afterCrash(ctx)
	if err != nil {
		return nil, err
	}
	err = l.tx(ctx, "rebuilding the books", func(tx *sql.Tx) error {
		if err := l.speak(tx, killed); err != nil {
			return err
		}
		lost, err := l.lostAttempts(tx)
		if err != nil {
			return err
		}
		now := stamp(l.now())
		if as != planned {
			if err := bringBack(tx, planned, as, now); err != nil {
				return err
			}
		}
		for _, id := range slices.Sorted(maps.Keys(lost)) {
			if state, err := batchState(tx, id); errors.Is(err, ErrNoBatch) || state == mailout.Draft {
				continue // its own manifest brings it back
			} else if err != nil {
				return err
			}
			r := restorer{l: l, tx: tx, now: now, sender: sender, queue: queue, Restored: mailout.Restored{Batch: id}, taken: map[int]int{}}
			if err := r.restore(lost[id]); err != nil {
				return fmt.Errorf("batch %s: %w", id, err)
			}
			all = append(all, r.Restored)
		}
		if err := holdAll(tx, now); err != nil || len(all) < len(lost) {
			return err // what is still missing must be seen at every start
		}
		return l.ownLog(tx, now)
	})
	return all, err
}

// ownLog makes a sent.log of which the ledger knows all its own from now on, whoever wrote it: what it lacks is
// written into it, and how far it goes is noted. A crash before the commit leaves a longer
// log, which does no harm.
func (l *Ledger) ownLog(tx *sql.Tx, now string) error {
	c, err := l.checkLog(tx)
	if err != nil {
		return err
	}
	if !c.fits {
		if c.end, err = l.mend(tx, c); err != nil {
			return err
		}
	}
	if err := wholeAgain(tx, now); err != nil {
		return err
	}
	return noteLog(tx, c.end)
}

// bringBack makes a batch that the ledger has lost: of a plan, or of nothing. A copy that was
// made while it was being planned has its draft, which was never sent.
func bringBack(tx *sql.Tx, planned, as mailout.BatchID, now string) error {
	if _, err := tx.Exec(`DELETE FROM batches WHERE id = ? AND state = 'draft'`, string(as)); err != nil {
		return err
	}
	if planned != "" {
		return rename(tx, planned, as)
	}
	none := mailout.SumDigest([]byte("a batch whose manifest is lost: " + string(as)))
	_, err := tx.Exec(`INSERT INTO batches (id, state, digest, rows_digest, manifest_path, manifest_sha256, created_at) VALUES (?, 'planned', ?, ?, '', ?, ?)`,
		string(as), none.String(), none.String(), mailout.Digest{}.String(), now)
	return err
}

// rename gives a plan the id that its rows were sent under.
func rename(tx *sql.Tx, planned, as mailout.BatchID) error {
	state, err := batchState(tx, planned)
	if err != nil {
		return err
	}
	if state != mailout.Ready {
		return fmt.Errorf("batch %s is %s: only a plan can become another batch", planned, state)
	}
	for _, change := range []string{
		`PRAGMA defer_foreign_keys = ON`, // until all of it is done
		`UPDATE batches SET id = ?2 WHERE id = ?1`,
		`UPDATE rows SET batch = ?2 WHERE batch = ?1`,
		`UPDATE signers SET batch = ?2 WHERE batch = ?1`,
		`UPDATE documents SET batch = ?2 WHERE batch = ?1`,
		`UPDATE origins SET batch = ?2 WHERE batch = ?1`,
		`DELETE FROM tally WHERE batch = ?1`, // of no rows by now
	} {
		if _, err := tx.Exec(change, string(planned), string(as)); err != nil {
			return fmt.Errorf("calling batch %s %s: %w", planned, as, err)
		}
	}
	return nil
}

// holdAll lets no batch send before a person has looked. Those that were rebuilt are marked
// by restore; of the others the books are as old as their copy.
func holdAll(tx *sql.Tx, now string) error {
	rows, err := tx.Query(`SELECT id FROM batches WHERE state = 'approved'
		AND EXISTS (SELECT 1 FROM rows WHERE batch = batches.id AND state IN ('planned','sending'))`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var open []mailout.BatchID
	for rows.Next() {
		var id mailout.BatchID
		if err := rows.Scan((*string)(&id)); err != nil {
			return err
		}
		open = append(open, id)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, id := range open {
		if err := stop(tx, id, RebuildReason, now); err != nil {
			return err
		}
	}
	return nil
}
