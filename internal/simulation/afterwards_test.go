package simulation

import (
	"context"
	"maps"
	"slices"
	"testing"
	"testing/synctest"

	"batch/internal/app"
	"batch/internal/mailout"
)

// Changes that come again when their batch is purged are confirmed, though their jobs are long
// gone from the portal.
func TestChangesOfAPurgedBatchComeAgain(t *testing.T) {
	p := newPlan(t, 3, false, alike("SIGNED", "SIGNED", "REJECTED"))
	want := p.undisturbed(t, false)
	synctest.Test(t, func(t *testing.T) {
		n := still()
		n.Again, n.Purge = 1, true
		w := newWorld(t, p, 1, n)
		w.want = want
		w.play()
	})
}

// afterwards: the reports say what they have to; when a person has looked into every alarm, an
// audit finds nothing in the books that cannot be there. In some worlds the batch is then
// purged.
func (w *world) afterwards() {
	w.t.Helper()
	_, err := w.live(nil, "report, resolve --alarm, audit", func(ctx context.Context, _ *life, a *app.App) (err error) {
		if w.told, err = w.report(ctx, a); err != nil {
			return err
		}
		if err := layAlarms(ctx, a); err != nil {
			return err
		}
		return w.audit(ctx, a)
	})
	must(w.t, err)
	w.accounted()
	if w.nature.Purge {
		w.purged()
	}
}

// purged: the batch is purged, by a process that may die and another one. What comes late is
// confirmed and not kept, what was signed stays, and an audit finds nothing still.
func (w *world) purged() {
	w.t.Helper()
	r := w.dice("purge")
	d := &death{steps: r.IntN(pick(r, 20, 150)), power: r.IntN(2) == 0, all: r.IntN(2) == 0}
	if !w.purge(d) {
		w.purge(nil)
	}
	w.look(func(c *checker) { c.nothingThrownAway() })
	w.allAgain()
	before := maps.Clone(w.kept)
	w.followOnce()
	w.look(func(c *checker) {
		c.nothingThrownAway()
		if !maps.Equal(before, w.kept) || c.books.State != mailout.Purged || c.books.Unconfirmed > 0 {
			c.errorf("of changes that came after purging something was kept, or not confirmed: the batch is %s, %d unconfirmed, with the files %q",
				c.books.State, c.books.Unconfirmed, slices.Sorted(maps.Keys(w.kept)))
		}
	})
	_, err := w.live(nil, "resolve --alarm, audit", func(ctx context.Context, _ *life, a *app.App) error {
		if err := layAlarms(ctx, a); err != nil { // a stranger's change may have come, too
			return err
		}
		return w.audit(ctx, a)
	})
	must(w.t, err)
}

// audit is `batch audit`.
func (w *world) audit(ctx context.Context, a *app.App) error {
	books, err := a.Books(ctx, w.plan.batch)
	if err != nil {
		return err
	}
	_, err = a.Audit(ctx, books, func(f app.AuditFinding) {
		if f.Severity == app.AuditProblem {
			w.t.Errorf("an audit of the batch, which is %s, finds %s of line %d, job %d, file %q: %s", books.State, f.Code, f.Line, f.Job, f.File, f.Message)
		}
	})
	return err
}

// layAlarms is a person who has looked into everything.
func layAlarms(ctx context.Context, a *app.App) error {
	alarms, err := a.Alarms(ctx)
	for _, alarm := range alarms {
		if err := a.LayAlarm(ctx, alarm.ID, "dealt with by a person of the simulation"); err != nil {
			return err
		}
	}
	return err
}

// purge is `batch purge`.
func (w *world) purge(d *death) (lived bool) {
	w.t.Helper()
	lived, err := w.live(d, "purge", func(ctx context.Context, _ *life, a *app.App) error {
		_, err := a.Purge(ctx, app.PurgeOptions{Batch: w.plan.batch, By: "a person of the simulation", Soft: ctx})
		return err
	})
	must(w.t, err)
	return lived
}
