package ledger

import (
	"context"
	"database/sql"
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
// each and stands in other tables: to ask for each row's own takes longer than all else.
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
		parts := []part[mailout.Record]{new(bookedSigner), newKeptFile(), new(otherJob)}
		if whole {
			parts = append(parts, new(bookedDocument))
		}
		if err := readRecords(tx, newRecordRow(whole), parts, which, args, func(r mailout.Record) bool { return yield(r, nil) }); err != nil {
			yield(mailout.Record{}, l.wrap("reading rows", err))
		}
	}
}

// readRecords calls f with each row until it wants no more.
func readRecords(q querier, row *recordRow, parts []part[mailout.Record], which string, args []any, f func(mailout.Record) bool) error {
	rows, err := q.Query(`SELECT `+strings.Join(row.columns, ", ")+` FROM rows WHERE `+which+` ORDER BY line`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var beside cursors[mailout.Record]
	defer func() { beside.close() }()
	for rows.Next() {
		// Not before there is a row: whoever sends beside others asks again and again, mostly in vain.
		if beside == nil {
			if beside, err = openCursors(q, parts, which, args); err != nil {
				return err
			}
		}
		row.Record = mailout.Record{}
		if err := rows.Scan(row.into...); err != nil {
			return err
		}
		if err := row.finish(); err != nil {
			return err
		}
		if err := beside.fill(row.Line, &row.Record); err != nil {
			return err
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
		{"line", number[int]{&r.Line}, false},
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
		{"available_seconds", number[int64]{&r.seconds}, false},
		{"deadline_at", moment{&j.Deadline}, false},
		{"columns", &r.cells, false},
		{"coalesce(ref, '')", (*string)(&r.Ref), false},
		{"coalesce(job_id, 0)", number[int64]{(*int64)(&r.JobID)}, false},
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
