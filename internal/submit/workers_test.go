package submit_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/submit"
)

// latePace keeps every caller but the first waiting for a second.
type latePace struct{ callers atomic.Int32 }

func (p *latePace) Acquire(context.Context, string) (func(timedOut, blocked bool), error) {
	if p.callers.Add(1) > 1 {
		time.Sleep(time.Second)
	}
	return func(bool, bool) {}, nil
}

// Workers who wait for a permit when another one's ledger step fails do not begin.
func TestAnErrorOfTheLedgerEndsTheTalkOfAllWorkers(t *testing.T) {
	for _, step := range []string{"intent", "outcome"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(10)
			var failed atomic.Bool
			failing := func(int) error {
				if failed.CompareAndSwap(false, true) {
					return errDisk
				}
				return nil
			}
			want := 0
			if step == "intent" {
				w.begin = failing
			} else {
				w.settle, want = failing, 1
			}
			_, err := submit.Run(t.Context(), w, &latePace{}, w, submit.Options{Batch: "2026-11-21-a7", Workers: 4,
				Queue: func(mailout.OrgNumber) string { return "q" }, Soft: t.Context(), Now: time.Now})
			if !errors.Is(err, errDisk) {
				t.Errorf("err = %v, want the disk's", err)
			}
			if len(w.sent) != want {
				t.Errorf("%d rows were sent with a ledger that fails at the %s, want %d", len(w.sent), step, want)
			}
		})
	}
}

// The pace hears of each call, creates and questions alike, how it ended.
func TestThePaceHearsHowACallEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(4)
		unheard, blocked := mailout.Speed{TimedOut: true}, mailout.Speed{Blocked: true}
		w.answer = func(line, call int) mailout.Outcome {
			switch {
			case line == 3:
				return mailout.Outcome{Kind: mailout.OutcomeUnknown, Status: 502, Speed: unheard}
			case line == 4 && call == 1:
				return mailout.Outcome{Kind: mailout.OutcomeNotSent, Status: 429, Speed: blocked}
			}
			return accepted()
		}
		asked := 0
		w.reachable = func() error {
			if asked++; asked == 1 {
				return &mailout.CallError{Call: "who am I", Status: 504, Speed: unheard}
			}
			return nil
		}
		if res, err := w.run(t, submit.Options{Rules: submit.Rules{UnknownInARow: 1}}); err != nil || res.Sent != 4 {
			t.Fatalf("Run = %+v, %v", res, err)
		}
		none := mailout.Speed{}
		// Rows 2 and 3; the root, twice; rows 4 and 5; row 4 again.
		if want := []mailout.Speed{none, unheard, unheard, none, blocked, none, none}; !slices.Equal(w.speeds, want) {
			t.Errorf("the pace was told %+v, want %+v", w.speeds, want)
		}
	})
}

// Those who wait for a permit to cancel when another one's ledger step fails do not begin.
func TestAnErrorOfTheLedgerEndsTheCancellingOfAllWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 10)
		for line := 2; line < 12; line++ {
			d.wish(line)
		}
		failed := false
		d.fail = func(step string) mode {
			if step == "settle" && !failed {
				failed = true
				return notApplied
			}
			return ""
		}
		_, err := submit.Cancel(t.Context(), d, &latePace{}, d, submit.CancelOptions{Workers: 4, Soft: t.Context(), Over: d.over})
		if !errors.Is(err, errDisk) || len(d.calls) != 1 {
			t.Errorf("%d calls were made, %v", len(d.calls), err)
		}
	})
}
