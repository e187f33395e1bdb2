package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"batch/internal/mailout"
)

// RebuildOptions say what the books are rebuilt of.
type RebuildOptions struct {
	Plan  PlanOptions     // the manifest of a batch that the ledger has lost; none: its manifest is gone too
	Batch mailout.BatchID // which batch of sent.log it is; empty: found out
	Soft  context.Context
}

// Rebuilt is what rebuilding found.
type Rebuilt struct {
	Whole   bool            // there was nothing to rebuild, and nothing was changed
	Plan    Planned         // where it has problems, nothing was rebuilt
	Batches []Regained      // those whose books got something back
	Missing []mailout.Claim // those whose own manifest is still to be given
	Ending  Ending
	Reason  string
}

// Regained is a batch whose books got something back.
type Regained struct {
	mailout.Restored
	Books mailout.BatchInfo
	Found int // unknown rows for which the queues have brought a job
}

// Rebuild brings the books up to what sent.log knows: of every batch that the ledger has,
// and of one that it has lost, whose manifest is planned anew. Then it takes what the queues
// bring. Nothing is sent, and nothing will be before a person approves what was found.
//
// A crash leaves the books as they were, or rebuilt and standing still; the same command
// goes on, or says that there is nothing left to rebuild, and following takes up the rest.
func (a *App) Rebuild(ctx context.Context, o RebuildOptions) (r Rebuilt, err error) {
	s, err := a.speakAfter(ctx, func(context.Context) error { return nil }) // what was left is taken up when the books are whole
	if err != nil {
		return r, err
	}
	defer s.close()
	claims, err := a.ledger.Claims(ctx, "")
	if err != nil {
		return r, err
	}
	if len(claims) == 0 {
		r.Whole = true
		return r, a.everSent(ctx)
	}
	if err := a.greetWatched(s, o.Soft); err != nil {
		return r, err
	}
	if err := a.restore(ctx, claims, o, &r); err != nil || len(mailout.Stopping(r.Plan.Problems)) > 0 && r.Plan.Batch == "" {
		return r, err
	}
	if r.Missing, err = a.ledger.Claims(ctx, ""); err != nil {
		return r, err
	}
	if len(r.Missing) == 0 {
		if err := a.recover(ctx); err != nil {
			return r, err
		}
	}
	return r, a.takeWhatComes(ctx, s, o.Soft, &r)
}

// greetWatched asks the portal who we are, and says what that waits for: somebody who rebuilds
// is afraid for the letters, and a terminal that says nothing for half a minute is no comfort.
// Planning has a progress of its own behind it.
func (a *App) greetWatched(s *speaker, soft context.Context) error {
	defer a.watch(soft, "", true, s.pace.Waiting)()
	return s.greet(soft, a.senders())
}

// everSent refuses to call books whole of which nothing is left that could tell otherwise.
func (a *App) everSent(ctx context.Context) error {
	all, err := a.ledger.Batches(ctx)
	if err != nil || len(all) > 0 {
		return err
	}
	return usage("put sent.log back; or write one, with the references of a report or of the sender portal, one a line, and give the same command again",
		"neither the ledger nor sent.log knows of anything that was sent")
}

// restore plans the manifest of a lost batch, and brings the books up to sent.log.
func (a *App) restore(ctx context.Context, claims []mailout.Claim, o RebuildOptions, r *Rebuilt) (err error) {
	var planned, as mailout.BatchID
	if gone := lost(claims); len(gone) > 0 {
		switch {
		case o.Plan.Manifest == "":
			as, err = named(gone, o.Batch)
		default:
			o.Plan.restoring = true
			if r.Plan, err = a.Plan(o.Soft, o.Plan); err != nil || r.Plan.Batch == "" {
				return err
			}
			planned = r.Plan.Batch
			if claims, err = a.ledger.Claims(ctx, planned); err == nil {
				as, err = whichBatch(claims, planned, o)
			}
		}
		if err != nil {
			return err
		}
	}
	restored, err := a.ledger.Rebuild(ctx, planned, as, a.ws.Config.Sender.Organization, a.queue)
	for _, b := range restored {
		r.Batches = append(r.Batches, Regained{Restored: b})
	}
	return err
}

// lost are the claims of batches that the ledger does not have.
func lost(claims []mailout.Claim) []mailout.Claim {
	return slices.DeleteFunc(slices.Clone(claims), func(c mailout.Claim) bool { return c.Here })
}

// named finds the batch that a person named, whose manifest is gone.
func named(gone []mailout.Claim, id mailout.BatchID) (mailout.BatchID, error) {
	if slices.ContainsFunc(gone, func(c mailout.Claim) bool { return c.Batch == id }) {
		return id, nil
	}
	return "", usage("name one of them: batch resume BATCH --without-manifest", "sent.log names these batches, which the ledger has lost: %s; nothing was changed", listed(gone))
}

// whichBatch finds out which lost batch a manifest is: the one most of whose letters it has.
// Where sent.log does not tell letters it must be the only one, or named by a person.
func whichBatch(claims []mailout.Claim, planned mailout.BatchID, o RebuildOptions) (mailout.BatchID, error) {
	gone := lost(claims)
	if slices.ContainsFunc(claims, func(c mailout.Claim) bool { return c.Batch == planned }) {
		return planned, nil // the ledger has it, and not all of its attempts
	}
	if o.Batch != "" {
		id, err := named(gone, o.Batch)
		if err != nil {
			return "", err
		}
		gone = slices.DeleteFunc(gone, func(c mailout.Claim) bool { return c.Batch != id })
	}
	best := slices.MaxFunc(gone, func(a, b mailout.Claim) int { return a.Proved - b.Proved })
	same := slices.DeleteFunc(gone, func(c mailout.Claim) bool { return c.Proved < best.Proved })
	switch {
	case len(same) > 1:
		return "", usage("name the batch: batch resume BATCH --rebuild MANIFEST", "nothing tells which of these batches the manifest is: %s; nothing was changed", listed(same))
	case best.Proved == 0 && best.Checkable > 0:
		return "", usage("give the manifest that it was sent from; where that is gone: batch resume "+string(best.Batch)+" --without-manifest",
			"no row of the manifest is a letter that was sent in batch %s; nothing was changed", best.Batch)
	}
	return best.Batch, nil
}

func listed(claims []mailout.Claim) string {
	var names []string
	for _, c := range claims {
		names = append(names, fmt.Sprintf("%s (%d sent)", c.Batch, c.Attempts))
	}
	return strings.Join(names, ", ")
}

// takeWhatComes empties the queues once, and counts the rows for which they brought a job.
func (a *App) takeWhatComes(ctx context.Context, s *speaker, soft context.Context, r *Rebuilt) error {
	for i, b := range r.Batches {
		books, err := a.ledger.Batch(ctx, b.Batch)
		if err != nil {
			return err
		}
		r.Batches[i].Found = books.Totals[mailout.Unknown]
	}
	stop := a.watch(ctx, "", true, s.pace.Waiting)
	read, err := a.follow(ctx, s, "", soft, true, func() bool { return false })
	stop()
	if err != nil {
		return err
	}
	r.Ending, r.Reason = endOfFollowing(read)
	for i, b := range r.Batches {
		if r.Batches[i].Books, err = a.ledger.Batch(context.WithoutCancel(ctx), b.Batch); err != nil {
			return err
		}
		r.Batches[i].Found -= r.Batches[i].Books.Totals[mailout.Unknown]
	}
	return nil
}
