package ledger

import (
	"context"
	"database/sql"
	"encoding/hex"
	"math"

	"batch/internal/mailout"
)

// Evidence gives all that the books say of a batch, line by line, line 0 first, as they are at
// one moment; what totals they kept then is returned. An error of yield ends it. Memory does not
// grow with the rows: each table is read in the order of lines, once. (Changes are sorted, which
// SQLite does on disk where they are many.)
func (l *Ledger) Evidence(ctx context.Context, batch mailout.BatchID, yield func(mailout.Evidence) error) (mailout.Totals, error) {
	tx, err := l.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, l.wrap("reading the books", err)
	}
	defer tx.Rollback()
	totals, err := tally(tx, batch)
	if err != nil {
		return nil, l.wrap("counting rows", err)
	}
	parts, err := openParts(tx, batch)
	defer parts.close()
	if err != nil {
		return nil, l.wrap("reading the books", err)
	}
	for {
		e, more, err := parts.next()
		if err != nil || !more {
			return totals, l.wrap("reading the books", err)
		}
		if err := yield(e); err != nil {
			return nil, err
		}
	}
}

// tally are the rows of a batch in each state, as the books have counted them.
func tally(tx asker, batch mailout.BatchID) (mailout.Totals, error) {
	rows, err := tx.Query(`SELECT state, sum(n) FROM tally WHERE batch = ? AND n > 0 GROUP BY state`, string(batch))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	totals := mailout.Totals{}
	for rows.Next() {
		var state mailout.State
		var n int
		if err := rows.Scan((*string)(&state), &n); err != nil {
			return nil, err
		}
		totals[state] = n
	}
	return totals, rows.Err()
}

// evidence are the tables, each with what reads one of its rows: the line that it is about, by
// which it is sorted, and what puts it where it belongs.
var evidence = []struct {
	query string
	read  func(*sql.Rows) (line int, put func(*mailout.Evidence), err error)
}{
	{`SELECT line, state, since, coalesce(ref, ''), coalesce(job_id, 0), cause, bare FROM rows WHERE batch = ? ORDER BY line`, rowEvidence},
	{`SELECT line, status FROM signers WHERE batch = ? ORDER BY line, n`, bookedStatus},
	{`SELECT line, group_concat(sha256, '' ORDER BY n) FROM documents WHERE batch = ? GROUP BY line ORDER BY line`, bookedDocuments},
	{`SELECT line, ref, n, outcome, status, code, coalesce(job_id, 0), dropped_at IS NOT NULL, begun_at, documents FROM attempts WHERE batch = ? ORDER BY line, n`, bookedAttempt},
	{`SELECT line, seq, at, kind, from_state, to_state, coalesce(job_id, 0) FROM events WHERE batch = ? ORDER BY line, seq`, bookedEvent},
	{`SELECT coalesce(line, 0) AS line, job_id, status, tried_at IS NOT NULL, confirmed_at IS NOT NULL FROM changes WHERE batch = ? ORDER BY line, first_at`, bookedChange},
	{`SELECT coalesce(line, 0) AS line, job_id, signer, sha256, bytes, temp, path, doubt, job_status, gone_at <> '' FROM files WHERE batch = ? ORDER BY line, job_id, signer, at`, bookedFile},
	{`SELECT line, id, at, kind, job_id, detail FROM alarms WHERE batch = ? ORDER BY line, id`, bookedAlarm},
}

func rowEvidence(rows *sql.Rows) (line int, put func(*mailout.Evidence), err error) {
	var r mailout.Evidence
	err = rows.Scan(&line, (*string)(&r.State), moment{&r.Since}, (*string)(&r.Ref), (*int64)(&r.JobID), &r.Cause, &r.Bare)
	return line, func(e *mailout.Evidence) {
		e.Row, e.State, e.Since, e.Ref, e.JobID, e.Cause, e.Bare = true, r.State, r.Since, r.Ref, r.JobID, r.Cause, r.Bare
	}, err
}

func bookedStatus(rows *sql.Rows) (line int, put func(*mailout.Evidence), err error) {
	var status mailout.SignerStatus
	err = rows.Scan(&line, (*string)(&status))
	return line, func(e *mailout.Evidence) { e.Signers = append(e.Signers, status) }, err
}

