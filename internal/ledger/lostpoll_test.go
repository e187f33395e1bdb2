package ledger_test

import (
	"testing"
	"time"

	"batch/internal/mailout"
)

// tried is a change whose confirmation was tried, and never arrived.
func tried(t *testing.T) (*books, mailout.BatchID) {
	b := newBooks(t)
	id := b.approved(row(2))
	b.recover()
	change := b.change(b.created(id, 2, 7), 7, mailout.JobFailed, mailout.SignerRejected)
	taken := b.take(change)
	b.conclude(taken, change)
	b.tryConfirm(taken, 7)
	return b, id
}

func (b *books) empty(queue string) {
	b.t.Helper()
	must(b.t, b.EmptyQueue(b.t.Context(), "988015814", queue, b.clock.now()))
}

// A confirmation that never arrived, a poll whose answer was lost, and an empty queue: nothing
// is proved until the change that the answer may have carried would have come again.
func TestAnEmptyQueueBehindALostPoll(t *testing.T) {
	b, id := tried(t)
	b.clock.pass(12*time.Minute + 5*time.Second) // the portal hands the change out again; the answer is lost
	lostAt := b.clock.now()
	must(t, b.PollLost(t.Context(), "988015814", "queue", lostAt))
	b.clock.pass(time.Minute) // the next poll: the queue is empty, for the change is leased
	b.empty("queue")
	n, _, until, err := b.Unconfirmed(t.Context(), id)
	must(t, err)
	if n != 1 || !until.Equal(lostAt.Add(12*time.Minute)) {
		t.Errorf("%d are unconfirmed until %v, want 1 until twelve minutes after %v", n, until, lostAt)
	}
	b.clock.pass(11*time.Minute + time.Second)
	b.empty("queue")
	b.wantUnconfirmed(id, 0)
}

// A poll of another queue that was lost says nothing of this one.
func TestALostPollOfAnotherQueue(t *testing.T) {
	b, id := tried(t)
	b.clock.pass(12*time.Minute + 5*time.Second)
	must(t, b.PollLost(t.Context(), "988015814", "another", b.clock.now()))
	must(t, b.PollLost(t.Context(), "910076787", "queue", b.clock.now()))
	b.empty("queue")
	b.wantUnconfirmed(id, 0)
}

// A speaker that was killed may have been in the middle of a poll; one that came to its end
// was not.
func TestAnEmptyQueueBehindAKilledPoll(t *testing.T) {
	for name, killed := range map[string]bool{"killed": true, "ended": false} {
		t.Run(name, func(t *testing.T) {
			b, id := tried(t)
			b.clock.pass(12*time.Minute + 5*time.Second)
			want := 0
			if next := b.crash(); killed {
				b, want = next, 1
			} else {
				must(t, b.Close())
				b = b.again()
			}
			b.recover()
			b.recover() // once more: it is no other speaker
			b.clock.pass(time.Minute)
			b.empty("queue")
			b.wantUnconfirmed(id, want)
			b.clock.pass(12 * time.Minute)
			b.empty("queue")
			b.wantUnconfirmed(id, 0)
		})
	}
}
