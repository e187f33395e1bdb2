package reconcile_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/pace"
	"batch/internal/reconcile"
)

// A confirmation belongs to the job and not to the change. These tests hold one taker up
// where another could confirm the job's final change before its document is kept.

func TestAnOlderChangeIsNotConfirmedWhileTheDocumentIsFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.opts.Takers = 4
		document := sealed(t, "one")
		w.desk.put(w.signed(2), document)
		w.desk.put(w.waiting(2), nil)
		w.desk.hook = func(step string) {
			if step == "fetch" {
				time.Sleep(time.Minute)
			}
		}
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.alarms()
	})
}

func TestAFinalChangeIsNotTakenWhileAnEarlierOneIsBeingConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.opts.Takers = 4
		document := sealed(t, "one")
		w.desk.put(w.waiting(2), nil)
		w.desk.put(w.signed(2), document)
		slow := once()
		w.books.hook = func(step string) {
			if step == "before try" && slow() {
				time.Sleep(time.Minute)
			}
		}
		w.desk.hook = func(step string) {
			if step == "fetch" {
				time.Sleep(2 * time.Minute)
			}
		}
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.alarms()
	})
}

// After a failed fetch the final change waits in the queue. An older one that comes again
// meanwhile, even to the next process, must not be confirmed in its place.
func TestAnOlderChangeIsNotConfirmedWhileTheFinalOneWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		document := sealed(t, "one")
		w.desk.put(w.signed(2), document)
		w.books.fail = func(step string) mode {
			if step == "fetched" {
				return notApplied
			}
			return ""
		}
		if _, err := w.follow(); !errors.Is(err, errDisk) {
			t.Fatalf("following ended with %v, want the disk's error", err)
		}
		w.reopen()
		w.desk.put(w.waiting(2), nil)
		w.done()
		w.kept(2, "k2-1002.pdf", document)
	})
}

// The portal may hand out the same change twice at once.
func TestTheSameChangeToTwoTakers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.opts.Takers = 4
		document := sealed(t, "one")
		w.desk.put(w.signed(2), document)
		w.desk.put(w.signed(2), document)
		slow := once()
		w.desk.hook = func(step string) {
			if step == "fetch" && slow() {
				time.Sleep(time.Minute)
			}
		}
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.files("k2-1002.pdf")
		w.alarms()
	})
}

// After an error of the ledger nothing more is said to the portal, by no taker.
func TestAnErrorOfTheLedgerEndsAllTalk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.opts.Takers = 3
		for line := 2; line <= 4; line++ {
			w.desk.put(w.signed(line), sealed(t, "one"))
		}
		var broken atomic.Bool
		first := once()
		w.books.fail = func(step string) mode {
			if step == "conclude" && first() {
				broken.Store(true)
				return notApplied
			}
			return ""
		}
		fastest := once()
		w.desk.hook = func(step string) {
			switch {
			case step == "fetch" && !fastest():
				time.Sleep(time.Minute)
			case step == "confirm" && broken.Load():
				t.Error("a change was confirmed after the ledger had failed")
			}
		}
		if _, err := w.follow(); !errors.Is(err, errDisk) {
			t.Errorf("following ended with %v, want the disk's error", err)
		}
		if w.desk.left() != 3 {
			t.Errorf("%d changes are left, want all", w.desk.left())
		}
	})
}

// brokenPace gives permits until its store fails.
type brokenPace struct {
	reconcile.Pace
	permits int
}

func (p *brokenPace) Acquire(ctx context.Context, sender string) (func(timedOut, blocked bool), error) {
	if p.permits--; p.permits < 0 {
		return nil, errDisk
	}
	return p.Pace.Acquire(ctx, sender)
}

func TestAPaceThatCannotBeKeptEndsFollowing(t *testing.T) {
	for permits := range 3 { // at the poll, the fetch, the confirmation
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1)
			w.desk.put(w.signed(2), sealed(t, "one"))
			pacer, err := pace.New(t.Context(), pace.Options{PerSecond: 10})
			must(t, err)
			if _, err := w.followWith(&brokenPace{pacer, permits}); !errors.Is(err, errDisk) {
				t.Errorf("after %d permits following ended with %v, want the disk's error", permits, err)
			}
			if w.desk.left() != 1 {
				t.Error("the change was confirmed without a permit")
			}
		})
	}
}

func TestASoftStopFinishesWhatIsCarried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		soft, stop := context.WithCancel(t.Context())
		w.soft = soft
		document := sealed(t, "one")
		w.desk.put(w.signed(2), document)
		w.desk.put(w.signed(3), document)
		w.desk.hook = func(step string) {
			if step == "fetch" {
				stop()
			}
		}
		res := w.ends(reconcile.EndInterrupted)
		w.kept(2, "k2-1002.pdf", document)
		if res.Taken != 1 || w.desk.left() != 1 || w.at(3).State != mailout.Created {
			t.Errorf("%d changes were taken, %d are left", res.Taken, w.desk.left())
		}
	})
}
