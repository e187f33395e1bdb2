package main

import (
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"batch/internal/mailout"
)

// Ctrl-C once: calls in flight finish, the books are written, and resume goes on without
// a new approval.
func TestInterruptedOnce(t *testing.T) {
	const rows = 30
	m := newMailout(t, rows)
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "create"}, "do": "slow-after:300ms"}]`)
	m.signalAt(t, 3, exitStopped, os.Interrupt)
	if n := len(m.rowsIn(t, mailout.Unknown)); n > 0 {
		t.Errorf("%d rows are unknown: their calls were cut short", n)
	}
	created := m.rowsIn(t, mailout.Created)
	if len(created) != len(m.jobs(t)) || len(created) == rows {
		t.Errorf("%d rows are created of %d, and the portal has %d jobs", len(created), rows, len(m.jobs(t)))
	}
	m.compare(t)
	m.control(t, http.MethodPut, "/faults", "[]")
	m.batch(t, exitOK, "resume")
	m.compare(t)
}

// Ctrl-C twice: calls are cut short. Their rows are unknown, and the books say so.
func TestInterruptedTwice(t *testing.T) {
	m := newMailout(t, 30)
	m.control(t, http.MethodPut, "/faults", hangingCalls)
	said := m.signalAt(t, 5, exitLook, os.Interrupt, syscall.SIGTERM)
	if strings.Contains(said, "context canceled") {
		t.Errorf("it said:\n%s", said)
	}
	if n := len(m.rowsIn(t, mailout.Unknown)); n < 2 || n > m.workers {
		t.Errorf("%d rows are unknown, want the two whose calls hang, and no more than %d", n, m.workers)
	}
	m.compare(t)
	m.control(t, http.MethodPut, "/faults", "[]")
	m.batch(t, exitLook, "resume", "--yes") // where so many are unknown that a stop rule asks first
	m.compare(t)
}

// Planning has nothing under way that had to be finished.
func TestInterruptedWhilePlanning(t *testing.T) {
	m := newMailout(t, 300)
	cmd, stdout, stderr := m.command("plan", m.manifest)
	must(t, cmd.Start())
	must(t, m.awaitFile("prepared"))
	must(t, cmd.Process.Signal(os.Interrupt))
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != exitStopped || !strings.Contains(stderr.String(), "stopped, as asked") {
		t.Errorf("exit code %d, want %d\n%s%s", got, exitStopped, stdout, stderr)
	}
	m.batch(t, exitOK, "plan", m.manifest)
}

// signalAt sends the batch and signals the process when the portal has so many jobs. It
// returns what the process said on stderr.
func (m *mailoutKit) signalAt(t *testing.T, jobs, exit int, signals ...os.Signal) string {
	t.Helper()
	cmd, stdout, stderr := m.command("run", m.manifest, "--yes")
	must(t, cmd.Start())
	err := m.awaitJobs(jobs)
	for _, s := range signals {
		must(t, cmd.Process.Signal(s))
	}
	cmd.Wait()
	must(t, err)
	if got := cmd.ProcessState.ExitCode(); got != exit {
		t.Fatalf("exit code %d, want %d\n%s%s", got, exit, stdout, stderr)
	}
	return stderr.String()
}
