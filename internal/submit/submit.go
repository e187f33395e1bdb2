package submit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"batch/internal/mailout"
)

// Ledger is the durable record (package ledger). After any error of it nothing more is
// said to the portal.
type Ledger interface {
	ToSend(ctx context.Context, batch mailout.BatchID, after, limit int) ([]mailout.Record, error)
	BeginAttempt(ctx context.Context, batch mailout.BatchID, line int, queue string, jobXML mailout.Digest) (mailout.Ref, error)
	Settle(ctx context.Context, ref mailout.Ref, o mailout.Outcome) (mailout.State, error)
	StopBatch(ctx context.Context, id mailout.BatchID, reason string) error
}

// Pace says when the next call may start (package pace).
type Pace interface {
	Acquire(ctx context.Context, sender string) (done func(timedOut, blocked bool), err error)
}

// Post speaks to the portal (packages bundle and portal).
type Post interface {
	// JobXML writes the job as it is asked for at now.
	JobXML(r mailout.Record, now time.Time) ([]byte, error)
	// Create signs the bundle and sends it once. It never repeats a call.
	Create(ctx context.Context, r mailout.Record, ref mailout.Ref, queue string, jobXML []byte) mailout.Outcome
	// Reachable asks the portal's root who we are: it creates nothing.
	Reachable(ctx context.Context, sender mailout.OrgNumber) error
}

// Rules end sending before too much has gone wrong (batch.toml, [stop]).
type Rules struct {
	RefusedInARow int     // stop after so many refusals in a row; 0: never
	UnknownInARow int     // wait for the portal's root after so many lost answers in a row
	UnknownTotal  int     // stop after so many lost answers in all
	RefusedShare  float64 // stop when more than this share is refused, from 20 rows on
	Canary        int     // send so many, then stop for approval; 0: no canary
}

// shareFrom is the number of answers from which a share means something.
const shareFrom = 20

// Options say what to send and how.
type Options struct {
	Batch    mailout.BatchID
	Workers  int
	Rules    Rules
	Queue    func(mailout.OrgNumber) string // the sender's polling queue
	Soft     context.Context                // ends when a person asks to stop: no new row begins, calls in flight finish
	Now      func() time.Time
	Progress func(mailout.State) // called after each row; may be nil; from several goroutines
}

// Ending says why sending ended.
type Ending string

const (
	EndDone        Ending = "done"        // nothing is left to send
	EndCanary      Ending = "canary"      // the canary rows are out; approve to go on
	EndRule        Ending = "stop rule"   // a stop rule; approve to go on
	EndInterrupted Ending = "interrupted" // a person asked; resume goes on
	EndFatal       Ending = "fatal"       // concerns every row; Reason says what
	EndAway        Ending = "away"        // the portal cannot be reached
)

// Result is what sending did.
type Result struct {
	Ending Ending
	Reason string // for a person
	Sent   int    // rows that were answered, or lost, in this run
}

// Run sends every planned row of the batch, in the manifest's order. An error is of the
// ledger or of a document on disk: nothing was concluded from it. Everything the portal
// said is in the ledger when Run returns.
func Run(ctx context.Context, ledger Ledger, pace Pace, post Post, o Options) (Result, error) {
	s := &sender{ledger: ledger, pace: pace, post: post, o: o, gate: newGate(o.Rules), wait: make(chan struct{}, 1)}
	for {
		again, err := s.pass(ctx)
		if err != nil {
			return s.result(), err
		}
		if !again {
			break
		}
	}
	r := s.result()
	if r.Ending == EndRule || r.Ending == EndCanary {
		return s.stop(context.WithoutCancel(ctx), r)
	}
	return r, nil
}

// stop keeps the rows that are left until a person approves going on. With none left
// there is nothing to approve: the batch was sent.
func (s *sender) stop(ctx context.Context, r Result) (Result, error) {
	left, err := s.ledger.ToSend(ctx, s.o.Batch, 0, 1)
	if err != nil {
		return r, err
	}
	if len(left) == 0 {
		return Result{Ending: EndDone, Sent: r.Sent}, nil
	}
	return r, s.ledger.StopBatch(ctx, s.o.Batch, r.Reason)
}

type sender struct {
	ledger Ledger
	pace   Pace
	post   Post
	o      Options
	gate   *gate
	wait   chan struct{} // holds a token while a worker waits for the portal to come back
}

func (s *sender) result() Result {
	r := s.gate.result()
	if r.Ending == EndDone && s.o.Soft.Err() != nil {
		r.Ending, r.Reason = EndInterrupted, "stopped on request"
	}
	return r
}

