package app

import (
	"context"

	"batch/internal/pdfprep"
)

// sweepPrepared removes the prepared files that no batch needs any more: those of plans
// that were superseded or given up, and what a crash left between making a document and
// noting it. Called when a plan is frozen, which is when that comes about. A failure is
// only logged: the files stay until the next time, and nothing depends on their being gone.
func (a *App) sweepPrepared(ctx context.Context) {
	store := a.ws.Prepared()
	files, err := pdfprep.List(store)
	if err == nil && len(files) > 0 {
		var removed int
		removed, err = a.ledger.Unneeded(ctx, files, pdfprep.Remover(store))
		a.o.Log.Debug("swept prepared files", "removed", removed)
	}
	if err != nil {
		a.o.Log.Warn("sweeping prepared files", "error", unnamed(err))
	}
}
