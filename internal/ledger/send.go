package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"

	"batch/internal/mailout"
)

// BeginAttempt commits and syncs the intent to send a row, then appends its Ref to
// sent.log and syncs that. Only then may the first byte leave.
//
// A crash before the commit leaves the row planned. A crash between the commit and
// sent.log leaves it sending without a line: proved not sent, and Recover plans it
// again. A crash later leaves it sending with a line: Recover makes it unknown. An
// error means that nothing may be sent.
//
// A row that was proved not sent keeps its Ref; any other gets a new one.
func (l *Ledger) BeginAttempt(ctx context.Context, batch mailout.BatchID, line int, queue string, jobXML mailout.Digest) (mailout.Ref, error) {
	now := stamp(l.now())
	var ref mailout.Ref
	err := l.tx(ctx, "writing the intent to send", func(tx *sql.Tx) error {
		state, err := batchState(tx, batch)
		if err != nil {
			return err
		}
		if state != mailout.Approved {
			return mailout.ErrNotApproved
		}
		p, err := rowAt(tx, batch, line)
		if err != nil {
			return err
		}
		if p.state != mailout.Planned {
			return mailout.ErrNotPlanned
		}
		if err := l.openAttempt(tx, &p, jobXML, now); err != nil {
			return err
		}
		ref = p.ref
		if err := move(tx, &p, mailout.Begin, now, ""); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE rows SET queue = ?, code = '', message = '' WHERE batch = ? AND line = ?`, queue, string(batch), line)
		return err
	})
	if err != nil {
		return "", err
	}
	return ref, l.wrap("appending to sent.log", l.sent.Append(ref, now))
}

// openAttempt writes the attempt: a new one with a new Ref, or the old one again where
// its call was proved not sent.
func (l *Ledger) openAttempt(tx *sql.Tx, p *place, jobXML mailout.Digest, now string) error {
	documents, err := documentsDigest(tx, p.batch, p.line)
	if err != nil {
		return err
	}
	if p.ref != "" {
		_, err := tx.Exec(`UPDATE attempts SET begun_at = ?, ended_at = NULL, outcome = '', status = 0, code = '', last_byte = NULL, job_xml = ? WHERE ref = ?`,
			now, jobXML.String(), string(p.ref))
		return err
	}
	var n int
	if err := tx.QueryRow(`SELECT coalesce(max(n), 0) + 1 FROM attempts WHERE batch = ? AND line = ?`, string(p.batch), p.line).Scan(&n); err != nil {
		return err
	}
	p.ref = mailout.NewRef(mailout.RefParts{Workspace: l.workspace, Batch: p.batch, Line: p.line, Attempt: n})
	_, err = tx.Exec(`INSERT INTO attempts (ref, batch, line, n, job_xml, documents, begun_at) VALUES (?,?,?,?,?,?,?)`,
		string(p.ref), string(p.batch), p.line, n, jobXML.String(), documents.String(), now)
	return err
}

// documentsDigest is the SHA-256 over the digests of the row's prepared documents.
func documentsDigest(tx *sql.Tx, batch mailout.BatchID, line int) (mailout.Digest, error) {
	rows, err := tx.Query(`SELECT sha256 FROM documents WHERE batch = ? AND line = ? ORDER BY n`, string(batch), line)
	if err != nil {
		return mailout.Digest{}, err
	}
	defer rows.Close()
	h := sha256.New()
	for rows.Next() {
		var d mailout.Digest
		if err := rows.Scan(hexDigest{&d}); err != nil {
			return mailout.Digest{}, err
		}
		h.Write(d[:])
	}
	return mailout.Digest(h.Sum(nil)), rows.Err()
}

// Settle commits how an attempt ended and returns the row's state after it. Where a
// status change has made the row created meanwhile, the answer changes nothing; an
// answer that names another job then is a proven duplicate, and an alarm.
func (l *Ledger) Settle(ctx context.Context, ref mailout.Ref, o mailout.Outcome) (mailout.State, error) {
	now := stamp(l.now())
	var state mailout.State
	// The answer was given: it is written even when the caller is being interrupted.
	err := l.tx(context.WithoutCancel(ctx), "writing the answer", func(tx *sql.Tx) error {
		p, err := scanPlace(tx.QueryRow(`SELECT r.batch, r.line, r.key, r.state, coalesce(r.ref,''), coalesce(r.job_id,0)
			FROM attempts a JOIN rows r ON r.batch = a.batch AND r.line = a.line WHERE a.ref = ?`, string(ref)))
		if err != nil {
			return err
		}
		if o, err = believable(tx, p, o); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE attempts SET ended_at = ?, outcome = ?, status = ?, code = ?, last_byte = ?, job_id = coalesce(job_id, nullif(?6, 0)),
			cancel_url = iif(coalesce(job_id, ?6) = ?6, ?7, cancel_url) WHERE ref = ?8`,
			now, string(o.Kind), o.Status, o.Code, stampOrNull(o.LastByte), int64(o.JobID), o.CancellationURL, string(ref)); err != nil {
			return err
		}
		state, err = settleRow(tx, p, ref, o, now)
		return err
	})
	return state, err
}

// believable turns an answer that cannot be true into a lost one: a job without an id, or
// with that of another row's job.
func believable(tx *sql.Tx, p place, o mailout.Outcome) (mailout.Outcome, error) {
	if o.Kind != mailout.OutcomeAccepted {
		return o, nil
	}
	var others int
	err := tx.QueryRow(`SELECT count(*) FROM rows WHERE job_id = ? AND (batch, line) <> (?, ?)`, int64(o.JobID), string(p.batch), p.line).Scan(&others)
	if err == nil && (others > 0 || o.JobID == 0) {
		o.Kind, o.Code, o.Message = mailout.OutcomeUnknown, "job-id", fmt.Sprintf("the answer named job %d, which is not this row's", o.JobID)
		o.JobID = 0
	}
	return o, err
}

func settleRow(tx *sql.Tx, p place, ref mailout.Ref, o mailout.Outcome, now string) (mailout.State, error) {
	if p.state != mailout.Sending || p.ref != ref {
		if o.Kind == mailout.OutcomeAccepted && o.JobID != p.job {
			return p.state, raise(tx, mailout.Alarm{Kind: mailout.AlarmDuplicate, Batch: p.batch, Line: p.line, JobID: o.JobID,
				Detail: fmt.Sprintf("the portal answered with job %d after a change had brought job %d", o.JobID, p.job)}, now)
		}
		return p.state, nil
	}
	p.job = o.JobID
	if err := move(tx, &p, o.Event(), now, outcomeDetail(o)); err != nil {
		return p.state, err
	}
	if o.Kind == mailout.OutcomeRefused {
		_, err := tx.Exec(`UPDATE rows SET code = ?, message = ? WHERE batch = ? AND line = ?`, o.Code, o.Message, string(p.batch), p.line)
		return p.state, err
	}
	return p.state, nil
}

func outcomeDetail(o mailout.Outcome) string {
	switch {
	case o.Kind == mailout.OutcomeAccepted:
		return fmt.Sprintf("HTTP %d", o.Status)
	case o.Status != 0:
		return fmt.Sprintf("HTTP %d %s: %s", o.Status, o.Code, o.Message)
	}
	return fmt.Sprintf("%s: %s", o.Code, o.Message)
}
