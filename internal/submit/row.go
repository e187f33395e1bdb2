package submit

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"batch/internal/mailout"
)

const (
	// fresh is how old a permit may be when its call begins, by the clock that has gone
	// further. (Finding a connection belongs to the call, and may take longer.)
	fresh = time.Second

	// timely is how old the job XML may be, whose times are counted from when it was
	// written: a row with a deadline would have so much longer.
	timely = time.Minute
)

// permit is one of the pace's, and when it was had.
type permit struct {
	done func(timedOut, blocked bool)
	at   time.Time
}

// send takes one row that was let in through permit, intent, call and outcome.
func (s *sender) send(ctx context.Context, r mailout.Record) error {
	p, err := s.permit(ctx, r.Job.Sender)
	if p == nil {
		s.gate.leave()
		return err
	}
	ref, o, err := s.call(ctx, r, p)
	if ref == "" {
		s.gate.leave()
		return s.notBegun(ctx, r, err)
	}
	state, failed := s.ledger.Settle(ctx, ref, o)
	if err := errors.Join(err, failed); err != nil {
		s.gate.leave()
		return fmt.Errorf("sending line %d: %w", r.Line, err)
	}
	if s.o.Progress != nil {
		s.o.Progress(state)
	}
	if s.gate.count(o) && !s.over() {
		return s.awaitPortal(r.Job.Sender)
	}
	return nil
}

// unprepared is why a bundle could not be made.
type unprepared struct{ error }

// untimely says why a row cannot be sent at this moment.
type untimely string

func (u untimely) Error() string { return string(u) }

// errOver: sending ended while the row's documents were read.
var errOver = errors.New("sending has ended")

// notBegun sorts out why an intent could not be begun. Most of the causes are answers of
// the books or of the clock, or concern this row's documents, and no errors of the ledger:
// nothing was said to the portal.
func (s *sender) notBegun(ctx context.Context, r mailout.Record, err error) error {
	var documents unprepared
	var late untimely
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		s.gate.shut(EndInterrupted, "stopped at once, on request")
		return nil
	case errors.Is(err, errOver):
		return nil // whoever ended it has said why
	case errors.As(err, &documents):
		s.gate.shut(EndOurs, fmt.Sprintf("line %d was not sent: %v", r.Line, documents.error))
		return nil
	case errors.As(err, &late):
		s.gate.shut(EndRule, string(late))
		return nil
	case errors.Is(err, mailout.ErrNotPlanned):
		return nil // a change, or a person, was faster: there is nothing left to send
	case errors.Is(err, mailout.ErrNotApproved):
		s.gate.shut(EndInterrupted, "the batch is not approved any more")
		return nil
	case errors.Is(err, mailout.ErrRepeat):
		s.takeOut(r, mailout.ErrRepeat)
		return nil
	case errors.Is(err, mailout.ErrStands):
		s.takeOut(r, mailout.ErrStands)
		return nil
	}
	return fmt.Errorf("sending line %d: %w", r.Line, err)
}

// takeOut ends sending at a row that is no letter of its own, or may not be: a person decides.
func (s *sender) takeOut(r mailout.Record, why error) {
	s.gate.shut(EndRule, fmt.Sprintf("line %d was not sent: %v; batch cancel %s line:%d takes it out", r.Line, why, r.Batch, r.Line))
}

// permit waits for a permit, and for the portal to be calm. No permit and no error: the
// gate was shut, or a person asked to stop.
func (s *sender) permit(ctx context.Context, sender mailout.OrgNumber) (*permit, error) {
	for s.open(ctx) {
		if !s.gate.calm() {
			if err := s.awaitPortal(sender); err != nil {
				return nil, err
			}
			continue
		}
		done, err := s.pace.Acquire(s.o.Soft, string(sender))
		if err != nil {
			return nil, ignoreStop(s.o.Soft, err)
		}
		if s.open(ctx) && s.gate.calm() {
			return &permit{done, s.o.Now()}, nil
		}
		done(false, false)
	}
	return nil, nil
}

