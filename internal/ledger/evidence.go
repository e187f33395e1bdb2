package ledger

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"

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
	all, err := openCursors(tx, evidence(), `batch = ?`, []any{string(batch)})
	defer all.close()
	if err != nil {
		return nil, l.wrap("reading the books", err)
	}
	for {
		line, more := all.lowest()
		if !more {
			return totals, nil
		}
		e := mailout.Evidence{Line: line}
		if err := all.fill(line, &e); err != nil {
			return nil, l.wrap("reading the books", err)
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

// evidencePart is a table that evidence is read from. In its query %s stands for which of its rows.
type evidencePart struct {
	ask  string
	into []any
	put  func(*mailout.Evidence) error
}

func (p evidencePart) query(which string) string     { return fmt.Sprintf(p.ask, which) }
func (p evidencePart) dest() []any                   { return p.into }
func (p evidencePart) add(e *mailout.Evidence) error { return p.put(e) }

func evidence() []part[mailout.Evidence] {
	return []part[mailout.Evidence]{rowEvidence(), bookedStatus(), bookedDocuments(), bookedAttempt(), bookedEvent(), bookedChange(), bookedFile(), bookedAlarm()}
}

func rowEvidence() evidencePart {
	var r mailout.Evidence
	return evidencePart{`SELECT line, state, since, coalesce(ref, ''), coalesce(job_id, 0), cause, bare FROM rows WHERE %s ORDER BY line`,
		[]any{(*string)(&r.State), moment{&r.Since}, (*string)(&r.Ref), (*int64)(&r.JobID), &r.Cause, &r.Bare},
		func(e *mailout.Evidence) error {
			e.Row, e.State, e.Since, e.Ref, e.JobID, e.Cause, e.Bare = true, r.State, r.Since, r.Ref, r.JobID, r.Cause, r.Bare
			return nil
		}}
}

func bookedStatus() evidencePart {
	var status mailout.SignerStatus
	return listed(`SELECT line, status FROM signers WHERE %s ORDER BY line, n`, &status, func(e *mailout.Evidence) *[]mailout.SignerStatus { return &e.Signers },
		(*string)(&status))
}

// bookedDocuments is the digest that an attempt keeps of them (see sendable).
func bookedDocuments() evidencePart {
	var digests string
	return evidencePart{`SELECT line, group_concat(sha256, '' ORDER BY n) FROM documents WHERE %s GROUP BY line ORDER BY line`, []any{&digests},
		func(e *mailout.Evidence) error {
			raw, err := hex.DecodeString(digests)
			e.Documents = mailout.SumDigest(raw)
			return err
		}}
}

func bookedAttempt() evidencePart {
	var a mailout.AttemptBook
	return listed(`SELECT line, ref, n, outcome, status, code, coalesce(job_id, 0), dropped_at IS NOT NULL, begun_at, documents FROM attempts WHERE %s ORDER BY line, n`,
		&a, func(e *mailout.Evidence) *[]mailout.AttemptBook { return &e.Attempts },
		(*string)(&a.Ref), &a.N, (*string)(&a.Outcome), &a.Status, &a.Code, (*int64)(&a.JobID), &a.Dropped, moment{&a.Begun}, hexDigest{&a.Documents})
}

func bookedEvent() evidencePart {
	var h mailout.EventBook
	return listed(`SELECT line, seq, at, kind, from_state, to_state, coalesce(job_id, 0), iif(`+saysKept+`, substr(detail, -64), '') FROM events WHERE %s ORDER BY line, seq`,
		&h, func(e *mailout.Evidence) *[]mailout.EventBook { return &e.Events },
		&h.Seq, moment{&h.At}, &h.Kind, (*string)(&h.From), (*string)(&h.To), (*int64)(&h.JobID), hexDigest{&h.Kept})
}

// saysKept says of an event that it ends with the digest of a kept file, as sayKept writes it and
// purging leaves it.
const saysKept = `kind IN ('kept','kept as doubtful') AND length(detail) > 64 AND substr(detail, -64) NOT GLOB '*[^0-9a-f]*'`

func bookedChange() evidencePart {
	var c mailout.ChangeBook
	return listed(`SELECT coalesce(line, 0) AS line, job_id, status, tried_at IS NOT NULL, confirmed_at IS NOT NULL, fingerprint GLOB '`+late+`*' FROM changes WHERE %s ORDER BY line, first_at`,
		&c, func(e *mailout.Evidence) *[]mailout.ChangeBook { return &e.Changes },
		(*int64)(&c.JobID), (*string)(&c.Status), &c.Tried, &c.Confirmed, &c.Late)
}

func bookedFile() evidencePart {
	var f mailout.FileBook
	return listed(`SELECT coalesce(line, 0) AS line, job_id, signer, sha256, bytes, temp, path, doubt, job_status, gone_at <> '' FROM files WHERE %s ORDER BY line, job_id, signer, at`,
		&f, func(e *mailout.Evidence) *[]mailout.FileBook { return &e.Files },
		(*int64)(&f.JobID), &f.Signer, hexDigest{&f.SHA256}, &f.Bytes, &f.Temp, &f.Path, &f.Doubt, (*string)(&f.Of), &f.Gone)
}

func bookedAlarm() evidencePart {
	var a mailout.Alarm
	return listed(`SELECT line, id, at, kind, job_id, detail FROM alarms WHERE %s ORDER BY line, id`, &a, func(e *mailout.Evidence) *[]mailout.Alarm { return &e.Raised },
		&a.ID, moment{&a.At}, (*string)(&a.Kind), (*int64)(&a.JobID), &a.Detail)
}

// listed is a part of which each row, read into one, joins a list.
func listed[T any](ask string, one *T, list func(*mailout.Evidence) *[]T, into ...any) evidencePart {
	return evidencePart{ask, into, func(e *mailout.Evidence) error {
		all := list(e)
		*all = append(*all, *one)
		return nil
	}}
}
