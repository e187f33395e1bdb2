package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"batch/internal/mailout"
)

// That a job is absent sends the letter again: the word itself is typed, and yes is none.
func TestAbsentIsTypedOut(t *testing.T) {
	m := newMailout(t, 1)
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "create"}, "do": "drop-before"}]`)
	m.batch(t, exitLook, "run", m.manifest, "--yes")
	must(t, changeSettings(filepath.Join(m.dir, "batch.toml"), `send.absent_after="0s"`))
	reference := string(m.rows(t)[0].Ref)
	for _, answer := range []struct {
		text string
		exit int
	}{{"y\n", exitUsage}, {"yes\n", exitUsage}, {"\n", exitUsage}, {"absent\n", exitOK}} {
		cmd, _, _ := m.command("resolve", "latest", "line:2", "--absent")
		p := atTerminal(t, cmd)
		p.says(t, "Row line:2 will be sent AGAIN. You have searched the sender portal for its reference "+reference+" and found no job?")
		p.says(t, "Type absent to go on: ")
		p.types(t, answer.text)
		p.ends(t, answer.exit)
	}
}

// rebuildsAtTerminal is a mail-out that has lost its ledger behind a canary of one of three
// rows, and the command that rebuilds it.
func rebuildsAtTerminal(t *testing.T) (*mailoutKit, *terminal) {
	t.Helper()
	m := newMailout(t, 3)
	m.batch(t, exitStopped, "run", m.manifest, "--yes", "--canary", "1")
	must(t, os.Remove(filepath.Join(m.dir, "ledger.db")))
	cmd, _, _ := m.command("resume", "--rebuild", m.manifest)
	return m, atTerminal(t, cmd)
}

// What a rebuild has found is shown before the question; after yes the rest goes out.
func TestWhatARebuildFoundIsApproved(t *testing.T) {
	m, p := rebuildsAtTerminal(t)
	p.says(t, "1 still unknown")
	p.says(t, "Go on with 2 rows?")
	p.types(t, "no\n")
	p.ends(t, exitUsage)
	if n := len(m.jobs(t)); n != 1 {
		t.Errorf("the portal has %d jobs, want 1", n)
	}
	cmd, _, _ := m.command("resume", "latest")
	p = atTerminal(t, cmd)
	p.says(t, "its books were rebuilt from sent.log; look at what was found before more is sent. Go on with 2 rows?")
	p.types(t, "yes\n")
	p.ends(t, exitLook)
	if n := len(m.jobs(t)); n != 3 {
		t.Errorf("the portal has %d jobs, want 3", n)
	}
}

// Of a row that only sent.log knows, absent sends nothing: a careful person must not be asked
// whether it is to be sent again.
func TestTheQuestionAboutABareRow(t *testing.T) {
	const ref = mailout.Ref("k3v9xq-2026-11-21-a7-14-1-8fj2m0qz-c4t")
	bare := absentQuestion(mailout.Record{}, "sent-14", ref)
	other := absentQuestion(mailout.Record{Row: mailout.Row{Job: mailout.Job{Signers: make([]mailout.Signer, 1)}}}, "1042", ref)
	if !strings.Contains(bare, "Row sent-14 will be withdrawn") || strings.Contains(bare, "AGAIN") {
		t.Errorf("of a bare row: %s", bare)
	}
	if !strings.Contains(other, "Row 1042 will be sent AGAIN") {
		t.Errorf("of any other: %s", other)
	}
	for _, question := range []string{bare, other} {
		if !strings.Contains(question, string(ref)) {
			t.Errorf("it does not name the reference: %s", question)
		}
	}
}
