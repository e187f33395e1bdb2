package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
)

// Ctrl-C once: calls in flight finish, the books are written, and resume goes on without
// a new approval.
func TestInterruptedOnce(t *testing.T) {
	rows := 3 * sentAtOnce()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			m := newMailout(t, rows)
			m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "create"}, "do": "slow-after:1s"}]`)
			p := m.start(t, "run", m.manifest, "--yes")
			must(t, m.awaitJobs(3))
			p.signal(t, signal)
			p.ends(t, exitStopped)
			p.says(t, "what is under way is finished and written down")
			p.says(t, "not sent yet: batch resume")
			m.stoppedSoftly(t, rows)
			m.control(t, http.MethodPut, "/faults", "[]")
			m.batch(t, exitOK, "resume")
			m.compare(t)
		})
	}
}

// stoppedSoftly checks that sending ended early, and that no call was cut short.
func (m *mailoutKit) stoppedSoftly(t *testing.T, rows int) {
	t.Helper()
	if n := len(m.rowsIn(t, mailout.Unknown, mailout.Sending)); n > 0 {
		t.Errorf("%d rows are unknown: their calls were cut short", n)
	}
	created := m.rowsIn(t, mailout.Created)
	if len(created) != len(m.jobs(t)) || len(created) == rows {
		t.Errorf("%d rows are created of %d, and the portal has %d jobs", len(created), rows, len(m.jobs(t)))
	}
	m.compare(t)
}

// Ctrl-C twice: calls are cut short. Their rows are unknown, and the books say so.
func TestInterruptedTwice(t *testing.T) {
	m := newMailout(t, 30)
	m.control(t, http.MethodPut, "/faults", hangingCalls)
	p := m.start(t, "run", m.manifest, "--yes")
	must(t, m.awaitJobs(5))
	p.signal(t, os.Interrupt)
	p.says(t, "once more stops at once")
	must(t, awaitTrue("the end", func() bool { // what comes too soon after the first is the same
		p.cmd.Process.Signal(syscall.SIGTERM)
		return p.over()
	}))
	p.ends(t, exitLook)
	if said := p.err.String(); strings.Contains(said, "context canceled") {
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

// Ctrl-C twice ends a cancelling too. What it had written down is in the books: it says so, and
// resume, which sends, is not what it recommends; nor would that send any of it.
func TestCancellingInterruptedTwice(t *testing.T) {
	m := newMailout(t, 4)
	m.batch(t, exitStopped, "run", m.manifest, "--yes", "--canary", "2")
	id := m.batchID(t)
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "cancel"}, "do": "slow-before:20s"}]`)
	p := m.start(t, "cancel", id, "--yes")
	must(t, awaitTrue("the withdrawn rows", func() bool { return len(m.rowsIn(t, mailout.Cancelled)) == 2 }))
	p.signal(t, os.Interrupt)
	p.says(t, "once more stops at once")
	must(t, awaitTrue("the end", func() bool {
		p.cmd.Process.Signal(os.Interrupt)
		return p.over()
	}))
	p.ends(t, exitStopped)
	for _, words := range []string{" 2 withdrawn before sending", " 2 without an answer", "All of the wish is in the books", "the same command goes on"} {
		p.says(t, words)
	}
	if said := p.err.String(); strings.Contains(said, "resume` goes on") || strings.Contains(said, "context canceled") {
		t.Errorf("it said:\n%s", said)
	}
	m.control(t, http.MethodPut, "/faults", "[]")
	m.batch(t, exitOK, "resume", id, "--yes")
	if n := len(m.jobs(t)); n != 2 {
		t.Errorf("the portal has %d jobs, want the canary's 2", n)
	}
	m.batch(t, exitOK, "cancel", id, "--yes")
	m.batch(t, exitOK, "follow", id)
	if n := len(m.rowsIn(t, mailout.Cancelled)); n != 4 {
		t.Errorf("%d rows are cancelled, want 4", n)
	}
}

// Signals that come close together are one: timeout(1) sends two, and so may a service manager.
func TestSignalsCloseTogetherAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signals, over := make(chan os.Signal), make(chan struct{})
		var said []string
		went := make(chan struct{})
		go func() {
			defer close(went)
			obey(over, signals, func() { said = append(said, "soft") }, func() { said = append(said, "hard") }, func() { said = append(said, "exit") })
		}()
		send := func(want ...string) {
			t.Helper()
			signals <- syscall.SIGTERM
			synctest.Wait()
			if !slices.Equal(said, want) {
				t.Errorf("%q, want %q", said, want)
			}
		}
		send("soft")
		send("soft")
		time.Sleep(asOne - time.Millisecond)
		send("soft")
		time.Sleep(time.Millisecond)
		send("soft", "hard")
		time.Sleep(patience - time.Millisecond)
		synctest.Wait()
		if len(said) != 2 {
			t.Errorf("%q before patience is over", said)
		}
		<-went // what does not end
		if !slices.Equal(said, []string{"soft", "hard", "exit"}) {
			t.Errorf("%q, want the exit last", said)
		}
	})
}

