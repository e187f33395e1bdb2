package app

import (
	"cmp"
	"context"
	"errors"
	"sync/atomic"
	"time"

	"batch/internal/mailout"
	"batch/internal/submit"
	"batch/internal/workspace"
)

// cancelBeside does what a speaker does, and beside it asks the portal to cancel what
// persons wish cancelled, in this process or another. What it does ends with soft, which
// stop ends too: so does a serious end of the cancelling. An error of the ledger ends calls
// too, those that may be broken off and repeated. The other way round, what is wished by
// then is asked once more, unless the ledger failed or a person asked to stop.
func (a *App) cancelBeside(ctx context.Context, s *speaker, person context.Context, do func(calls, soft context.Context, stop func()) (Ending, string, error)) (Ending, string, error) {
	soft, stop := context.WithCancel(person)
	defer stop()
	calls, cut := context.WithCancel(ctx)
	defer cut()
	cancelling, halt := context.WithCancel(person)
	defer halt()
	over, ended := make(chan struct{}), make(chan struct{})
	var asked submit.Result
	var failed error
	go func() {
		defer close(ended)
		asked, failed = a.cancelWished(ctx, s, cancelling, over)
		if failed != nil {
			cut()
		}
		if failed != nil || asked.Ending == submit.EndFatal {
			stop()
		}
	}()
	ending, reason, err := do(calls, soft, stop)
	if err != nil {
		halt()
	}
	close(over)
	<-ended
	if err = cmp.Or(failed, err); err != nil { // what the others say then may be that they were cut off
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
// have none yet. Calls that are cut short leave their wishes as they are, in the ledger: it is
// the same end as a soft one.
func (a *App) bring(ctx, soft context.Context, left func(context.Context) (int, error)) (Ending, string, error) {
	ending, reason, err := a.bringAll(ctx, soft, left)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return EndInterrupted, stoppedOnRequest, nil
	}
	return ending, reason, err
}

func (a *App) bringAll(ctx, soft context.Context, left func(context.Context) (int, error)) (Ending, string, error) {
	all, err := left(ctx)
	if err != nil || all == 0 {
		return EndDone, "", err
	}
	b := &bringing{App: a, left: left, all: all}
	defer a.ticking(ctx, b.report)()
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
			return b.itself(ctx, soft, s)
		case !errors.As(err, &held):
			return "", "", err
		case n != before:
			since = time.Now()
			b.other.Store(&spokenFor{held, since.Add(handOver)})
			if before < 0 && a.o.Progress != nil { // whom the wish is with is told at once
				b.report(ctx)
			}
			before = n
		case time.Since(since) > handOver:
			return EndAway, held.Error() + ", and has not had the jobs cancelled yet; it goes on trying", nil
		}
	}
	return EndInterrupted, stoppedOnRequest, nil
}

// bringing is how far wishes have been brought, and by whom.
type bringing struct {
	*App
	left   func(context.Context) (int, error)
	all    int
	speaks atomic.Pointer[speaker]   // nil: not this process
	other  atomic.Pointer[spokenFor] // nil: nobody else
}

// spokenFor is who else talks to the portal, and until when it is waited for.
type spokenFor struct {
	held  *workspace.Held
	until time.Time
}

// itself has the jobs cancelled by this process, which has become the speaker.
func (b *bringing) itself(ctx, soft context.Context, s *speaker) (Ending, string, error) {
	defer s.close()
	b.speaks.Store(s)
	over := make(chan struct{})
	close(over)
	asked, err := b.cancelWished(ctx, s, soft, over)
	ending, reason := endOfSending(asked)
	return ending, reason, err
}

func (b *bringing) report(ctx context.Context) {
	n, err := b.left(ctx)
	if err != nil {
		return // the cancelling itself meets the same error and tells it
	}
	p := Progress{Doing: "cancelling", Done: b.all - n, Total: b.all}
	if s := b.speaks.Load(); s != nil {
		until, why := s.pace.Waiting()
		p.waits(until.In(b.Zone()), why)
	} else if o := b.other.Load(); o != nil {
		p.leaves(o.held, o.until.In(b.Zone()))
	}
	b.o.Progress(p)
}

const stoppedOnRequest = "stopped on request"

// unanswered counts the wishes of a batch whose call is due and has no answer.
func (a *App) unanswered(ctx context.Context, id mailout.BatchID, about func(mailout.Wish) bool) (n int, err error) {
	due, err := a.ledger.Unanswered(ctx, id)
	for _, w := range due {
		if about(w) {
			n++
		}
	}
	return n, err
}
