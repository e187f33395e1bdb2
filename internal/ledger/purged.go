package ledger

import (
	"context"
	"database/sql"
	"encoding/json"

	"batch/internal/mailout"
)

// late begins the fingerprint of a change that comes when its batch is purged.
const late = "late-"

// afterPurge marks a change that comes when its batch is purged. It is recorded, so that it can
// be confirmed, under a fingerprint in which its signers are not.
func afterPurge(tx asker, c mailout.Change, t *mailout.Taken) error {
	if t.Kind != mailout.TakenOurs && t.Kind != mailout.TakenDuplicate {
		return nil
	}
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM batches WHERE id = ? AND state = 'purged')`, string(t.Batch)).Scan(&t.Purged)
	if t.Purged {
		t.Fingerprint = late + string(c.Status)
	}
	return err
}

// KeptFiles reads up to limit files of a batch that are in their places, to be deleted.
func (l *Ledger) KeptFiles(ctx context.Context, id mailout.BatchID, limit int) (all []mailout.OldFile, err error) {
	rows, err := l.read.QueryContext(ctx, `SELECT job_id, signer, sha256, path FROM files INDEXED BY files_by_row
		WHERE batch = ? AND state = 'kept' AND gone_at = '' LIMIT ?`, string(id), limit)
	if err != nil {
		return nil, l.wrap("listing kept files", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f mailout.OldFile
		if err := rows.Scan((*int64)(&f.Job), &f.Signer, hexDigest{&f.SHA256}, &f.Path); err != nil {
			return nil, l.wrap("listing kept files", err)
		}
		all = append(all, f)
	}
	return all, l.wrap("listing kept files", rows.Err())
}

// ForgetFiles notes that files of a purged batch are deleted, and forgets their names, in
// which the owner's keys are. Their digests stay: whoever has them in an archive can show that
// they are the ones. The folders are synced before: a crash in between leaves names of files
// that are gone, and they are forgotten when the batch is purged again.
func (l *Ledger) ForgetFiles(ctx context.Context, id mailout.BatchID, files []mailout.OldFile) error {
	now := stamp(l.now())
	return l.tx(ctx, "noting deleted files", func(tx *sql.Tx) error {
		for _, f := range files {
			if _, err := tx.Exec(`UPDATE files SET gone_at = ?, path = 'purged/' || job_id || '-' || signer || '-' || sha256 WHERE job_id = ? AND signer = ? AND sha256 = ?`,
				now, int64(f.Job), f.Signer, f.SHA256.String()); err != nil {
				return err
			}
			if _, err := tx.Exec(`UPDATE events SET detail = substr(detail, instr(detail, 'sha256 ')) WHERE batch = ?1
				AND line = (SELECT line FROM files WHERE job_id = ?2 AND signer = ?3 AND sha256 = ?4) AND kind IN ('kept','kept as doubtful') AND detail LIKE 'signed/%sha256 ' || ?4`,
				string(id), int64(f.Job), f.Signer, f.SHA256.String()); err != nil {
				return err
			}
		}
		return nil
	})
}

// ToDelete lists the jobs of a batch that all have signed, duplicates too, and whose documents
// the portal is not known to have deleted, in the order of their ids.
func (l *Ledger) ToDelete(ctx context.Context, id mailout.BatchID) (all []mailout.Deletion, err error) {
	rows, err := l.read.QueryContext(ctx, `SELECT c.job_id, max(c.line), max(c.sender), max(c.delete_url), coalesce(d.asked, 0), coalesce(d.answer, ''),
			max(coalesce((SELECT max(s.since) FROM signers s WHERE s.batch = c.batch AND s.line = c.line), c.first_at))
		FROM changes c LEFT JOIN deletions d ON d.job_id = c.job_id
		WHERE c.batch = ? AND c.status = 'COMPLETED_SUCCESSFULLY' AND coalesce(d.answer, '') NOT IN ('granted','gone') GROUP BY c.job_id ORDER BY c.job_id`, string(id))
	if err != nil {
		return nil, l.wrap("listing documents at the portal", err)
	}
	defer rows.Close()
	for rows.Next() {
		d := mailout.Deletion{Batch: id}
		if err := rows.Scan((*int64)(&d.Job), &d.Line, (*string)(&d.Sender), &d.URL, &d.Asked, (*string)(&d.Answer), moment{&d.Completed}); err != nil {
			return nil, l.wrap("listing documents at the portal", err)
		}
		all = append(all, d)
	}
	return all, l.wrap("listing documents at the portal", rows.Err())
}

// BeginDelete notes that the portal is about to be asked to delete a job's documents: a "no"
// to a later call may then be the echo of this one.
func (l *Ledger) BeginDelete(ctx context.Context, d mailout.Deletion) error {
	if err := l.failure(); err != nil {
		return err
	}
	return l.tx(ctx, "noting a deletion", func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO deletions (job_id, batch, asked, at) VALUES (?,?,1,?)
			ON CONFLICT DO UPDATE SET asked = asked + 1, answer = '', at = excluded.at`, int64(d.Job), string(d.Batch), stamp(l.now()))
		return err
	})
}

