package app

import (
	"context"
	"runtime"
	"strings"

	"batch/internal/mailout"
	"batch/internal/submit"
)

// rules are the stop rules of batch.toml and the canary, with what was used up of them since
// the batch was approved, by this run or an earlier one.
func (a *App) rules(ctx context.Context, o SendOptions) (r submit.Rules, err error) {
	stop := a.ws.Config.Stop
	r = submit.Rules{RefusedInARow: stop.AfterRefusedInARow, UnknownInARow: stop.AfterUnknownInARow,
		UnknownTotal: stop.UnknownTotal, RefusedShare: stop.RefusedShare, Canary: o.Canary}
	if r.Lost, err = a.ledger.Lost(ctx, o.Batch); err == nil && r.Canary > 0 {
		r.Out, err = a.ledger.Out(ctx, o.Batch)
	}
	return r, err
}

// Canary is how many rows may go out before a person looks; 0: all of them. What --canary or
// [stop] canary says holds until a canary was out and stopped the batch: what is sent after that
// was approved by a person who had been told so, and asked about all that is left. No other
// stop ends it: nobody has looked at a canary then. Its rows count from the last approval on.
func (a *App) Canary(ctx context.Context, id mailout.BatchID, asked int) (int, error) {
	n := asked
	if n == 0 {
		n = a.ws.Config.Stop.Canary
	}
	if n == 0 {
		return 0, nil
	}
	history, err := a.ledger.History(ctx, id, 0)
	if err != nil {
		return 0, err
	}
	for _, h := range history {
		if h.Kind == "stopped" && strings.HasPrefix(h.Detail, submit.CanaryOut) {
			return 0, nil
		}
	}
	return n, nil
}

// workers is how many calls may wait for answers at once: as many as permits, for more
// could not be under way. Without a limit they are so many that, while some wait for the
// disk and some for the portal, there is one to sign on each core, and that intents share
// their commits.
func (a *App) workers() int {
	if n := a.ws.Config.Portal.CallsPerSecond; n > 0 {
		return min(n, 16)
	}
	return min(8*runtime.GOMAXPROCS(0), 32)
}
