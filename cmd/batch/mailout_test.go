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

// newMailout has a sandbox without limits, and no pace.
func newMailout(t *testing.T, rows int, flags ...string) *mailoutKit {
	t.Helper()
	return mailoutAt(t, rows, startPortal, flags)
}

// newStrictMailout has the portal's own limits and pace.
func newStrictMailout(t *testing.T, rows int, flags ...string) *mailoutKit {
	t.Helper()
	return mailoutAt(t, rows, startStrictPortal, flags)
}

func mailoutAt(t *testing.T, rows int, start func(dir string, flags ...string) (*portal, error), flags []string) *mailoutKit {
	t.Helper()
	dir := t.TempDir()
	p, err := start(dir, flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop() })
	m := &mailoutKit{portal: p, manifest: filepath.Join(dir, "manifest.csv"), workers: sentAtOnce()}
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

// sentAtOnce is how many calls can be under way where no pace bounds them.
func sentAtOnce() int { return min(8*runtime.GOMAXPROCS(0), 32) }

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

// rows are the books' rows. Whenever they are read, they add up to those of the manifest.
func (m *mailoutKit) rows(t *testing.T) (all []row) {
	t.Helper()
	cmd, stdout, stderr := m.command("status", "latest", "--json")
	cmd.Run() // its exit code is that of the books
	var total struct {
		Rows   int
		States mailout.Totals
	}
	for in := json.NewDecoder(stdout); in.More(); {
		var raw json.RawMessage
		var of struct{ Type string }
		must(t, errors.Join(in.Decode(&raw), json.Unmarshal(raw, &of)))
		switch of.Type {
		case "row":
			var r row
			must(t, json.Unmarshal(raw, &r))
			all = append(all, r)
		case "totals":
			must(t, json.Unmarshal(raw, &total))
		}
	}
	if len(all) == 0 {
		t.Fatalf("there are no books: %s", stderr)
	}
	if total.Rows != len(all) || total.States.Sum() != len(all) {
		t.Errorf("%d rows; the books have %d, and their states add up to %d: %v", len(all), total.Rows, total.States.Sum(), total.States)
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

// batchID is the id of the only batch.
func (m *mailoutKit) batchID(t *testing.T) string {
	t.Helper()
	cmd, stdout, _ := m.command("status", "latest", "--json")
	cmd.Run() // its exit code is that of the books
	for line := range bytes.Lines(stdout.Bytes()) {
		var total struct{ Type, Batch string }
		if json.Unmarshal(line, &total) == nil && total.Type == "totals" {
			return total.Batch
		}
	}
	t.Fatal("there is no batch")
	return ""
}

// copied is the workspace in another folder, beside the original.
func (m *mailoutKit) copied(t *testing.T) *mailoutKit {
	t.Helper()
	there := filepath.Join(t.TempDir(), "copy")
	must(t, os.CopyFS(there, os.DirFS(m.dir)))
	for _, secret := range []string{"client.password", "client.p12"} { // copying opened them to all
		must(t, os.Chmod(filepath.Join(there, secret), 0o600))
	}
	return &mailoutKit{portal: &portal{dir: there, control: m.portal.control}, manifest: filepath.Join(there, "manifest.csv"), workers: m.workers}
}

// begun reports whether anything may have been sent: from then on there are books.
func (m *mailoutKit) begun() bool {
	log, err := os.ReadFile(filepath.Join(m.dir, "sent.log"))
	return err == nil && bytes.Count(log, []byte("\n")) > 1
}

// unsettled is how many rows have no certain answer.
func (m *mailoutKit) unsettled(t *testing.T) int {
	t.Helper()
	if !m.begun() {
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
