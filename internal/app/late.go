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
	held  time.Time // until when they are held; zero: they are not
	left  atomic.Int64
}

// timely says why a row cannot be sent at now without asking a person; empty: it can.
func (k *timekeeper) timely(r mailout.Record, now time.Time) string {
	if !k.held.IsZero() {
		if passed := k.app.holdPassed(int(k.left.Load()), k.held, now); passed.what != "" {
			return passed.what
		}
	}
	last := r.Job.LateAfter()
	if later(now, k.held).After(last) && !k.asked.After(last) {
		return fmt.Sprintf("line %d was not sent: it would have less than a day to sign, or start over an hour late", r.Line)
	}
	return ""
}

// settled counts a row that is at its end, for this run.
func (k *timekeeper) settled(s mailout.State) {
	if s != mailout.Planned {
		k.left.Add(-1)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