// bookedDocuments is the digest that an attempt keeps of them (see sendable).
func bookedDocuments(rows *sql.Rows) (line int, put func(*mailout.Evidence), err error) {
	var digests string
	if err := rows.Scan(&line, &digests); err != nil {
		return 0, nil, err
	}
	raw, err := hex.DecodeString(digests)
	return line, func(e *mailout.Evidence) { e.Documents = mailout.SumDigest(raw) }, err
}

func bookedAttempt(rows *sql.Rows) (line int, put func(*mailout.Evidence), err error) {
	var a mailout.AttemptBook
	err = rows.Scan(&line, (*string)(&a.Ref), &a.N, (*string)(&a.Outcome), &a.Status, &a.Code, (*int64)(&a.JobID), &a.Dropped, moment{&a.Begun}, hexDigest{&a.Documents})
	return line, func(e *mailout.Evidence) { e.Attempts = append(e.Attempts, a) }, err
}

func bookedEvent(rows *sql.Rows) (line int, put func(*mailout.Evidence), err error) {
	var h mailout.EventBook
	err = rows.Scan(&line, &h.Seq, moment{&h.At}, &h.Kind, (*string)(&h.From), (*string)(&h.To), (*int64)(&h.JobID))
	return line, func(e *mailout.Evidence) { e.Events = append(e.Events, h) }, err
}

func bookedChange(rows *sql.Rows) (line int, put func(*mailout.Evidence), err error) {
	var c mailout.ChangeBook
	err = rows.Scan(&line, (*int64)(&c.JobID), (*string)(&c.Status), &c.Tried, &c.Confirmed)
	return line, func(e *mailout.Evidence) { e.Changes = append(e.Changes, c) }, err
}

func bookedFile(rows *sql.Rows) (line int, put func(*mailout.Evidence), err error) {
	var f mailout.FileBook
	err = rows.Scan(&line, (*int64)(&f.JobID), &f.Signer, hexDigest{&f.SHA256}, &f.Bytes, &f.Temp, &f.Path, &f.Doubt, (*string)(&f.Of), &f.Gone)
	return line, func(e *mailout.Evidence) { e.Files = append(e.Files, f) }, err
}

func bookedAlarm(rows *sql.Rows) (line int, put func(*mailout.Evidence), err error) {
	var a mailout.Alarm
	err = rows.Scan(&line, &a.ID, moment{&a.At}, (*string)(&a.Kind), (*int64)(&a.JobID), &a.Detail)
	return line, func(e *mailout.Evidence) { e.Raised = append(e.Raised, a) }, err
}

// parts are the tables that evidence is read from, side by side.
type parts []*evidencePart

// evidencePart is a cursor, and what was read of the row that it stands on.
type evidencePart struct {
	rows *sql.Rows
	read func(*sql.Rows) (line int, put func(*mailout.Evidence), err error)
	line int // atEnd: there is no row
	put  func(*mailout.Evidence)
}

const atEnd = math.MaxInt

func openParts(tx *sql.Tx, batch mailout.BatchID) (all parts, err error) {
	for _, of := range evidence {
		rows, err := tx.Query(of.query, string(batch))
		if err != nil {
			return all, err
		}
		p := &evidencePart{rows: rows, read: of.read}
		all = append(all, p)
		if err := p.advance(); err != nil {
			return all, err
		}
	}
	return all, nil
}

func (all parts) close() {
	for _, p := range all {
		p.rows.Close()
	}
}

// next gathers what the tables say of the lowest line that any of them stands on.
func (all parts) next() (e mailout.Evidence, more bool, err error) {
	e.Line = atEnd
	for _, p := range all {
		e.Line = min(e.Line, p.line)
	}
	if e.Line == atEnd {
		return e, false, nil
	}
	for _, p := range all {
		for p.line == e.Line {
			p.put(&e)
			if err := p.advance(); err != nil {
				return e, false, err
			}
		}
	}
	return e, true, nil
}

func (p *evidencePart) advance() (err error) {
	if !p.rows.Next() {
		p.line = atEnd
		return p.rows.Err()
	}
	p.line, p.put, err = p.read(p.rows)
	return err
}
