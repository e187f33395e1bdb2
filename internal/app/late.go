package app

import (
	"context"
	"fmt"

	"batch/internal/mailout"
)

// askLate asks before rows are sent whose own deadline or start has come too near, or
// gone by, since they were planned. Rows are looked at only where one can be.
func (a *App) askLate(ctx context.Context, books mailout.BatchInfo) error {
	now := a.now()
	if !now.After(books.LateAfter) {
		return nil
	}
	late, first, err := a.ledger.Late(ctx, books.ID, now)
	if err != nil || late == 0 {
		return err
	}
	what := fmt.Sprintf("rows that would have less than a day to sign, or start over an hour late: %d, the first in line %d", late, first)
	if a.ask("There are " + what + ". Send them all the same?") {
		return nil
	}
	return usage("plan again with new times; or, when the rows are right as they are, answer yes (--yes where there is no terminal)", "there are %s; nothing was sent", what)
}
