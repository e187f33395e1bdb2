package reconcile

import (
	"context"
	"time"

	"batch/internal/mailout"
)

// parting is how long a permit is still waited for when a person has asked to stop. What a
// change needs to its end is had by then, at the ordinary pace; a block of half a minute is not
// sat out.
const parting = 2 * time.Second

// permit waits for a permit of the pace. Where a person has asked to stop and none came, the
// error is a *mailout.CallError: nothing was said, and the change comes again.
func (f *follower) permit(ctx context.Context, sender mailout.OrgNumber) (done func(timedOut, blocked bool), err error) {
	waiting, leave := context.WithCancel(ctx)
	defer leave()
	defer context.AfterFunc(f.o.Soft, func() {
		select {
		case <-time.After(parting):
			leave()
		case <-waiting.Done():
		}
	})()
	if done, err = f.pace.Acquire(waiting, string(sender)); err != nil && waiting.Err() != nil && ctx.Err() == nil {
		return nil, &mailout.CallError{Call: "permit", Kind: mailout.OutcomeNotSent, Code: "stopped", Message: "stopped on request", Err: err}
	}
	return done, err
}