// call is the point of no return. Before BeginAttempt returns, nothing has been said and
// a crash leaves the row planned, or sending and proved not sent. After it, a crash
// leaves it sending with its line in sent.log: the next speaker makes it unknown, and
// its status change, or a person, settles it. No Ref: nothing was begun.
//
// Documents and intent may take long, and after an error of the ledger in another's hands
// nothing more is said: so before the intent and before the first byte it is asked
// once more whether sending goes on. An intent that is begun by then ends as not sent.
func (s *sender) call(ctx context.Context, r mailout.Record, p *permit) (ref mailout.Ref, o mailout.Outcome, err error) {
	defer func() { p.done(o.Speed.TimedOut, o.Speed.Blocked) }()
	written := s.o.Now()
	if s.o.Timely != nil {
		if why := s.o.Timely(r, written); why != "" {
			return "", o, untimely(why)
		}
	}
	jobXML, err := s.post.JobXML(r, written)
	if err != nil {
		return "", o, err
	}
	create, err := s.post.Prepare(ctx, r, jobXML)
	if err != nil {
		return "", o, unprepared{err}
	}
	if s.over() {
		return "", o, errOver
	}
	queue := s.o.Queue(r.Job.Sender)
	ref, err = s.ledger.BeginAttempt(ctx, r.Batch, r.Line, queue, mailout.SumDigest(jobXML))
	if err != nil {
		return "", o, err
	}
	inTime, err := s.refresh(ctx, r, p, written)
	switch {
	case err != nil || !inTime:
		return ref, notSent("late", "the machine slept, or was stopped, before the call began; nothing was sent"), err
	case s.over():
		return ref, notSent("stopped", "sending ended before the call began; nothing was sent"), nil
	}
	return ref, s.create(ctx, create, ref, queue), nil
}

// over reports whether sending has ended, for whatever reason: a call that has not begun does
// not begin any more.
func (s *sender) over() bool { return s.gate.isShut() || s.o.Soft.Err() != nil }

func notSent(code, why string) mailout.Outcome {
	return mailout.Outcome{Kind: mailout.OutcomeNotSent, Code: code, Message: why}
}

// refresh sees to it that the permit is of this second when the call begins, and the job
// XML of this minute. Between permit and call the disk may have been slow, the process
// suspended, the laptop asleep: the permit is then given back and another taken, as often
// as need be. The intent stays: nothing was sent under its Ref. inTime is false where the
// row must be begun anew, or no permit is given any more.
func (s *sender) refresh(ctx context.Context, r mailout.Record, p *permit, written time.Time) (inTime bool, err error) {
	for mailout.Passed(p.at, s.o.Now()) > fresh {
		p.done(false, false)
		next, err := s.permit(ctx, r.Job.Sender)
		if next == nil {
			return false, err
		}
		*p = *next
	}
	return mailout.Passed(written, s.o.Now()) <= timely, nil
}

// create makes the call. One that the program itself fails in, at an answer that nobody
// foresaw, must not take the calls of the others along with the process: its row is
// unknown, and sending ends.
func (s *sender) create(ctx context.Context, create Create, ref mailout.Ref, queue string) (o mailout.Outcome) {
	defer func() {
		if fault := recover(); fault != nil {
			o = mailout.Outcome{Kind: mailout.OutcomeUnknown, Fatal: true, Ours: true, Code: "fault", LastByte: s.o.Now(), Speed: mailout.Speed{TimedOut: true},
				Message: "the program failed while it sent the row; a job may exist; please report " + whereabouts(fault)}
		}
	}()
	return create(ctx, ref, queue)
}

// whereabouts says where the program failed, without what it had in its hands.
func whereabouts(fault any) string {
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") || !more {
			return fmt.Sprintf("%T in %s, line %d", fault, f.Function, f.Line)
		}
	}
}

// ignoreStop turns the error of a wait that a person ended into none.
func ignoreStop(soft context.Context, err error) error {
	if soft.Err() != nil {
		return nil
	}
	return err
}
