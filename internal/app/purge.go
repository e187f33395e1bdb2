package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"batch/internal/disk"
	"batch/internal/ledger"
	"batch/internal/mailout"
)

// PurgeOptions say what is to be purged.
type PurgeOptions struct {
	Batch  mailout.BatchID
	Signed bool   // the signed documents too
	Remote bool   // first have the portal delete its documents (long-term storage)
	By     string // who does it, for the history
	Soft   context.Context
}

// PurgePlan is what purging would do now, for a person to see before it is done.
type PurgePlan struct {
	Books  mailout.BatchInfo
	Purged mailout.Purging // begun: it was purged before
	Plan   bool            // it was never approved: nothing of it was sent, and all of it goes
	Signed int             // signed documents and XAdES that are kept
	Remote []mailout.Deletion
}

// Wiped is what purging did.
type Wiped struct {
	Books    mailout.BatchInfo
	Plan     bool // of a plan that was never approved nothing stays
	Signed   int  // files that were deleted
	Prepared int
	Shared   int // prepared files that stay, for another batch needs them
	Reports  int
	Copies   int // of the books, as older versions had left them
	Left     int // temporary files that killed processes had left
	Remote   Deleted
	Remains  []Remains
	Ending   Ending
	Reason   string
}

// PlanPurge looks at what purging a batch would do. One that is not over cannot be purged:
// an *Error says what is to be done first.
func (a *App) PlanPurge(ctx context.Context, id mailout.BatchID) (p PurgePlan, err error) {
	if p.Books, err = a.Books(ctx, id); err != nil {
		return p, err
	}
	if p.Books.State == mailout.Ready || p.Books.State == mailout.Superseded {
		p.Plan = true
		return p, nil
	}
	if err := a.purgeable(ctx, p.Books); err != nil {
		return p, err
	}
	if p.Purged, err = a.ledger.Purged(ctx, id); err != nil {
		return p, err
	}
	if p.Signed, err = a.ledger.CountKept(ctx, id); err != nil {
		return p, err
	}
	p.Remote, err = a.ledger.ToDelete(ctx, id)
	return p, err
}

// purgeable says in words why a batch cannot be purged yet.
func (a *App) purgeable(ctx context.Context, b mailout.BatchInfo) error {
	var no *ledger.PurgeError
	if err := a.ledger.Purgeable(ctx, b.ID); !errors.As(err, &no) {
		return err
	}
	var why, first []string
	add := func(n int, what, remedy string) {
		if n > 0 {
			why, first = append(why, fmt.Sprintf("%d %s", n, plural(n, what))), append(first, remedy)
		}
	}
	add(no.Open, "row is not over|rows are not over", fmt.Sprintf("`batch follow %s` until all are over, or `batch cancel %s`", b.ID, b.ID))
	add(no.Unconfirmed, "change is not confirmed to the portal|changes are not confirmed to the portal", fmt.Sprintf("`batch follow %s` confirms", b.ID))
	add(no.Alarms, "alarm nobody has laid to rest|alarms nobody has laid to rest", "`batch resolve --alarm ID --note TEXT` when it is dealt with")
	if len(why) == 0 {
		why, first = []string{"it is " + string(no.State)}, []string{"`batch status " + string(b.ID) + "` says what to do"}
	}
	return usage(strings.Join(first, "; "), "batch %s cannot be purged yet: %s; nothing was deleted", b.ID, strings.Join(why, ", "))
}

// plural picks of "one|many".
func plural(n int, words string) string {
	one, many, _ := strings.Cut(words, "|")
	if n == 1 {
		return one
	}
	return many
}

// Purge deletes what is personal of a batch that is over. It takes the lock, and nobody plans
// meanwhile. First the portal is asked to delete its documents, where that is wanted: what it
// answers keeps nothing here from being deleted, but a portal that cannot be reached does.
//
// From BeginPurge on the batch is purged, and there is no way back. A crash anywhere after it
// leaves a batch whose purging has not ended: status says so, and the same command does the
// rest. Every step may be done twice.
func (a *App) Purge(ctx context.Context, o PurgeOptions) (w Wiped, err error) {
	speak := a.alone
	if o.Remote {
		speak = a.speak
	}
	s, err := speak(ctx)
	if err != nil {
		return w, err
	}
	defer s.close()
	if w.Books, err = a.ledger.Batch(ctx, o.Batch); err != nil {
		return w, err
	}
	if w.Books.State == mailout.Ready || w.Books.State == mailout.Superseded {
		w.Plan, w.Ending = true, EndDone
		return w, a.whileNobodyPlans(func() error { return a.dropPlan(ctx, &w) })
	}
	if err := a.purgeable(ctx, w.Books); err != nil {
		return w, err
	}
	if o.Remote {
		if w.Ending, w.Reason, err = a.deleteRemote(ctx, s, o, &w.Remote); err != nil || w.Ending == EndInterrupted || w.Ending == EndIdentity {
			return w, err
		}
	}
	err = a.whileNobodyPlans(func() error { return a.purge(ctx, o, &w) })
	return w, err
}

