package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"batch/internal/mailout"
)

// verdictLife is how long a verdict is kept after its file was checked. It is a cache: a
// file that is planned again later is checked again. Verdicts of an earlier tool are
// replaced when their file is checked anew, and grow old like any other where it is not.
const verdictLife = 30 * 24 * time.Hour

const (
	verdictQuery  = `SELECT verdict FROM verdicts WHERE file = ? AND tool = ?`
	preparedQuery = `SELECT sha256, crc32, bytes, pages, modified FROM prepared WHERE recipe = ?`
)

// keepLookups prepares what is asked of every row of every plan, and what is asked every
// second. The pool prepares it once a connection; to prepare it for each question costs half
// as much again, and of what is to be cancelled ten times as much.
func (l *Ledger) keepLookups(ctx context.Context) (err error) {
	for _, s := range []struct {
		into  **sql.Stmt
		query string
	}{{&l.verdict, verdictQuery}, {&l.recipe, preparedQuery}, {&l.earlier, earlierQuery}, {&l.due, dueQuery}, {&l.open, openQuery}, {&l.rebuilt, rebuiltQuery}} {
		if *s.into, err = l.read.PrepareContext(ctx, s.query); err != nil {
			return l.wrap("opening", err)
		}
	}
	return nil
}

// Verdict finds what a tool found in a file: the JSON given to Keep.
func (l *Ledger) Verdict(ctx context.Context, tool string, file mailout.Digest) (verdict []byte, found bool, err error) {
	// The context is looked at here and not handed on: the driver would start a goroutine
	// for each question, which takes longer than the answer.
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	err = l.verdict.QueryRow(file.String(), tool).Scan(&verdict)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return verdict, err == nil, l.wrap("looking for a verdict", err)
}

// PreparedBy finds the document that a recipe made. The file may have been deleted
// since, and the books not know it: the caller looks. Whoever asks has a draft of his
// own, from before the question until the document is a row's: so long no sweep takes
// the file away.
func (l *Ledger) PreparedBy(ctx context.Context, recipe mailout.Digest) (s mailout.Stored, found bool, err error) {
	if err := ctx.Err(); err != nil { // as in Verdict
		return s, false, err
	}
	s, err = scanStored(l.recipe.QueryRow(recipe.String()))
	if errors.Is(err, sql.ErrNoRows) {
		return s, false, nil
	}
	return s, err == nil, l.wrap("looking for a prepared document", err)
}

func scanStored(row *sql.Row) (s mailout.Stored, err error) {
	err = row.Scan(hexDigest{&s.SHA256}, &s.CRC32, &s.Bytes, &s.Pages, &s.Modified)
	return s, err
}

// Keep notes what checking files found, and which documents recipes made, in one
// transaction: many of them share one sync. The documents' files are stored and synced
// before. It is written even when the caller is being interrupted: the next plan goes on
// from there. A crash before costs the same checks and merges once more.
//
// A verdict takes the place of any other about its file. A document takes the place of
// the one that the caller found gone (MadeBy.Gone), of no other: a merge makes other
// bytes each time, so of two plans that make a document at the same moment only the first
// may keep its own. kept are the documents that stand in the books afterwards, for both
// of them, in the order of made. Where the same document stands there already, the time
// of its file is noted anew.
func (l *Ledger) Keep(ctx context.Context, verdicts []mailout.PDFVerdict, made []mailout.MadeBy) (kept []mailout.Prepared, err error) {
	now := stamp(l.now())
	err = l.tx(context.WithoutCancel(ctx), "noting what was checked and prepared", func(tx *sql.Tx) error {
		if err := keepVerdicts(tx, verdicts, now); err != nil {
			return err
		}
		kept, err = keepMade(tx, made, now)
		return err
	})
	if err != nil { // what was read is not there
		return nil, err
	}
	return kept, nil
}

func keepVerdicts(tx *sql.Tx, verdicts []mailout.PDFVerdict, now string) error {
	put, err := tx.Prepare(`INSERT INTO verdicts (file, tool, verdict, checked_at) VALUES (?,?,?,?)
		ON CONFLICT (file) DO UPDATE SET tool = excluded.tool, verdict = excluded.verdict, checked_at = excluded.checked_at`)
	if err != nil {
		return err
	}
	for _, v := range verdicts {
		if _, err := put.Exec(v.File.String(), v.Tool, string(v.JSON), now); err != nil {
			return fmt.Errorf("the verdict of the file %s: %w", v.File, err)
		}
	}
	return nil
}

func keepMade(tx *sql.Tx, made []mailout.MadeBy, now string) ([]mailout.Prepared, error) {
	put, err := tx.Prepare(`INSERT INTO prepared (recipe, sha256, crc32, bytes, pages, modified, made_at) VALUES (?,?,?,?,?,?,?)
		ON CONFLICT (recipe) DO UPDATE SET sha256 = excluded.sha256, crc32 = excluded.crc32, bytes = excluded.bytes, pages = excluded.pages,
			modified = excluded.modified, made_at = excluded.made_at
		WHERE sha256 IN (?, excluded.sha256)`)
	if err != nil {
		return nil, err
	}
	get, err := tx.Prepare(preparedQuery)
	if err != nil {
		return nil, err
	}
	kept := make([]mailout.Prepared, len(made))
	for i, m := range made {
		recipe := m.Recipe.String()
		if _, err := put.Exec(recipe, m.SHA256.String(), m.CRC32, m.Bytes, m.Pages, m.Modified, now, m.Gone.String()); err != nil {
			return nil, fmt.Errorf("the prepared document %s: %w", m.SHA256, err)
		}
		stands, err := scanStored(get.QueryRow(recipe))
		if err != nil {
			return nil, fmt.Errorf("the prepared document %s: %w", m.SHA256, err)
		}
		kept[i] = stands.Prepared
	}
	return kept, nil
}
