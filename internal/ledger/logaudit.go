package ledger

import (
	"database/sql"
	"hash/maphash"
	"slices"

	"batch/internal/mailout"
)

// logAuditor compares sent.log with the attempts of one batch. Of the log's lines it keeps
// hashes, eight bytes each, for there may be a million.
type logAuditor struct {
	l     *Ledger
	batch mailout.BatchID
	seed  maphash.Seed
	lines []uint64 // sorted once they are all there
	other said     // lines that are no attempt's
	*mailout.LogAudit
}

// shownRefs bounds how many Refs are named of each kind.
const shownRefs = 20

// compare reads the log after the first look at the books and before the attempts: a speaker
// that writes beside it then has put nothing into one of them alone.
func (c *logAuditor) compare(tx *sql.Tx) error {
	_, noted, fits, err := c.l.noted(tx)
	if err != nil {
		return err
	}
	c.Cut = noted && !fits
	c.seed, c.other = maphash.MakeSeed(), newSaid()
	if err := c.readLog(); err != nil {
		return err
	}
	slices.Sort(c.lines)
	c.Stray = c.other.stray()
	return c.readAttempts(tx)
}

func (c *logAuditor) readLog() error {
	attempt, err := c.l.read.Prepare(`SELECT begun_at FROM attempts WHERE ref = ?`)
	if err != nil {
		return err
	}
	defer attempt.Close()
	_, err = c.l.sent.each(0, func(line string) error {
		e, ok := parseEntry(line)
		if !ok {
			c.other.add(line)
			return nil
		}
		if p, _ := e.ref.Parse(); p.Workspace != c.l.workspace || p.Batch != c.batch {
			return nil
		}
		c.Lines++
		c.lines = append(c.lines, c.hash(e.ref, e.at))
		if known, err := knows(attempt, e); err != nil || known {
			return err
		}
		c.Unknowns++
		c.Unknown = first(c.Unknown, e.ref)
		return nil
	})
	return err
}

func first(refs []mailout.Ref, r mailout.Ref) []mailout.Ref {
	if len(refs) == shownRefs {
		return refs
	}
	return append(refs, r)
}

// hash is that of an attempt's line; of one whose moment is torn, or was never written, that of
// its Ref.
func (c *logAuditor) hash(ref mailout.Ref, at string) uint64 {
	if isTorn(at) {
		at = ""
	}
	return maphash.String(c.seed, string(ref)+" "+at)
}

func (c *logAuditor) says(ref mailout.Ref, at string) bool {
	_, found := slices.BinarySearch(c.lines, c.hash(ref, at))
	return found
}

// readAttempts looks for the line of each attempt that may have reached the portal. One that is
// under way may not have its line yet; one whose change alone proves it has none.
func (c *logAuditor) readAttempts(tx *sql.Tx) error {
	rows, err := tx.Query(`SELECT ref, begun_at FROM attempts WHERE batch = ? AND outcome NOT IN ('','not-sent') AND code <> 'rebuilt'`, string(c.batch))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var ref mailout.Ref
		var begun string
		if err := rows.Scan((*string)(&ref), &begun); err != nil {
			return err
		}
		if !c.says(ref, begun) && !c.says(ref, "") {
			c.Unwrittens++
			c.Unwritten = first(c.Unwritten, ref)
		}
	}
	return rows.Err()
}
