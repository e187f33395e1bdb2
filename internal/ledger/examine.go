package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"batch/internal/mailout"
)

// Health is what Examine found of a ledger's file.
type Health struct {
	Damage []string // what is broken in it, in SQLite's words or, of its totals, in ours; empty: nothing
	Schema int      // its schema's version
	Known  int      // the newest that this program knows
}

// damages bounds how much damage is listed.
const damages = 10

// Examine looks at a ledger's file as it is: unlike Open it makes, migrates and repairs
// nothing. A file that cannot be read as a ledger at all is an *Error, and one that is
// not there an [fs.ErrNotExist].
func Examine(ctx context.Context, path string) (h Health, err error) {
	if _, err := os.Stat(path); err != nil {
		return h, fmt.Errorf("looking for the ledger: %w", err)
	}
	// Not read-only: what a process that was killed left in the write-ahead log can only be
	// read by one that may clear it up.
	db, err := sql.Open("sqlite", Options{Path: path}.filled().dsn("mode=rw&_pragma=query_only(1)"))
	if err != nil {
		return h, (&Ledger{path: path}).wrap("opening", err)
	}
	defer db.Close()
	return h, (&Ledger{path: path}).wrap("examining", h.look(ctx, db))
}

// miscounted finds batches whose rows are not those that the tally has counted.
const miscounted = `SELECT DISTINCT 'the totals of batch ' || batch || ' are not those of its rows' FROM (
	SELECT batch, state, sender, queue, n FROM (
		SELECT batch, state, sender, queue, count(*) AS n FROM rows GROUP BY batch, state, sender, queue
		UNION ALL SELECT batch, state, sender, queue, -n FROM tally)
	GROUP BY batch, state, sender, queue HAVING sum(n) <> 0) LIMIT %d`

func (h *Health) look(ctx context.Context, db *sql.DB) error {
	files, err := schemas()
	if err != nil {
		return err
	}
	h.Known = len(files)
	if err := db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&h.Schema); err != nil {
		return err
	}
	questions := []string{
		fmt.Sprintf(`PRAGMA integrity_check(%d)`, damages),
		fmt.Sprintf(`SELECT DISTINCT 'a row of ' || "table" || ' belongs to none of ' || parent FROM pragma_foreign_key_check LIMIT %d`, damages),
	}
	if h.Schema == h.Known { // books of before count nothing
		questions = append(questions, fmt.Sprintf(miscounted, damages))
	}
	for _, question := range questions {
		found, err := texts(ctx, db, question)
		if err != nil {
			return err
		}
		h.Damage = append(h.Damage, slices.DeleteFunc(found, func(s string) bool { return s == "ok" })...)
	}
	return nil
}

// texts reads one column.
func texts(ctx context.Context, db *sql.DB, query string, args ...any) (all []string, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// EverSent reports whether the sent.log at path names anything that may have been sent;
// false where there is no such file.
func EverSent(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("opening sent.log: %w", err)
	}
	defer f.Close()
	said, err := (&sentLog{f: f}).Read()
	return len(said.at) > 0, err
}

// LastSent is when the newest attempt at sending a row of a batch began; zero where there
// was none.
func (l *Ledger) LastSent(ctx context.Context, batch mailout.BatchID) (at time.Time, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT max(begun_at) FROM attempts WHERE batch = ?`, string(batch)).Scan(moment{&at})
	return at, l.wrap("looking for the newest attempt", err)
}

// Senders lists the organizations that approved batches with an end still ahead are sent
// for.
func (l *Ledger) Senders(ctx context.Context) (all []mailout.OrgNumber, err error) {
	found, err := texts(ctx, l.read, `SELECT DISTINCT sender FROM tally WHERE n > 0 AND state <> 'skipped'
		AND batch IN (SELECT id FROM batches WHERE state IN ('approved','stopped')) ORDER BY sender`)
	for _, sender := range found {
		all = append(all, mailout.OrgNumber(sender))
	}
	return all, l.wrap("listing senders", err)
}
