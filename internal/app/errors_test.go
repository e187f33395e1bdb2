package app

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"batch/internal/report"
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

// A list that is too long for a browser is no failure of the program: there is another way.
func TestAReportOfTooManyRowsIsExplained(t *testing.T) {
	e := Explain(fmt.Errorf("beginning the report: %w", &report.TooManyRows{Format: "html", Rows: 100_000, Most: 50_000}))
	if e.Kind != KindUsage || e.Message != "a report as html lists at most 50000 rows, and these are 100000" || !strings.Contains(e.Remedy, "--only") {
		t.Errorf("explained as %s: %q → %q", e.Kind, e.Message, e.Remedy)
	}
}
