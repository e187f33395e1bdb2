package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"batch/internal/mailout"
)

// Deleted is what came of asking the portal to delete documents.
type Deleted struct {
	Deleted    int // the portal has deleted them
	Gone       int // it had not got them any more
	NotOffered int // it gave no address for it, or said that it cannot be done, or not yet
	Perhaps    int // it said so to a second call, after the answer to the first was lost
	Refused    int // it said no for another reason
	Unanswered int // the answer was lost: to be asked again
	NotReached int // a person stopped before
}

// lostDeletions is how many answers may be lost one after another before the portal counts as
// away, and no further call is made.
const lostDeletions = 5

// deleteRemote asks the portal, at its pace, to delete the documents of every job that it
// has offered that for: it does so in a status change that it hands out 24 hours after the job
// was completed at the earliest, and only with long-term storage is there a job by then
// (portal-api.md, "The rest"). No address is made up. It may be repeated: what was granted is
// not asked again, and a call whose answer was lost is.
func (a *App) deleteRemote(ctx context.Context, s *speaker, o PurgeOptions, w *Deleted) (Ending, string, error) {
	if err := s.greet(o.Soft, a.senders()); err != nil {
		if o.Soft.Err() != nil {
			return EndInterrupted, stoppedOnRequest, nil
		}
		return "", "", err
	}
	all, err := a.ledger.ToDelete(ctx, o.Batch)
	if err != nil {
		return "", "", err
	}
	d := &deleter{App: a, speaker: s, soft: o.Soft, w: w}
	defer a.ticking(ctx, func(context.Context) { a.o.Progress(d.progress(len(all))) })()
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(a.workers())
	for _, job := range all {
		if job.URL == "" {
			d.count(&w.NotOffered, false)
			continue
		}
		group.Go(func() error { return d.delete(ctx, gctx, job) })
	}
	err = group.Wait()
	switch {
	case err != nil:
		return "", "", err
	case d.fatal != "":
		return EndIdentity, d.fatal, nil
	case w.NotReached > 0 && o.Soft.Err() != nil:
		return EndInterrupted, stoppedOnRequest, nil
	case w.Unanswered+w.NotReached > 0:
		return EndAway, "the portal gave no answer to some of the deletions; the same command asks again", nil
	}
	return EndDone, "", nil
}

// deleter asks for many.
type deleter struct {
	*App
	speaker *speaker
	soft    context.Context

	mu     sync.Mutex
	w      *Deleted
	streak int    // answers lost one after another
	fatal  string // what concerns every call
}

func (d *deleter) count(n *int, lost bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	*n++
	if d.streak++; !lost {
		d.streak = 0
	}
}

func (d *deleter) ended() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.soft.Err() != nil || d.fatal != "" || d.streak >= lostDeletions
}

func (d *deleter) progress(total int) Progress {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.w
	p := Progress{Doing: "deleting at the portal", Done: w.Deleted + w.Gone + w.NotOffered + w.Perhaps + w.Refused + w.Unanswered, Total: total}
	until, why := d.speaker.pace.Waiting()
	p.waits(until.In(d.Zone()), why)
	return p
}

// delete asks for one job. Before BeginDelete nothing was said. A crash after it leaves a job
// that was asked for and has no answer.
func (d *deleter) delete(ctx, group context.Context, job mailout.Deletion) error {
	if d.ended() || group.Err() != nil {
		d.count(&d.w.NotReached, true)
		return nil
	}
	done, err := d.speaker.pace.Acquire(d.soft, string(job.Sender))
	if err != nil {
		d.count(&d.w.NotReached, true)
		if d.soft.Err() != nil {
			return nil
		}
		return err
	}
	var speed mailout.Speed
	defer func() { done(speed.TimedOut, speed.Blocked) }()
	if d.ended() { // while it waited for its permit
		d.count(&d.w.NotReached, true)
		return nil
	}
	if err := d.ledger.BeginDelete(ctx, job); err != nil {
		return err
	}
	answer, err := d.speaker.post.Delete(ctx, job)
	speed = answer.Speed
	var ce *mailout.CallError
	switch {
	case errors.As(err, &ce):
		speed = ce.Speed
		answer.Kind = d.refused(ce)
	case err != nil:
		return err
	}
	d.answered(job, answer.Kind)
	return d.ledger.SettleDelete(ctx, job, answer.Kind)
}

// refused is the answer that a failed call amounts to; empty: it was lost.
func (d *deleter) refused(ce *mailout.CallError) mailout.AnswerKind {
	if ce.Fatal {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.fatal = ce.Message
		return ""
	}
	if ce.Kind == mailout.OutcomeRefused || ce.Code == "foreign-url" {
		return mailout.AnswerRefused
	}
	return ""
}

func (d *deleter) answered(job mailout.Deletion, kind mailout.AnswerKind) {
	lostBefore := job.Asked > 0 && job.Answer == ""
	switch {
	case kind == mailout.AnswerGranted:
		d.count(&d.w.Deleted, false)
	case kind == mailout.AnswerGone:
		d.count(&d.w.Gone, false)
	case kind == mailout.AnswerDeclined && lostBefore:
		d.count(&d.w.Perhaps, false)
	case kind == mailout.AnswerDeclined:
		d.count(&d.w.NotOffered, false)
	case kind == mailout.AnswerRefused:
		d.count(&d.w.Refused, false)
	default:
		d.count(&d.w.Unanswered, true)
	}
}

// Delete asks the portal to delete a job's documents.
func (c *calls) Delete(ctx context.Context, d mailout.Deletion) (mailout.Answer, error) {
	began := time.Now()
	a, err := c.client.DeleteDocuments(ctx, d.Sender, d.URL)
	logCall(c.log, "delete", began, err, senderAttr(d.Sender), jobAttr(d.Job), outcome(err, string(a.Kind)), slog.Int("asked", d.Asked+1))
	return a, err
}
