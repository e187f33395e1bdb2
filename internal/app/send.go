package app

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"batch/internal/ledger"
	"batch/internal/mailout"
	"batch/internal/reconcile"
	"batch/internal/submit"
)

// Ending says why a flow that talks to the portal ended.
type Ending string

const (
	EndDone        Ending = "done"        // nothing is left to do for it
	EndInterrupted Ending = "interrupted" // a person asked, or the time was up
	EndStopped     Ending = "stopped"     // a stop rule or canary: a person approves going on
	EndLook        Ending = "look"        // strange changes: a person must look
	EndIdentity    Ending = "identity"    // authorization, certificate, wrong server
	EndOurs        Ending = "ours"        // a prepared document, the disk it is on, or the program itself
	EndAway        Ending = "away"        // the portal cannot be reached, or keeps blocking
)

// SendOptions say what to send.
type SendOptions struct {
	Batch      mailout.BatchID
	ApprovedBy string // how a person approved, for the history; the batch is approved with it
	Seen       int64  // LastSaid of the books that were approved: a stop that came after them is not lifted
	Follow     bool   // go on to the end of every job
	Canary     int    // send so many rows, then stop; 0: as batch.toml says
	Soft       context.Context

	outset outset // what Send has found about its times
}

// Sent is how sending or following ended. The books are as of the end.
type Sent struct {
	Books    mailout.BatchInfo
	Ending   Ending
	Reason   string
	Problems []mailout.Problem // what changed since the plan; the batch was not sent

	// Since is what was said of sending the batch after the books that were approved, the last
	// of it a stop: nothing was sent, and a person is to be asked about that.
	Since []mailout.Happening
}

// unlessStopped is the end of a flow that failed while it waited, or that a person asked
// to stop meanwhile.
func (s Sent) unlessStopped(soft context.Context, err error) (Sent, error) {
	if soft.Err() == nil {
		return s, err
	}
	s.Ending, s.Reason = EndInterrupted, stoppedOnRequest
	return s, nil
}

// Send approves a batch and sends its planned rows, following the jobs at once where
// asked. Until the first row is sent, a changed manifest or document stops it; later the
// frozen documents are what is sent.
func (a *App) Send(ctx context.Context, o SendOptions) (sent Sent, err error) {
	s, err := a.speak(ctx)
	if err != nil {
		return sent, err
	}
	defer s.close()
	if sent, err = a.lookBefore(ctx, s, &o); err != nil || sent.Ending != "" || len(sent.Problems) > 0 {
		return sent, err
	}
	defer a.watch(ctx, o.Batch, o.Follow, s.pace.Waiting)()
	if err := s.greet(o.Soft, a.senders()); err != nil {
		a.noteFailed(ctx, o.Batch, o.Soft, err)
		return sent.unlessStopped(o.Soft, err)
	}
	// A batch may be done, since a person withdrew what was left of it while we waited, too.
	switch err := a.ledger.Approve(ctx, o.Batch, o.ApprovedBy, o.Seen); {
	case errors.Is(err, mailout.ErrSaidSince):
		return a.saidSince(ctx, o)
	case err != nil && !errors.Is(err, ledger.ErrDone):
		return sent, err
	}
	sent.Ending, sent.Reason, err = a.sendAndFollow(ctx, s, o)
	if err != nil {
		a.noteFailed(ctx, o.Batch, o.Soft, err)
		return sent, err
	}
	if err := a.noteEnd(ctx, o.Batch, sent.Ending, sent.Reason); err != nil {
		return sent, err
	}
	sent.Books, err = a.ledger.Batch(context.WithoutCancel(ctx), o.Batch)
	return sent, err
}

// saidSince is the end of sending a batch that was stopped after it was looked at.
func (a *App) saidSince(ctx context.Context, o SendOptions) (sent Sent, err error) {
	if sent.Books, err = a.ledger.Batch(ctx, o.Batch); err != nil {
		return sent, err
	}
	sent.Since, err = a.ledger.SaidSince(ctx, o.Batch, o.Seen)
	sent.Ending = EndStopped
	sent.Reason = "the batch was stopped after it was looked at, which nobody has approved; nothing was sent"
	return sent, err
}

// lookBefore looks whether a batch may be sent, before anything is said to the portal. Where it
// may, neither an ending nor problems are returned, and o knows what was found.
func (a *App) lookBefore(ctx context.Context, s *speaker, o *SendOptions) (sent Sent, err error) {
	if err := a.knowsAll(ctx); err != nil {
		return sent, err
	}
	if sent.Books, err = a.ledger.Batch(ctx, o.Batch); err != nil {
		return sent, err
	}
	if sent.Problems, err = a.changed(o.Soft, sent.Books); err != nil {
		return sent.unlessStopped(o.Soft, err)
	}
	if len(sent.Problems) > 0 {
		return sent, nil
	}
	if o.Canary, err = a.Canary(ctx, o.Batch, o.Canary); err != nil {
		return sent, err
	}
	o.outset, err = a.consider(ctx, sent.Books, o.Canary, s.expires)
	return sent, err
}

