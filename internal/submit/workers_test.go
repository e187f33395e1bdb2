package submit_test

import (
	"context"
	"errors"
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
