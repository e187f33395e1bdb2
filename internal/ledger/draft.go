package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"batch/internal/mailout"
)

// BeginDraft opens a new batch for planning, under the settings it is planned with, and
// forgets old verdicts. A draft is never sent; a crash while planning leaves one behind, for
// DropDrafts. As long as there is one, no prepared document is removed.
func (l *Ledger) BeginDraft(ctx context.Context, manifestPath string, settings []byte, local *time.Location) (mailout.BatchID, error) {
	now := l.now()
	var id mailout.BatchID
	err := l.tx(ctx, "beginning a plan", func(tx *sql.Tx) error {
		if _, err := tx.Exec(`DELETE FROM verdicts WHERE file IN (SELECT file FROM verdicts WHERE checked_at < ? LIMIT 20000)`, stamp(now.Add(-verdictLife))); err != nil {
			return err
		}
		for range 20 { // 936 ids a day: a taken one is tried again
			id = mailout.NewBatchID(now.In(local))
			_, err := tx.Exec(`INSERT INTO batches (id, state, manifest_path, manifest_sha256, settings, created_at, late_after) VALUES (?, 'draft', ?, ?, ?, ?, ?)`,
				string(id), manifestPath, mailout.Digest{}.String(), string(settings), stamp(now), stamp(mailout.NeverLate))
			if err == nil || !isTaken(err) {
				return err
			}
		}
		return errors.New("too many batches were planned today")
	})
	return id, err
}

// AddRows appends planned and skipped rows to a draft, and notes in the same transaction
// what the times of the planned ones come to.
func (l *Ledger) AddRows(ctx context.Context, id mailout.BatchID, rows []mailout.Row) error {
	now := stamp(l.now())
	return l.tx(ctx, "writing planned rows", func(tx *sql.Tx) error {
		put, err := prepareRows(tx)
		if err != nil {
			return err
		}
		times := times{late: mailout.NeverLate}
		for _, r := range rows {
			if err := put.add(id, r, now); err != nil {
				return fmt.Errorf("line %d: %w", r.Line, err)
			}
			if !r.Skipped {
				times.add(r.Job)
			}
		}
		return times.note(tx, id)
	})
}

// rowInserts are prepared once a transaction: to parse them takes longer than to run them.
type rowInserts struct{ row, signer, document, origin *sql.Stmt }

func prepareRows(tx *sql.Tx) (p rowInserts, err error) {
	for _, s := range []struct {
		into  **sql.Stmt
		query string
	}{
		{&p.row, `INSERT INTO rows (batch, line, key, state, since, sender, title, nonsensitive_title, description,
			authentication, identifier, activation_at, available_seconds, deadline_at, columns, letter, repeat, code, message)
			VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`},
		{&p.signer, `INSERT INTO signers (batch, line, n, national_id, email, mobile, ord, signature_type, on_behalf_of, notify) VALUES (?,?,?,?,?,?,?,?,?,?)`},
		{&p.document, `INSERT INTO documents (batch, line, n, title, name, sha256, crc32, bytes, pages, sources) VALUES (?,?,?,?,?,?,?,?,?,?)`},
		{&p.origin, `INSERT INTO origins (batch, line, from_batch, from_line) VALUES (?,?,?,?)`},
	} {
		if *s.into, err = tx.Prepare(s.query); err != nil { // closed with the transaction
			return p, err
		}
	}
	return p, nil
}

