package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"batch/internal/mailout"
	"batch/internal/pdfprep"
	"batch/internal/plan"
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
	EndAway        Ending = "away"        // the portal cannot be reached
)

// SendOptions say what to send.
type SendOptions struct {
	Batch      mailout.BatchID
	ApprovedBy string // how a person approved, for the history; the batch is approved with it
	Follow     bool   // go on to the end of every job
	Canary     int    // send so many rows, then stop; 0: as batch.toml says
	Soft       context.Context
}

// Sent is how sending or following ended. The books are as of the end.
type Sent struct {
	Books    mailout.BatchInfo
	Ending   Ending
	Reason   string
	Found    string            // what an earlier run had left, in a line; empty: nothing
	Problems []mailout.Problem // what changed since the plan; the batch was not sent
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
	sent.Found = foundLine(s.found)
	if err := a.knowsAll(ctx); err != nil {
		return sent, err
	}
	if sent.Books, err = a.ledger.Batch(ctx, o.Batch); err != nil {
		return sent, err
	}
	if sent.Problems, err = a.changed(ctx, sent.Books); err != nil || len(sent.Problems) > 0 {
		return sent, err
	}
	if err := a.askLate(ctx, sent.Books); err != nil {
		return sent, err
	}
	if err := a.askExpiry(sent.Books, s.expires); err != nil {
		return sent, err
	}
	defer a.watch(ctx, o.Batch, o.Follow, s.pace.Waiting)()
	if err := s.greet(o.Soft, a.senders()); err != nil {
		return sent.unlessStopped(o.Soft, err)
	}
	if sent.Books.State != mailout.Done {
		if err := a.ledger.Approve(ctx, o.Batch, o.ApprovedBy); err != nil {
			return sent, err
		}
	}
	sent.Ending, sent.Reason, err = a.sendAndFollow(ctx, s, o)
	if err != nil {
		return sent, err
	}
	sent.Books, err = a.ledger.Batch(context.WithoutCancel(ctx), o.Batch)
	return sent, err
}

// knowsAll refuses to send while a change has proved that the ledger is not the whole
// truth: what is planned in it may have been sent already.
func (a *App) knowsAll(ctx context.Context) error {
	alarms, err := a.ledger.Alarms(ctx)
	if err != nil {
		return err
	}
	for _, alarm := range alarms {
		if alarm.Kind == mailout.AlarmMissing {
			return &Error{Kind: KindLook, Message: fmt.Sprintf("the ledger is not the whole truth, so letters could go out twice: %s; nothing was sent", alarm.Detail),
				Remedy: fmt.Sprintf("put the newest ledger.db and sent.log back; or, when every such job is accounted for, lay the alarm to rest with `batch resolve --alarm %d --note TEXT`", alarm.ID)}
		}
	}
	return nil
}

// changed compares settings and files with the plan: all of them as long as nothing was
// sent, and which portal it goes to for ever.
func (a *App) changed(ctx context.Context, b mailout.BatchInfo) ([]mailout.Problem, error) {
	begun := b.Totals[mailout.Planned]+b.Totals[mailout.Skipped] < b.Rows
	ps, err := a.changedSettings(b, begun)
	if err != nil || begun || len(ps) > 0 {
		return ps, err
	}
	documents, err := a.documents(b.ManifestPath)
	if err != nil {
		return nil, err
	}
	defer documents.Close()
	open := func(name string) (io.ReadCloser, error) { return os.Open(name) }
	input := func(name string) (io.ReadCloser, error) { return documents.Open(filepath.FromSlash(name)) }
	prepared := func(d mailout.Digest) (io.ReadCloser, error) { return pdfprep.OpenStored(a.ws.Prepared(), d) }
	return plan.Unchanged(b, a.ledger.Records(ctx, b.ID), open, input, prepared)
}

