package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"batch/internal/mailout"
)

// One process speaks for a ledger. Others are told which, and since when; one that was killed
// holds nobody up.
func TestOneSpeaker(t *testing.T) {
	t.Parallel()
	m := newMailout(t, 3)
	m.batch(t, exitOK, "run", m.manifest, "--yes")
	first := m.start(t, "follow", "latest")
	must(t, m.await("/calls", func(answer []byte) bool { return strings.Contains(string(answer), `"kind":"poll"`) }))
	for _, args := range [][]string{{"follow"}, {"resume", "latest"}, {"run", m.manifest, "--yes"}, {"follow", "--once", "--json"}} {
		p := m.start(t, args...)
		p.ends(t, exitHeld)
		p.says(t, fmt.Sprintf("another process holds the ledger: process %d, since 2", first.cmd.Process.Pid))
	}
	must(t, first.cmd.Process.Kill())
	<-first.ended
	m.batch(t, exitOK, "follow", "latest", "--once")
}

// Beside a process that sends, everything that only reads or plans works, time and again, and
// nobody hears of a database.
func TestBesideTheSpeaker(t *testing.T) {
	t.Parallel()
	rows := 3 * sentAtOnce()
	m := newMailout(t, rows)
	more := m.second(t)
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "create"}, "do": "slow-after:3s"}]`)
	sending := m.start(t, "run", m.manifest, "--yes")
	must(t, m.awaitJobs(1))
	id := m.batchID(t)
	rounds := 0
	for ; !sending.over(); rounds++ {
		for _, args := range [][]string{
			{"status"}, {"why", id, "r001"}, {"report", id, "--format", "json"}, {"plan", more}, {"doctor"}, {"status", id, "--json"},
		} {
			p := m.start(t, args...)
			p.ends(t, exitOK)
			if said := p.err.String(); strings.Contains(said, "locked") || strings.Contains(said, "busy") {
				t.Errorf("batch %s:\n%s", args[0], said)
			}
		}
	}
	sending.ends(t, exitOK)
	t.Logf("%d rounds", rounds)
	if n := len(m.jobs(t)); n != rows {
		t.Errorf("the portal has %d jobs, want %d", n, rows)
	}
}

// second is another manifest of the same people, with other titles.
func (m *mailoutKit) second(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(m.manifest)
	must(t, err)
	path := filepath.Join(m.dir, "second.csv")
	must(t, os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "Arbeidsavtale", "Tillegg")), 0o600))
	return path
}

// Who searches the sender portal and finds no job need not wait for the process that sends: it
// is told through the ledger, and sends the row under a new reference, in its next pass or
// while it follows.
func TestResolveReachesTheSpeaker(t *testing.T) {
	t.Parallel()
	const rows = 4
	for name, faults := range map[string]string{
		"while it sends":   `[{"when": {"call": "create", "nth": 1}, "do": "drop-before"}, {"when": {"call": "create"}, "do": "slow-after:5s"}]`,
		"while it follows": `[{"when": {"call": "create", "nth": 1}, "do": "drop-before"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			m := newMailout(t, rows)
			m.control(t, http.MethodPut, "/faults", faults)
			p := m.start(t, "run", m.manifest, "--yes", "--follow")
			must(t, m.await("/calls", func(answer []byte) bool { return strings.Contains(string(answer), `"fault":"drop-before"`) }))
			must(t, awaitTrue("a lost answer", func() bool { return len(m.rowsIn(t, mailout.Unknown)) == 1 }))
			if name == "while it follows" {
				must(t, m.awaitJobs(rows-1))
			}
			lost := m.rowsIn(t, mailout.Unknown)[0]
			m.batch(t, exitOK, "resolve", "latest", lost.Key, "--absent", "--yes")
			must(t, m.awaitJobs(rows))
			for _, j := range m.jobs(t) {
				m.control(t, http.MethodPost, fmt.Sprintf("/jobs/%d/sign", j.ID), "")
			}
			p.ends(t, exitOK)
			m.compare(t)
			m.allSigned(t, rows)
			if again := m.rowsIn(t, mailout.Signed); again[lost.Line-2].Ref == lost.Ref {
				t.Error("the row was sent again under the same reference")
			}
		})
	}
}

// Who cancels beside a process that talks to the portal is told whom the wish is with, and until
// when it is waited for.
func TestCancelSaysWhomItWaitsFor(t *testing.T) {
	t.Parallel()
	m := newMailout(t, 3)
	m.batch(t, exitOK, "run", m.manifest, "--yes")
	id := m.batchID(t)
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "cancel"}, "do": "slow-before:3s"}]`)
	speaker := m.start(t, "follow", id)
	must(t, m.await("/calls", func(answer []byte) bool { return strings.Contains(string(answer), `"kind":"poll"`) }))
	p := m.start(t, "cancel", id, "--yes", "--json")
	p.waitsUntil(t, "speaker")
	p.ends(t, exitOK)
	speaker.ends(t, exitOK)
	if n := len(m.rowsIn(t, mailout.Cancelled)); n != 3 {
		t.Errorf("%d rows are cancelled, want 3", n)
	}
}

// A ledger that was copied or moved asks before it speaks: the original may be sending the same
// letters. Reading asks nothing.
func TestACopiedLedgerAsks(t *testing.T) {
	m := newMailout(t, 2)
	m.batch(t, exitOK, "run", m.manifest, "--yes")
	calls := m.calls()
	there := m.copied(t)
	there.batch(t, exitOK, "status")
	for _, args := range [][]string{{"resume", "--follow"}, {"follow"}} {
		p := there.start(t, args...)
		p.ends(t, exitUsage)
		p.says(t, "this ledger was moved or copied from ")
		p.says(t, "use the original; or, when it is gone, answer yes (--yes where there is no terminal)")
	}
	if n := m.calls(); n != calls {
		t.Errorf("the copy has made %d calls", n-calls)
	}
	m.batch(t, exitOK, "follow", "--once") // the original asks nothing

	moved := filepath.Join(t.TempDir(), "moved")
	must(t, os.Rename(m.dir, moved))
	is := &mailoutKit{portal: &portal{dir: moved, control: m.portal.control}, manifest: filepath.Join(moved, "manifest.csv"), workers: m.workers}
	is.start(t, "follow", "--once").ends(t, exitUsage)
	is.start(t, "follow", "--once", "--yes").ends(t, exitOK)
	is.start(t, "follow", "--once").ends(t, exitOK) // it is at home there now
}
