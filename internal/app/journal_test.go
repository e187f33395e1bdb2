package app

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"batch/internal/ledger"
)

// The name of a file may be a person's. What is logged of an error says what was wrong, and of
// what not.
func TestErrorsInTheLogNameNoFile(t *testing.T) {
	read := fmt.Errorf("reading Nordmann.pdf: %w", &fs.PathError{Op: "open", Path: "/home/nordmann/Nordmann.pdf", Err: syscall.EACCES})
	books := &ledger.Error{Code: "ledger-busy", Message: "another program keeps the ledger /home/nordmann/ledger.db busy", Err: errors.New("busy")}
	for want, err := range map[string]error{syscall.EACCES.Error(): read, "ledger-busy": books, "": errors.New("Nordmann.pdf is no PDF")} {
		if got := unnamed(err); got != want {
			t.Errorf("%v is logged as %q, want %q", err, got, want)
		}
	}
}
