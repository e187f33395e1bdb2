package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A killed sandbox leaves a folder that nobody holds; one that serves still does.
func TestFoldersOfKilledSandboxesAreSwept(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	alive := start(t, Options{NoLimits: true})
	alive.create("ref-1", newBundle(oneSigner))
	old := time.Now().Add(-2 * time.Minute)
	made := map[string]bool{} // path → swept
	for name, swept := range map[string]bool{"killed": true, "just made": false} {
		path, err := os.MkdirTemp("", tempPrefix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, "17.asice"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if name == "killed" {
			err = os.Chtimes(path, old, old)
		}
		if made[path] = swept; err != nil {
			t.Fatal(err)
		}
	}
	made[alive.running.Sandbox.folder.path] = false
	if err := os.Chtimes(alive.running.Sandbox.folder.path, old, old); err != nil {
		t.Fatal(err)
	}
	others := filepath.Join(os.TempDir(), "batch-sandboxes")
	if err := os.Mkdir(others, 0o700); err != nil {
		t.Fatal(err)
	}
	made[others] = false
	start(t, Options{NoLimits: true})
	for path, swept := range made {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) != swept {
			t.Errorf("%s: %v; to be swept: %v", filepath.Base(path), err, swept)
		}
	}
	alive.get(alive.poll().PAdES).want(t, 200)
}

func TestAFolderIsOneSandboxes(t *testing.T) {
	dir := t.TempDir()
	first := start(t, Options{NoLimits: true, Dir: dir})
	first.create("ref-1", newBundle(oneSigner))
	if err := first.running.WriteFiles(dir); err != nil {
		t.Fatal(err)
	}
	for _, state := range []State{StateMemory, StateFile} {
		_, err := New(Options{PKI: testPKI(), Dir: dir, State: state})
		if err == nil || !strings.Contains(err.Error(), "another sandbox is serving from "+dir) {
			t.Errorf("with its state in %s: %v", state, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, readyName)); err != nil {
		t.Errorf("the first one is not ready any more: %v", err)
	}
	first.get(first.poll().PAdES).want(t, 200)
	if err := first.running.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := New(Options{PKI: testPKI(), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
}

// A sandbox that was killed said it was ready; whoever waits for the next one must not be
// led to it.
func TestReadinessOfAKilledSandboxIsTakenBack(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, readyName), []byte(`{"pid":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, Options{NoLimits: true, Dir: dir})
	if _, err := os.Stat(filepath.Join(dir, readyName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is there before the files are written: %v", err)
	}
}

// What one sandbox kept is not touched by one that keeps nothing.
func TestStateSurvivesASandboxWithoutOne(t *testing.T) {
	dir := t.TempDir()
	keeping, forgetting := Options{PKI: testPKI(), NoLimits: true, Dir: dir, State: StateFile}, Options{PKI: testPKI(), NoLimits: true, Dir: dir}
	c := start(t, keeping)
	c.create("ref-1", newBundle(oneSigner))
	c.again(forgetting)
	c.wantEmpty()
	c.again(keeping)
	if m := c.poll(); m.Reference != "ref-1" {
		t.Errorf("it tells of %+v", m)
	}
}
