package reconcile_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/pace"
	"batch/internal/reconcile"
)

// blockedPace is blocked from its n-th permit on, as after a 429 for speed.
type blockedPace struct {
	reconcile.Pace
	free int
	stop func()
}

func (p *blockedPace) Acquire(ctx context.Context, sender string) (func(bool, bool), error) {
	if p.free--; p.free >= 0 {
		return p.Pace.Acquire(ctx, sender)
	}
	p.stop() // a person has had enough of it
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(31 * time.Second):
		return p.Pace.Acquire(ctx, sender)
	}
}

// A person who asks to stop does not sit out a block, whatever a taker has in hand: it comes
// again.
func TestABlockIsNotSatOut(t *testing.T) {
	for permits := 1; permits < 3; permits++ { // at the fetch, the confirmation
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1)
			soft, stop := context.WithCancel(t.Context())
			w.soft = soft
			document := sealed(t, "one")
			w.desk.put(w.signed(2), document)
			pacer, err := pace.New(t.Context(), pace.Options{PerSecond: 10})
			must(t, err)
			time.Sleep(2 * time.Second) // the permits of an earlier process come back
			began := time.Now()
			res, err := w.followWith(&blockedPace{pacer, permits, stop})
			if err != nil || res.Ending != reconcile.EndInterrupted {
				t.Fatalf("after %d permits following ended with %+v, %v", permits, res, err)
			}
			if took := time.Since(began); took != 2*time.Second {
				t.Errorf("after %d permits it ended in %v", permits, took)
			}
			if w.desk.left() != 1 {
				t.Error("the change was confirmed without a permit")
			}
			if alarms, err := w.Alarms(t.Context()); err != nil || len(alarms) > 0 {
				t.Errorf("%+v, %v", alarms, err)
			}

			w.soft = t.Context() // the next process
			time.Sleep(11 * time.Minute)
			w.done()
			w.kept(2, "k2-1002.pdf", document)
			if w.at(2).State != mailout.Signed || w.desk.left() != 0 {
				t.Errorf("the row is %s, %d changes are left", w.at(2).State, w.desk.left())
			}
		})
	}
}