// knowsAll refuses to send while it is proved that the ledger is not the whole truth, or
// sent.log, by which that would be seen, is not: what is planned in it may have been sent
// already.
func (a *App) knowsAll(ctx context.Context) error {
	alarms, err := a.ledger.Alarms(ctx)
	if err != nil {
		return err
	}
	for _, alarm := range alarms {
		lay := fmt.Sprintf("lay the alarm to rest with `batch resolve --alarm %d --note TEXT`", alarm.ID)
		switch alarm.Kind {
		case mailout.AlarmMissing:
			return &Error{Kind: KindLook, Message: fmt.Sprintf("the ledger is not the whole truth, so letters could go out twice: %s; nothing was sent", alarm.Detail),
				Remedy: "put the newest ledger.db and sent.log back; or, when every such job is accounted for, " + lay}
		case mailout.AlarmSentLog:
			return &Error{Kind: KindLook, Message: fmt.Sprintf("%s; if the ledger is an older copy too, letters could go out twice; nothing was sent", alarm.Detail),
				Remedy: "put the newest ledger.db and sent.log back; or, when you are sure that ledger.db is the newest there ever was, " + lay + ": what sent.log lacks is then written into it again"}
		}
	}
	return nil
}

// sendAndFollow sends, follows where asked, and cancels what persons wish cancelled, all
// beside each other.
func (a *App) sendAndFollow(ctx context.Context, s *speaker, o SendOptions) (Ending, string, error) {
	return a.cancelBeside(ctx, s, o.Soft, func(calls, soft context.Context, stop func()) (Ending, string, error) {
		return a.sendBesideFollowing(ctx, calls, s, o, soft, stop)
	})
}

// sendBesideFollowing runs the sender, and the follower beside it where asked. Each one's
// serious end stops the other: both finish what they carry. But after an error of the
// ledger nothing more is said to the portal: the follower's calls, which can all be
// repeated, are broken off. Creates that are under way are not, for nobody could tell what
// became of them.
func (a *App) sendBesideFollowing(ctx, calls context.Context, s *speaker, o SendOptions, soft context.Context, stop func()) (Ending, string, error) {
	calls, cut := context.WithCancel(calls)
	defer cut()
	var (
		group   errgroup.Group
		sending atomic.Bool
		sent    submit.Result
		read    reconcile.Result
	)
	sending.Store(true)
	var following chan struct{} // nil: nobody does
	if o.Follow {
		following = make(chan struct{})
	}
	group.Go(func() (err error) {
		defer sending.Store(false)
		sent, err = a.send(ctx, s, o, soft, following, sending.Store)
		if err != nil {
			cut()
		}
		if err != nil || (sent.Ending != submit.EndDone && sent.Ending != submit.EndInterrupted) {
			stop()
		}
		return err
	})
	if o.Follow {
		group.Go(func() (err error) {
			defer close(following)
			read, err = a.followBeside(calls, s, o.Batch, soft, &sending)
			if err != nil || (read.Ending != reconcile.EndDone && read.Ending != reconcile.EndInterrupted) {
				stop()
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return "", "", err
	}
	ending, reason := endOfBoth(sent, read)
	return ending, reason, nil
}

// endOfBoth is the end of sending, unless that of following is the more serious or the later.
func endOfBoth(sent submit.Result, read reconcile.Result) (Ending, string) {
	ending, reason := endOfSending(sent)
	if ending != EndDone && ending != EndInterrupted {
		return ending, reason
	}
	if e, r := endOfFollowing(read); e != EndDone && e != EndInterrupted || ending == EndDone {
		return e, r
	}
	return ending, reason
}

// send sends, and while others follow also what a person plans again; busy is told whether
// there is anything to send.
func (a *App) send(ctx context.Context, s *speaker, o SendOptions, soft context.Context, following <-chan struct{}, busy func(bool)) (submit.Result, error) {
	until, err := a.fixHold(ctx, o.Batch, o.outset.held)
	if err != nil {
		return submit.Result{}, err
	}
	rules, err := a.rules(ctx, o)
	if err != nil {
		return submit.Result{}, err
	}
	times := &timekeeper{app: a, asked: o.outset.start, hold: o.outset.held.asked, held: until}
	times.left.Store(int64(o.outset.left))
	return submit.Run(ctx, a.ledger, s.pace, s.post, submit.Options{
		Batch: o.Batch, Workers: a.workers(), Queue: a.queue, Soft: soft, Now: a.now, Timely: times.timely, Progress: times.settled,
		Beside: following, Rules: rules,
		Busy: func(is bool) {
			if is {
				times.recount(ctx, o.Batch)
			}
			busy(is)
		},
	})
}

// queue is a sender's polling queue.
func (a *App) queue(sender mailout.OrgNumber) string {
	for _, s := range a.ws.Config.Senders {
		if s.Organization == sender && s.PollingQueue != "" {
			return s.PollingQueue
		}
	}
	return a.ws.Config.Portal.PollingQueue
}

func endOfSending(r submit.Result) (Ending, string) {
	switch r.Ending {
	case submit.EndCanary, submit.EndRule:
		return EndStopped, r.Reason
	case submit.EndFatal:
		return EndIdentity, r.Reason + "; see to the certificate, the clock and the organization's rights at the portal (`batch doctor` looks at them), then run `batch resume`"
	case submit.EndOurs:
		return EndOurs, r.Reason + "; see to the disk, or plan the manifest again, which makes such a document anew"
	case submit.EndAway:
		return EndAway, r.Reason
	case submit.EndInterrupted:
		return EndInterrupted, r.Reason
	}
	return EndDone, fmt.Sprintf("%d rows sent", r.Sent)
}
