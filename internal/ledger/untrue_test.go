package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"batch/internal/mailout"
)

// No program, ours included, can write a row that is not true: SQL past the package is
// refused by the schema itself.
func TestTheSchemaRefusesWhatIsNotTrue(t *testing.T) {
	const sha = `'` + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" + `'`
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4, sameLetter), row(5, skipped), row(6), row(7))
	b.created(id, 2, 7)
	b.created(id, 3, 8)
	b.settle(b.begin(id, 6), refused)
	for _, c := range []struct{ name, sql string }{
		{"a state of another name", `UPDATE rows SET state = 'sent' WHERE line = 2`},
		{"created without a job", `UPDATE rows SET job_id = NULL WHERE line = 2`},
		{"signed without a job", `UPDATE rows SET state = 'signed', job_id = NULL WHERE line = 2`},
		{"planned with a job", `UPDATE rows SET state = 'planned' WHERE line = 2`},
		{"unknown with a job", `UPDATE rows SET state = 'unknown' WHERE line = 2`},
		{"refused with a job", `UPDATE rows SET state = 'refused' WHERE line = 2`},
		{"sending without a Ref", `UPDATE rows SET state = 'sending' WHERE line = 7`},
		{"signed without a Ref", `UPDATE rows SET state = 'signed', job_id = 9 WHERE line = 7`},
		{"two rows with one job", `UPDATE rows SET job_id = 7 WHERE line = 3`},
		{"the same letter twice", `UPDATE rows SET state = 'sending', ref = 'r' WHERE line = 4`},
		{"a skipped row that has a letter", `UPDATE rows SET letter = ` + sha + ` WHERE line = 5`},
		{"a row to send without a letter", `UPDATE rows SET letter = NULL WHERE line = 7`},
		{"a letter that is no digest", `UPDATE rows SET letter = 'x' WHERE line = 7`},
		{"a row without a line", `UPDATE rows SET line = 0 WHERE line = 7`},
		{"a row without a key", `UPDATE rows SET key = '' WHERE line = 7`},
		{"two rows with one key", `UPDATE rows SET key = 'k2' WHERE line = 7`},
		{"a row of no batch", `UPDATE rows SET batch = 'x' WHERE line = 7`},
		{"text for a number", `UPDATE rows SET job_id = 'seven' WHERE line = 2`},
		{"a batch state of another name", `UPDATE batches SET state = 'sent'`},
		{"stopped without a reason", `UPDATE batches SET state = 'stopped'`},
		{"a reason without a stop", `UPDATE batches SET stop_reason = 'canary'`},
		{"approved without a moment", `UPDATE batches SET approved_at = NULL`},
		{"approved without a digest", `UPDATE batches SET digest = NULL`},
		{"a digest that is none", `UPDATE batches SET digest = 'abc'`},
		{"two batches under one digest", `INSERT INTO batches (id, state, digest, rows_digest, manifest_path, manifest_sha256, created_at) SELECT '2026-11-21-zz', 'planned', digest, rows_digest, manifest_path, manifest_sha256, created_at FROM batches`},
		{"an eleventh signer", `INSERT INTO signers SELECT batch, line, 11, '', '', '', 0, '', '', '', '', NULL FROM signers WHERE line = 2`},
		{"an order of ten", `UPDATE signers SET ord = 10`},
		{"a twenty-first document", `UPDATE documents SET n = 21 WHERE line = 2`},
		{"an empty document", `UPDATE documents SET bytes = 0`},
		{"a document without pages", `UPDATE documents SET pages = 0`},
		{"a verdict of no file", `INSERT INTO verdicts (file, tool, verdict, checked_at) VALUES ('x', 't', '1', '')`},
		{"a verdict of no tool", `INSERT INTO verdicts (file, tool, verdict, checked_at) VALUES (` + sha + `, '', '1', '')`},
		{"an outcome of another name", `UPDATE attempts SET outcome = 'maybe'`},
		{"two attempts of one number", `INSERT INTO attempts (ref, batch, line, n, job_xml, documents, begun_at) SELECT 'r', batch, line, n, job_xml, documents, begun_at FROM attempts WHERE line = 2`},
		{"an attempt at no row", `UPDATE attempts SET line = 99 WHERE line = 2`},
		{"a document kept nowhere", `INSERT INTO files (job_id, sha256, bytes, temp, state, at) VALUES (7, ` + sha + `, 1, '', 'kept', '')`},
		{"a document fetched but in its place", `INSERT INTO files (job_id, sha256, bytes, temp, path, state, at) VALUES (7, ` + sha + `, 1, 't', 'p', 'fetched', '')`},
		{"a XAdES of a twenty-first signer", `INSERT INTO files (job_id, signer, sha256, bytes, temp, state, at) VALUES (7, 21, ` + sha + `, 1, 't', 'fetched', '')`},
		{"a wish with an answer of another name", `INSERT INTO wishes (batch, line, job_id, at, said, turn, answer) VALUES ('b', 2, 7, '2026-11-21T12:00:00.000000Z', '', 1, 'maybe')`},
		{"a wish that was answered and never asked", `INSERT INTO wishes (batch, line, job_id, at, said, answer) VALUES ('b', 2, 7, '2026-11-21T12:00:00.000000Z', '', 'granted')`},
		{"an event changed", `UPDATE events SET kind = 'x'`},
		{"an event deleted", `DELETE FROM events`},
		{"an event replaced", `INSERT OR REPLACE INTO events (seq, at, batch, line, kind, from_state, to_state, detail) VALUES (1, '', '', 0, '', '', '', '')`},
		{"a batch with a history deleted", `DELETE FROM batches`},
		{"a signed row turned back", `UPDATE rows SET state = 'planned', job_id = NULL, ref = NULL WHERE line = 2`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.wantRefused(c.sql)
		})
	}
	b.wantState(id, 2, mailout.Created)
	b.wantState(id, 7, mailout.Planned)
}

