package ledger

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"batch/internal/mailout"
)

// BeginAttempt commits and syncs the intent to send a row, then appends its Ref to sent.log
// and syncs that, then notes in the ledger how far the log goes. Only then may the first
// byte leave. Intents that wait at the same moment share all three (see round).
//
// A crash before the first commit leaves the row planned. A crash between the commit and
// sent.log leaves it sending without a line: proved not sent, and Recover plans it
// again. A crash later leaves it sending with a line: Recover makes it unknown. An
// error means that nothing may be sent; after one of the commit or of sent.log every other
// intent is refused too, in this process.
//
// A row that was proved not sent keeps its Ref; any other gets a new one. What it is another
// attempt at is looked at once more: not free any more is [mailout.ErrStands].
func (l *Ledger) BeginAttempt(ctx context.Context, batch mailout.BatchID, line int, queue string, jobXML mailout.Digest) (mailout.Ref, error) {
	e := entry{at: stamp(l.now())}
	err := l.share(ctx, &step{doing: "writing the intent to send", line: &e, do: func(tx writer, turn int64) error {
		p, err := sendable(tx, batch, line)
		if err == nil && p.rebuilt {
			err = l.outBare(tx, p)
		}
		if err == nil && p.again {
			err = freeFor(tx, mailout.RowID{Batch: batch, Line: line})
		}
		if err != nil {
			return err
		}
		if err := l.openAttempt(tx, &p, jobXML, e.at, turn); err != nil {
			return err
		}
		e.ref, e.mark, p.queue = p.ref, l.mark(batch, p.letter), queue
		return move(tx, &p.place, mailout.Begin, e.at, "")
	}})
	if err != nil {
		return "", err
	}
	return e.ref, nil
}

// sendablePlace is a row that may be sent, and what its attempt is made of.
type sendablePlace struct {
	place
	letter    mailout.Digest
	documents mailout.Digest // SHA-256 over the digests of its prepared documents
	n         int            // of its next new attempt, from 1
	rebuilt   bool           // the books of some batch were rebuilt
	again     bool           // it is another attempt at an earlier row
}

// sendable finds a planned row of an approved batch, in one question: it is asked of every
// row that is sent.
func sendable(tx asker, batch mailout.BatchID, line int) (p sendablePlace, err error) {
	var approved mailout.BatchState
	var documents string
	p.batch, p.line = batch, line
	err = tx.QueryRow(`SELECT b.state, coalesce(r.key, ''), coalesce(r.state, ''), coalesce(r.ref, ''), coalesce(r.job_id, 0), coalesce(r.letter, ''),
		(SELECT coalesce(group_concat(d.sha256, '' ORDER BY d.n), '') FROM documents d WHERE d.batch = ?1 AND d.line = ?2),
		(SELECT coalesce(max(a.n), 0) + 1 FROM attempts a WHERE a.batch = ?1 AND a.line = ?2),
		EXISTS (SELECT 1 FROM batches WHERE rebuilt_at <> ''), EXISTS (SELECT 1 FROM origins WHERE batch = ?1 AND line = ?2)
		FROM batches b LEFT JOIN rows r ON r.batch = b.id AND r.line = ?2 WHERE b.id = ?1`, string(batch), line).
		Scan((*string)(&approved), &p.key, (*string)(&p.state), (*string)(&p.ref), (*int64)(&p.job), hexDigest{&p.letter}, &documents, &p.n, &p.rebuilt, &p.again)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return p, ErrNoBatch
	case err != nil:
		return p, err
	case approved != mailout.Approved:
		return p, mailout.ErrNotApproved
	case p.key == "":
		return p, ErrNoRow
	case p.state != mailout.Planned:
		return p, mailout.ErrNotPlanned
	}
	raw, err := hex.DecodeString(documents)
	p.documents = mailout.SumDigest(raw)
	return p, err
}

