package reconcile

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"batch/internal/mailout"
)

// recovered notes that a poll was answered.
func (f *follower) recovered(q *queueLine) {
	if q.told && f.o.Trouble != nil {
		f.o.Trouble(time.Time{}, "")
	}
	q.trouble, q.told, q.known = time.Time{}, false, true
}

// pollFailed waits a minute after a failed poll (a change it may have carried comes again). A
// 429 that names no time is waited for as a poll too early is in production, ten minutes
// (portal-api.md, "Status changes"); then it takes three of them to give up.
func (f *follower) pollFailed(ctx context.Context, q *queueLine, err error, done func(timedOut, blocked bool)) error {
	var ce *mailout.CallError
	if !errors.As(err, &ce) {
		done(true, false)
		return errors.Join(fmt.Errorf("polling: %w", err), f.noteLost(ctx, q, mailout.OutcomeUnknown))
	}
	done(ce.Speed.TimedOut, ce.Speed.Blocked)
	if err := f.noteLost(ctx, q, ce.Kind); err != nil {
		return err
	}
	pause, patience := time.Minute, away
	if ce.Status == http.StatusTooManyRequests && !ce.Speed.Blocked {
		pause, patience = 10*time.Minute, 2*away
	}
	if f.troubled(q, ce, patience); f.polling.Err() != nil {
		return nil
	}
	return f.pace.PollAfter(ctx, string(q.Sender), q.Name, pause)
}

// troubled gives up when polls have failed for ten minutes: then something is wrong here, most
// likely. A portal that has answered this process before may be down for the night, and is
// waited for a day, which a person is told.
func (f *follower) troubled(q *queueLine, ce *mailout.CallError, patience time.Duration) {
	if q.trouble.IsZero() {
		q.trouble = f.o.Now()
	}
	q.why, q.blocked = ce.Message, ce.Speed.Blocked
	switch since := f.o.Now().Sub(q.trouble); {
	case f.polling.Err() != nil:
	case ce.Fatal:
		f.end(EndFatal, ce.Message)
	case since > patience && (!q.known || f.o.Once):
		f.end(EndAway, "the portal's queue could not be polled for ten minutes and more: "+ce.Message)
	case since > outage:
		f.end(EndAway, "the portal's queue could not be polled for a day: "+ce.Message)
	case since > patience && !q.told:
		if q.told = true; f.o.Trouble != nil {
			f.o.Trouble(q.trouble, ce.Message)
		}
	}
}

// noteLost writes down that a poll may have been answered and the answer was lost.
func (f *follower) noteLost(ctx context.Context, q *queueLine, kind mailout.OutcomeKind) error {
	if kind == mailout.OutcomeNotSent || kind == mailout.OutcomeRefused {
		return nil // nothing was handed out
	}
	return f.ledger.PollLost(ctx, q.Sender, q.Name, f.o.Now())
}

// awayAtEnd says whether the portal was away when a person asked to stop, or the time was up,
// and for how long. Whoever follows for eight hours, by a timetable above all, must learn that
// nothing came because nobody answered. One that blocks calls answers: it is waited out, and
// away only when that goes on for as long as a person is told of it.
func (f *follower) awayAtEnd() (reason string, is bool) {
	for _, q := range f.lines {
		if q.trouble.IsZero() || (q.known || q.blocked) && !q.told {
			continue
		}
		reason = "the portal's queue could not be polled"
		if since := f.o.Now().Sub(q.trouble).Round(time.Minute); since > 0 {
			reason += fmt.Sprintf(" for the last %d minutes", since/time.Minute)
		}
		return reason + ": " + q.why, true
	}
	return "", false
}
