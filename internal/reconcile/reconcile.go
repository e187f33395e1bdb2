package reconcile

import (
	"context"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"batch/internal/disk"
	"batch/internal/mailout"
)

// Ledger is the durable record (package ledger).
type Ledger interface {
	TakeChange(ctx context.Context, c mailout.Change) (mailout.Taken, error)
	Fetched(ctx context.Context, t mailout.Taken, job mailout.JobID, f mailout.KeptFile) error
	KeepSigned(ctx context.Context, t mailout.Taken, job mailout.JobID, f mailout.KeptFile) error
	Doubt(ctx context.Context, t mailout.Taken, job mailout.JobID, why string) error
	Conclude(ctx context.Context, t mailout.Taken, c mailout.Change) (mailout.State, error)
	TryConfirm(ctx context.Context, t mailout.Taken, job mailout.JobID) (again bool, err error)
	Confirmed(ctx context.Context, t mailout.Taken, job mailout.JobID) error
	PollLost(ctx context.Context, sender mailout.OrgNumber, queue string, at time.Time) error
	EmptyQueue(ctx context.Context, sender mailout.OrgNumber, queue string, at time.Time) error
	TempFiles(ctx context.Context) (map[string]bool, error)
}

// Portal speaks to the portal (package portal). Its errors are *mailout.CallError.
type Portal interface {
	Poll(ctx context.Context, sender mailout.OrgNumber, queue string) (mailout.Poll, error)
	Fetch(ctx context.Context, sender mailout.OrgNumber, url string, limit int64, w io.Writer) (bytes, announced int64, speed mailout.Speed, err error)
	Confirm(ctx context.Context, sender mailout.OrgNumber, url string) (mailout.Speed, error)
}

// Pace says when the next call, and the next poll, may start (package pace).
type Pace interface {
	Acquire(ctx context.Context, sender string) (done func(timedOut, blocked bool), err error)
	AwaitPoll(ctx context.Context, sender, queue string) error
	PollAfter(ctx context.Context, sender, queue string, wait time.Duration) error
}

// Queue is one sender's polling queue.
type Queue struct {
	Sender mailout.OrgNumber
	Name   string
}

// Options say what to follow.
type Options struct {
	Queues   []Queue
	Takers   int             // per queue
	Folder   string          // the workspace; signed documents go below it
	Soft     context.Context // ends when a person asks to stop, or when the time is up
	Once     bool            // end when every queue has been empty once
	XAdES    bool            // keep each signer's XAdES beside the signed document
	Disk     disk.Disk       // what they are written through; nil: the system's
	Now      func() time.Time
	Progress func() // called after each change; may be nil; from several goroutines

	// Trouble is told once when polls have failed for ten minutes and go on being tried, and with
	// a zero since when the portal answers again; may be nil; from several goroutines.
	Trouble func(since time.Time, why string)

	// Open says how many rows still wait for the portal: certain of them have a job,
	// the others are unknown. Following ends when none is certain and the queues are empty.
	Open func(ctx context.Context) (certain, unknown int, err error)
}

// Ending says why following ended.
type Ending string

const (
	EndDone        Ending = "done"        // nothing waits for the portal any more
	EndInterrupted Ending = "interrupted" // a person asked, or the time was up
	EndForeign     Ending = "foreign"     // too many changes that are not ours
	EndMissing     Ending = "missing"     // a change of ours that the ledger does not know
	EndFatal       Ending = "fatal"       // authorization, certificate, wrong server
	EndAway        Ending = "away"        // the portal cannot be reached
)

// Result is what following did.
type Result struct {
	Ending Ending
	Reason string // for a person
	Taken  int    // changes handled
}

const (
	maxStrangers  = 3
	confirmWithin = 9 * time.Minute
	away          = 10 * time.Minute
	outage        = 24 * time.Hour // how long a portal is waited for that has answered this process before
)

