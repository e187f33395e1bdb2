package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"batch/internal/mailout"
	"batch/internal/submit"
)

// calls are the calls of a speaker as the stages make them, each with a line in the log: its
// kind, the Ref or job it is about, how it ended, and how long it took. Neither what was sent
// nor what the portal said in words is there: the ledger keeps that, and `batch why` tells it.
type calls struct {
	*post
	log *slog.Logger

	mu   sync.Mutex
	jobs map[string]mailout.JobID // address of a change that is not confirmed yet → its job
}

func newCalls(p *post, log *slog.Logger) *calls {
	return &calls{post: p, log: log, jobs: map[string]mailout.JobID{}}
}

// logCall writes the line of a call that began at a moment. Of a failed one err says how.
func logCall(log *slog.Logger, kind string, began time.Time, err error, about ...slog.Attr) {
	if log == nil {
		return
	}
	level, about := slog.LevelInfo, append([]slog.Attr{slog.String("kind", kind)}, about...)
	var ce *mailout.CallError
	switch {
	case errors.As(err, &ce):
		level = slog.LevelWarn
		about = append(about, slog.String("outcome", string(ce.Kind)), slog.Int("status", ce.Status), slog.String("code", ce.Code))
	case err != nil: // the disk, or a person
		level = slog.LevelWarn
		about = append(about, slog.String("outcome", "ended here"))
	}
	about = append(about, slog.Int64("ms", time.Since(began).Milliseconds()))
	log.LogAttrs(context.Background(), level, "call", about...)
}

// Prepare is submit's: the call is what it returns.
func (c *calls) Prepare(ctx context.Context, r mailout.Record, jobXML []byte) (submit.Create, error) {
	create, err := c.post.Prepare(ctx, r, jobXML)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, ref mailout.Ref, queue string) mailout.Outcome {
		began := time.Now()
		o := create(ctx, ref, queue)
		c.logCreate(r.Job.Sender, ref, began, o)
		return o
	}, nil
}

func (c *calls) logCreate(sender mailout.OrgNumber, ref mailout.Ref, began time.Time, o mailout.Outcome) {
	var failed error
	about := []slog.Attr{senderAttr(sender), slog.String("ref", string(ref))}
	if o.Kind == mailout.OutcomeAccepted {
		about = append(about, slog.String("outcome", string(o.Kind)), slog.Int("status", o.Status), jobAttr(o.JobID))
	} else {
		failed = &mailout.CallError{Kind: o.Kind, Status: o.Status, Code: o.Code}
	}
	logCall(c.log, "create", began, failed, about...)
}

// Reachable is submit's.
func (c *calls) Reachable(ctx context.Context, sender mailout.OrgNumber) error {
	began := time.Now()
	err := c.post.Reachable(ctx, sender)
	logCall(c.log, "root", began, err, senderAttr(sender), outcome(err, "ok"))
	return err
}

// Cancel is submit's.
func (c *calls) Cancel(ctx context.Context, w mailout.Wish) (mailout.Answer, error) {
	began := time.Now()
	a, err := c.post.Cancel(ctx, w)
	logCall(c.log, "cancel", began, err, senderAttr(w.Sender), jobAttr(w.Job), outcome(err, string(a.Kind)))
	return a, err
}

// Poll is reconcile's.
func (c *calls) Poll(ctx context.Context, sender mailout.OrgNumber, queue string) (mailout.Poll, error) {
	began := time.Now()
	p, err := c.client.Poll(ctx, sender, queue)
	about := []slog.Attr{senderAttr(sender), slog.String("queue", queue)}
	switch {
	case err != nil:
	case p.Change != nil:
		c.remember(*p.Change)
		about = append(about, slog.String("outcome", "change"), slog.String("ref", string(p.Change.Ref)), jobAttr(p.Change.JobID), slog.String("change", string(p.Change.Status)))
	case p.TooEarly:
		about = append(about, slog.String("outcome", "too early"))
	default:
		about = append(about, slog.String("outcome", "empty"))
	}
	logCall(c.log, "poll", began, err, about...)
	return p, err
}

// Fetch is reconcile's.
func (c *calls) Fetch(ctx context.Context, sender mailout.OrgNumber, url string, limit int64, w io.Writer) (bytes, announced int64, speed mailout.Speed, err error) {
	began := time.Now()
	bytes, announced, speed, err = c.client.Fetch(ctx, sender, url, limit, w)
	logCall(c.log, "fetch", began, err, senderAttr(sender), jobAttr(c.jobAt(url)), slog.Int64("bytes", bytes), outcome(err, "ok"))
	return bytes, announced, speed, err
}

// Confirm is reconcile's.
func (c *calls) Confirm(ctx context.Context, sender mailout.OrgNumber, url string) (mailout.Speed, error) {
	began := time.Now()
	speed, err := c.client.Confirm(ctx, sender, url)
	job := c.jobAt(url)
	logCall(c.log, "confirm", began, err, senderAttr(sender), jobAttr(job), outcome(err, "ok"))
	if err == nil {
		c.forget(job)
	}
	return speed, err
}

func senderAttr(sender mailout.OrgNumber) slog.Attr { return slog.String("sender", string(sender)) }
func jobAttr(job mailout.JobID) slog.Attr           { return slog.Int64("job", int64(job)) }

// outcome is that of a call that went well; of any other logCall tells it, and here is nothing.
func outcome(err error, well string) slog.Attr {
	if err != nil {
		return slog.Attr{}
	}
	return slog.String("outcome", well)
}

// remember keeps the addresses of a change: fetching and confirming name no job otherwise.
func (c *calls) remember(ch mailout.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jobs[ch.ConfirmationURL], c.jobs[ch.PAdESURL] = ch.JobID, ch.JobID
	for _, s := range ch.Signers {
		c.jobs[s.XAdESURL] = ch.JobID
	}
}

func (c *calls) jobAt(url string) mailout.JobID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.jobs[url]
}

func (c *calls) forget(job mailout.JobID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for url, j := range c.jobs {
		if j == job {
			delete(c.jobs, url)
		}
	}
}
