package submit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"batch/internal/mailout"
)

// Wishes are what the ledger knows of jobs that a person wishes cancelled (package ledger).
type Wishes interface {
	ToCancel(ctx context.Context, after mailout.Wish, limit int) ([]mailout.Wish, error)
	BeginCancel(ctx context.Context, w mailout.Wish) (ask bool, err error)
	SettleCancel(ctx context.Context, w mailout.Wish, a mailout.Answer) error
}

// Canceller asks the portal to cancel a job. Its errors are *mailout.CallError.
type Canceller interface {
	Cancel(ctx context.Context, w mailout.Wish) (mailout.Answer, error)
}

// CancelOptions say how to cancel.
type CancelOptions struct {
	Workers int
	Soft    context.Context // ends when a person asks to stop: no new call begins
	Over    <-chan struct{} // closed when those who work beside have ended: what is wished by then is asked, and Cancel ends
}

const (
	lookAgain  = time.Second     // between two looks for new wishes
	askAgain   = time.Minute     // until the portal is asked again that gave no answer
	lostInARow = 5               // so many lost answers end a pass: the portal is away
	lastTries  = 3               // passes in vain before Cancel gives up, once all else is over
	lastPause  = 2 * time.Second // between these
)

// Cancel asks the portal to cancel what persons wish cancelled, as long as others send or
// follow beside it and once more behind them. Wishes may come while it runs, from this
// process or another: the ledger hands them over.
//
// A call is begun in the ledger before it is made, and its answer written after. It may be
// repeated, so a crash at any moment, and an answer that is lost, cost one more call: the
// wish is open until an answer is in the books. Too late is an answer, and so is a refusal
// for good; what became of the job is told by its status change alone. Wishes take turns: a
// few that are never answered do not keep the portal from being asked about the others.
func Cancel(ctx context.Context, ledger Wishes, pace Pace, post Canceller, o CancelOptions) (Result, error) {
	c := &canceller{ledger: ledger, pace: pace, post: post, o: o, gate: newGate(Rules{})}
	for tries := 1; ; {
		over := closed(o.Over)
		lost, err := c.pass(ctx)
		switch {
		case err != nil || c.gate.isShut():
			return c.result(), err
		case o.Soft.Err() != nil:
			c.gate.shut(EndInterrupted, "stopped on request")
			return c.result(), nil
		case !over && lost:
			c.pause(askAgain, o.Over)
		case !over:
			c.pause(lookAgain, o.Over)
		case !lost:
			return c.result(), nil
		case tries == lastTries:
			c.gate.shut(EndAway, "the portal gave no answer to a cancellation; it is asked again by the next command that talks to it")
			return c.result(), nil
		default:
			tries++
			c.pause(lastPause, nil)
		}
	}
}

func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

type canceller struct {
	ledger Wishes
	pace   Pace
	post   Canceller
	o      CancelOptions
	gate   *gate // shut when no further call may begin

	mu     sync.Mutex
	asked  int
	lost   int // answers lost in this pass
	streak int // … one after another
}

func (c *canceller) result() Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.gate.result()
	r.Sent = c.asked
	return r
}

// pause waits; a closed over, or a person who asks to stop, ends it.
func (c *canceller) pause(d time.Duration, over <-chan struct{}) {
	select {
	case <-time.After(d):
	case <-over:
	case <-c.o.Soft.Done():
	}
}

// ended reports whether no further call may begin.
func (c *canceller) ended() bool { return c.o.Soft.Err() != nil || c.gate.isShut() }

// away reports whether so many answers in a row were lost that this pass ends.
func (c *canceller) away() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.streak >= lostInARow
}

// pass asks about every wish that is due, once. lost is true where an answer is missing.
// What a pass does not come to is first in the next one, or in the next process's.
func (c *canceller) pass(ctx context.Context) (lost bool, err error) {
	c.lost, c.streak = 0, 0
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(c.o.Workers)
	had := map[wishKey]bool{}
	for after := (mailout.Wish{}); !c.ended() && !c.away() && gctx.Err() == nil; {
		due, err := c.ledger.ToCancel(gctx, after, 4*c.o.Workers)
		if err != nil {
			c.gate.shut(EndOurs, err.Error()) // those that wait for a permit do not begin
			return false, errors.Join(err, group.Wait())
		}
		// Those that this pass has asked about are behind all others.
		due = slices.DeleteFunc(due, func(w mailout.Wish) bool { return had[keyOf(w)] })
		if len(due) == 0 {
			break
		}
		for _, w := range due {
			if c.away() {
				break
			}
			after, had[keyOf(w)] = w, true
			// A call is not cut short by another's error: it uses ctx, not gctx.
			group.Go(func() error {
				err := c.ask(ctx, w)
				if err != nil {
					c.gate.shut(EndOurs, err.Error())
				}
				return err
			})
		}
	}
	err = group.Wait()
	return c.lost > 0, err
}

// wishKey tells one wish from another.
type wishKey struct {
	batch mailout.BatchID
	line  int
	job   mailout.JobID
}

func keyOf(w mailout.Wish) wishKey { return wishKey{w.Batch, w.Line, w.Job} }

// ask makes one call. Before BeginCancel nothing was said. A crash after it leaves a wish
// that was asked and has no answer: the next speaker asks again, and takes "too late" for
// what may be the echo of this call.
func (c *canceller) ask(ctx context.Context, w mailout.Wish) error {
	if c.ended() {
		return nil
	}
	done, err := c.pace.Acquire(c.o.Soft, string(w.Sender))
	if err != nil {
		return ignoreStop(c.o.Soft, err)
	}
	var speed mailout.Speed
	defer func() { done(speed.TimedOut, speed.Blocked) }()
	if c.ended() { // while it waited for its permit
		return nil
	}
	if ask, err := c.ledger.BeginCancel(ctx, w); err != nil || !ask {
		return err
	}
	a, err := c.post.Cancel(ctx, w)
	speed = a.Speed
	var ce *mailout.CallError
	switch {
	case errors.As(err, &ce):
		a, speed = answerOf(ce), ce.Speed
		if ce.Fatal {
			c.gate.shut(EndFatal, ce.Message) // whatever is the cause, it concerns every call
		}
	case err != nil:
		return fmt.Errorf("cancelling job %d: %w", w.Job, err)
	}
	c.count(a)
	if err := c.ledger.SettleCancel(ctx, w, a); err != nil {
		return fmt.Errorf("cancelling job %d: %w", w.Job, err)
	}
	return nil
}

// answerOf is the answer that a failed call amounts to. A refusal that concerns this job
// alone, and an address that may not be called, are the same the next time.
func answerOf(ce *mailout.CallError) mailout.Answer {
	a := mailout.Answer{Message: ce.Message}
	if !ce.Fatal && (ce.Kind == mailout.OutcomeRefused || ce.Code == "foreign-url") {
		a.Kind, a.Code = mailout.AnswerRefused, ce.Code
	}
	return a
}

func (c *canceller) count(a mailout.Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	if a.Kind != "" {
		c.streak = 0
		return
	}
	c.lost++
	c.streak++
}
