package submit_test

import (
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/submit"
)

// As many rows begin as the canary has, also while none of them is answered and workers are
// free for more.
func TestACanaryIsNotOvershotBySlowCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(40)
		w.answer = func(int, int) mailout.Outcome { time.Sleep(time.Second); return accepted() }
		res, err := w.run(t, submit.Options{Rules: submit.Rules{Canary: 4, Out: 1}, Workers: 8})
		if err != nil || res.Ending != submit.EndCanary || len(w.sent) != 3 {
			t.Errorf("Run = %+v, %v; %d rows were sent, want three beside the one that is out", res, err, len(w.sent))
		}
	})
}

// A cause for every row ends sending wherever it comes up: a right may be withdrawn, or a
// certificate expire, in the middle of a batch.
func TestACauseForEveryRowInTheMiddle(t *testing.T) {
	w := newWorld(40)
	w.answer = func(line, call int) mailout.Outcome {
		if line < 20 || call > 1 {
			return accepted()
		}
		return mailout.Outcome{Kind: mailout.OutcomeNotSent, Fatal: true, Status: 403, Message: "NOT_AUTHORIZED"}
	}
	res, err := w.run(t, submit.Options{})
	if err != nil || res.Ending != submit.EndFatal || res.Reason != "NOT_AUTHORIZED" || len(w.sent) != 19 {
		t.Errorf("Run = %+v, %v; calls were made for %d rows, want 18 that were accepted and one", res, err, len(w.sent))
	}
}