func (p rowInserts) add(id mailout.BatchID, r mailout.Row, now string) error {
	state, letter := mailout.Planned, any(r.LetterKey().String())
	if r.Skipped {
		state, letter = mailout.Skipped, nil
	}
	columns, err := encodeColumns(r.Columns)
	if err != nil {
		return err
	}
	j := r.Job
	_, err = p.row.Exec(string(id), r.Line, r.Key, string(state), now, string(j.Sender), j.Title.Reveal(), j.NonsensitiveTitle.Reveal(), j.Description.Reveal(),
		j.Authentication, string(j.Identifier), stampOrNull(j.Activation), int64(j.Available/time.Second), stampOrNull(j.Deadline), columns, letter, r.Repeat, r.Problem.Code, r.Problem.Message)
	if err != nil {
		return err
	}
	if !r.Earlier.IsZero() {
		if _, err := p.origin.Exec(string(id), r.Line, string(r.Earlier.Batch), r.Earlier.Line); err != nil {
			return fmt.Errorf("the earlier row: %w", err)
		}
	}
	// A skipped row may have been skipped for naming more people than a job can have.
	for i, s := range j.Signers[:min(len(j.Signers), mailout.MaxSigners)] {
		_, err := p.signer.Exec(string(id), r.Line, i+1, s.NationalID.Reveal(), s.Email.Reveal(), s.Mobile.Reveal(), s.Order, string(s.SignatureType), string(s.OnBehalfOf), string(s.Notify))
		if err != nil {
			return fmt.Errorf("signer %d: %w", i+1, err)
		}
	}
	for i, d := range r.Documents {
		sources, err := json.Marshal(d.Sources)
		if err != nil {
			return err
		}
		if _, err = p.document.Exec(string(id), r.Line, i+1, d.Title.Reveal(), d.Name, d.SHA256.String(), d.CRC32, d.Bytes, d.Pages, string(sources)); err != nil {
			return fmt.Errorf("document %d: %w", i+1, err)
		}
	}
	return nil
}

// Freeze ends planning: the draft becomes a planned batch under its digests, or, where a
// batch with the same digest exists already, the draft is dropped and that batch's id
// returned. A plan that was never approved is superseded by a newer one; nothing else is.
func (l *Ledger) Freeze(ctx context.Context, id mailout.BatchID, manifest, digest, rowsDigest mailout.Digest) (mailout.BatchID, error) {
	err := l.tx(ctx, "freezing the plan", func(tx *sql.Tx) error {
		var same string
		err := tx.QueryRow(`SELECT id FROM batches WHERE digest = ? AND state NOT IN ('draft','superseded','purged')`, digest.String()).Scan(&same)
		if err == nil {
			_, err = tx.Exec(`DELETE FROM batches WHERE id = ? AND state = 'draft'`, string(id))
			id = mailout.BatchID(same)
			return err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if _, err := tx.Exec(`UPDATE batches SET state = 'superseded' WHERE state = 'planned'`); err != nil {
			return err
		}
		res, err := tx.Exec(`UPDATE batches SET state = 'planned', manifest_sha256 = ?, digest = ?, rows_digest = ? WHERE id = ? AND state = 'draft'`,
			manifest.String(), digest.String(), rowsDigest.String(), string(id))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("the draft %s is gone: %w", id, ErrNoBatch))
		}
		return nil
	})
	return id, err
}

// DropDraft forgets a draft whose manifest had problems.
func (l *Ledger) DropDraft(ctx context.Context, id mailout.BatchID) error {
	return l.tx(ctx, "dropping the draft", func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM batches WHERE id = ? AND state = 'draft'`, string(id))
		return err
	})
}

// DropDrafts forgets every draft. The caller knows that nobody plans, and that nobody begins
// to meanwhile: they were left by processes that died.
func (l *Ledger) DropDrafts(ctx context.Context) error {
	var drafts bool
	err := l.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM batches WHERE state = 'draft')`).Scan(&drafts)
	if err != nil || !drafts { // the common case takes no lock
		return l.wrap("looking for drafts", err)
	}
	return l.tx(ctx, "dropping drafts that were left", func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM batches WHERE state = 'draft'`)
		return err
	})
}

// PlannedBefore finds the newest plan that was made of a manifest with the same bytes
// under the same settings, and still counts.
func (l *Ledger) PlannedBefore(ctx context.Context, manifest mailout.Digest, settings []byte) (id mailout.BatchID, found bool, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT id FROM batches WHERE manifest_sha256 = ? AND settings = ? AND state NOT IN ('draft','superseded','purged')
		ORDER BY created_at DESC, id LIMIT 1`, manifest.String(), string(settings)).Scan((*string)(&id))
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return id, err == nil, l.wrap("looking for an earlier plan", err)
}

// ByDigest finds the batch that was frozen under a digest.
func (l *Ledger) ByDigest(ctx context.Context, digest mailout.Digest) (id mailout.BatchID, found bool, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT id FROM batches WHERE digest = ? AND state NOT IN ('draft','superseded','purged')`, digest.String()).Scan((*string)(&id))
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return id, err == nil, l.wrap("looking for a digest", err)
}
