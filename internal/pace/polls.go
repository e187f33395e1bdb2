package pace

import (
	"context"
	"fmt"
	"time"
)

// The portal's wait after an empty queue is ten minutes in production (portal-api.md,
// "Status changes"). What lies far beyond was garbled on its way, or kept by a clock that
// was wrong, and then it is those ten minutes that are waited.
const (
	longestPoll  = time.Hour + time.Hour/unlike
	ordinaryPoll = 10 * time.Minute
)

// believed is a wait for a poll as it can be meant.
func believed(wait time.Duration) time.Duration {
	if wait > longestPoll {
		return ordinaryPoll
	}
	return max(wait, 0)
}

// AwaitPoll waits until the queue of sender may be polled. It takes no permit: the poll
// itself needs one from Acquire.
func (p *Pacer) AwaitPoll(ctx context.Context, sender, queue string) error {
	key := keyOf(sender, queue)
	p.await(key, 1)
	defer p.await(key, -1)
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("waiting for the next permitted poll: %w", err)
		}
		left := time.Until(p.NextPoll(sender, queue))
		if left <= 0 {
			return nil
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// PollAfter says that the queue of sender must not be polled before wait has passed,
// counted from now, and keeps that in the store. Zero: it may be polled at once. More than
// an hour is no time that the portal names: it is taken for ten minutes.
func (p *Pacer) PollAfter(ctx context.Context, sender, queue string, wait time.Duration) error {
	key, now := keyOf(sender, queue), time.Now()
	wait = believed(wait)
	until := now.Add(wait + wait/unlike)
	p.mu.Lock()
	held := p.polls[key].After(now)
	p.polls[key] = until
	p.mu.Unlock()
	if wait == 0 && !held {
		return nil // nothing stands in the way, in the store neither
	}
	return p.keep(ctx, key, until)
}

// NextPoll is when the queue of sender may be polled; a time that is past means now.
func (p *Pacer) NextPoll(sender, queue string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.polls[keyOf(sender, queue)]
}

// keyOf names a queue in the store. A sender has nine digits, so the first slash after it
// is always ours, whatever the queue's name holds.
func keyOf(sender, queue string) string { return pollKey + sender + "/" + queue }

func (p *Pacer) await(key string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.awaiting[key] += n
}

// nextAwaited is the first poll that somebody in AwaitPoll waits for.
func (p *Pacer) nextAwaited(now time.Time) (until time.Time, why Reason) {
	for key, callers := range p.awaiting {
		next := p.polls[key]
		if callers > 0 && next.After(now) && (until.IsZero() || next.Before(until)) {
			until, why = next, Poll
		}
	}
	return until, why
}
