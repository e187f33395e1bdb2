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

// records reads rows in the order of their lines, and side by side with them what belongs to
// each and stands in other tables: to ask for each row's own would take three times as long.
// which says of batch and line, the columns that all of those tables have, which rows are
// meant.
//
// All is read in one read transaction, so that it is of one moment. While it lasts the WAL
// cannot be checkpointed: the caller writes its report and goes.
func (l *Ledger) records(ctx context.Context, which string, args ...any) iter.Seq2[mailout.Record, error] {
	return func(yield func(mailout.Record, error) bool) {
		tx, err := l.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			yield(mailout.Record{}, l.wrap("reading rows", err))
			return
		}
		defer tx.Rollback()
		if err := readRecords(tx, which, args, func(r mailout.Record) bool { return yield(r, nil) }); err != nil {
			yield(mailout.Record{}, l.wrap("reading rows", err))
		}
	}
}

// readRecords calls f with each row until it wants no more.
func readRecords(q querier, which string, args []any, f func(mailout.Record) bool) error {
	rows, err := q.Query(`SELECT line, batch, key, state, since, sender, title, nonsensitive_title, description, authentication, identifier,
		activation_at, available_seconds, deadline_at, columns, coalesce(ref, ''), coalesce(job_id, 0), queue, cause, code, message,
		(SELECT begun_at FROM attempts a WHERE a.ref = rows.ref), repeat, `+heldUntil+` FROM rows WHERE `+which+` ORDER BY line`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var parts []*cursor
	for _, p := range []part{new(bookedSigner), new(bookedDocument), new(keptFile), new(otherJob)} {
		c, err := openCursor(q, p, which, args)
		if err != nil {
			return err
		}
		defer c.rows.Close()
		parts = append(parts, c)
	}
	var row bookedRow
	dest := row.dest()
	for rows.Next() {
		row.Record = mailout.Record{}
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		if err := row.finish(); err != nil {
			return err
		}
		for _, c := range parts {
			if err := c.fill(&row.Record); err != nil {
				return err
			}
		}
		if !f(row.Record) {
			return nil
		}
	}
	return rows.Err()
}

// bookedRow is a row as its own table has it.
type bookedRow struct {
	mailout.Record
	seconds int64
	columns string
}

// dest is where the columns of a row are read to.
func (r *bookedRow) dest() []any {
	j := &r.Job
	return []any{&r.Line, (*string)(&r.Batch), &r.Key, (*string)(&r.State), moment{&r.Since}, (*string)(&j.Sender), (*string)(&j.Title), (*string)(&j.NonsensitiveTitle), (*string)(&j.Description),
		&j.Authentication, (*string)(&j.Identifier), moment{&j.Activation}, &r.seconds, moment{&j.Deadline}, &r.columns,
		(*string)(&r.Ref), (*int64)(&r.JobID), &r.Queue, &r.Cause, &r.Code, &r.Message, moment{&r.SentAt}, &r.Repeat, moment{&r.HeldUntil}}
}

func (r *bookedRow) finish() (err error) {
	r.Job.Available = time.Duration(r.seconds) * time.Second
	r.Skipped = r.State == mailout.Skipped
	r.Columns, err = decodeColumns(r.columns)
	return err
}

// part is a line of another table that belongs to a row.
type part interface {
	query(which string) string // the first column is the row's line, by which it is ordered
	dest() []any               // where the other columns are read to
	add(r *mailout.Record) error
}

// cursor goes through the lines of a part's table while others go through the rows.
type cursor struct {
	part
	rows *sql.Rows
	into []any
	line int  // of the part that was read last
	held bool // … and belongs to a row that has not come yet
}

func openCursor(q querier, p part, which string, args []any) (*cursor, error) {
	rows, err := q.Query(p.query(which), args...)
	if err != nil {
		return nil, err
	}
	c := &cursor{part: p, rows: rows}
	c.into = append([]any{&c.line}, p.dest()...)
	return c, nil
}

// fill adds what belongs to the row.
func (c *cursor) fill(r *mailout.Record) error {
	for {
		if c.held && c.line > r.Line {
			return nil
		}
		if c.held && c.line == r.Line {
			if err := c.add(r); err != nil {
				return err
			}
		}
		if c.held = c.rows.Next(); !c.held {
			return c.rows.Err()
		}
		if err := c.rows.Scan(c.into...); err != nil {
			return err
		}
	}
}

type bookedSigner struct {
	mailout.Signer
	mailout.SignerBook
}

func (*bookedSigner) query(which string) string {
	return `SELECT line, national_id, email, mobile, ord, signature_type, on_behalf_of, notify, status, since FROM signers WHERE ` + which + ` ORDER BY line, n`
}

func (s *bookedSigner) dest() []any {
	return []any{(*string)(&s.NationalID), (*string)(&s.Email), (*string)(&s.Mobile), &s.Order, (*string)(&s.SignatureType),
		(*string)(&s.OnBehalfOf), (*string)(&s.Notify), (*string)(&s.Status), moment{&s.Since}}
}

func (s *bookedSigner) add(r *mailout.Record) error {
	r.Job.Signers, r.Settled = append(r.Job.Signers, s.Signer), append(r.Settled, s.SignerBook)
	return nil
}

// signersOf reads the signers of one row.
func signersOf(q querier, batch mailout.BatchID, line int) ([]bookedSigner, error) {
	var r mailout.Record
	c, err := openCursor(q, new(bookedSigner), `batch = ? AND line = ?`, []any{string(batch), line})
	if err != nil {
		return nil, err
	}
	defer c.rows.Close()
	r.Line = line
	if err := c.fill(&r); err != nil {
		return nil, err
	}
	all := make([]bookedSigner, len(r.Settled))
	for i := range all {
		all[i] = bookedSigner{r.Job.Signers[i], r.Settled[i]}
	}
	return all, nil
}

type bookedDocument struct {
	mailout.Document
	sources string
}

func (*bookedDocument) query(which string) string {
	return `SELECT line, title, name, sha256, crc32, bytes, pages, sources FROM documents WHERE ` + which + ` ORDER BY line, n`
}

func (d *bookedDocument) dest() []any {
	return []any{(*string)(&d.Title), &d.Name, hexDigest{&d.SHA256}, &d.CRC32, &d.Bytes, &d.Pages, &d.sources}
}

func (d *bookedDocument) add(r *mailout.Record) error {
	d.Sources = nil // the one before keeps its own
	if err := json.Unmarshal([]byte(d.sources), &d.Sources); err != nil {
		return fmt.Errorf("reading a document's sources: %w", err)
	}
	r.Documents = append(r.Documents, d.Document)
	return nil
}

// keptFile is what is kept of the row's job: the signed document or a signer's XAdES. Of each
// the last one counts: without doubt, newest.
type keptFile struct {
	mailout.SignedFile
	signer   int
	doubt    string
	row      int          // whose doubts those are
	doubtful map[int]bool // by signer
}

// The job is the row's own: a file may have been kept before it was known whose it is.
func (*keptFile) query(which string) string {
	return `SELECT r.line, f.signer, iif(f.gone_at = '', f.path, ''), f.sha256, f.bytes, f.doubt FROM (SELECT line, job_id FROM rows WHERE ` + which + ` AND job_id IS NOT NULL) r
		CROSS JOIN files f ON f.job_id = r.job_id WHERE f.state = 'kept' ORDER BY r.line, f.doubt DESC, f.at`
}

func (f *keptFile) dest() []any {
	return []any{&f.signer, &f.Path, hexDigest{&f.SHA256}, &f.Bytes, &f.doubt}
}

func (f *keptFile) add(r *mailout.Record) error {
	if f.row != r.Line {
		f.row, f.doubtful = r.Line, nil
	}
	if f.doubt != "" || len(f.doubtful) > 0 {
		if f.doubtful == nil {
			f.doubtful = map[int]bool{}
		}
		if f.doubtful[f.signer] = f.doubt != ""; !f.doubtful[f.signer] {
			delete(f.doubtful, f.signer)
		}
	}
	r.Doubtful = len(f.doubtful) > 0
	if f.signer == 0 {
		r.Signed = f.SignedFile
	} else if f.signer <= len(r.Settled) {
		r.Settled[f.signer-1].XAdES = f.SignedFile
	}
	return nil
}

// otherJob is another job that the portal is proved to have for the row, as long as nobody has
// laid the alarm to rest.
type otherJob struct{ id int64 }

func (*otherJob) query(which string) string {
	return `SELECT line, job_id FROM alarms WHERE kind = '` + string(mailout.AlarmDuplicate) + `' AND laid_at IS NULL AND ` + which + ` ORDER BY line, id`
}

func (j *otherJob) dest() []any { return []any{&j.id} }

func (j *otherJob) add(r *mailout.Record) error {
	r.Duplicates = append(r.Duplicates, mailout.JobID(j.id))
	return nil
}
