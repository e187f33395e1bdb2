package main

import (
	"context"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"batch/internal/mailout"
)

// kill ends the sandbox as a power cut would.
func (p *portal) kill() {
	p.once.Do(func() {
		p.cmd.Process.Kill()
		p.ended = p.cmd.Wait()
	})
}

// A mail-out goes on with a sandbox that is killed between its calls and started again:
// after sending, and between the changes of two groups of signers.
func TestSandboxThatKeepsItsState(t *testing.T) {
	const rows = 8
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	flags := []string{"--state", "file", "--listen", free.Addr().String(), "--sign-after", "1h"}
	must(t, free.Close())
	m := newMailout(t, rows, flags...)
	restart := func() {
		t.Helper()
		m.kill()
		m.portal, err = startPortal(m.dir, flags...)
		must(t, err)
		t.Cleanup(func() { m.stop() })
	}
	m.batch(t, exitOK, "run", m.manifest, "--yes")
	m.control(t, http.MethodPost, "/clock?advance=40m", "")
	restart()
	m.compare(t)
	m.batch(t, exitOK, "follow", "latest", "--once")
	if signed := m.rowsIn(t, mailout.Signed); len(signed) != 0 {
		t.Errorf("%d rows are signed after forty minutes of an hour", len(signed))
	}
	m.control(t, http.MethodPost, "/clock?advance=21m", "") // an hour, with what had passed before
	restart()
	m.batch(t, exitOK, "follow", "latest")
	m.compare(t)
	m.allSigned(t, rows)
}

// The help names every value that a flag takes.
func TestSandboxHelpNamesTheValues(t *testing.T) {
	said, err := exec.Command("batch", "sandbox", "--help").Output()
	must(t, err)
	help := strings.Join(strings.Fields(string(said)), " ")
	kind := reflect.TypeFor[sandboxCmd]()
	for i := range kind.NumField() {
		f := kind.Field(i)
		values := f.Tag.Get("enum")
		if values == "" {
			continue
		}
		for value := range strings.SplitSeq(values, ",") {
			if !regexp.MustCompile(`\b` + value + `\b`).MatchString(help) {
				t.Errorf("the help does not name %s, which %s takes", value, f.Name)
			}
		}
	}
}

// What keeps a sandbox from starting is said in words, with what to do.
func TestSandboxThatCannotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	dir := t.TempDir()
	p, err := startPortal(dir)
	must(t, err)
	defer p.stop()
	for name, test := range map[string]struct{ flags, says string }{
		"the portal's port is taken":  {"--listen " + taken.Addr().String(), "is taken by another program; choose another port"},
		"the control's port is taken": {"--control " + taken.Addr().String(), "is taken by another program; choose another port"},
		"the control is not loopback": {"--control 0.0.0.0:0", "can be reached from other machines; use 127.0.0.1"},
		"a sandbox is there":          {"--dir " + dir, "another sandbox is serving from"},
		"brokers that are none":       {"--brokers 974720760,123", `"123" is not an organization number of nine digits → ` + "`batch sandbox --help` tells"},
		"no such style":               {"--pades-style plain", "--pades-style must be one of"},
		"no such state":               {"--state disk", "--state must be one of"},
	} {
		args := append([]string{"sandbox", "--dir", filepath.Join(t.TempDir(), "new")}, strings.Fields(test.flags)...)
		ctx, cancel := context.WithTimeout(t.Context(), hang) // should it serve
		cmd := exec.CommandContext(ctx, "batch", args...)
		said, _ := cmd.CombinedOutput()
		cancel()
		if cmd.ProcessState.ExitCode() != exitUsage || !strings.Contains(strings.Join(strings.Fields(string(said)), " "), test.says) {
			t.Errorf("%s: exit code %d\n%s", name, cmd.ProcessState.ExitCode(), said)
		}
	}
}
