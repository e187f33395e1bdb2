package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"batch/internal/disk/disktest"
	"batch/internal/mailout"
)

// audited looks the office's batch through, and says the codes of what is wrong, in order, each once.
func (o *office) audited() (problems string) {
	o.t.Helper()
	a, err := OpenToAudit(o.t.Context(), o.options())
	must(o.t, err)
	defer a.Close()
	b, err := a.Find(o.t.Context(), string(o.batch))
	must(o.t, err)
	var codes []string
	_, err = a.Audit(o.t.Context(), b, func(f AuditFinding) {
		if f.Severity == AuditProblem {
			codes = append(codes, f.Code)
		}
	})
	must(o.t, err)
	return strings.Join(slices.Compact(codes), " ")
}

// Books that somebody changed past the program, whose schema they had to break for it, are told
// from whole ones: each change by its name.
func TestAnAuditFindsWhatWasChangedPastTheProgram(t *testing.T) {
	whole := planOffice(t).open(t)
	if _, err := whole.run(whole.options()); err != nil {
		t.Fatal(err)
	}
	whole.over(whole.truth())
	for _, c := range []struct{ name, want, sql string }{
		{"a row was made signed", "history-state end-untold end-cause signers document-missing", `UPDATE rows SET state = 'signed' WHERE line = 3`},
		{"a row came into its state at another time", "history-since", `UPDATE rows SET since = '2026-01-01T00:00:00.000000Z' WHERE line = 4`},
		{"a row was taken away", "ledger-damaged", `PRAGMA foreign_keys = OFF; DROP TRIGGER tally_gone; DELETE FROM rows WHERE line = 4`},
		{"a row was taken away with all that hangs on it", "row-missing job-unaccounted approval-digest rows-digest sent-log-unknown", `DELETE FROM documents WHERE line = 4; DELETE FROM signers WHERE line = 4; DELETE FROM attempts WHERE line = 4; DELETE FROM rows WHERE line = 4`},
		{"nobody has rejected a row", "signers", `UPDATE signers SET status = 'SIGNED' WHERE line = 3`},
		{"an event was taken away", "history-broken", `DELETE FROM events WHERE kind = 'begin' AND line = 2`},
		{"the approval was taken away", "sent-unapproved", `DELETE FROM events WHERE kind = 'approved'`},
		{"a document became another", "attempt-documents approval-digest", `UPDATE documents SET sha256 = iif(sha256 LIKE 'f%', '0', 'f') || substr(sha256, 2) WHERE line = 2`},
		{"a signer became another", "rows-digest", `UPDATE signers SET email = 'somebody@example.com' WHERE line = 2`},
		{"a title was changed", "rows-digest", `UPDATE rows SET title = 'En annen' WHERE line = 2`},
		{"a signer was said to have signed who has not", "signers", `UPDATE signers SET status = 'WAITING' WHERE line = 2`},
		{"the digest of a signed document was changed", "file-untold file-forgotten file-changed", `UPDATE files SET sha256 = iif(sha256 LIKE 'f%', '0', 'f') || substr(sha256, 2) WHERE line = 2`},
		{"a signed document was forgotten", "confirmed-without-document document-missing file-forgotten file-extra", `DELETE FROM files WHERE line = 2`},
		{"the change that ended a row was forgotten", "end-untold", `DELETE FROM changes WHERE line = 3`},
		{"an attempt was forgotten", "attempt-missing job-without-attempt sent-log-unknown", `PRAGMA foreign_keys = OFF; DELETE FROM attempts WHERE line = 3`},
		{"an attempt was made up", "sent-log-unknown sent-log-lacks", `UPDATE attempts SET begun_at = '2026-01-01T00:00:00.000000Z' WHERE line = 3`},
		{"the totals are wrong", "ledger-damaged", `UPDATE tally SET n = 7 WHERE state = 'signed'`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := *whole
			o.t, o.dir = t, filepath.Join(t.TempDir(), "office")
			must(t, disktest.New(t).Leave(whole.dir, o.dir, nil))
			o.damage(c.sql)
			if got := o.audited(); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// damage takes the guards away that the schema has against it, and does it.
func (o *office) damage(statement string) {
	o.t.Helper()
	db := rawLedger(o.t, o.dir)
	defer db.Close()
	for _, guard := range []string{"rows_move", "events_stay", "events_stay2", "attempts_stay", "attempts_begun", "files_changed", "changes_changed"} {
		_, err := db.Exec(`DROP TRIGGER IF EXISTS ` + guard)
		must(o.t, err)
	}
	_, err := db.Exec(statement)
	must(o.t, err)
}

// An audit changes not a byte of the workspace.
func TestAnAuditChangesNothing(t *testing.T) {
	o := planOffice(t).open(t)
	if _, err := o.run(o.options()); err != nil {
		t.Fatal(err)
	}
	before := o.everyFile()
	if got := o.audited(); got != "" {
		t.Errorf("problems %s", got)
	}
	if after := o.everyFile(); after != before {
		t.Errorf("the folder was\n%s\nand is\n%s", before, after)
	}
}

// everyFile lists every file of the workspace with its digest; what SQLite needs while the ledger is
// open is none of it.
func (o *office) everyFile() (list string) {
	o.t.Helper()
	must(o.t, filepath.Walk(o.dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() || strings.HasSuffix(path, "-shm") || strings.HasSuffix(path, "-wal") && info.Size() == 0 {
			return err
		}
		raw, err := os.ReadFile(path)
		list += path + " " + info.Mode().String() + " " + info.ModTime().String() + " " + mailout.SumDigest(raw).String() + "\n"
		return err
	}))
	return list
}