// changedSettings reports settings that are not those the plan was approved with. Of a
// batch that was begun only the portal counts: its rows must not be split over two.
func (a *App) changedSettings(b mailout.BatchInfo, begun bool) ([]mailout.Problem, error) {
	now, err := a.settings()
	if err != nil {
		return nil, err
	}
	differ, err := plan.CompareSettings(b.Settings, string(now))
	if err != nil {
		return nil, fmt.Errorf("comparing batch.toml with the plan: %w", err)
	}
	remedy := "put it back; or plan again with `batch plan` and approve the new digest"
	if begun {
		remedy = "put it back: all rows of a batch go to one portal"
	}
	var ps []mailout.Problem
	for _, d := range differ {
		if begun && !strings.HasPrefix(d.Name, "portal.") {
			continue
		}
		ps = append(ps, mailout.Problem{Severity: mailout.Stop, Code: "changed-since-plan", Place: mailout.Place{File: "batch.toml"},
			Message: fmt.Sprintf("%s is %s, and was %s when the batch was planned", d.Name, cmp.Or(d.After, "not set"), cmp.Or(d.Before, "not set")), Remedy: remedy})
	}
	return ps, nil
}

// sendAndFollow sends, follows where asked, and cancels what persons wish cancelled, all
// beside each other.
func (a *App) sendAndFollow(ctx context.Context, s *speaker, o SendOptions) (Ending, string, error) {
	return a.cancelBeside(ctx, s, o.Soft, func(soft context.Context, stop func()) (Ending, string, error) {
		return a.sendBesideFollowing(ctx, s, o, soft, stop)
	})
}

// sendBesideFollowing runs the sender, and the follower beside it where asked. Each one's
// serious end stops the other: both finish what they carry.
func (a *App) sendBesideFollowing(ctx context.Context, s *speaker, o SendOptions, soft context.Context, stop func()) (Ending, string, error) {
	var (
		group   errgroup.Group
		sending atomic.Bool
		sent    submit.Result
		read    reconcile.Result
	)
	sending.Store(true)
	group.Go(func() (err error) {
		defer sending.Store(false)
		sent, err = a.send(ctx, s, o, soft)
		if err != nil || (sent.Ending != submit.EndDone && sent.Ending != submit.EndInterrupted) {
			stop()
		}
		return err
	})
	if o.Follow {
		group.Go(func() (err error) {
			read, err = a.followBeside(ctx, s, o.Batch, soft, &sending)
			if err != nil || (read.Ending != reconcile.EndDone && read.Ending != reconcile.EndInterrupted) {
				stop()
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return "", "", err
	}
	ending, reason := endOfSending(sent)
	if ending == EndDone || ending == EndInterrupted {
		if e, r := endOfFollowing(read); e != EndDone && e != EndInterrupted || ending == EndDone {
			ending, reason = e, r
		}
	}
	return ending, reason, nil
}

func (a *App) send(ctx context.Context, s *speaker, o SendOptions, soft context.Context) (submit.Result, error) {
	canary, err := a.canary(ctx, o)
	if err != nil {
		return submit.Result{}, err
	}
	rules := a.ws.Config.Stop
	return submit.Run(ctx, a.ledger, s.pace, s.post, submit.Options{
		Batch: o.Batch, Workers: a.workers(), Queue: a.queue, Soft: soft, Now: a.now,
		Rules: submit.Rules{RefusedInARow: rules.AfterRefusedInARow, UnknownInARow: rules.AfterUnknownInARow,
			UnknownTotal: rules.UnknownTotal, RefusedShare: rules.RefusedShare, Canary: canary},
	})
}

// canary is how many rows may still go out before a person looks: none are held back
// once a canary has stopped the batch and a person has let it go on.
func (a *App) canary(ctx context.Context, o SendOptions) (int, error) {
	n := o.Canary
	if n == 0 {
		n = a.ws.Config.Stop.Canary
	}
	if n == 0 {
		return 0, nil
	}
	history, err := a.ledger.History(ctx, o.Batch, 0)
	if err != nil {
		return 0, err
	}
	for _, h := range history {
		if h.Kind == "stopped" {
			return 0, nil
		}
	}
	return n, nil
}

// workers is how many calls may wait for answers at once: as many as permits, for more
// could not be under way.
func (a *App) workers() int {
	if n := a.ws.Config.Portal.CallsPerSecond; n > 0 {
		return min(n, 16)
	}
	return 4 * runtime.GOMAXPROCS(0)
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
		return EndIdentity, r.Reason
	case submit.EndAway:
		return EndAway, r.Reason
	case submit.EndInterrupted:
		return EndInterrupted, r.Reason
	}
	return EndDone, fmt.Sprintf("%d rows sent", r.Sent)
}
