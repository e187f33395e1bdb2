package app

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"batch/internal/workspace"
)

// What a killed rehearsal left is deleted by the next one; that of one that is at work is not,
// however old it is.
func TestKilledRehearsalsAreSwept(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	atWork, owner, err := temporaryRehearsal()
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Unlock()
	folder := func(name string, locked bool, age time.Duration) string {
		dir := filepath.Join(os.TempDir(), rehearsalPrefix+name)
		for _, err := range []error{os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "ledger.db"), nil, 0o600)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if locked {
			lock, err := workspace.Hold(filepath.Join(dir, ownerLock))
			if err != nil {
				t.Fatal(err)
			}
			lock.Unlock() // as the system does for a process that is killed
		}
		made := time.Now().Add(-age)
		if err := os.Chtimes(dir, made, made); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	kept := []string{atWork, folder("begins", true, 0), folder("young", false, time.Hour)}
	swept := []string{folder("killed", true, 2*beginning), folder("old", false, 2*forgotten)}
	past := time.Now().Add(-2 * forgotten)
	if err := os.Chtimes(atWork, past, past); err != nil {
		t.Fatal(err)
	}
	sweepRehearsals()
	for _, dir := range kept {
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("it was swept: %v", err)
		}
	}
	for _, dir := range swept {
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s was left (%v)", filepath.Base(dir), err)
		}
	}
}

// Anybody may make a folder by a rehearsal's name in the shared folder for temporary files, and
// a link in it. The file behind the link stays what it is, and so does what is not ours.
func TestSweepingTouchesNothingOfOthers(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const books = "the books of a year, which are longer than a line that says who holds a lock"
	ledger := filepath.Join(t.TempDir(), "ledger.db")
	if err := os.WriteFile(ledger, []byte(books), 0o600); err != nil {
		t.Fatal(err)
	}
	made := time.Now().Add(-2 * forgotten)
	for name, mode := range map[string]os.FileMode{"link": 0o700, "open": 0o755} {
		dir := filepath.Join(os.TempDir(), rehearsalPrefix+name)
		file := filepath.Join(dir, ownerLock)
		steps := []error{os.Mkdir(dir, 0o700), os.Chmod(dir, mode)}
		if name == "link" {
			steps = append(steps, os.Symlink(ledger, file))
		} else {
			steps = append(steps, os.WriteFile(file, nil, 0o600))
		}
		if err := errors.Join(append(steps, os.Chtimes(dir, made, made))...); err != nil {
			t.Fatal(err)
		}
		sweepRehearsals()
		if _, err := os.Lstat(file); err != nil {
			t.Errorf("%s: it was swept: %v", name, err)
		}
	}
	if got, err := os.ReadFile(ledger); err != nil || string(got) != books {
		t.Errorf("the file behind the link is now %q (%v)", got, err)
	}
}
