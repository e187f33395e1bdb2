package app

import (
	"context"
	"sync/atomic"
	"time"

	"batch/internal/mailout"
	"batch/internal/reconcile"
)

// takers is how many changes of one queue are carried at once: permits bound the calls, and a
// few keep them in use while others wait for the disk. Without a limit the disk and the cores
// are what bounds them, and as many as send share their commits.
func (a *App) takers() int {
	if a.ws.Config.Portal.CallsPerSecond > 0 {
		return 4
	}
	return a.workers()
}

// FollowOptions say what to follow.
type FollowOptions struct {
	Batch mailout.BatchID // empty: every batch of the workspace
	Once  bool            // end when every queue has been empty once
	Soft  context.Context
}

// Follow takes status changes, keeps signed documents and confirms, until every job of
// the batch is over.
func (a *App) Follow(ctx context.Context, o FollowOptions) (sent Sent, err error) {
	s, err := a.speak(ctx)
	if err != nil {
		return sent, err
	}
	defer s.close()
	defer a.watch(ctx, o.Batch, true, s.pace.Waiting)()
	if err := s.greet(o.Soft, a.senders()); err != nil {
		return sent.unlessStopped(o.Soft, err)
	}
	if err := a.warnOutliving(ctx, o.Batch, s.expires); err != nil {
		return sent, err
	}
	sent.Ending, sent.Reason, err = a.cancelBeside(ctx, s, o.Soft, func(calls, soft context.Context, _ func()) (Ending, string, error) {
		read, err := a.follow(calls, s, o.Batch, soft, o.Once, func() bool { return false })
		ending, reason := endOfFollowing(read)
		return ending, reason, err
	})
	if err != nil {
		return sent, err
	}
	if o.Batch != "" {
		sent.Books, err = a.ledger.Batch(context.WithoutCancel(ctx), o.Batch)
	}
	return sent, err
}

// followBeside follows while rows are still being sent: nothing is over before they are.
func (a *App) followBeside(ctx context.Context, s *speaker, batch mailout.BatchID, soft context.Context, sending *atomic.Bool) (reconcile.Result, error) {
	return a.follow(ctx, s, batch, soft, false, sending.Load)
}

func (a *App) follow(ctx context.Context, s *speaker, batch mailout.BatchID, soft context.Context, once bool, sending func() bool) (reconcile.Result, error) {
	queues, err := a.queues(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	return reconcile.Run(ctx, a.ledger, s.post, s.pace, reconcile.Options{
		Queues: queues, Takers: a.takers(), Folder: a.ws.Dir, Soft: soft, Once: once, XAdES: a.ws.Config.Documents.XAdES, Disk: a.o.Disk, Now: a.now, Trouble: a.trouble,
		Open: func(ctx context.Context) (certain, unknown int, err error) {
			busy := sending() // asked before the ledger: a row sent in between is then seen there
			certain, unknown, err = a.ledger.Open(ctx, batch)
			if busy {
				certain++
			}
			return certain, unknown, err
		},
	})
}

// trouble tells that the portal's queue cannot be polled, or can be again.
func (a *App) trouble(since time.Time, why string) {
	if since.IsZero() {
		a.o.Log.Info("polls are answered again")
	} else {
		a.o.Log.Warn("polls are not answered", "since", since.UTC(), "why", why)
	}
	if a.o.Trouble != nil {
		a.o.Trouble(since.In(a.Zone()), why)
	}
}

// queues are those of the configuration, and those that rows were sent with before it was
// changed.
func (a *App) queues(ctx context.Context) ([]reconcile.Queue, error) {
	var all []reconcile.Queue
	seen := map[reconcile.Queue]bool{}
	add := func(q reconcile.Queue) {
		if !seen[q] {
			seen[q] = true
			all = append(all, q)
		}
	}
	for _, sender := range a.senders() {
		add(reconcile.Queue{Sender: sender, Name: a.queue(sender)})
	}
	err := a.ledger.Queues(ctx, func(sender mailout.OrgNumber, name string) { add(reconcile.Queue{Sender: sender, Name: name}) })
	return all, err
}

func endOfFollowing(r reconcile.Result) (Ending, string) {
	switch r.Ending {
	case reconcile.EndForeign, reconcile.EndMissing:
		return EndLook, r.Reason
	case reconcile.EndFatal:
		return EndIdentity, r.Reason
	case reconcile.EndAway:
		return EndAway, r.Reason
	case reconcile.EndInterrupted:
		return EndInterrupted, r.Reason
	}
	return EndDone, r.Reason
}