// Run follows until nothing waits for the portal, or Options say otherwise. An error is
// of the ledger or the disk: after it nothing is said to the portal any more.
func Run(ctx context.Context, ledger Ledger, portal Portal, pace Pace, o Options) (Result, error) {
	polling, stop := context.WithCancel(o.Soft)
	defer stop()
	f := &follower{ledger: ledger, portal: portal, pace: pace, disk: disk.Or(o.Disk), o: o, polling: polling, stop: stop, heard: map[Queue]heard{}, carried: map[mailout.JobID]bool{},
		folders: map[string]bool{}}
	if err := f.sweep(ctx); err != nil {
		return Result{}, err
	}
	// The first error breaks off the calls of the others. None of them is lost by it: a
	// change comes again, and what was fetched is found again.
	group, ctx := errgroup.WithContext(ctx)
	for _, q := range o.Queues {
		line := &queueLine{Queue: q, turn: make(chan struct{}, 1)}
		f.lines = append(f.lines, line)
		for range max(1, o.Takers) {
			group.Go(func() error {
				err := f.take(ctx, line)
				if err != nil {
					stop()
				}
				return err
			})
		}
	}
	err := group.Wait()
	return f.result(), err
}

type follower struct {
	ledger  Ledger
	portal  Portal
	pace    Pace
	disk    disk.Disk
	o       Options
	polling context.Context // ends when no further poll is wanted
	stop    context.CancelFunc
	lines   []*queueLine

	mu      sync.Mutex
	res     Result
	heard   map[Queue]heard
	carried map[mailout.JobID]bool // jobs whose final change a taker has in hand
	folders map[string]bool        // that are there, durably
}

// queueLine lets one taker poll a queue at a time: what an answer says of the next
// permitted poll is known, and the change it brought is recorded, before anybody polls
// again.
type queueLine struct {
	Queue
	turn    chan struct{} // holds a token while a taker polls
	trouble time.Time     // since when polls have failed; zero: they do not
	why     string        // … what the last one said
	told    bool          // … and a person knows
	blocked bool          // … the last one because the portal blocks calls
	known   bool          // a poll was answered before
}

// take is one taker: it carries one change to its end before it polls again.
func (f *follower) take(ctx context.Context, q *queueLine) error {
	for f.polling.Err() == nil {
		h, err := f.next(ctx, q)
		if err != nil {
			return err
		}
		if h == nil {
			continue
		}
		if err := f.finishJob(ctx, *h); err != nil {
			return h.wrap(err)
		}
		f.progress()
	}
	return nil
}

func (f *follower) progress() {
	if f.o.Progress != nil {
		f.o.Progress()
	}
}

// next polls the queue once, when it may, and records the change that came. It returns
// the final ones, to be carried to their end beside other polls.
func (f *follower) next(ctx context.Context, q *queueLine) (*inHand, error) {
	select {
	case q.turn <- struct{}{}:
		defer func() { <-q.turn }()
	case <-f.polling.Done():
		return nil, nil
	}
	if err := f.checkEnd(ctx); err != nil || f.polling.Err() != nil {
		return nil, err
	}
	if f.pace.AwaitPoll(f.polling, string(q.Sender), q.Name) != nil {
		return nil, nil // no further poll is wanted
	}
	change, err := f.poll(ctx, q)
	if err != nil || change == nil {
		return nil, err
	}
	return f.receive(ctx, *change)
}

// poll asks the queue once. No change and no error: it was empty, or the answer is lost
// and the change it may have carried comes again.
func (f *follower) poll(ctx context.Context, q *queueLine) (*mailout.Change, error) {
	done, err := f.pace.Acquire(f.polling, string(q.Sender))
	if err != nil {
		return nil, unless(f.polling, err)
	}
	began := f.o.Now() // the lease runs from when the portal handed it out: count from the safe side
	poll, err := f.portal.Poll(ctx, q.Sender, q.Name)
	if err != nil {
		return nil, f.pollFailed(ctx, q, err, done)
	}
	done(poll.Speed.TimedOut, poll.Speed.Blocked)
	f.recovered(q)
	if err := f.pace.PollAfter(ctx, string(q.Sender), q.Name, poll.Next); err != nil {
		return nil, err
	}
	f.note(q.Queue, poll)
	if poll.Change == nil {
		if poll.TooEarly {
			return nil, nil
		}
		return nil, f.ledger.EmptyQueue(ctx, q.Sender, q.Name, f.o.Now())
	}
	poll.Change.Sender, poll.Change.Queue, poll.Change.TakenAt = q.Sender, q.Name, began
	return poll.Change, nil
}

// unless takes the error of a wait for none where the wait was ended on purpose.
func unless(ended context.Context, err error) error {
	if ended.Err() != nil {
		return nil
	}
	return err
}
