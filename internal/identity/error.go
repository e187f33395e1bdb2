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

// day writes a date as messages show it, in the zone of the moment that it is told at.
func day(t, now time.Time) string { return t.In(now.Location()).Format("2006-01-02 15:04") }

func refuse(code, remedy, format string, args ...any) *Error {
	return &Error{Code: code, Remedy: remedy, Message: fmt.Sprintf(format, args...)}
}
