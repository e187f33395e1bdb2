package submit_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/submit"
)

// While line 3 reads its documents, or writes its intent, sending ends: the outcome of line 2
// cannot be written, or a person asks to stop. Line 3 is not sent any more: its intent is not
// begun, or ends as not sent.
func TestNoCallBeginsOnceSendingIsOver(t *testing.T) {
	for name, fails := range map[string]error{"the ledger fails": errDisk, "a person stops": nil} {
		for where, begun := range map[string]bool{"at the documents": false, "at the intent": true} {
			t.Run(name+" "+where, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(2)
					soft, stop := context.WithCancel(t.Context())
					defer stop()
					slow := func(line int) error {
						if line == 3 {
							time.Sleep(500 * time.Millisecond) // its permit stays fresh
						}
						return nil
					}
					w.prepare = slow
					if begun {
						w.prepare = nil
						w.begin = func(line int) error {
							w.mu.Unlock() // a bubble's time stands still while somebody waits for a mutex
							defer w.mu.Lock()
							return slow(line)
						}
					}
					w.answer = func(int, int) mailout.Outcome { time.Sleep(10 * time.Millisecond); return accepted() }
					w.settle = func(line int) error {
						if line != 2 {
							return nil
						}
						if fails == nil {
							stop()
						}
						return fails
					}
					if _, err := w.run(t, submit.Options{Workers: 2, Soft: soft}); !errors.Is(err, fails) {
						t.Errorf("err = %v, want %v", err, fails)
					}
					_, ended := w.outcomes[3]
					if w.sent[2] != 1 || w.sent[3] != 0 || ended != begun || w.rows[3] != mailout.Planned {
						t.Errorf("line 3 was sent, or is not planned again, but %s: %v", w.rows[3], w.steps)
					}
					if w.given != w.taken {
						t.Errorf("%d permits of %d were given back", w.given, w.taken)
					}
				})
			})
		}
	}
}
