package identity

import (
	"fmt"
	"time"
)

// Error says what is wrong with a certificate, ours or the server's, and what to do.
type Error struct {
	Code    string // stable, for scripts: "wrong-password", "wrong-server-organization"
	Message string // one sentence
	Remedy  string // what to do
	Err     error  // the cause; may be nil
}

func (e *Error) Error() string { return e.Message }
func (e *Error) Unwrap() error { return e.Err }

// day writes a date as messages show it: UTC, because it may be read anywhere.
func day(t time.Time) string { return t.UTC().Format("2 January 2006 15:04 UTC") }

func refuse(code, remedy, format string, args ...any) *Error {
	return &Error{Code: code, Remedy: remedy, Message: fmt.Sprintf(format, args...)}
}
