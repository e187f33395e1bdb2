package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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
	"syscall"
	"testing"

	"batch/internal/mailout"
	"batch/internal/pades"
	"batch/internal/rules"
)

// Faults of every run that is killed: while it is killed, one job certainly has not been
// made yet and one certainly has, and neither was answered.
const hangingCalls = `[{"when": {"call": "create", "nth": 2}, "do": "slow-before:1h"},
	{"when": {"call": "create", "nth": 3}, "do": "slow-after:1h"}]`

// A batch is sent and followed by processes of which five are killed at different
// points. After each death, and at the end, the portal's own list of jobs is held against
// the books: never two jobs for a row, never a job that the books do not know of.
func TestKilledAndResumed(t *testing.T) {
	const rows = 60
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

// killAt starts a command and kills it, as a power cut would, when the portal has so many
// jobs.
func (m *mailoutKit) killAt(t *testing.T, jobs int, args ...string) {
	t.Helper()
	cmd, stdout, stderr := m.command(args...)
	must(t, cmd.Start())
	err := m.await("/jobs", func(answer []byte) bool {
		var all []json.RawMessage
		return json.Unmarshal(answer, &all) == nil && len(all) >= jobs
	})
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

// job is what the portal says of a job.
type job struct {
	ID        mailout.JobID
	Reference mailout.Ref
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
	return len(m.rowsIn(t, mailout.Sending, mailout.Unknown))
}

// compare holds the portal's jobs against the books.
func (m *mailoutKit) compare(t *testing.T) {
	t.Helper()
	rows := m.rows(t)
	byRef, byLine := map[mailout.Ref]row{}, map[int]job{}
	for _, r := range rows {
		byRef[r.Ref] = r
	}
	for _, j := range m.jobs(t) {
		parts, ok := j.Reference.Parse()
		if !ok {
			t.Errorf("job %d has a reference that is none of ours", j.ID)
		}
		if other, twice := byLine[parts.Line]; twice {
			t.Errorf("line %d has two jobs, %d and %d", parts.Line, other.ID, j.ID)
		}
		byLine[parts.Line] = j
		if r, known := byRef[j.Reference]; !known || r.Line != parts.Line {
			t.Errorf("job %d for line %d has a reference that the books do not know", j.ID, parts.Line)
		}
	}
	for _, r := range rows {
		m.compareRow(t, r, byLine[r.Line])
	}
}

func (m *mailoutKit) compareRow(t *testing.T, r row, j job) {
	t.Helper()
	switch r.State {
	case mailout.Planned:
		if j.ID != 0 {
			t.Errorf("row %s is planned and has job %d", r.Key, j.ID)
		}
	case mailout.Created, mailout.Signed:
		if r.JobID != j.ID || j.ID == 0 {
			t.Errorf("row %s is %s as job %d; the portal has job %d", r.Key, r.State, r.JobID, j.ID)
		}
	case mailout.Sending, mailout.Unknown: // with or without a job
	default:
		t.Errorf("row %s is %s", r.Key, r.State)
	}
}

// allSigned checks that every row is signed, with its document whole and in its place.
func (m *mailoutKit) allSigned(t *testing.T, rows int) {
	t.Helper()
	files := map[string]bool{}
	signed := m.rowsIn(t, mailout.Signed)
	for _, r := range signed {
		path := filepath.Join(m.dir, filepath.FromSlash(r.Signed.File))
		content, err := os.ReadFile(path)
		must(t, err)
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != r.Signed.SHA256 || int64(len(content)) != r.Signed.Bytes {
			t.Errorf("row %s: %s is not the document of the books", r.Key, r.Signed.File)
		}
		if _, err := pades.Check(bytes.NewReader(content), int64(len(content))); err != nil {
			t.Errorf("row %s: %s: %v", r.Key, r.Signed.File, err)
		}
		files[path] = true
	}
	if len(signed) != rows || len(files) != rows || len(m.jobs(t)) != rows {
		t.Errorf("%d rows are signed, with %d documents; the portal has %d jobs; want %d of each", len(signed), len(files), len(m.jobs(t)), rows)
	}
	kept, err := filepath.Glob(filepath.Join(m.dir, "signed", "*", "*"))
	must(t, err)
	left, err := filepath.Glob(filepath.Join(m.dir, "signed", "*", ".*"))
	must(t, err)
	if len(kept) != rows || len(left) != 0 {
		t.Errorf("%d files in the folder of signed documents, and %d hidden ones; want %d and none", len(kept), len(left), rows)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
