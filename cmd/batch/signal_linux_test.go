package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"batch/internal/judgetest"
	"batch/internal/mailout"
)

// Ctrl-C at a question is an answer to it: nothing is done, and no Enter is waited for.
func TestCtrlCAtTheQuestion(t *testing.T) {
	m := newMailout(t, 2)
	leave := func(m *mailoutKit, question string, args ...string) {
		t.Helper()
		cmd, _, _ := m.command(args...)
		p := atTerminal(t, cmd)
		p.says(t, question)
		p.types(t, ctrlC)
		p.ends(t, exitStopped)
		p.says(t, "stopped at the question, as asked; nothing was done")
	}
	leave(m, "Send 2 jobs now?", "run", m.manifest)
	m.batch(t, exitOK, "plan", m.manifest)
	if n := len(m.jobs(t)); n != 0 {
		t.Errorf("the portal has %d jobs", n)
	}
	m.batch(t, exitOK, "run", m.manifest, "--yes")
	leave(m, "Cancel 2 rows of batch", "cancel", m.batchID(t))
	leave(m.copied(t), "Is it gone from there?", "follow", "latest")
	m.compare(t)
	if n := len(m.rowsIn(t, mailout.Created)); n != 2 {
		t.Errorf("%d rows are created, want 2", n)
	}
}

// Behind a rebuild something was done before it is asked: Ctrl-C there says what, and names the
// command that asks again. The same one finds nothing to rebuild.
func TestCtrlCAtTheQuestionBehindARebuild(t *testing.T) {
	m, p := rebuildsAtTerminal(t)
	p.says(t, "Go on with 2 rows?")
	p.types(t, ctrlC)
	p.ends(t, exitStopped)
	p.says(t, "the books are rebuilt, and nothing was sent")
	id := m.batchID(t)
	p.says(t, "`batch resume "+id+"` asks again")
	if said := p.out.String(); strings.Contains(said, "nothing was done") || strings.Contains(said, "the same command asks again") {
		t.Errorf("it said:\n%s", said)
	}
	cmd, _, _ := m.command("resume", id)
	p = atTerminal(t, cmd)
	p.says(t, "Go on with 2 rows?")
	p.types(t, ctrlC)
	p.ends(t, exitStopped)
	p.says(t, "nothing was done")
	if n := len(m.jobs(t)); n != 1 {
		t.Errorf("the portal has %d jobs, want 1", n)
	}
}

// At the question for the password the terminal does not show what is typed. It does again
// when the program has ended, however that was.
func TestCtrlCAtThePassword(t *testing.T) {
	m := newMailout(t, 2)
	must(t, changeSettings(filepath.Join(m.dir, "batch.toml"), "identity.password_file"))
	m.batch(t, exitOK, "plan", m.manifest)
	for _, args := range [][]string{{"run", m.manifest, "--yes"}, {"doctor"}, {"follow"}} {
		t.Run(args[0], func(t *testing.T) {
			cmd, _, _ := m.command(args...)
			p := atTerminal(t, cmd)
			p.says(t, "Password of client.p12: ")
			must(t, awaitTrue("a terminal that does not show what is typed", func() bool { return !p.echoes(t) }))
			p.types(t, ctrlC)
			p.ends(t, exitStopped)
			if !p.echoes(t) {
				t.Error("the terminal does not show any more what is typed")
			}
		})
	}
	if n := len(m.jobs(t)); n != 0 {
		t.Errorf("the portal has %d jobs", n)
	}
}

// Whose terminal is closed asks to stop as with Ctrl-C: calls in flight finish.
func TestTheTerminalIsClosed(t *testing.T) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP) // what nohup runs would hand on that it is ignored
	defer signal.Stop(heard)
	rows := 3 * sentAtOnce()
	m := newMailout(t, rows)
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "create"}, "do": "slow-after:1s"}]`)
	cmd, _, _ := m.command("run", m.manifest, "--yes")
	p := atTerminal(t, cmd)
	must(t, m.awaitJobs(3))
	must(t, p.master.Close())
	p.ends(t, exitStopped)
	m.stoppedSoftly(t, rows)
}

// What nohup(1) starts goes on when the terminal is closed.
func TestNohup(t *testing.T) {
	const rows = 10
	m := newMailout(t, rows)
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "create"}, "do": "slow-after:300ms"}]`)
	p := begin(t, exec.Command(judgetest.Find(t, "nohup"), "batch", "--workspace", m.dir, "run", m.manifest, "--yes"))
	must(t, m.awaitJobs(3))
	p.signal(t, syscall.SIGHUP)
	p.ends(t, exitOK)
	if n := len(m.rowsIn(t, mailout.Created)); n != rows {
		t.Errorf("%d rows are created, want %d", n, rows)
	}
}

