package reconcile

import (
	"context"

	"batch/internal/mailout"
)

func (f *follower) end(e Ending, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.res.Ending == "" {
		f.res.Ending, f.res.Reason = e, reason
	}
	f.stop()
}

// result is the end, when all takers have come to theirs.
func (f *follower) result() Result {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.res.Ending != "" {
		return f.res
	}
	f.res.Ending, f.res.Reason = EndInterrupted, "stopped on request"
	if reason, is := f.awayAtEnd(); is {
		f.res.Ending, f.res.Reason = EndAway, reason
	}
	return f.res
}

// heard is what the last poll of a queue said.
type heard int

const (
	nothing heard = iota // it was not polled yet, or too early
	change
	emptiness
)

func (f *follower) note(q Queue, poll mailout.Poll) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case poll.Change != nil:
		f.heard[q] = change
	case poll.TooEarly:
		f.heard[q] = nothing
	default:
		f.heard[q] = emptiness
	}
}

// checkEnd ends the following when nothing is left to wait for. Rows that are unknown
// are waited for until the queues have been empty: then they are a person's to settle. A
// queue that has just handed out a change may have more, a duplicate's above all, which no
// row waits for: it is asked until it has none, and the books need not be asked meanwhile.
func (f *follower) checkEnd(ctx context.Context) error {
	f.mu.Lock()
	drained, more := true, false
	for _, q := range f.o.Queues {
		drained = drained && f.heard[q] == emptiness
		more = more || f.heard[q] == change
	}
	f.mu.Unlock()
	if more {
		return nil
	}
	certain, unknown, err := f.o.Open(ctx)
	if err != nil {
		return err
	}
	over := certain == 0 && (drained || unknown == 0)
	if f.o.Once {
		over = drained // also where no row waits: a job that the portal has made twice is known by its change alone
	}
	if over {
		f.end(EndDone, "")
	}
	return nil
}