// pass sends what is planned now, once. again is true when rows were put back because
// their call had no effect: another pass is due.
func (s *sender) pass(ctx context.Context) (again bool, err error) {
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(s.o.Workers)
	after, back := 0, s.gate.putBack()
	for more := true; more && s.open(gctx); {
		rows, err := s.ledger.ToSend(gctx, s.o.Batch, after, 4*s.o.Workers)
		if err != nil {
			return false, errors.Join(err, group.Wait())
		}
		more = len(rows) > 0
		for _, r := range rows {
			if !s.open(gctx) || !s.gate.enter() {
				more = false
				break
			}
			after = r.Line
			group.Go(func() error {
				// A worker's error ends everything (the ledger, a document on disk). The
				// calls of the others are not cut short: they use ctx, not gctx. But none
				// of them begins another.
				err := s.send(ctx, r)
				if err != nil {
					s.gate.shut(EndFatal, err.Error())
				}
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return false, err
	}
	return s.open(ctx) && s.gate.putBack() > back, nil
}

func (s *sender) open(ctx context.Context) bool {
	return ctx.Err() == nil && s.o.Soft.Err() == nil && !s.gate.isShut()
}

// send takes one row that was let in through permit, intent, call and outcome.
func (s *sender) send(ctx context.Context, r mailout.Record) error {
	done, err := s.permit(ctx, r.Job.Sender)
	if done == nil {
		s.gate.leave()
		return err
	}
	ref, o, err := s.call(ctx, r, done)
	if err != nil {
		s.gate.leave()
		return s.notBegun(r, err)
	}
	state, err := s.ledger.Settle(ctx, ref, o)
	if err != nil {
		s.gate.leave()
		return fmt.Errorf("sending line %d: %w", r.Line, err)
	}
	if s.o.Progress != nil {
		s.o.Progress(state)
	}
	if s.gate.count(o) {
		s.awaitPortal(r.Job.Sender)
	}
	return nil
}

// notBegun sorts out why an intent could not be begun. Three of the causes are answers of
// the books, not errors: nothing was said to the portal.
func (s *sender) notBegun(r mailout.Record, err error) error {
	switch {
	case errors.Is(err, mailout.ErrNotPlanned):
		return nil // a change, or a person, was faster: there is nothing left to send
	case errors.Is(err, mailout.ErrNotApproved):
		s.gate.shut(EndInterrupted, "the batch is not approved any more")
		return nil
	case errors.Is(err, mailout.ErrRepeat):
		s.gate.shut(EndRule, fmt.Sprintf("line %d was not sent: %v", r.Line, mailout.ErrRepeat))
		return nil
	}
	return fmt.Errorf("sending line %d: %w", r.Line, err)
}

// permit waits for a permit, and for the portal to be calm. No permit and no error: the
// gate was shut, or a person asked to stop.
func (s *sender) permit(ctx context.Context, sender mailout.OrgNumber) (func(timedOut, blocked bool), error) {
	for s.open(ctx) {
		if !s.gate.calm() {
			s.awaitPortal(sender)
			continue
		}
		done, err := s.pace.Acquire(s.o.Soft, string(sender))
		if err != nil {
			return nil, ignoreStop(s.o.Soft, err)
		}
		if s.open(ctx) && s.gate.calm() {
			return done, nil
		}
		done(false, false)
	}
	return nil, nil
}

// call is the point of no return. Before BeginAttempt returns, nothing has been said and
// a crash leaves the row planned, or sending and proved not sent. After it, a crash
// leaves it sending with its line in sent.log: the next speaker makes it unknown, and
// its status change, or a person, settles it.
func (s *sender) call(ctx context.Context, r mailout.Record, done func(timedOut, blocked bool)) (mailout.Ref, mailout.Outcome, error) {
	var o mailout.Outcome
	defer func() { done(o.Speed.TimedOut, o.Speed.Blocked) }()
	jobXML, err := s.post.JobXML(r, s.o.Now())
	if err != nil {
		return "", o, err
	}
	queue := s.o.Queue(r.Job.Sender)
	ref, err := s.ledger.BeginAttempt(ctx, r.Batch, r.Line, queue, mailout.SumDigest(jobXML))
	if err != nil {
		return "", o, err
	}
	o = s.post.Create(ctx, r, ref, queue, jobXML)
	return ref, o, nil
}

// ignoreStop turns the error of a wait that a person ended into none.
func ignoreStop(soft context.Context, err error) error {
	if soft.Err() != nil {
		return nil
	}
	return err
}
