package reconcile_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/pace"
	"batch/internal/reconcile"
)

// counters has a desk for each of several senders: what one sender's queue hands out is asked
// for, fetched and confirmed in that sender's name.
type counters map[mailout.OrgNumber]*desk

func (c counters) Poll(ctx context.Context, sender mailout.OrgNumber, queue string) (mailout.Poll, error) {
	return c[sender].Poll(ctx, sender, queue)
}

func (c counters) Fetch(ctx context.Context, sender mailout.OrgNumber, url string, limit int64, w io.Writer) (int64, int64, mailout.Speed, error) {
	return c[sender].Fetch(ctx, sender, url, limit, w)
}

func (c counters) Confirm(ctx context.Context, sender mailout.OrgNumber, url string) (mailout.Speed, error) {
	return c[sender].Confirm(ctx, sender, url)
}

// Each sender has a queue of its own. Following ends when nothing is left on any of them; one
// that has nothing holds nobody up, and no queue is polled before its time.
func TestTheQueueOfEachSenderIsDrained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 12)
		senders := []mailout.OrgNumber{org, "974760673", "889640782"}
		desks := counters{}
		var queues []reconcile.Queue
		for _, s := range senders {
			desks[s] = newDesk()
			queues = append(queues, reconcile.Queue{Sender: s, Name: queueName})
			polls, last := 0, time.Time{}
			desks[s].poll = func() (mailout.Poll, error) {
				if polls++; !last.IsZero() && time.Since(last) < pollPause && desks[s].left() == 0 {
					t.Errorf("the queue of %s was polled again after %v", s, time.Since(last))
				}
				if desks[s].left() == 0 {
					last = time.Now()
				}
				return mailout.Poll{}, nil
			}
		}
		document := sealed(t, "one")
		for line := first; line < first+12; line++ { // the third sender has none
			desks[senders[line%2]].put(w.waiting(line), nil)
			desks[senders[line%2]].put(w.signed(line), document)
		}
		pacer, err := pace.New(t.Context(), pace.Options{PerSecond: 10, Store: w.Ledger})
		must(t, err)
		res, err := reconcile.Run(t.Context(), w.books, desks, pacer, reconcile.Options{
			Queues: queues, Takers: 4, Folder: w.dir, Soft: w.soft, Now: time.Now,
			Open: func(ctx context.Context) (int, int, error) { return w.Open(ctx, w.id) },
		})
		if err != nil || res.Ending != reconcile.EndDone || res.Taken != 24 {
			t.Fatalf("following ended with %+v, %v", res, err)
		}
		for line := first; line < first+12; line++ {
			w.kept(line, fmt.Sprintf("k%d-%d.pdf", line, jobAt(line)), document)
		}
		for s, d := range desks {
			if d.left() > 0 {
				t.Errorf("the queue of %s still has %d changes", s, d.left())
			}
		}
	})
}