// wantRefused wants the schema to refuse some SQL; that it is no SQL does not count.
func (b *books) wantRefused(query string) {
	b.t.Helper()
	err := b.raw(query)
	var se *sqlite.Error
	if !errors.As(err, &se) || se.Code()&0xff != sqlite3.SQLITE_CONSTRAINT {
		b.t.Errorf("the ledger says %v to: %s", err, query)
	}
}

// Times of day, attempts, changes and the rest: what is only true beside other rows, or
// after what was before.
func TestTheSchemaRefusesWhatIsNotTrueBesideOtherRows(t *testing.T) {
	const sha, at, local = `'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'`, `'2026-11-21T12:00:00.000000Z'`, `'2026-11-21T13:00:00.000+01:00'`
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(6), row(7))
	signed := b.change(b.created(id, 2, 7), 7, mailout.Completed, mailout.SignerSigned)
	failed := b.change(b.created(id, 3, 8), 8, mailout.JobFailed, mailout.SignerRejected)
	b.settle(b.begin(id, 6), refused)
	b.take(signed)
	b.keepDocument(b.take(failed), 8)
	must(t, b.Doubt(t.Context(), b.take(failed), 8, "something was not offered"))
	other := b.planned(row(20))
	const attempt = `INSERT INTO attempts (ref, batch, line, n, job_xml, documents, begun_at) SELECT 'r9', batch, line, 9, ` + sha + `, ` + sha + `, ` + at + ` FROM rows WHERE line = `
	const begun = `INSERT INTO attempts (ref, batch, line, n, job_xml, documents, begun_at, ended_at, outcome, status) SELECT 'r9', batch, line, 9, ` + sha + `, ` + sha + `, ` + at
	for _, c := range []struct{ name, sql string }{
		{"sent without approval", `BEGIN; ` + attempt + `20; UPDATE rows SET state = 'sending', ref = 'r9' WHERE line = 20; COMMIT`},
		{"sent by an attempt that is over", `UPDATE rows SET state = 'sending', ref = (SELECT ref FROM attempts WHERE line = 6) WHERE line = 7`},
		{"sent by another row's attempt", `BEGIN; ` + attempt + `6; UPDATE rows SET state = 'sending', ref = 'r9' WHERE line = 7; COMMIT`},
		{"a row that is born with a job", `INSERT INTO rows (batch, line, key, state, since, sender, title, nonsensitive_title, description, authentication, identifier, available_seconds, columns, letter, ref, job_id)
			SELECT batch, 50, 'k50', 'created', since, sender, '', '', '', 4, '', 0, '[]', ` + sha + `, ref, 50 FROM rows WHERE line = 2`},
		{"a row of local time", `UPDATE rows SET since = ` + local + ` WHERE line = 2`},
		{"an activation at local time", `UPDATE rows SET activation_at = ` + local + ` WHERE line = 2`},
		{"a deadline at local time", `UPDATE rows SET deadline_at = ` + local + ` WHERE line = 2`},
		{"a row whose job becomes another", `UPDATE rows SET job_id = 99 WHERE line = 2`},
		{"a row that becomes another line", `UPDATE rows SET line = 99 WHERE line = 20`},
		{"a letter of other signs", `UPDATE rows SET letter = replace(letter, substr(letter, 1, 1), 'Z') WHERE line = 2`},
		{"available for less than nothing", `UPDATE rows SET available_seconds = -1 WHERE line = 2`},
		{"done with rows to send", `UPDATE batches SET state = 'done' WHERE state = 'approved'`},
		{"approved and a draft again", `UPDATE batches SET state = 'draft', approved_at = NULL WHERE state = 'approved'`},
		{"superseded though approved", `UPDATE batches SET state = 'superseded' WHERE state = 'approved'`},
		{"planned with a moment of approval", `UPDATE batches SET approved_at = created_at WHERE state = 'planned'`},
		{"approved at another time", `UPDATE batches SET approved_at = ` + at + ` WHERE state = 'approved'`},
		{"approved at local time", `UPDATE batches SET state = 'approved', approved_at = ` + local + ` WHERE state = 'planned'`},
		{"born approved", `INSERT INTO batches (id, state, digest, rows_digest, manifest_path, manifest_sha256, created_at, approved_at) VALUES ('x', 'approved', ` + sha + `, ` + sha + `, '', ` + sha + `, ` + at + `, ` + at + `)`},
		{"born at local time", `INSERT INTO batches (id, state, manifest_path, manifest_sha256, created_at) VALUES ('x', 'draft', '', ` + sha + `, ` + local + `)`},
		{"another digest than was approved", `UPDATE batches SET digest = ` + sha + ` WHERE state = 'approved'`},
		{"a digest of other signs", `UPDATE batches SET manifest_sha256 = replace(` + sha + `, 'b', 'Z')`},
		{"over without an outcome", `UPDATE attempts SET outcome = '' WHERE line = 2`},
		{"an outcome before the end", `UPDATE attempts SET ended_at = NULL WHERE line = 2`},
		{"begun and over at once", begun + `, NULL, 'unknown', 0 FROM rows WHERE line = 7`},
		{"accepted without a job", `UPDATE attempts SET job_id = NULL WHERE line = 2`},
		{"accepted by an error", `UPDATE attempts SET status = 500 WHERE line = 2`},
		{"refused by a success", `UPDATE attempts SET status = 200 WHERE line = 6`},
		{"refused from the start, by a success", begun + `, ` + at + `, 'refused', 200 FROM rows WHERE line = 7`},
		{"dropped though accepted", `UPDATE attempts SET dropped_at = ended_at WHERE line = 2`},
		{"an attempt that becomes another row's", `UPDATE attempts SET line = 3, n = 5 WHERE line = 2`},
		{"an attempt at local time", `UPDATE attempts SET begun_at = ` + local + ` WHERE line = 2`},
		{"an attempt without a Ref", `INSERT INTO attempts (ref, batch, line, n, job_xml, documents, begun_at) SELECT '', batch, line, 9, ` + sha + `, ` + sha + `, ` + at + ` FROM rows WHERE line = 2`},
		{"an attempt deleted", `DELETE FROM attempts`},
		{"confirming before the document is kept", `UPDATE changes SET tried_at = ` + at + ` WHERE job_id = 7`},
		{"confirmed before it was tried", `UPDATE changes SET confirmed_at = ` + at + ` WHERE job_id = 8`},
		{"confirmed at local time", `UPDATE changes SET tried_at = ` + at + `, confirmed_at = ` + local + ` WHERE job_id = 8`},
		{"a change that is final no more", `UPDATE changes SET final = 0 WHERE job_id = 8`},
		{"a final change on the way", `INSERT INTO changes (job_id, fingerprint, sender, queue, status, final, first_at, last_at) VALUES (9, 'f', '', '', 'IN_PROGRESS', 1, ` + at + `, ` + at + `)`},
		{"a change that came less often", `UPDATE changes SET times = 0`},
		{"a document fetched that was kept", `UPDATE files SET state = 'fetched', path = '' WHERE job_id = 8`},
		{"a document of other bytes", `UPDATE files SET bytes = bytes + 1`},
		{"a document born kept", `INSERT INTO files (job_id, sha256, bytes, temp, path, state, at) VALUES (7, ` + sha + `, 1, 't', 'p', 'kept', ` + at + `)`},
		{"two documents of one name", `BEGIN; INSERT INTO files (job_id, sha256, bytes, temp, state, at) VALUES (7, ` + sha + `, 1, 't', 'fetched', ` + at + `);
			UPDATE files SET state = 'kept', path = (SELECT path FROM files WHERE job_id = 8) WHERE job_id = 7; COMMIT`},
		{"an alarm of another name", `INSERT INTO alarms (at, kind, job_id, detail) VALUES (` + at + `, 'noise', 7, 'd')`},
		{"an alarm about no job", `INSERT INTO alarms (at, kind, detail) VALUES (` + at + `, 'duplicate', 'd')`},
		{"an alarm that says nothing", `UPDATE alarms SET detail = ''`},
		{"a note to an alarm that is open", `UPDATE alarms SET note = 'seen'`},
		{"a word about an alarm that is used and was never said", `UPDATE alarms SET used_at = ` + at},
		{"an alarm deleted", `DELETE FROM alarms`},
		{"a wish about what was never approved", `INSERT INTO wishes (batch, line, job_id, at, said) VALUES ('` + string(other) + `', 20, 0, ` + at + `, '')`},
		{"a stranger that is ours", `INSERT INTO strangers (job_id, queue, first_at) VALUES (7, 'queue', ` + at + `)`},
		{"a poll that may come soon", `INSERT INTO pace (key, until) VALUES ('k', 'soon')`},
		{"an event at local time", `INSERT INTO events (at, batch, line, kind, from_state, to_state, detail) VALUES (` + local + `, '', 0, 'k', '', '', '')`},
		{"an event of no kind", `INSERT INTO events (at, batch, line, kind, from_state, to_state, detail) VALUES (` + at + `, '', 0, '', '', '', '')`},
		{"an event into no state", `INSERT INTO events (at, batch, line, kind, from_state, to_state, detail) VALUES (` + at + `, '', 0, 'k', 'planned', 'sent', '')`},
		{"an event from two states", `INSERT INTO events (at, batch, line, kind, from_state, to_state, detail) VALUES (` + at + `, '', 0, 'k', 'planned|sending', 'sending', '')`},
		{"an event into two states", `INSERT INTO events (at, batch, line, kind, from_state, to_state, detail) VALUES (` + at + `, '', 0, 'k', 'planned', 'planned|sending', '')`},
		{"an event from half a list", `INSERT INTO events (at, batch, line, kind, from_state, to_state, detail) VALUES (` + at + `, '', 0, 'k', '|skipped', 'planned', '')`},
		{"an event into half a list", `INSERT INTO events (at, batch, line, kind, from_state, to_state, detail) VALUES (` + at + `, '', 0, 'k', 'planned', '|skipped', '')`},
		{"a document with too large a CRC", `INSERT INTO documents SELECT batch, line, 2, title, name, sha256, 4294967296, bytes, pages, sources FROM documents WHERE line = 2`},
		{"another workspace's name", `UPDATE meta SET value = 'zzzzzz' WHERE key = 'workspace'`},
		{"no workspace's name", `DELETE FROM meta WHERE key = 'workspace'`},
	} {
		t.Run(c.name, func(t *testing.T) { b.wantRefused(c.sql) })
	}
	b.wantState(id, 2, mailout.Created)
	b.wantState(id, 7, mailout.Planned)
	b.wantState(other, 20, mailout.Planned)
}

