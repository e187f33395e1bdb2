package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"batch/internal/mailout"
	"batch/internal/rules"
)

// mailoutKit is a manifest of synthetic people, a workspace, and the sandbox it speaks to.
type mailoutKit struct {
	*portal
	manifest string
	workers  int // calls that can be under way at once
}

func newMailout(t *testing.T, rows int, flags ...string) *mailoutKit {
	t.Helper()
	dir := t.TempDir()
	p, err := startPortal(dir, flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop() })
	m := &mailoutKit{portal: p, manifest: filepath.Join(dir, "manifest.csv"), workers: 4 * runtime.GOMAXPROCS(0)}
	must(t, changeSettings(filepath.Join(dir, "batch.toml"), `send.absent_after="0s"`))
	text := "row;title;document;national_id\n"
	for i, number := range syntheticPeople(t, rows) {
		name := fmt.Sprintf("avtaler/%03d.pdf", i+1)
		must(t, writePDF(filepath.Join(dir, name), name))
		text += fmt.Sprintf("r%03d;Arbeidsavtale %d;%s;%s\n", i+1, i+1, name, number)
	}
	must(t, os.WriteFile(m.manifest, []byte(text), 0o600))
	return m
}

// syntheticPeople are national numbers that nobody has: 80 is added to the month.
func syntheticPeople(t *testing.T, n int) (all []string) {
	t.Helper()
	for i := 0; len(all) < n && i < 1_000_000; i++ {
		number := fmt.Sprintf("%02d8190%05d", 1+len(all)%28, i)
		if _, err := rules.NationalID(number); err == nil {
			all = append(all, number)
		}
	}
	if len(all) < n {
		t.Fatalf("only %d national numbers were found", len(all))
	}
	return all
}

func (m *mailoutKit) control(t *testing.T, method, path, body string) []byte {
	t.Helper()
	answer, err := m.ask(method, path, body)
	must(t, err)
	return answer
}

// command is a batch command in the workspace.
func (m *mailoutKit) command(args ...string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	cmd = exec.Command("batch", append([]string{"--workspace", m.dir}, args...)...)
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// batch runs a command to its end and returns its stdout.
func (m *mailoutKit) batch(t *testing.T, exit int, args ...string) []byte {
	t.Helper()
	cmd, stdout, stderr := m.command(args...)
	var ended *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != exit {
		t.Fatalf("batch %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, exit, stdout, stderr)
	}
	return stdout.Bytes()
}

// job is what the portal says of a job.
type job struct {
	ID        mailout.JobID
	Reference mailout.Ref
	Queue     string
	Status    string
}

func (m *mailoutKit) jobs(t *testing.T) (all []job) {
	t.Helper()
	must(t, json.Unmarshal(m.control(t, http.MethodGet, "/jobs", ""), &all))
	return all
}

// row is what "status --json" says of a row.
type row struct {
	Line   int
	Key    string `json:"row"`
	State  mailout.State
	Ref    mailout.Ref
	JobID  mailout.JobID `json:"job_id"`
	Signed struct {
		File, SHA256 string
		Bytes        int64
	}
}

// rows are the books' rows.
func (m *mailoutKit) rows(t *testing.T) (all []row) {
	t.Helper()
	cmd, stdout, stderr := m.command("status", "latest", "--json")
	cmd.Run() // its exit code is that of the books
	for in := json.NewDecoder(stdout); in.More(); {
		var raw json.RawMessage
		var of struct{ Type string }
		must(t, errors.Join(in.Decode(&raw), json.Unmarshal(raw, &of)))
		if of.Type == "row" {
			var r row
			must(t, json.Unmarshal(raw, &r))
			all = append(all, r)
		}
	}
	if len(all) == 0 {
		t.Fatalf("there are no books: %s", stderr)
	}
	return all
}

func (m *mailoutKit) rowsIn(t *testing.T, states ...mailout.State) (all []row) {
	t.Helper()
	for _, r := range m.rows(t) {
		if slices.Contains(states, r.State) {
			all = append(all, r)
		}
	}
	return all
}

// unsettled is how many rows have no certain answer.
func (m *mailoutKit) unsettled(t *testing.T) int {
	t.Helper()
	if _, err := os.Stat(filepath.Join(m.dir, "ledger.db")); errors.Is(err, os.ErrNotExist) {
		return 0
	}
	return len(m.rowsIn(t, mailout.Unknown))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
