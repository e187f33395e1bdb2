package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// process is a batch command that a test watches while it runs.
type process struct {
	cmd      *exec.Cmd
	out, err *heard
	ended    chan struct{}
}

// heard is what a process has said so far.
type heard struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.Write(b)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}

// start starts a command in the workspace.
func (m *mailoutKit) start(t *testing.T, args ...string) *process {
	t.Helper()
	cmd, _, _ := m.command(args...)
	return begin(t, cmd)
}

// begin starts a command. A test that ends before it does kills it.
func begin(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, out: new(heard), err: new(heard), ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.out, p.err
	p.run(t)
	return p
}

func (p *process) run(t *testing.T) {
	t.Helper()
	must(t, p.cmd.Start())
	go func() {
		defer close(p.ended)
		p.cmd.Wait()
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.ended
	})
}

// over reports whether the process has ended.
func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// awaitTrue asks again and again. Another process cannot be waited for in any other way.
func awaitTrue(what string, is func() bool) error {
	for until := time.Now().Add(hang); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		if is() {
			return nil
		}
	}
	return errors.New("waiting in vain for " + what)
}

// says waits until the process has said something on stdout or stderr.
func (p *process) says(t *testing.T, words string) {
	t.Helper()
	err := awaitTrue(words, func() bool {
		return p.over() || strings.Contains(p.out.String(), words) || strings.Contains(p.err.String(), words)
	})
	if !strings.Contains(p.out.String()+p.err.String(), words) {
		t.Fatalf("it did not say %q (%v):\n%s%s", words, err, p.out, p.err)
	}
}

// waitsUntil waits until the process says with --json what it waits for, and returns until
// when.
func (p *process) waitsUntil(t *testing.T, why string) (until time.Time) {
	t.Helper()
	err := awaitTrue("a wait for "+why, func() bool {
		for line := range strings.Lines(p.out.String()) {
			var wait struct {
				Type, Why string
				Until     time.Time
			}
			if json.Unmarshal([]byte(line), &wait) == nil && wait.Type == "wait" && wait.Why == why {
				until = wait.Until
			}
		}
		return !until.IsZero() || p.over()
	})
	if until.IsZero() {
		t.Fatalf("%v:\n%s%s", err, p.out, p.err)
	}
	return until
}

// ends waits until the process has ended, with a code.
func (p *process) ends(t *testing.T, exit int) {
	t.Helper()
	if err := awaitTrue("the end", p.over); err != nil {
		t.Fatalf("%v:\n%s%s", err, p.out, p.err)
	}
	said := p.out.String() + p.err.String()
	if got := p.cmd.ProcessState.ExitCode(); got != exit {
		t.Fatalf("exit code %d, want %d\n%s", got, exit, said)
	}
	if strings.Contains(said, "DATA RACE") {
		t.Errorf("a data race:\n%s", said)
	}
}

// signal sends a signal, once.
func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	must(t, p.cmd.Process.Signal(s))
}