// Where the run ends after the second signal, it is not ended from outside.
func TestWhoStopsAtOnceIsNotGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signals, over := make(chan os.Signal, 1), make(chan struct{})
		signals <- syscall.SIGTERM
		go func() {
			time.Sleep(asOne)
			signals <- syscall.SIGTERM
		}()
		obey(over, signals, func() {}, func() { close(over) }, func() { t.Error("the process was ended from outside") })
	})
}

// Who waits for nothing but time ends at once. That the process ends before the moment that
// it said it waits until is the proof.
func TestInterruptedWhileWaiting(t *testing.T) {
	for name, test := range map[string]struct {
		flags  []string
		faults string
		args   []string
		why    string
	}{
		"poll":                  {[]string{"--poll-interval", "10m"}, "[]", []string{"follow", "latest"}, "poll"},
		"block":                 {nil, `[{"when": {"call": "create"}, "do": "block"}]`, []string{"run", "more.csv", "--yes"}, "block"},
		"block while following": {nil, `[{"when": {"call": "poll", "nth": 1}, "do": "block"}]`, []string{"follow", "latest"}, "block"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMailout(t, 2, test.flags...)
			m.batch(t, exitOK, "run", m.manifest, "--yes")
			text, err := os.ReadFile(m.manifest)
			must(t, err)
			must(t, os.WriteFile(filepath.Join(m.dir, "more.csv"), bytes.ReplaceAll(text, []byte("Arbeidsavtale"), []byte("Tillegg")), 0o600))
			m.control(t, http.MethodPut, "/faults", test.faults)
			for i, a := range test.args {
				if a == "more.csv" {
					test.args[i] = filepath.Join(m.dir, a)
				}
			}
			p := m.start(t, append(test.args, "--json")...)
			until := p.waitsUntil(t, test.why)
			p.signal(t, os.Interrupt)
			p.ends(t, exitStopped)
			if !time.Now().Before(until) {
				t.Errorf("it waited until %s all the same", until)
			}
			if n := len(m.jobs(t)); n != 2 {
				t.Errorf("the portal has %d jobs, want 2", n)
			}
		})
	}
}

// A process that was killed may have calls on their way: the next one waits for them, and can
// be stopped meanwhile.
func TestInterruptedWhileWaitingForLostCalls(t *testing.T) {
	t.Parallel()
	m := newMailout(t, 4)
	must(t, changeSettings(filepath.Join(m.dir, "batch.toml"), "portal.calls_per_second=10"))
	m.control(t, http.MethodPut, "/faults", hangingCalls)
	m.killAt(t, 1, "run", m.manifest, "--yes")
	p := m.start(t, "resume", "--json")
	until := p.waitsUntil(t, "block")
	p.signal(t, os.Interrupt)
	p.ends(t, exitLook) // rows are unknown since the kill
	if !time.Now().Before(until) {
		t.Errorf("it waited until %s all the same", until)
	}
	m.compare(t)
}

// A portal that is away is waited for ten minutes, unless a person has something better to do.
func TestInterruptedWhileThePortalIsAway(t *testing.T) {
	t.Parallel()
	m := newMailout(t, 30)
	// A slow machine may have five answers on their way when the portal dies: as many as stop a batch.
	must(t, changeSettings(filepath.Join(m.dir, "batch.toml"), "stop.unknown_total=30"))
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "create"}, "do": "slow-before:200ms"}]`)
	p := m.start(t, "run", m.manifest, "--yes", "--log", filepath.Join(m.dir, "run.log"))
	must(t, m.awaitJobs(3))
	jobs := len(m.jobs(t))
	m.kill()
	must(t, awaitTrue("a call in vain", func() bool {
		text, _ := os.ReadFile(filepath.Join(m.dir, "run.log"))
		return bytes.Contains(text, []byte(`"kind":"root","sender":"988015814","outcome":"not-sent"`))
	}))
	p.signal(t, os.Interrupt)
	if err := awaitTrue("the end", p.over); err != nil {
		t.Fatalf("%v:\n%s%s", err, p.out, p.err)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != exitStopped && code != exitLook {
		t.Errorf("exit code %d\n%s%s", code, p.out, p.err)
	}
	if n := len(m.rowsIn(t, mailout.Created)); n < jobs-m.workers {
		t.Errorf("%d rows are created; the portal had %d jobs", n, jobs)
	}
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
