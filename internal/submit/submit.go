package submit

import (
	"context"
	"errors"
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
	// Prepare reads the row's documents and makes its bundle, all but the signature. An
	// error is of the disk, or of a document that is not the one that was approved.
	Prepare(ctx context.Context, r mailout.Record, jobXML []byte) (Create, error)
	// Reachable asks the portal's root who we are: it creates nothing.
	Reachable(ctx context.Context, sender mailout.OrgNumber) error
}

// Create signs a prepared bundle when its first byte is about to leave, and sends it once.
// It never repeats a call.
type Create func(ctx context.Context, ref mailout.Ref, queue string) mailout.Outcome

// Rules end sending before too much has gone wrong (batch.toml, [stop]).
type Rules struct {
	RefusedInARow int     // stop after so many refusals in a row; 0: never
	UnknownInARow int     // wait for the portal's root after so many lost answers in a row
	UnknownTotal  int     // stop after so many lost answers in all
	RefusedShare  float64 // stop when more than this share is refused, from 20 rows on
	Canary        int     // send so many, then stop for approval; 0: no canary

	// What earlier runs have used up since a person last approved the batch: going on after
	// Ctrl-C or a kill, which needs no approval, does not begin the counting anew.
	Lost int // of UnknownTotal
	Out  int // of Canary
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
	Timely   func(r mailout.Record, now time.Time) (why string) // why a row may not be sent at now, which stops the batch; empty: it may; may be nil
	Progress func(mailout.State)                                // called after each row; may be nil; from several goroutines

	// Beside is closed when those who follow beside have ended; nil: nobody does. Until then
	// rows are sent that a person plans again. Busy is told whether there are any; may be nil.
	Beside <-chan struct{}
	Busy   func(bool)
}

// Ending says why sending ended.
type Ending string

const (
	EndDone        Ending = "done"        // nothing is left to send
	EndCanary      Ending = "canary"      // the canary rows are out; approve to go on
	EndRule        Ending = "stop rule"   // a stop rule; approve to go on
	EndInterrupted Ending = "interrupted" // a person asked; resume goes on
	EndFatal       Ending = "fatal"       // certificate, authorization, broker rights, wrong server; Reason says what
	EndOurs        Ending = "ours"        // a document or the disk it is on, or the program itself; Reason says what
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
	for again := true; again; {
		err := s.pass(ctx)
		if err == nil {
			again, err = s.more(ctx)
		}
		if err != nil {
			return s.result(), err
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

// pass sends what is planned now, once.
func (s *sender) pass(ctx context.Context) error {
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(s.o.Workers)
	after := 0
	for more := true; more && s.open(gctx); {
		rows, err := s.ledger.ToSend(gctx, s.o.Batch, after, 4*s.o.Workers)
		if err != nil {
			s.gate.shut(EndOurs, err.Error()) // those that wait for a permit do not begin
			return errors.Join(err, group.Wait())
		}
		more = len(rows) > 0
		for _, r := range rows {
			if !s.open(gctx) || !s.gate.enter() {
				more = false
				break
			}
			after = r.Line
			group.Go(func() error {
				// A worker's error is of the ledger and ends everything. The calls of the
				// others are not cut short: they use ctx, not gctx, and their answers are
				// settled if the ledger takes them. But none of them begins another.
				err := s.send(ctx, r)
				if err != nil {
					s.gate.shut(EndOurs, err.Error())
				}
				return err
			})
		}
	}
	return group.Wait()
}

// more reports whether there is something to send after a pass: rows that were put back because
// their call had no effect, or that a person has planned again (package ledger, Resolve), in
// this process or another. While others follow beside, it looks again and again.
func (s *sender) more(ctx context.Context) (bool, error) {
	for s.open(ctx) {
		left, err := s.ledger.ToSend(ctx, s.o.Batch, 0, 1)
		if err != nil || len(left) > 0 {
			s.busy(true)
			return err == nil, err
		}
		if s.o.Beside == nil {
			return false, nil
		}
		s.busy(false)
		select {
		case <-time.After(lookAgain):
		case <-s.o.Beside:
			return false, nil
		case <-s.o.Soft.Done():
		case <-ctx.Done():
		}
	}
	return false, nil
}

func (s *sender) busy(is bool) {
	if s.o.Busy != nil {
		s.o.Busy(is)
	}
}

func (s *sender) open(ctx context.Context) bool {
	return ctx.Err() == nil && !s.over()
}
