package app

import (
	"context"
	"fmt"
	"time"

	"batch/internal/mailout"
	"batch/internal/plan"
)

// Summary, Changes and what they are made of are what planning shows a person; see
// package plan.
type (
	Summary = plan.Summary
	Changes = plan.Changes
	Change  = plan.Change
	Part    = plan.Part
	How     = plan.How
)

// How a row changed since an earlier plan.
const (
	RowAdded   = plan.Added
	RowRemoved = plan.Removed
	RowChanged = plan.Changed
)

// Summary says what a batch would do if it were sent now.
func (a *App) Summary(ctx context.Context, id mailout.BatchID) (Summary, error) {
	b, err := a.ledger.Batch(ctx, id)
	if err != nil {
		return Summary{}, err
	}
	held, err := a.heldUntil(b)
	if err != nil {
		return Summary{}, err
	}
	s, err := plan.Summarize(a.ledger.Records(ctx, id), later(a.now(), held))
	s.Start.Held = held
	return s, err
}

// Changes compares a new plan with the one before it: the newest of the same manifest,
// or, where it is the first of that manifest, the workspace's newest. A purged one has
// nothing left to compare with. found is false where there is none to compare with, or
// the same plan was made before.
func (a *App) Changes(ctx context.Context, p Planned) (c Changes, found bool, err error) {
	if p.Known {
		return c, false, nil
	}
	all, err := a.Batches(ctx)
	if err != nil {
		return c, false, err
	}
	is, was, found := planAndBefore(all, p.Batch)
	if !found {
		return c, false, nil
	}
	if c, err = plan.Compare(a.ledger.Records(ctx, was.ID), a.ledger.Records(ctx, is.ID)); err != nil {
		return c, false, fmt.Errorf("comparing with batch %s: %w", was.ID, err)
	}
	c.With = was
	c.Settings, err = plan.CompareSettings(was.Settings, is.Settings)
	return c, true, err
}

// planAndBefore finds a batch and the one to compare it with, among all of them, oldest
// first. Whether the earlier one was superseded meanwhile makes no difference: its rows
// stay.
func planAndBefore(all []mailout.BatchInfo, id mailout.BatchID) (is, was mailout.BatchInfo, found bool) {
	for i, b := range all {
		if b.ID == id {
			is, all = b, all[:i]
			break
		}
	}
	for _, b := range all {
		switch {
		case b.State == mailout.Purged || b.Digest == is.Digest:
		case !found || b.ManifestPath == is.ManifestPath || was.ManifestPath != is.ManifestPath:
			was, found = b, true
		}
	}
	return is, was, found
}

// Portal is whom the workspace sends to: the environment as in batch.toml, and the
// service root.
func (a *App) Portal() (environment, root string) {
	return a.ws.Config.Portal.Environment, a.ws.PortalRoot()
}

// Kind is what a sender is.
func (a *App) Kind(sender mailout.OrgNumber) mailout.SenderKind { return a.kind(sender) }

// CallsPerSecond is the pace that the workspace is set to; 0: no limit.
func (a *App) CallsPerSecond() int { return a.ws.Config.Portal.CallsPerSecond }

// windowTime is how long a window of the pace takes, in which as many calls start as are
// allowed in a second: that second and the last one's answer.
const windowTime = 1300 * time.Millisecond

// CallsTake is about how long calls take at so many a second; 0 a second: no limit.
func CallsTake(calls, perSecond int) time.Duration {
	if perSecond == 0 {
		return 0
	}
	return time.Duration(calls) * windowTime / time.Duration(perSecond)
}
