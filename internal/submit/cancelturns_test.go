package submit_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/submit"
)

// Some wishes are never answered, or refused for good: the others are cancelled all the
// same, by processes that end after a while as by one that goes on.
func TestWishesThatAreNeverAnsweredStarveNobody(t *testing.T) {
	const bad, all = 20, 30
	badAt := func(job mailout.JobID) bool { return job < jobAt(2+bad) }
	for name, tt := range map[string]struct {
		answer error
		runs   int // processes until all others are cancelled
		end    submit.Ending
	}{
		"never answered": {&mailout.CallError{Call: "cancel", Kind: mailout.OutcomeUnknown, Status: 500, Code: "X", Message: "the portal answered 500"}, 3, submit.EndAway},
		"refused":        {&mailout.CallError{Call: "cancel", Kind: mailout.OutcomeRefused, Status: 400, Code: "X", Message: "the portal answered 400"}, 1, submit.EndDone},
		"not its own":    {&mailout.CallError{Call: "cancel", Kind: mailout.OutcomeNotSent, Code: "foreign-url", Message: "nothing was sent"}, 1, submit.EndDone},
	} {
		for _, beside := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " ", beside), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := newDesk(t, all)
					for line := 2; line < 2+all; line++ {
						d.wish(line)
					}
					d.lose = func(job mailout.JobID, call int) (bool, error) {
						if badAt(job) {
							return false, tt.answer
						}
						return false, nil
					}
					if beside {
						d.over = make(chan struct{})
						soft, stop := context.WithTimeout(t.Context(), 10*time.Minute)
						defer stop()
						if res, err := d.run(soft); err != nil || res.Ending != submit.EndInterrupted {
							t.Errorf("it ended with %+v, %v", res, err)
						}
					} else {
						for range tt.runs {
							d.ends(tt.end)
						}
					}
					for job, cancelled := range d.jobs {
						if cancelled == badAt(job) {
							t.Errorf("job %d: cancelled %v after %d calls", job, cancelled, d.calls[job])
						}
						if n := d.calls[job]; tt.end == submit.EndDone && n != 1 {
							t.Errorf("job %d, which was answered for good, was asked for %d times", job, n)
						}
					}
				})
			})
		}
	}
}
