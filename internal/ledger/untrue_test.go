package ledger_test

import (
	"fmt"
	"strings"
	"testing"

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
		{"two batches under one digest", `INSERT INTO batches SELECT '2026-11-21-zz', state, digest, rows_digest, manifest_path, manifest_sha256, created_at, approved_at, '' FROM batches`},
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
		{"a wish with an answer of another name", `INSERT INTO wishes (batch, line, job_id, at, said, asked_at, answer) VALUES ('b', 2, 0, '', '', 'x', 'maybe')`},
		{"a wish that was answered and never asked", `INSERT INTO wishes (batch, line, job_id, at, said, answer) VALUES ('b', 2, 0, '', '', 'granted')`},
		{"an event changed", `UPDATE events SET kind = 'x'`},
		{"an event deleted", `DELETE FROM events`},
		{"an event replaced", `INSERT OR REPLACE INTO events (seq, at, batch, line, kind, from_state, to_state, detail) VALUES (1, '', '', 0, '', '', '', '')`},
		{"a batch with a history deleted", `DELETE FROM batches`},
		{"a signed row turned back", `UPDATE rows SET state = 'planned', job_id = NULL, ref = NULL WHERE line = 2`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := b.raw(c.sql); err == nil {
				t.Errorf("the ledger took it: %s", c.sql)
			}
		})
	}
	b.wantState(id, 2, mailout.Created)
	b.wantState(id, 7, mailout.Planned)
}

// The schema knows the same moves as mailout.Next, so that a state that is over stays so
// even for another program.
func TestTheSchemaKnowsTheSameMovesAsNext(t *testing.T) {
	possible := map[string]bool{}
	for _, from := range mailout.States {
		for _, e := range []mailout.Event{mailout.Begin, mailout.Accept, mailout.Refuse, mailout.NotSent, mailout.Lose, mailout.Adopt, mailout.Absent,
			mailout.Withdraw, mailout.Complete, mailout.Reject, mailout.Expire, mailout.Cancel, mailout.Fail} {
			if to, err := mailout.Next(from, e); err == nil {
				possible[fmt.Sprint(from, " to ", to)] = true
			}
		}
	}
	b := newBooks(t)
	id := b.approved(row(2))
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
			must(t, run(`UPDATE rows SET `+trueRow(from)+` WHERE batch = ?`))
			must(t, run(rule))
			err := run(`UPDATE rows SET ` + trueRow(to) + ` WHERE batch = ?`)
			if want := possible[fmt.Sprint(from, " to ", to)]; (err == nil) != want {
				t.Errorf("%s to %s: %v; mailout.Next says %v", from, to, err, want)
			} else if err != nil && !strings.Contains(err.Error(), "cannot become that") {
				t.Errorf("%s to %s is refused for another reason: %v", from, to, err)
			}
		}
	}
}

// trueRow sets what the CHECKs want of a row in a state.
func trueRow(s mailout.State) string {
	job, letter := "7", `'`+strings.Repeat("a", 64)+`'`
	switch s {
	case mailout.Skipped:
		job, letter = "NULL", "NULL"
	case mailout.Planned, mailout.Sending, mailout.Unknown, mailout.Refused:
		job = "NULL"
	}
	return fmt.Sprintf(`state = '%s', ref = 'r', job_id = %s, letter = %s`, s, job, letter)
}
