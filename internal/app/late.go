package app

import (
	"context"
	"fmt"
	"time"

	"batch/internal/mailout"
)

// What a row that is sent late may lose before a person is asked (design.md, Times).
const (
	leastLeft   = 24 * time.Hour // until its own deadline
	mostDelayed = time.Hour      // behind its own activation time
)

// askLate asks before rows are sent whose own deadline or start has come too near, or
// gone by, since they were planned.
func (a *App) askLate(ctx context.Context, id mailout.BatchID) error {
	late, first := 0, 0
	for r, err := range a.ledger.Records(ctx, id) {
		if err != nil {
			return err
		}
		if r.State == mailout.Planned && isLate(r.Job, a.now()) {
			if late++; late == 1 {
				first = r.Line
			}
		}
	}
	if late == 0 {
		return nil
	}
	what := fmt.Sprintf("rows that would have less than a day to sign, or start over an hour late: %d, the first in line %d", late, first)
	if a.ask("There are " + what + ". Send them all the same?") {
		return nil
	}
	return usage("plan again with new times; or, when the rows are right as they are, answer yes (--yes where there is no terminal)", "there are %s; nothing was sent", what)
}

func isLate(j mailout.Job, now time.Time) bool {
	if !j.Activation.IsZero() && now.Sub(j.Activation) > mostDelayed {
		return true
	}
	left, ok := j.AvailableSeconds(now)
	return ok && !j.Deadline.IsZero() && time.Duration(left)*time.Second < leastLeft
}
