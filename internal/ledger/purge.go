package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"batch/internal/mailout"
)

// PurgeError says why a batch cannot be purged now.
type PurgeError struct {
	State       mailout.BatchState
	Open        int // rows that are not over
	Unconfirmed int // final changes that are not confirmed
	Alarms      int // that nobody has laid to rest, of the batch or of the whole ledger
}

func (e *PurgeError) Error() string {
	return fmt.Sprintf("a batch that is %s, with %d rows that are not over, %d changes that are not confirmed and %d alarms, is not purged",
		e.State, e.Open, e.Unconfirmed, e.Alarms)
}

// BeginPurge makes a batch purged, from which there is no way back: nobody reads its personal
// data from now on, and whoever finds the batch so goes on deleting it. The lock is held. A
// crash after it leaves a batch that says it is not yet rid of everything: to purge it again
// does the rest. again says that this is not the first time. A batch that is not over is a
// *PurgeError.
func (l *Ledger) BeginPurge(ctx context.Context, id mailout.BatchID, by string) (again bool, err error) {
	now := stamp(l.now())
	err = l.tx(ctx, "beginning to purge", func(tx *sql.Tx) error {
		state, err := batchState(tx, id)
		if err != nil {
			return err
		}
		again = state == mailout.Purged
		if err := purgeable(tx, id, state); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE batches SET state = 'purged', purged_at = '' WHERE id = ?`, string(id)); err != nil {
			return err
		}
		return addEvent(tx, event{at: now, batch: id, kind: "purge begun", detail: by})
	})
	return again, err
}

// Purgeable tells what BeginPurge would refuse, before anything is done.
func (l *Ledger) Purgeable(ctx context.Context, id mailout.BatchID) error {
	return l.tx(ctx, "looking whether the batch is over", func(tx *sql.Tx) error {
		state, err := batchState(tx, id)
		if err != nil {
			return err
		}
		return purgeable(tx, id, state)
	})
}

func purgeable(tx asker, id mailout.BatchID, state mailout.BatchState) error {
	e := &PurgeError{State: state}
	err := tx.QueryRow(`SELECT (SELECT coalesce(sum(n), 0) FROM tally WHERE batch = ?1 AND state IN ('planned','sending','unknown','created')),
		(SELECT count(*) FROM changes WHERE batch = ?1 AND final = 1 AND confirmed_at IS NULL),
		(SELECT count(*) FROM alarms WHERE batch IN (?1, '') AND laid_at IS NULL)`, string(id)).Scan(&e.Open, &e.Unconfirmed, &e.Alarms)
	if err == nil && (e.State != mailout.Done && e.State != mailout.Purged || e.Open+e.Unconfirmed+e.Alarms > 0) {
		err = e
	}
	return err
}

// purgeChunk is how many rows are purged in one transaction: others who write, a plan above
// all, wait no longer than that.
const purgeChunk = 1000

// PurgeRows takes what is personal out of the rows of a batch, and all that is about them:
// the signers' numbers and addresses, titles, descriptions, the owner's cells and keys, the
// names of input files, and whatever words people or the portal have left in the history. The
// key of a row is line:14 from then on. States, times, digests, jobs and events stay. It may
// be done again, and is where a crash broke it off.
func (l *Ledger) PurgeRows(ctx context.Context, id mailout.BatchID) error {
	if err := l.purgeStep(ctx, id, freeKeys, 0, 0); err != nil {
		return err
	}
	for after := 0; ; {
		var last sql.NullInt64
		err := l.read.QueryRowContext(ctx, `SELECT max(line) FROM (SELECT line FROM rows WHERE batch = ? AND line > ? ORDER BY line LIMIT ?)`, string(id), after, purgeChunk).Scan(&last)
		if err != nil {
			return l.wrap("purging rows", err)
		}
		if !last.Valid {
			return l.purgeStep(ctx, id, purgeRest, 0, 0)
		}
		if err := l.purgeStep(ctx, id, purgeLines, after, int(last.Int64)); err != nil {
			return err
		}
		after = int(last.Int64)
	}
}

// purgeStep runs statements in one transaction: ?1 is the batch, the lines are those after ?2
// up to ?3, ?4 is the moment.
func (l *Ledger) purgeStep(ctx context.Context, id mailout.BatchID, statements []string, after, upTo int) error {
	now := stamp(l.now())
	return l.tx(ctx, "purging rows", func(tx *sql.Tx) error {
		for _, s := range statements {
			if _, err := tx.Exec(s, string(id), after, upTo, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// freeKeys makes room for the keys to come: an owner may have called row 7 "line:3".
var freeKeys = []string{`UPDATE rows SET key = 'purging-' || hex(randomblob(16)) WHERE batch = ?1 AND key GLOB 'line:*' AND key <> 'line:' || line`}

// purgeLines are about lines. What a recipe or a check found of the owner's files goes before
// their names do: it is a cache. The fingerprint of a change is made of its signers' numbers,
// and whoever tries all numbers there are would find the one.
var purgeLines = []string{
	`DELETE FROM verdicts WHERE file IN (SELECT json_extract(s.value, '$.SHA256') FROM documents d, json_each(d.sources) s
		WHERE d.batch = ?1 AND d.line > ?2 AND d.line <= ?3)`,
	`UPDATE rows SET key = 'line:' || line, title = '', nonsensitive_title = '', description = '', columns = '[]', message = ''
		WHERE batch = ?1 AND line > ?2 AND line <= ?3`,
	`UPDATE signers SET national_id = '', email = '', mobile = '' WHERE batch = ?1 AND line > ?2 AND line <= ?3`,
	`UPDATE documents SET title = '', sources = '[]' WHERE batch = ?1 AND line > ?2 AND line <= ?3`,
	`UPDATE changes SET fingerprint = 'before-' || lower(hex(randomblob(16))) WHERE fingerprint NOT GLOB '*-*'
		AND job_id IN (SELECT job_id FROM rows WHERE batch = ?1 AND line > ?2 AND line <= ?3)`,
	`UPDATE events SET detail = substr(detail, 1, ` + keptWords + `) WHERE batch = ?1 AND line > ?2 AND line <= ?3
		AND kind NOT IN ('kept','kept as doubtful') AND length(detail) > ` + keptWords,
}

// keptWords is how many characters of an event's detail stay: what comes before the words of a
// person or of the portal, as ledger methods write it ("by kari: …", "HTTP 400 CODE: …",
// "alarm 3 (duplicate), …", "too late: …(…)").
const keptWords = `CASE kind WHEN 'alarm laid' THEN instr(detail || ', ', ', ') - 1 WHEN 'cancel answered' THEN instr(detail || ' (', ' (') - 1
	WHEN 'change' THEN length(detail) ELSE instr(detail || ': ', ': ') - 1 END`

// purgeRest is about what is not of one line, or of few.
var purgeRest = []string{
	`UPDATE changes SET fingerprint = 'before-' || lower(hex(randomblob(16))) WHERE batch = ?1 AND fingerprint NOT GLOB '*-*'`,
	`UPDATE wishes SET said = substr(said, 1, instr(said || ': ', ': ') - 1) WHERE batch = ?1`,
	`UPDATE alarms SET note = '', detail = iif(kind = 'doubtful', 'something of the job did not pass its check, or could not be fetched', detail) WHERE batch = ?1 AND laid_at IS NOT NULL`,
	`UPDATE events SET detail = substr(detail, 1, instr(detail || ': ', ': ') - 1) WHERE batch = ?1 AND line = 0 AND kind IN ('stopped','ended') AND detail LIKE '%: %'`,
	`DELETE FROM batches WHERE state = 'superseded' AND ` + samePlan,
}

// samePlan says of a batch that it is another plan for the people of batch ?1: of the same
// file, or with the same letter.
const samePlan = `(manifest_path = (SELECT manifest_path FROM batches WHERE id = ?1 AND manifest_path <> '')
	OR EXISTS (SELECT 1 FROM rows r JOIN rows p ON p.letter = r.letter AND p.batch = ?1 WHERE r.batch = batches.id))`

// DropPlan forgets a plan that was never approved: nothing of it was sent, and nothing has to
// be told of it. dropped is false where the batch is no such plan.
func (l *Ledger) DropPlan(ctx context.Context, id mailout.BatchID) (dropped bool, err error) {
	err = l.tx(ctx, "forgetting a plan", func(tx *sql.Tx) error {
		res, err := tx.Exec(`DELETE FROM batches WHERE id = ? AND state IN ('planned','superseded') AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.batch = batches.id)`, string(id))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		dropped = n > 0
		return err
	})
	return dropped, err
}

// EndPurge notes that nothing is left of what was to go.
func (l *Ledger) EndPurge(ctx context.Context, id mailout.BatchID, detail string) error {
	now := stamp(l.now())
	return l.tx(ctx, "ending to purge", func(tx *sql.Tx) error {
		if _, err := tx.Exec(`UPDATE batches SET purged_at = ? WHERE id = ? AND state = 'purged'`, now, string(id)); err != nil {
			return err
		}
		return addEvent(tx, event{at: now, batch: id, kind: "purged", detail: detail})
	})
}

// Purged is when the last of a batch was purged; zero: something is left, or all of it.
func (l *Ledger) Purged(ctx context.Context, id mailout.BatchID) (m mailout.Purging, err error) {
	err = l.read.QueryRowContext(ctx, `SELECT state = 'purged', purged_at FROM batches WHERE id = ?`, string(id)).Scan(&m.Begun, moment{&m.Ended})
	if err == sql.ErrNoRows {
		err = ErrNoBatch
	}
	return m, l.wrap("looking how far purging is", err)
}