// The schema knows the same moves as mailout.Next, so that a state that is over stays so
// even for another program.
func TestTheSchemaKnowsTheSameMovesAsNext(t *testing.T) {
	possible := map[string]bool{}
	for _, from := range mailout.States {
		for _, e := range []mailout.Event{mailout.Begin, mailout.Accept, mailout.Refuse, mailout.NotSent, mailout.Lose, mailout.Adopt, mailout.Absent, mailout.Restore,
			mailout.Withdraw, mailout.Complete, mailout.Reject, mailout.Expire, mailout.Cancel, mailout.Fail} {
			if to, err := mailout.Next(from, e); err == nil {
				possible[fmt.Sprint(from, " to ", to)] = true
			}
		}
	}
	b := newBooks(t)
	id := b.approved(row(2))
	ref := b.begin(id, 2)
	db := b.rawDB()
	defer db.Close()
	var rule string
	must(t, db.QueryRow(`SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = 'rows_move'`).Scan(&rule))
	run := func(query string) error {
		_, err := db.Exec(strings.ReplaceAll(query, "?", "'"+string(id)+"'"))
		return err
	}
	for _, from := range mailout.States {
		for _, to := range mailout.States {
			if from == to {
				continue
			}
			must(t, run(`DROP TRIGGER rows_move`))
			must(t, run(`UPDATE rows SET `+trueRow(from, ref)+` WHERE batch = ?`))
			must(t, run(rule))
			err := run(`UPDATE rows SET ` + trueRow(to, ref) + ` WHERE batch = ?`)
			if want := possible[fmt.Sprint(from, " to ", to)]; (err == nil) != want {
				t.Errorf("%s to %s: %v; mailout.Next says %v", from, to, err, want)
			} else if err != nil && !strings.Contains(err.Error(), "cannot become that") {
				t.Errorf("%s to %s is refused for another reason: %v", from, to, err)
			}
		}
	}
}

// trueRow sets what the CHECKs want of a row in a state.
func trueRow(s mailout.State, ref mailout.Ref) string {
	job, letter := "7", `'`+strings.Repeat("a", 64)+`'`
	switch s {
	case mailout.Skipped:
		job, letter = "NULL", "NULL"
	case mailout.Planned, mailout.Sending, mailout.Unknown, mailout.Refused:
		job = "NULL"
	}
	return fmt.Sprintf(`state = '%s', ref = '%s', job_id = %s, letter = %s`, s, ref, job, letter)
}