// SettleDelete writes what the portal answered. Without a kind the answer was lost: the portal
// is asked again by the same command.
func (l *Ledger) SettleDelete(ctx context.Context, d mailout.Deletion, kind mailout.AnswerKind) error {
	now := stamp(l.now())
	return l.tx(context.WithoutCancel(ctx), "writing the answer to a deletion", func(tx *sql.Tx) error {
		if _, err := tx.Exec(`UPDATE deletions SET answer = ?, at = ? WHERE job_id = ?`, string(kind), now, int64(d.Job)); err != nil {
			return err
		}
		p, err := rowAt(tx, d.Batch, d.Line)
		if err != nil || kind != mailout.AnswerGranted && kind != mailout.AnswerGone {
			return err
		}
		return addEvent(tx, event{at: now, batch: d.Batch, line: d.Line, kind: "documents deleted at the portal", from: p.state, to: p.state, job: d.Job, detail: string(kind)})
	})
}

// CountKept counts the files of a batch that KeptFiles reads.
func (l *Ledger) CountKept(ctx context.Context, id mailout.BatchID) (n int, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT count(*) FROM files INDEXED BY files_by_row WHERE batch = ? AND state = 'kept' AND gone_at = ''`, string(id)).Scan(&n)
	return n, l.wrap("counting kept files", err)
}

// Needed counts those of files that a batch has documents in and that another batch needs too.
func (l *Ledger) Needed(ctx context.Context, id mailout.BatchID, files []mailout.Digest) (n int, err error) {
	list, err := json.Marshal(files)
	if err != nil {
		return 0, err
	}
	err = l.read.QueryRowContext(ctx, `SELECT count(*) FROM json_each(?1) AS f WHERE EXISTS (SELECT 1 FROM documents d WHERE d.sha256 = f.value AND d.batch = ?2)
		AND EXISTS (SELECT 1 FROM documents d JOIN batches b ON b.id = d.batch WHERE d.sha256 = f.value AND b.state NOT IN ('superseded','purged'))`,
		string(list), string(id)).Scan(&n)
	return n, l.wrap("counting documents that another batch needs", err)
}

// ForgetReports takes back the notes of those reports of a purged batch that are gone.
func (l *Ledger) ForgetReports(ctx context.Context, id mailout.BatchID, gone func(mailout.ReportFile) bool) error {
	noted, err := l.Reports(ctx, id)
	if err != nil {
		return err
	}
	return l.tx(ctx, "forgetting reports", func(tx *sql.Tx) error {
		for _, r := range noted {
			if !gone(r) {
				continue
			}
			if _, err := tx.Exec(`DELETE FROM reports WHERE batch = ? AND path = ?`, string(id), r.Path); err != nil {
				return err
			}
		}
		return nil
	})
}

// OtherPlans lists the plans for the people of a purged batch that are still to be approved.
func (l *Ledger) OtherPlans(ctx context.Context, id mailout.BatchID) (all []mailout.BatchID, err error) {
	found, err := texts(ctx, l.read, `SELECT id FROM batches WHERE state = 'planned' AND `+samePlan+` ORDER BY id`, string(id))
	for _, id := range found {
		all = append(all, mailout.BatchID(id))
	}
	return all, l.wrap("looking for other plans", err)
}
