package main

import (
	"net/http"
	"path/filepath"
	"testing"
)

// A yes is an answer to what was asked: not to a stop rule that came meanwhile. Who is at a
// terminal is told what came, and asked about that.
func TestAnAnswerToAnEarlierQuestion(t *testing.T) {
	t.Parallel()
	m := newMailout(t, 6)
	must(t, changeSettings(filepath.Join(m.dir, "batch.toml"), "portal.calls_per_second=1"))
	must(t, changeSettings(filepath.Join(m.dir, "batch.toml"), "stop.unknown_total=1"))
	m.batch(t, exitStopped, "run", m.manifest, "--yes", "--canary", "1")
	cmd, _, _ := m.command("resume", "latest")
	p := atTerminal(t, cmd)
	p.says(t, "The batch was stopped: the canary is out: rows sent so far: 1. Go on with 5 rows?")
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "create", "nth": 1}, "do": "drop-before"}]`)
	m.batch(t, exitLook, "resume", "latest", "--yes") // a colleague goes on, and a stop rule ends it
	before := len(m.jobs(t))
	p.types(t, "yes\n")
	p.says(t, "Nothing was sent. Batch "+m.batchID(t)+" was looked at while it was stopped; since then:")
	p.says(t, "approved: --yes")
	p.says(t, "stopped: 1 answers were lost")
	p.says(t, "The batch was stopped: 1 answers were lost. Go on with ")
	p.types(t, "no\n")
	p.ends(t, exitUsage)
	if n := len(m.jobs(t)); n > before {
		t.Errorf("%d letters more went out after a stop that nobody was asked about", n-before)
	}
}

// Who wants one letter out first is asked about that one, not about all of them.
func TestTheQuestionBeforeACanary(t *testing.T) {
	t.Parallel()
	m := newMailout(t, 3)
	asks := func(question string, args ...string) {
		t.Helper()
		cmd, _, _ := m.command(args...)
		p := atTerminal(t, cmd)
		p.says(t, question)
		p.types(t, "no\n")
		p.ends(t, exitUsage)
	}
	asks("Send 1 of 3 jobs now, and stop then?", "run", m.manifest, "--canary", "1")
	must(t, changeSettings(filepath.Join(m.dir, "batch.toml"), "stop.canary=2"))
	asks("Send 2 of 3 jobs now, and stop then?", "run", m.manifest)
}
