package app

import (
	"context"
	"errors"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// noteEnd writes into the books why sending ended, where the batch is left approved: for
// `batch status` to tell, to whoever comes later. (A stop rule and a canary have their own
// place there.)
func (a *App) noteEnd(ctx context.Context, id mailout.BatchID, e Ending, reason string) error {
	switch e {
	case EndStopped:
		return nil
	case EndDone:
		reason = ""
	}
	return a.ledger.NoteEnd(context.WithoutCancel(ctx), id, reason)
}

// noteFailed is noteEnd after an error. Where the ledger itself has failed nothing is
// written; and that this could not be, either, is not worth a second message.
func (a *App) noteFailed(ctx context.Context, id mailout.BatchID, soft context.Context, err error) {
	var failed *ledger.Error
	if errors.As(err, &failed) {
		return
	}
	reason := Explain(err).Message
	if soft.Err() != nil {
		reason = stoppedOnRequest
	}
	if err := a.ledger.NoteEnd(context.WithoutCancel(ctx), id, reason); err != nil {
		a.o.Log.Warn("noting why sending ended", "error", unnamed(err))
	}
}
