package submit_test

import (
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/submit"
)

// A person who finds that a row has no job plans it again, in another process: who sends takes
// it up, in its next pass or, while others follow beside, whenever that is.
func TestPlannedAgainMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(3)
		absent := func() { w.rows[2] = mailout.Planned } // as Ledger.Resolve does
		w.rows[2] = mailout.Unknown
		w.answer = func(line, call int) mailout.Outcome {
			if line == 4 { // the last: the pass has gone by
				absent()
			}
			return accepted()
		}
		r, err := w.run(t, submit.Options{})
		if err != nil || r.Ending != submit.EndDone || w.rows[2] != mailout.Created || w.sent[2] != 1 {
			t.Errorf("%+v, %v; row 2 is %s", r, err, w.rows[2])
		}

		w.rows[3] = mailout.Unknown
		over := make(chan struct{})
		busy := true
		go func() {
			time.Sleep(time.Hour)
			w.mu.Lock()
			if busy {
				t.Error("it says that there is something to send")
			}
			w.rows[3] = mailout.Planned
			w.mu.Unlock()
			time.Sleep(time.Minute)
			close(over)
		}()
		began := time.Now()
		r, err = w.run(t, submit.Options{Beside: over, Busy: func(is bool) {
			w.mu.Lock()
			defer w.mu.Unlock()
			busy = is
		}})
		if err != nil || r.Ending != submit.EndDone || w.rows[3] != mailout.Created || w.sent[3] != 2 {
			t.Errorf("%+v, %v; row 3 is %s", r, err, w.rows[3])
		}
		if took := time.Since(began); took != time.Hour+time.Minute {
			t.Errorf("it ended after %v", took)
		}
	})
}