// alone becomes the speaker of a flow that has nothing to say to the portal.
func (a *App) alone(ctx context.Context) (*speaker, error) {
	lock, err := a.lock(ctx)
	if err != nil {
		return nil, err
	}
	s := &speaker{lock: lock, ledger: a.ledger, log: a.o.Log}
	if err = a.atHome(ctx); err == nil {
		err = a.recover(ctx)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// whileNobodyPlans does something that a plan in the making would keep from being whole: it
// counts on prepared files, and its rows are somebody's too. Plans that died are forgotten first.
func (a *App) whileNobodyPlans(do func() error) error {
	done := false
	planning, err := a.ws.Plan(func() error {
		done = true
		if err := a.ledger.DropDrafts(context.Background()); err != nil {
			return err
		}
		return do()
	})
	if err != nil {
		return err
	}
	planning.End()
	if !done {
		return &Error{Kind: KindHeld, Message: "another command makes a plan at this moment; nothing was deleted here", Remedy: "wait until it has ended, then give the same command again"}
	}
	return nil
}

// dropPlan forgets a plan that was never approved, with its prepared files.
func (a *App) dropPlan(ctx context.Context, w *Wiped) error {
	if dropped, err := a.ledger.DropPlan(ctx, w.Books.ID); err != nil || !dropped {
		return errors.Join(err, a.changedMeanwhile(dropped))
	}
	f := &purgeFiles{App: a, ctx: ctx, soft: context.Background(), disk: disk.Or(a.o.Disk), id: w.Books.ID, w: w}
	return f.each(f.books, f.prepared)
}

func (a *App) changedMeanwhile(dropped bool) error {
	if dropped {
		return nil
	}
	return usage("`batch status` shows the batches", "the plan was approved or purged meanwhile; nothing was deleted")
}

// purge does the work, in an order in which what a step deletes cannot come back by another:
// the ledger first, for a report that is being written reads from it.
func (a *App) purge(ctx context.Context, o PurgeOptions, w *Wiped) error {
	if _, err := a.ledger.BeginPurge(ctx, o.Batch, o.By); err != nil {
		return err
	}
	f := &purgeFiles{App: a, ctx: ctx, soft: o.Soft, disk: disk.Or(a.o.Disk), id: o.Batch, w: w, all: o.Signed}
	steps := []func() error{f.rows}
	if o.Signed {
		steps = append(steps, f.signed)
	}
	if err := f.each(append(steps, f.broken, f.books, f.reports, f.prepared)...); err != nil {
		return unfinished(o.Batch, err)
	}
	if err := a.ledger.EndPurge(ctx, o.Batch, w.summary(o)); err != nil {
		return unfinished(o.Batch, err)
	}
	var err error
	if w.Books, err = a.ledger.Batch(ctx, o.Batch); err == nil {
		w.Remains, err = a.remains(ctx, w.Books)
	}
	if w.Ending == "" {
		w.Ending = EndDone
	}
	return err
}

// unfinished says that a batch is not rid of everything yet.
func unfinished(id mailout.BatchID, err error) error {
	e := *Explain(err)
	e.Message = fmt.Sprintf("purging batch %s did not come to its end: %s", id, e.Message)
	e.Remedy = strings.TrimPrefix(e.Remedy+"; then give the same command again: it does the rest", "; then ")
	return &e
}

// summary is what the history says of it.
func (w *Wiped) summary(o PurgeOptions) string {
	s := fmt.Sprintf("%d rows; %d prepared files, %d reports, %d copies of the books deleted", w.Books.Rows, w.Prepared, w.Reports, w.Copies)
	if o.Signed {
		return s + fmt.Sprintf(", and %d signed files", w.Signed)
	}
	return s + "; signed files stay"
}

// Purging says how far a batch is rid of its personal data.
func (a *App) Purging(ctx context.Context, id mailout.BatchID) (mailout.Purging, error) {
	return a.ledger.Purged(ctx, id)
}
