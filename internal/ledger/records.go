package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
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
// meant. Without whole, what only sending needs is left out.
//
// All is read in one read transaction, so that it is of one moment. While it lasts the WAL
// cannot be checkpointed: the caller writes its report and goes.
func (l *Ledger) records(ctx context.Context, whole bool, which string, args ...any) iter.Seq2[mailout.Record, error] {
	return func(yield func(mailout.Record, error) bool) {
		tx, err := l.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			yield(mailout.Record{}, l.wrap("reading rows", err))
			return
		}
		defer tx.Rollback()
		parts := []belonging{new(bookedSigner), new(keptFile), new(otherJob)}
		if whole {
			parts = append(parts, new(bookedDocument))
		}
		if err := readRecords(tx, newRecordRow(whole), parts, which, args, func(r mailout.Record) bool { return yield(r, nil) }); err != nil {
			yield(mailout.Record{}, l.wrap("reading rows", err))
		}
	}
}

// readRecords calls f with each row until it wants no more.
func readRecords(q querier, row *recordRow, parts []belonging, which string, args []any, f func(mailout.Record) bool) error {
	rows, err := q.Query(`SELECT `+strings.Join(row.columns, ", ")+` FROM rows WHERE `+which+` ORDER BY line`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var cursors []*cursor
	defer func() {
		for _, c := range cursors {
			c.rows.Close()
		}
	}()
	for rows.Next() {
		// Not before there is a row: whoever sends beside others asks again and again, mostly in vain.
		for i := len(cursors); i < len(parts); i++ {
			c, err := openCursor(q, parts[i], which, args)
			if err != nil {
				return err
			}
			cursors = append(cursors, c)
		}
		row.Record = mailout.Record{}
		if err := rows.Scan(row.into...); err != nil {
			return err
		}
		if err := row.finish(); err != nil {
			return err
		}
		for _, c := range cursors {
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

// recordRow is a row as its own table has it.
type recordRow struct {
	mailout.Record
	seconds int64
	cells   string // of the owner's columns

	columns []string // what is read …
	into    []any    // … and where to
}

func newRecordRow(whole bool) *recordRow {
	r := new(recordRow)
	j := &r.Job
	for _, c := range []struct {
		column  string
		into    any
		sending bool // only sending needs it
	}{
		{"line", &r.Line, false},
		{"batch", (*string)(&r.Batch), true},
		{"key", &r.Key, false},
		{"state", (*string)(&r.State), false},
		{"since", moment{&r.Since}, false},
		{"sender", (*string)(&j.Sender), true},
		{"title", (*string)(&j.Title), false},
		{"nonsensitive_title", (*string)(&j.NonsensitiveTitle), true},
		{"description", (*string)(&j.Description), true},
		{"authentication", &j.Authentication, true},
		{"identifier", (*string)(&j.Identifier), true},
		{"activation_at", moment{&j.Activation}, false},
		{"available_seconds", &r.seconds, false},
		{"deadline_at", moment{&j.Deadline}, false},
		{"columns", &r.cells, false},
		{"coalesce(ref, '')", (*string)(&r.Ref), false},
		{"coalesce(job_id, 0)", (*int64)(&r.JobID), false},
		{"queue", &r.Queue, true},
		{"cause", &r.Cause, false},
		{"code", &r.Code, false},
		{"message", &r.Message, false},
		{"(SELECT begun_at FROM attempts a WHERE a.ref = rows.ref)", moment{&r.SentAt}, false},
		{"repeat", &r.Repeat, true},
		{heldUntil, moment{&r.HeldUntil}, false},
	} {
		if whole || !c.sending {
			r.columns, r.into = append(r.columns, c.column), append(r.into, c.into)
		}
	}
	return r
}

func (r *recordRow) finish() (err error) {
	r.Job.Available = time.Duration(r.seconds) * time.Second
	r.Skipped = r.State == mailout.Skipped
	r.Columns, err = decodeColumns(r.cells)
	return err
}

// belonging is a line of another table that belongs to a row.
type belonging interface {
	query(which string) string // the first column is the row's line, by which it is ordered
	dest() []any               // where the other columns are read to
	add(r *mailout.Record) error
}

// cursor goes through the lines of such a table while others go through the rows.
type cursor struct {
	belonging
	rows *sql.Rows
	into []any
	line int  // of what was read last
	held bool // … and belongs to a row that has not come yet
}

func openCursor(q querier, p belonging, which string, args []any) (*cursor, error) {
	rows, err := q.Query(p.query(which), args...)
	if err != nil {
		return nil, err
	}
	c := &cursor{belonging: p, rows: rows}
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
// the one without doubt counts, and of several the newest.
type keptFile struct {
	mailout.SignedFile
	keeping
	signer int
	odd    string          // a JSON list
	row    int             // whose files those are
	best   map[int]keeping // by signer
}

// keeping is how a file is kept.
type keeping struct{ doubt, at string }

func (k keeping) before(o keeping) bool {
	return k.doubt != "" && o.doubt == "" || (k.doubt == "") == (o.doubt == "") && k.at <= o.at
}

// The job is the row's own: a file may have been kept before it was known whose it is.
func (*keptFile) query(which string) string {
	return `SELECT r.line, f.signer, iif(f.gone_at = '', f.path, ''), f.sha256, f.bytes, f.doubt, f.warnings, f.at FROM (SELECT line, job_id FROM rows WHERE ` + which + ` AND job_id IS NOT NULL) r
		CROSS JOIN files f ON f.job_id = r.job_id WHERE f.state = 'kept' ORDER BY r.line`
}

func (f *keptFile) dest() []any {
	return []any{&f.signer, &f.Path, hexDigest{&f.SHA256}, &f.Bytes, &f.doubt, &f.odd, &f.at}
}

func (f *keptFile) add(r *mailout.Record) error {
	if f.row != r.Line {
		f.row, f.best = r.Line, map[int]keeping{}
	}
	if known, found := f.best[f.signer]; found && f.keeping.before(known) {
		return nil
	}
	f.best[f.signer] = f.keeping
	r.Doubtful = false
	for _, k := range f.best {
		r.Doubtful = r.Doubtful || k.doubt != ""
	}
	if f.signer == 0 {
		r.Signed = f.SignedFile
		return readOdd(f.odd, &r.Odd)
	}
	if f.signer <= len(r.Settled) {
		r.Settled[f.signer-1].XAdES = f.SignedFile
	}
	return nil
}

// readOdd reads what is odd about a file; nearly always nothing is.
func readOdd(list string, into *[]string) error {
	*into = nil
	if list == "[]" {
		return nil
	}
	if err := json.Unmarshal([]byte(list), into); err != nil {
		return fmt.Errorf("reading what is odd about a file: %w", err)
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
