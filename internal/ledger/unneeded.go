package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"time"

	"batch/internal/mailout"
)

// sweepChunk is how many files are looked at, and perhaps removed, in one transaction.
// Nobody else writes meanwhile: a second where a network folder takes 5 ms a file.
const sweepChunk = 200

// unneededQuery finds, among files, those that no batch needs; while there is a draft,
// none. One that is done sends nothing any more, and keeps its files all the same until it
// is purged: they are part of its digest. Without them the same plan would be made of other
// bytes, be another batch, and write once more to everybody who did not sign. Superseded
// batches are never approved, purged ones have no rows. A state that is not known here
// needs its files.
const unneededQuery = `WITH going (id) AS MATERIALIZED (SELECT id FROM batches WHERE state NOT IN ('superseded','purged'))
	SELECT f.value FROM json_each(?) AS f
	WHERE NOT EXISTS (SELECT 1 FROM batches WHERE state = 'draft')
	AND NOT EXISTS (SELECT 1 FROM going CROSS JOIN documents AS d WHERE d.sha256 = f.value AND d.batch = going.id)`

// Unneeded has those of files removed that no batch needs, and forgets which recipes made
// them. files are what lies in prepared/, listed before the call; remove deletes one, and
// may find it gone already. removed is how many went. The caller has no draft: a plan that
// was just frozen is a good moment. Files that another plan keeps back, or that are left
// when an error of remove ends the sweep, are the next one's.
//
// Each file is removed inside the transaction that decided about it, with the ledger's
// write lock in hand. Otherwise a plan could begin between the two, find the document by
// its recipe, or make the same bytes again and find them there, and have a row of a file
// that is removed a moment later.
//
//   - A draft that began before keeps everything: it may have found a file that no row
//     names yet. Drafts are never forgotten here; one that a crash left is dropped before
//     the next plan that is made while nobody else makes one.
//   - A draft that begins meanwhile waits for the commit. It finds neither the recipe nor
//     the file, and makes it again.
//   - A draft that was frozen or dropped since files was listed has its rows in the books,
//     or is gone: both are seen here.
//   - Two sweeps at once take turns; the second finds the file gone.
//   - A crash between a removal and the commit leaves a recipe whose file is gone, and so
//     does a commit that fails. Whoever asks PreparedBy looks for the file and makes it again;
//     Keep puts the new one in its place.
//   - A crash after the commit may bring a removed file back, for its folder is not
//     synced. No recipe names it, and the next sweep removes it.
func (l *Ledger) Unneeded(ctx context.Context, files []mailout.Digest, remove func(mailout.Digest) error) (removed int, err error) {
	var held time.Duration // how long the lock was, for the chunk before
	for chunk := range slices.Chunk(files, sweepChunk) {
		if err := pause(ctx, held); err != nil {
			return removed, err
		}
		// Mostly all are needed: a look without the lock says so, and nobody has to wait.
		found, err := unneeded(l.read, chunk)
		if err != nil {
			return removed, l.wrap("looking for documents that no batch needs", err)
		}
		if held = 0; len(found) == 0 {
			continue
		}
		began := time.Now()
		n, err := l.removeUnneeded(ctx, found, remove)
		if removed += n; err != nil {
			return removed, err
		}
		held = time.Since(began)
	}
	return removed, nil
}

// pause leaves the lock to other processes for a while. One that waits for it looks ten
// times a second and gives up after twenty seconds: while files are removed from a slow
// network folder, without a pause, it would hardly ever find it free, and sending stops
// where the ledger is busy.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
	return ctx.Err()
}

// removeUnneeded decides once more, now with the lock, and removes. An error of remove
// ends the sweep; what was removed before it is committed.
func (l *Ledger) removeUnneeded(ctx context.Context, files []mailout.Digest, remove func(mailout.Digest) error) (removed int, err error) {
	var refused error
	err = l.tx(ctx, "removing documents that no batch needs", func(tx *sql.Tx) error {
		found, err := unneeded(tx, files)
		if err != nil {
			return err
		}
		for _, d := range found {
			switch err := remove(d); {
			case err == nil:
				removed++
			case !errors.Is(err, fs.ErrNotExist):
				refused = err
				return nil
			}
			if _, err := tx.Exec(`DELETE FROM prepared WHERE sha256 = ?`, d.String()); err != nil {
				return err
			}
		}
		return nil
	})
	return removed, errors.Join(err, refused)
}

func unneeded(q querier, files []mailout.Digest) ([]mailout.Digest, error) {
	list, err := json.Marshal(files)
	if err != nil {
		return nil, err
	}
	rows, err := q.Query(unneededQuery, string(list))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []mailout.Digest
	for rows.Next() {
		var d mailout.Digest
		if err := rows.Scan(hexDigest{&d}); err != nil {
			return nil, err
		}
		found = append(found, d)
	}
	return found, rows.Err()
}
