package app

import (
	"testing"

	"batch/internal/ledger"
)

// Who takes the lock of a speaker that ended well is not told of a crash: its process goes on,
// prints the books, or asks whether to send on (resume --rebuild).
func TestNoCrashWhereTheLockWasGivenUp(t *testing.T) {
	d := newDesk(t)
	s, err := d.speak(t.Context())
	must(t, err)
	s.close()
	checked := false
	l, err := ledger.Open(t.Context(), ledger.Options{Path: d.ws.Ledger(), SentLog: d.ws.SentLog(), Checking: func() { checked = true }})
	must(t, err)
	defer l.Close()
	_, err = l.Recover(t.Context())
	must(t, err)
	if checked {
		t.Error("the next one says that an earlier run did not come to its end, and looks through the whole ledger")
	}
}