// timeout(1) sends its signal to the process and to its group: twice in a moment, and once is
// meant.
func TestTimeoutMeansOnce(t *testing.T) {
	rows := 3 * sentAtOnce()
	m := newMailout(t, rows)
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "create"}, "do": "slow-after:1s"}]`)
	cmd := exec.Command(judgetest.Find(t, "timeout"), "10m", "batch", "--workspace", m.dir, "run", m.manifest, "--yes")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p := begin(t, cmd)
	must(t, m.awaitJobs(3))
	p.signal(t, syscall.SIGTERM) // it is handed on as its own would be
	p.ends(t, exitStopped)
	p.says(t, "stopping: what is under way is finished and written down")
	m.stoppedSoftly(t, rows)
}

// A program that reads what batch prints, and ends, ends the sending as Ctrl-C does.
func TestNobodyReads(t *testing.T) {
	t.Parallel()
	const rows = 20
	m := newMailout(t, rows)
	must(t, changeSettings(filepath.Join(m.dir, "batch.toml"), "portal.calls_per_second=4"))         // so many are sent at once
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "create"}, "do": "slow-after:4s"}]`) // progress is told every ten
	cmd, _, _ := m.command("run", m.manifest, "--yes", "--json")
	read, write, err := os.Pipe()
	must(t, err)
	p := &process{cmd: cmd, out: new(heard), err: new(heard), ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = write, p.err
	p.run(t)
	must(t, write.Close())
	must(t, m.awaitJobs(3))
	must(t, read.Close())
	p.ends(t, exitStopped)
	p.says(t, nobodyReads)
	m.stoppedSoftly(t, rows)

	// A result that is too long for its reader is no failure.
	p = begin(t, exec.Command("sh", "-c", "batch --workspace "+m.dir+" status latest --json | head -1"))
	p.ends(t, exitOK)
	if said := p.err.String(); said != "" {
		t.Errorf("it complains:\n%s", said)
	}
}

// What is said waits for whoever reads it. A stop does not wait: that nobody reads any more, and
// the pipe is full, keeps no row from staying unsent.
func TestStoppedThoughNobodyReadsWhatIsSaid(t *testing.T) {
	t.Parallel()
	rows := 3 * sentAtOnce()
	m := newMailout(t, rows)
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "create"}, "do": "slow-after:1s"}]`)
	cmd, _, _ := m.command("run", m.manifest, "--yes")
	path, read, said := pipe(t)
	p := &process{cmd: cmd, out: new(heard), err: new(heard), ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.out, said
	p.run(t)
	must(t, said.Close())
	must(t, m.awaitJobs(3))
	fillPipe(t, path)
	p.signal(t, os.Interrupt)
	must(t, awaitTrue("a stop", func() bool {
		status, told, _ := m.command("status", "latest")
		return status.Run() == nil && strings.Contains(told.String(), "stopped on request")
	}))
	go io.Copy(p.err, read)
	p.ends(t, exitStopped)
	m.stoppedSoftly(t, rows)
}

// Who stops reading keeps no process for ever that was told twice to stop: it ends, whatever hangs
// in a write, and the next one has the lock.
func TestStoppedTwiceThoughNobodyReads(t *testing.T) {
	for _, stderrToo := range []bool{false, true} {
		t.Run(fmt.Sprint(stderrToo), func(t *testing.T) {
			t.Parallel()
			m := newMailout(t, 2)
			m.batch(t, exitOK, "run", m.manifest, "--yes")
			path, _, out := pipe(t)
			fillPipe(t, path)
			cmd, _, _ := m.command("follow", "latest", "--json")
			p := &process{cmd: cmd, out: new(heard), err: new(heard), ended: make(chan struct{})}
			cmd.Stdout, cmd.Stderr = out, p.err
			if stderrToo {
				cmd.Stderr = out
			}
			before := m.calls()
			p.run(t)
			must(t, out.Close())
			must(t, awaitTrue("a call", func() bool { return m.calls() > before }))
			p.signal(t, os.Interrupt)
			if !stderrToo { // what is said there does not wait for stdout
				p.says(t, "once more stops at once")
			}
			began := time.Now()
			must(t, awaitTrue("the end", func() bool { // what comes too soon after the first is the same
				p.cmd.Process.Signal(os.Interrupt)
				return p.over()
			}))
			p.ends(t, exitStopped)
			if took := time.Since(began); took > 2*patience {
				t.Errorf("it ended after %v", took)
			}
			if !stderrToo {
				p.says(t, "the ledger is true")
			}
			m.batch(t, exitOK, "follow", "latest", "--once")
			m.compare(t)
		})
	}
}

// pipe is one with a name; nobody reads from it but the test.
func pipe(t *testing.T) (path string, read, write *os.File) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "pipe")
	must(t, syscall.Mkfifo(path, 0o600))
	open := func(flag int) *os.File {
		t.Helper()
		f, err := os.OpenFile(path, flag, 0)
		must(t, err)
		t.Cleanup(func() { f.Close() })
		return f
	}
	read = open(os.O_RDONLY | syscall.O_NONBLOCK)
	return path, read, open(os.O_WRONLY)
}

// fillPipe writes into a pipe until nothing more goes in.
func fillPipe(t *testing.T, path string) {
	t.Helper()
	fd, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
	must(t, err)
	defer syscall.Close(fd)
	for err == nil {
		_, err = syscall.Write(fd, []byte("\n"))
	}
	if err != syscall.EAGAIN {
		t.Fatal(err)
	}
}