// outBare is mailout.ErrRepeat where the letter is on its way, or signed, by a row of which
// only sent.log's mark is known: the index that keeps any other letter from going out twice
// cannot tell that it is the same.
func (l *Ledger) outBare(tx asker, p sendablePlace) error {
	rebuilt, err := tx.Query(rebuiltQuery)
	if err != nil {
		return err
	}
	letters, err := l.bareLetters(rebuilt, p.letter)
	for _, letter := range letters {
		var out bool
		if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM rows WHERE letter = ? AND state IN ('sending','created','unknown','signed')
			AND repeat >= (SELECT repeat FROM rows WHERE batch = ? AND line = ?))`, letter.String(), string(p.batch), p.line).Scan(&out); err != nil {
			return err
		}
		if out {
			return mailout.ErrRepeat
		}
	}
	return err
}

// openAttempt writes the attempt: a new one with a new Ref, or the old one again where
// its call was proved not sent.
func (l *Ledger) openAttempt(tx writer, p *sendablePlace, jobXML mailout.Digest, now string, turn int64) error {
	if p.ref != "" {
		_, err := tx.Exec(`UPDATE attempts SET begun_at = ?, turn = ?, ended_at = NULL, outcome = '', status = 0, code = '', last_byte = NULL, job_xml = ? WHERE ref = ?`,
			now, turn, jobXML.String(), string(p.ref))
		return err
	}
	p.ref = mailout.NewRef(mailout.RefParts{Workspace: l.workspace, Batch: p.batch, Line: p.line, Attempt: p.n})
	_, err := tx.Exec(`INSERT INTO attempts (ref, batch, line, n, job_xml, documents, begun_at, turn) VALUES (?,?,?,?,?,?,?,?)`,
		string(p.ref), string(p.batch), p.line, p.n, jobXML.String(), p.documents.String(), now, turn)
	return err
}

// Settle commits how an attempt ended and returns the row's state after it. Where a
// status change has made the row created meanwhile, the answer changes nothing; an
// answer that names another job then is a proven duplicate, and an alarm.
func (l *Ledger) Settle(ctx context.Context, ref mailout.Ref, o mailout.Outcome) (mailout.State, error) {
	now := stamp(l.now())
	var state mailout.State
	// The answer was given: it is written even when the caller is being interrupted.
	err := l.share(context.WithoutCancel(ctx), &step{doing: "writing the answer", do: func(tx writer, _ int64) error {
		p, others, err := answered(tx, ref, o.JobID)
		if err != nil {
			return err
		}
		o := believable(o, others)
		if _, err := tx.Exec(`UPDATE attempts SET ended_at = ?, outcome = ?, status = ?, code = ?, last_byte = ?, job_id = coalesce(job_id, nullif(?6, 0)),
			cancel_url = iif(coalesce(job_id, ?6) = ?6, ?7, cancel_url) WHERE ref = ?8`,
			now, string(o.Kind), o.Status, o.Code, stampOrNull(o.LastByte), int64(o.JobID), o.CancellationURL, string(ref)); err != nil {
			return err
		}
		state, err = settleRow(tx, p, ref, o, now)
		return err
	}})
	return state, err
}

// answered finds the row of an attempt that was answered with a job, or with none (0).
// others says that the job is another row's.
func answered(tx asker, ref mailout.Ref, job mailout.JobID) (p place, others bool, err error) {
	err = tx.QueryRow(`SELECT r.batch, r.line, r.key, r.state, coalesce(r.ref,''), coalesce(r.job_id,0),
		EXISTS (SELECT 1 FROM rows o WHERE o.job_id = ?2 AND (o.batch, o.line) <> (a.batch, a.line))
		FROM attempts a JOIN rows r ON r.batch = a.batch AND r.line = a.line WHERE a.ref = ?1`, string(ref), int64(job)).
		Scan((*string)(&p.batch), &p.line, &p.key, (*string)(&p.state), (*string)(&p.ref), (*int64)(&p.job), &others)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoRow
	}
	return p, others, err
}

// believable turns an answer that cannot be true into a lost one: a job without an id, or
// with that of another row's job.
func believable(o mailout.Outcome, others bool) mailout.Outcome {
	if o.Kind == mailout.OutcomeAccepted && (others || o.JobID == 0) {
		o.Kind, o.Code, o.Message = mailout.OutcomeUnknown, "job-id", fmt.Sprintf("the answer named job %d, which is not this row's", o.JobID)
		o.JobID = 0
	}
	return o
}

func settleRow(tx writer, p place, ref mailout.Ref, o mailout.Outcome, now string) (mailout.State, error) {
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
