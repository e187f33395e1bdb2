package app

import (
	"cmp"
	"context"
	"slices"
	"time"

	"batch/internal/mailout"
)

// nearEnd is how long before the portal ends a job it is near its end.
const nearEnd = 3 * 24 * time.Hour

// mostExpiring bounds how many of such jobs are looked up.
const mostExpiring = 1000

// Expiring are the rows of a batch whose jobs the portal ends within three days unless those sign
// before whose turn it is: those first that end first. more says that there are others.
func (a *App) Expiring(ctx context.Context, id mailout.BatchID) (rows []mailout.Record, more bool, err error) {
	for r, err := range a.ledger.Expiring(ctx, id, a.now().Add(nearEnd)) {
		if err != nil {
			return nil, false, err
		}
		if len(rows) == mostExpiring {
			more = true
			break
		}
		rows = append(rows, r)
	}
	slices.SortStableFunc(rows, func(x, y mailout.Record) int {
		return cmp.Or(x.ExpiresAt().Compare(y.ExpiresAt()), cmp.Compare(x.Line, y.Line))
	})
	return rows, more, nil
}
