package app

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"batch/internal/mailout"
)

// A row with a start or a deadline of its own that is sent late has not the time that its
// owner meant it to have. Its times are computed when it is sent, so two looks are taken:
// before the first row, where a person can be asked about all of them; and at each row at the
// moment it is sent, for sending takes hours and blocks are waited for. There it is a stop
// like any other: going on is approved, and the first look asks.

// late finds the rows that would be late if they started at start at the earliest. Rows are
// looked at only where one can be.
func (a *App) late(ctx context.Context, books mailout.BatchInfo, start time.Time) (c caution, err error) {
	if !start.After(books.LateAfter) {
		return c, nil
	}
	n, first, err := a.ledger.Late(ctx, books.ID, start)
	if err != nil || n == 0 {
		return c, err
	}
	c.what = fmt.Sprintf("rows that would have less than a day to sign, or start over an hour late: %d, the first in line %d", n, first)
	c.question = "Send them all the same?"
	c.remedy, c.unless = "plan again with new times", "when the rows are right as they are"
	return c, nil
}

// timekeeper looks at the times of each row at the moment it is sent.
type timekeeper struct {
	app   *App
	asked time.Time // a person was asked about rows that would be late from here on
	hold  bool      // they are to be held
	held  time.Time // until when; zero: that is not fixed
	left  atomic.Int64
}

// timely says why a row cannot be sent at now without asking a person; empty: it can.
func (k *timekeeper) timely(r mailout.Record, now time.Time) string {
	if why := k.holds(r, now); why != "" {
		return why
	}
	last := r.Job.LateAfter()
	if later(now, k.held).After(last) && !k.asked.After(last) {
		return fmt.Sprintf("line %d was not sent: it would have less than a day to sign, or start over an hour late", r.Line)
	}
	return ""
}

// holds says why a row that is to be held cannot be, if it is sent at now. A run that began
// with nothing to send has fixed nothing, and has asked nobody.
func (k *timekeeper) holds(r mailout.Record, now time.Time) string {
	switch {
	case !k.hold:
		return ""
	case k.held.IsZero():
		return fmt.Sprintf("line %d was not sent: the batch is to be held, and it is not fixed until when", r.Line)
	}
	return k.app.holdPassed(max(1, int(k.left.Load())), k.held, now).what // at least this one
}

// settled counts a row that is at its end, for this run.
func (k *timekeeper) settled(s mailout.State) {
	if s != mailout.Planned {
		k.left.Add(-1)
	}
}

// recount counts anew what is left, where rows were planned again or withdrawn meanwhile. No
// row is on its way then. What cannot be read is not known better than before.
func (k *timekeeper) recount(ctx context.Context, id mailout.BatchID) {
	if b, err := k.app.ledger.Batch(ctx, id); err == nil {
		k.left.Store(int64(b.Totals[mailout.Planned]))
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
