package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"batch/internal/mailout"
)

// querier is what reading needs of a transaction or a pool.
type querier interface {
	Query(query string, args ...any) (*sql.Rows, error)
}

// prepared is a querier that prepares each query once: a batch of a hundred thousand rows
// asks the same few of them for every row.
type prepared struct {
	tx    *sql.Tx
	stmts map[string]*sql.Stmt
}

func (p prepared) Query(query string, args ...any) (*sql.Rows, error) {
	stmt, found := p.stmts[query]
	if !found {
		var err error
		if stmt, err = p.tx.Prepare(query); err != nil { // closed with the transaction
			return nil, err
		}
		p.stmts[query] = stmt
	}
	return stmt.Query(args...)
}

const recordColumns = `batch, line, key, state, since, sender, title, nonsensitive_title, description, authentication, identifier,
	activation_at, available_seconds, deadline_at, columns, coalesce(ref,''), coalesce(job_id,0), queue, cause, code, message,
	(SELECT begun_at FROM attempts a WHERE a.ref = rows.ref), repeat, ` + heldUntil

// records reads rows in one read transaction, so that they are of one moment. While it
// lasts the WAL cannot be checkpointed: the caller writes its report and goes.
func (l *Ledger) records(ctx context.Context, where string, args ...any) iter.Seq2[mailout.Record, error] {
	return func(yield func(mailout.Record, error) bool) {
		tx, err := l.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			yield(mailout.Record{}, l.wrap("reading rows", err))
			return
		}
		defer tx.Rollback()
		rows, err := tx.Query(`SELECT `+recordColumns+` FROM rows `+where, args...)
		if err != nil {
			yield(mailout.Record{}, l.wrap("reading rows", err))
			return
		}
		defer rows.Close()
		q := prepared{tx, map[string]*sql.Stmt{}}
		for rows.Next() {
			r, err := scanRecord(q, rows)
			if !yield(r, l.wrap("reading rows", err)) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(mailout.Record{}, l.wrap("reading rows", err))
		}
	}
}

func scanRecord(q querier, rows *sql.Rows) (r mailout.Record, err error) {
	var title, nonsensitive, description, columns string
	var seconds int64
	err = rows.Scan((*string)(&r.Batch), &r.Line, &r.Key, (*string)(&r.State), moment{&r.Since}, (*string)(&r.Job.Sender), &title, &nonsensitive, &description,
		&r.Job.Authentication, (*string)(&r.Job.Identifier), moment{&r.Job.Activation}, &seconds, moment{&r.Job.Deadline}, &columns,
		(*string)(&r.Ref), (*int64)(&r.JobID), &r.Queue, &r.Cause, &r.Code, &r.Message, moment{&r.SentAt}, &r.Repeat, moment{&r.HeldUntil})
	if err != nil {
		return r, err
	}
	r.Job.Title, r.Job.NonsensitiveTitle, r.Job.Description = mailout.Text(title), mailout.Text(nonsensitive), mailout.Text(description)
	r.Job.Available = time.Duration(seconds) * time.Second
	r.Skipped = r.State == mailout.Skipped
	if r.Columns, err = decodeColumns(columns); err != nil {
		return r, err
	}
	signers, err := signersOf(q, r.Batch, r.Line)
	if err != nil {
		return r, err
	}
	for _, s := range signers {
		r.Job.Signers = append(r.Job.Signers, s.Signer)
		r.Settled = append(r.Settled, s.SignerBook)
	}
	if r.Documents, err = documentsOf(q, r.Batch, r.Line); err != nil {
		return r, err
	}
	if err := signedOf(q, &r); err != nil {
		return r, err
	}
	return r, duplicatesOf(q, &r)
}

type bookedSigner struct {
	mailout.Signer
	mailout.SignerBook
}

func signersOf(q querier, batch mailout.BatchID, line int) ([]bookedSigner, error) {
	rows, err := q.Query(`SELECT national_id, email, mobile, ord, signature_type, on_behalf_of, notify, status, since FROM signers WHERE batch = ? AND line = ? ORDER BY n`, string(batch), line)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []bookedSigner
	for rows.Next() {
		var s bookedSigner
		if err := rows.Scan((*string)(&s.NationalID), (*string)(&s.Email), (*string)(&s.Mobile), &s.Order, (*string)(&s.SignatureType),
			(*string)(&s.OnBehalfOf), (*string)(&s.Notify), (*string)(&s.Status), moment{&s.Since}); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

func documentsOf(q querier, batch mailout.BatchID, line int) ([]mailout.Document, error) {
	rows, err := q.Query(`SELECT title, name, sha256, crc32, bytes, pages, sources FROM documents WHERE batch = ? AND line = ? ORDER BY n`, string(batch), line)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []mailout.Document
	for rows.Next() {
		var d mailout.Document
		var sources string
		if err := rows.Scan((*string)(&d.Title), &d.Name, hexDigest{&d.SHA256}, &d.CRC32, &d.Bytes, &d.Pages, &sources); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(sources), &d.Sources); err != nil {
			return nil, fmt.Errorf("reading a document's sources: %w", err)
		}
		all = append(all, d)
	}
	return all, rows.Err()
}

// signedOf fills in what is kept of the row's job: the signed document and each signer's
// XAdES, or the mark that of one of them only a doubtful file is there.
func signedOf(q querier, r *mailout.Record) error {
	if r.JobID == 0 {
		return nil
	}
	rows, err := q.Query(`SELECT signer, iif(gone_at = '', path, ''), sha256, bytes, doubt FROM files WHERE job_id = ? AND state = 'kept' ORDER BY doubt DESC, at`, int64(r.JobID))
	if err != nil {
		return err
	}
	defer rows.Close()
	doubtful := map[int]bool{}
	for rows.Next() { // of each the last one wins: without doubt, newest
		var signer int
		var f mailout.SignedFile
		var doubt string
		if err := rows.Scan(&signer, &f.Path, hexDigest{&f.SHA256}, &f.Bytes, &doubt); err != nil {
			return err
		}
		if signer == 0 {
			r.Signed = f
		} else if signer <= len(r.Settled) {
			r.Settled[signer-1].XAdES = f
		}
		doubtful[signer] = doubt != ""
	}
	for _, d := range doubtful {
		r.Doubtful = r.Doubtful || d
	}
	return rows.Err()
}

// duplicatesOf fills in the other jobs that the portal is proved to have for the row, as
// long as nobody has laid the alarm to rest.
func duplicatesOf(q querier, r *mailout.Record) error {
	if r.Ref == "" {
		return nil // never sent: the common case while planning
	}
	rows, err := q.Query(`SELECT job_id FROM alarms WHERE kind = ? AND batch = ? AND line = ? AND laid_at IS NULL ORDER BY id`,
		string(mailout.AlarmDuplicate), string(r.Batch), r.Line)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var job mailout.JobID
		if err := rows.Scan((*int64)(&job)); err != nil {
			return err
		}
		r.Duplicates = append(r.Duplicates, job)
	}
	return rows.Err()
}
