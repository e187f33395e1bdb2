package reconcile

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"batch/internal/mailout"
)

// handle carries one change to its end.
func (f *follower) handle(ctx context.Context, c mailout.Change) error {
	t, err := f.ledger.TakeChange(ctx, c)
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.res.Taken++
	f.mu.Unlock()
	if t.Kind == mailout.TakenForeign {
		if t.Strangers > maxStrangers {
			f.end(EndForeign, fmt.Sprintf("%d jobs on the queue %q are not ours: another application seems to use it", t.Strangers, c.Queue))
		}
		return nil // left unconfirmed: it goes back to whom it belongs
	}
	if c.Status.Final() {
		safe, err := f.keep(ctx, t, c)
		if err != nil || !safe {
			return err
		}
		if t.State, err = f.ledger.Conclude(ctx, t, c); err != nil {
			return err
		}
	}
	if t.Kind == mailout.TakenMissing {
		f.end(EndMissing, fmt.Sprintf("job %d carries a reference of this workspace that the ledger does not know: the ledger is not the whole truth", c.JobID))
		return nil
	}
	return f.confirm(ctx, t, c)
}

// confirm is the second point of no return: after it the portal may delete its copy.
// Everything it offered is on disk, synced and committed. A crash before Confirmed leaves
// a change that was tried: it comes again, or an empty queue later shows that it does not.
func (f *follower) confirm(ctx context.Context, t mailout.Taken, c mailout.Change) error {
	done, err := f.pace.Acquire(ctx, string(c.Sender))
	if err != nil {
		return nil
	}
	if f.o.Now().Sub(c.TakenAt) > confirmWithin {
		done(false, false)
		return nil // it has gone back to the queue: another poll brings it, perhaps changed
	}
	again, err := f.ledger.TryConfirm(ctx, t, c.JobID)
	if err != nil {
		done(false, false)
		return err
	}
	speed, err := f.portal.Confirm(ctx, c.Sender, c.ConfirmationURL)
	done(speed.TimedOut, speed.Blocked)
	if err != nil && !(again && gone(err)) {
		return f.callFailed(err)
	}
	return f.ledger.Confirmed(ctx, t, c.JobID)
}

// gone reports an answer that, to a repeated confirmation, says that the first arrived.
func gone(err error) bool {
	var ce *mailout.CallError
	return errors.As(err, &ce) && (ce.Status == http.StatusNotFound || ce.Status == http.StatusGone)
}

// callFailed sorts out a failed call: a fatal one ends the following; after any other
// the change comes again.
func (f *follower) callFailed(err error) error {
	var ce *mailout.CallError
	if !errors.As(err, &ce) {
		return err
	}
	if ce.Fatal {
		f.end(EndFatal, ce.Message)
	}
	return nil
}
