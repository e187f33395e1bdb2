package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"batch/internal/mailout"
)

// Faults of every run that is killed: while it is killed, one job certainly has not been
// made yet and one certainly has, and neither was answered.
const hangingCalls = `[{"when": {"call": "create", "nth": 2}, "do": "slow-before:1h"},
	{"when": {"call": "create", "nth": 3}, "do": "slow-after:1h"}]`

// A batch is sent and followed by processes of which five are killed at different
// points. After each death, and at the end, the portal's own list of jobs is held against
// the books: never two jobs for a row, never a job that the books do not know of.
func TestKilledAndResumed(t *testing.T) {
	t.Parallel()
	rows := 60 + 5*sentAtOnce() // each death takes some along whose job is never made
	m := newMailout(t, rows, "--sign-after", "0s")
	run := []string{"run", m.manifest, "--yes", "--follow"}
	for _, jobs := range []int{3, 11, 20, 31, 45} {
		before := m.unsettled(t)
		m.control(t, http.MethodPut, "/faults", hangingCalls)
		m.killAt(t, jobs, run...)
		m.compare(t)
		if now := m.unsettled(t); now-before > m.workers {
			t.Errorf("killed at %d jobs: %d rows without a certain answer, %d before; %d calls can have been under way", jobs, now, before, m.workers)
		}
		run = []string{"resume", "--follow"}
	}

	// What a killed process took and did not confirm comes again after ten minutes. One that
	// died behind its confirmation knows only after twelve that nothing comes: --once does
	// not wait for that.
	m.control(t, http.MethodPut, "/faults", "[]")
	m.control(t, http.MethodPost, "/clock?advance=11m", "")
	m.batch(t, exitLook, "resume")
	m.batch(t, exitLook, "follow", "latest", "--once")
	m.compare(t)
	unknown := m.rowsIn(t, mailout.Unknown)
	if len(unknown) < 5 {
		t.Errorf("%d rows are unknown: each of five deaths must have left one whose job was never made", len(unknown))
	}
	for _, r := range unknown {
		m.batch(t, exitOK, "resolve", "latest", r.Key, "--absent", "--yes")
	}
	m.batch(t, exitOK, "resume")
	m.batch(t, exitOK, "follow", "latest", "--once")
	m.compare(t)
	m.allSigned(t, rows)
}

// The answers of some calls are lost. Their rows are unknown, are not sent again, and
// become signed when their changes come.
func TestLostAnswersAreAdopted(t *testing.T) {
	const rows = 24
	m := newMailout(t, rows)
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "create", "share": 0.125}, "do": "drop-after"}]`)
	m.batch(t, exitLook, "run", m.manifest, "--yes")
	if lost := m.rowsIn(t, mailout.Unknown); len(lost) != 3 {
		t.Errorf("%d rows are unknown, want 3", len(lost))
	}
	m.compare(t)
	m.batch(t, exitLook, "resume") // sends nothing from unknown
	for _, j := range m.jobs(t) {
		m.control(t, http.MethodPost, fmt.Sprintf("/jobs/%d/sign", j.ID), "")
	}
	m.batch(t, exitOK, "follow", "latest")
	m.compare(t)
	m.allSigned(t, rows)
}

// killAt starts a command and kills it, as a power cut would, when the portal has so many
// jobs.
func (m *mailoutKit) killAt(t *testing.T, jobs int, args ...string) {
	t.Helper()
	cmd, stdout, stderr := m.command(args...)
	must(t, cmd.Start())
	err := m.awaitJobs(jobs)
	cmd.Process.Kill()
	cmd.Wait()
	must(t, err)
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
		t.Fatalf("it had ended before it could be killed at %d jobs\n%s%s", jobs, stdout, stderr)
	}
	if strings.Contains(stderr.String(), "DATA RACE") {
		t.Errorf("a data race:\n%s", stderr)
	}
}

// At the portal's own pace the process after a death waits half a minute for calls that may be
// on their way: no eleventh arrives in any second.
func TestKilledAtThePace(t *testing.T) {
	t.Parallel()
	const rows = 30
	m := newStrictMailout(t, rows, "--sign-after", "0s", "--poll-interval", "200ms")
	seed := newKillSeed()
	t.Logf("-kill.seed=%d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	command := []string{"run", m.manifest, "--yes", "--follow"}
	for range max(1, *killRuns/50) {
		before, n := m.calls(), 1+dice.IntN(2*rows)
		p := m.start(t, command...)
		must(t, awaitTrue("some calls", func() bool { return p.over() || m.calls() >= before+n }))
		p.cmd.Process.Kill()
		<-p.ended
		m.compare(t)
		command = []string{"resume", "--yes", "--follow"}
	}
	m.control(t, http.MethodPost, "/clock?advance=11m", "") // what was taken and not confirmed comes again
	p := m.start(t, "resume", "--yes")
	must(t, awaitTrue("the end", p.over))
	p = m.start(t, "follow", "--once")
	must(t, awaitTrue("the end", p.over))
	m.compare(t)
	var portal struct {
		Calls, Blocked int
		Most           int `json:"most_in_a_second"`
	}
	must(t, json.Unmarshal(m.control(t, http.MethodGet, "/calls/summary", ""), &portal))
	if portal.Blocked > 0 || portal.Most > 10 || portal.Calls < rows {
		t.Errorf("the portal saw %+v", portal)
	}
}
