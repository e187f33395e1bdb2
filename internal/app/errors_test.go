package app

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
)

// Errors of the disk say what to do, from wherever they come.
func TestErrorsOfTheDiskAreExplained(t *testing.T) {
	for want, cause := range map[string]error{"make room": syscall.ENOSPC, "there and healthy": syscall.EIO, "may write there": fs.ErrPermission} {
		err := fmt.Errorf("preparing line 2: %w", &os.PathError{Op: "open", Path: "prepared", Err: cause})
		if e := Explain(err); e.Kind != KindInternal || !strings.Contains(e.Remedy, want) || !strings.Contains(e.Message, "line 2") {
			t.Errorf("%v is explained as %q → %q", err, e.Message, e.Remedy)
		}
	}
}
