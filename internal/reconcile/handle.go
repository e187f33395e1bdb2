package reconcile

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"batch/internal/mailout"
)

// inHand is a change that was recorded and that a taker carries.
type inHand struct {
	mailout.Taken
	change mailout.Change
}

func (h inHand) wrap(err error) error {
	return fmt.Errorf("handling the change of job %d: %w", h.change.JobID, err)
}

// receive records a change. It is called before anybody polls the queue again, and deals
// at once with all that needs no download: a confirmation belongs to the job and not to
// the change, so one that is sent after another taker was handed the job's final change
// could confirm that one, and the portal would delete a document that nobody has fetched.
func (f *follower) receive(ctx context.Context, c mailout.Change) (*inHand, error) {
	t, err := f.ledger.TakeChange(ctx, c)
	h := inHand{t, c}
	if err != nil {
		return nil, h.wrap(err)
	}
	f.count()
	switch {
	case t.Kind == mailout.TakenForeign:
		f.strange(h) // left unconfirmed: it goes back to whom it belongs
	case c.Status.Final():
		if !f.carry(c.JobID) {
			return nil, nil // another taker has it in hand; what that one leaves comes again
		}
		return &h, nil
	case t.Kind == mailout.TakenMissing:
		f.missing(h)
	case !c.Status.Known():
		// It may be an end: confirmed, the portal would delete what nobody has fetched.
		if err := f.ledger.Doubt(ctx, t, c.JobID, fmt.Sprintf("the portal says that job %d is %s, which this version of batch does not know; the change is left unconfirmed", c.JobID, c.Status)); err != nil {
			return nil, h.wrap(err)
		}
	case t.Pending:
		// An older change that came after one that is an end, or may be: for the same reason it waits.
	default:
		if err := f.confirm(ctx, h); err != nil {
			return nil, h.wrap(err)
		}
	}
	f.progress()
	return nil, nil
}

// finishJob carries a final change to its end.
func (f *follower) finishJob(ctx context.Context, h inHand) error {
	defer f.drop(h.change.JobID)
	safe, err := f.keep(ctx, h.Taken, h.change)
	if err != nil {
		return err
	}
	if h.Kind == mailout.TakenMissing {
		f.missing(h)
		return nil
	}
	if !safe {
		return nil
	}
	if h.State, err = f.ledger.Conclude(ctx, h.Taken, h.change); err != nil {
		return err
	}
	return f.confirm(ctx, h)
}

func (f *follower) count() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.res.Taken++
}

// carry takes a job in hand, unless another taker has it.
func (f *follower) carry(job mailout.JobID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.carried[job] {
		return false
	}
	f.carried[job] = true
	return true
}

func (f *follower) drop(job mailout.JobID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.carried, job)
}

func (f *follower) strange(h inHand) {
	if h.Strangers > maxStrangers {
		f.end(EndForeign, fmt.Sprintf("%d jobs on %s are not ours: another application seems to use it. Have it use another queue, or set one of your own (polling_queue in batch.toml); "+
			"when that is done, lay the alarms to rest with batch resolve --alarm, and follow again", h.Strangers, h.change.Where()))
	}
}

func (f *follower) missing(h inHand) {
	if h.Laid {
		return // it stays unconfirmed: whoever knows of it deals with it
	}
	f.end(EndMissing, fmt.Sprintf("job %d carries a reference of this workspace that the ledger does not know: the ledger is not the whole truth", h.change.JobID))
}

// confirm is the second point of no return: after it the portal may delete its copy.
// Everything it offered is on disk, synced and committed. A crash before Confirmed leaves
// a change that was tried: it comes again, or an empty queue later shows that it does not.
func (f *follower) confirm(ctx context.Context, h inHand) error {
	c := h.change
	done, err := f.permit(ctx, c.Sender)
	if err != nil {
		return f.callFailed(err)
	}
	if mailout.Passed(c.TakenAt, f.o.Now()) > confirmWithin {
		done(false, false)
		return nil // it has gone back to the queue: another poll brings it, perhaps changed
	}
	again, err := f.ledger.TryConfirm(ctx, h.Taken, c.JobID)
	if err != nil {
		done(false, false)
		return err
	}
	speed, err := f.portal.Confirm(ctx, c.Sender, c.ConfirmationURL)
	done(speed.TimedOut, speed.Blocked)
	// Of a purged batch every job was confirmed before; only by which change is no longer known.
	if err != nil && !((again || h.Purged) && gone(err)) {
		return f.callFailed(err)
	}
	return f.ledger.Confirmed(ctx, h.Taken, c.JobID)
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
