package app

import (
	"cmp"
	"context"
	"errors"
	"time"

	"batch/internal/mailout"
	"batch/internal/submit"
	"batch/internal/workspace"
)

// cancelBeside does what a speaker does, and beside it asks the portal to cancel what
// persons wish cancelled, in this process or another. A serious end of the cancelling stops
// the rest; the other way round, what is wished by then is asked once more.
func (a *App) cancelBeside(ctx context.Context, s *speaker, soft context.Context, stop func(), do func() (Ending, string, error)) (Ending, string, error) {
	over, ended := make(chan struct{}), make(chan struct{})
	var asked submit.Result
	var failed error
	go func() {
		defer close(ended)
		asked, failed = a.cancelWished(ctx, s, soft, over)
		if failed != nil || asked.Ending == submit.EndFatal {
			stop()
		}
	}()
	ending, reason, err := do()
	close(over)
	<-ended
	if err = cmp.Or(err, failed); err != nil {
		return "", "", err
	}
	if asked.Ending == submit.EndFatal || asked.Ending == submit.EndAway && ending == EndDone {
		ending, reason = endOfSending(asked)
	}
	return ending, reason, nil
}

func (a *App) cancelWished(ctx context.Context, s *speaker, soft context.Context, over <-chan struct{}) (submit.Result, error) {
	return submit.Cancel(ctx, a.ledger, s.pace, s.post, submit.CancelOptions{Workers: a.workers(), Soft: soft, Over: over})
}

// handOver is how long the process that talks to the portal may leave wishes unanswered
// before they are left with it.
const handOver = 3 * time.Minute

// bring brings wishes to the portal: itself where nobody else talks to it, else by leaving
// them with whoever does, in the ledger, and waiting for the answers. left says how many
// have none yet.
func (a *App) bring(ctx, soft context.Context, left func(context.Context) (int, error)) (Ending, string, error) {
	all, err := left(ctx)
	if err != nil || all == 0 {
		return EndDone, "", err
	}
	defer a.ticking(ctx, func(ctx context.Context) {
		if n, err := left(ctx); err == nil {
			a.o.Progress(Progress{Doing: "cancelling", Done: all - n, Total: all})
		}
	})()
	before, since := -1, time.Now()
	for soft.Err() == nil {
		n, err := left(ctx)
		if err != nil || n == 0 {
			return EndDone, "", err
		}
		s, err := a.speak(ctx) // waits a second for the lock
		var held *workspace.Held
		switch {
		case err == nil:
			defer s.close()
			over := make(chan struct{})
			close(over)
			asked, err := a.cancelWished(ctx, s, soft, over)
			ending, reason := endOfSending(asked)
			return ending, reason, err
		case !errors.As(err, &held):
			return "", "", err
		case n != before:
			before, since = n, time.Now()
		case time.Since(since) > handOver:
			return EndAway, held.Error() + ", and has not had the jobs cancelled yet; it goes on trying", nil
		}
	}
	return EndInterrupted, "stopped on request", nil
}

// unanswered counts the wishes of a batch whose call is due and has no answer.
func (a *App) unanswered(ctx context.Context, id mailout.BatchID, about func(mailout.Wish) bool) (n int, err error) {
	after := mailout.Wish{Batch: id}
	for {
		due, err := a.ledger.ToCancel(ctx, after, 1000)
		if err != nil || len(due) == 0 {
			return n, err
		}
		for _, after = range due {
			switch {
			case after.Batch != id:
				return n, nil
			case about(after):
				n++
			}
		}
	}
}
