package app

import (
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
