//go:build unix

package table

import (
	"path/filepath"
	"syscall"
	"testing"
)

// Files that are no files.
func TestPipesAndDevices(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "m.csv")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("no named pipes here: " + err.Error())
	}
	for _, path := range []string{pipe, "/dev/null", "/dev/zero"} {
		if r := readFile(path, Options{}); r.code() != "manifest-not-a-file" {
			t.Errorf("%s: %v", path, r.err)
		}
	}
}
