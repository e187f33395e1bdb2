package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// While a process waits at a question, a person puts ledger.db and sent.log back from a copy.
// What the process then wrote would be in files that have no name any more, and the next one
// would send every letter again.
func TestBooksThatArePutBackUnderAProcess(t *testing.T) {
	for _, only := range []string{"both", "ledger.db", "sent.log"} {
		t.Run(only, func(t *testing.T) {
			d := newDesk(t)
			b := d.plan(3)
			must(t, d.ledger.Approve(t.Context(), b.Batch, "typed", 0))
			must(t, d.ledger.Close())
			keep := t.TempDir() // a copy of the books, nothing was sent yet
			copyTo(t, d.ws.Ledger(), filepath.Join(keep, "ledger.db"))
			copyTo(t, d.ws.SentLog(), filepath.Join(keep, "sent.log"))

			waiting, err := open(t.Context(), d.ws, Options{}) // batch resume: at its question
			must(t, err)
			must(t, waiting.ledger.SavePace(t.Context(), "poll/x/y", time.Now())) // it has written before, as batch run does: it has planned
			if only != "sent.log" {
				for _, end := range []string{"", "-wal", "-shm"} {
					must(t, os.Remove(d.ws.Ledger()+end))
				}
				copyTo(t, filepath.Join(keep, "ledger.db"), d.ws.Ledger())
			}
			if only != "ledger.db" {
				must(t, os.Remove(d.ws.SentLog()))
				copyTo(t, filepath.Join(keep, "sent.log"), d.ws.SentLog())
			}
			_, err = waiting.Send(t.Context(), SendOptions{Batch: b.Batch, ApprovedBy: "typed", Soft: t.Context()})
			if err == nil || Explain(err).Kind != KindLook || len(d.portal.Sandbox.Jobs("")) > 0 {
				t.Errorf("the one that waited: %v; the portal has %d jobs", err, len(d.portal.Sandbox.Jobs("")))
			}
			waiting.Close()
			next, err := open(t.Context(), d.ws, Options{})
			must(t, err)
			defer next.Close()
			_, err = next.Send(t.Context(), SendOptions{Batch: b.Batch, ApprovedBy: "went on", Soft: t.Context()})
			if n := len(d.portal.Sandbox.Jobs("")); err != nil || n != 3 {
				t.Errorf("the next one: %v; the portal has %d jobs for 3 letters", err, n)
			}
		})
	}
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	raw, err := os.ReadFile(from)
	must(t, err)
	must(t, os.WriteFile(to, raw, 0o600))
}
