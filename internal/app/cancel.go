package app

import (
	"context"
	"errors"
	"slices"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// CancelPlan is what cancelling would do now, for a person to see before it is done.
type CancelPlan struct {
	Batch  mailout.BatchID
	Lines  []int // of the rows that are not over, in order
	Totals mailout.Totals
	People int // signers of jobs that the portal has, or is being given: so many may be told
}

// PlanCancel looks at what of a batch is to be cancelled: the rows that are named, by the
// owner's key or as "line:14", or all of them.
func (a *App) PlanCancel(ctx context.Context, id mailout.BatchID, rows []string) (CancelPlan, error) {
	p := CancelPlan{Batch: id, Totals: mailout.Totals{}}
	books, err := a.Books(ctx, id)
	if err != nil {
		return p, err
	}
	switch books.State {
	case mailout.Ready, mailout.Superseded:
		return p, usage("a plan that is not approved is never sent: there is nothing to cancel", "batch %s was never approved, and nothing of it was sent", id)
	case mailout.Purged:
		return p, usage("its jobs were over before", "batch %s is purged", id)
	}
	if len(rows) == 0 {
		for r, err := range a.Records(ctx, id) {
			if err != nil {
				return p, err
			}
			p.add(r)
		}
		return p, nil
	}
	spoken := a.ws.Spoken()
	for _, row := range rows {
		line, err := a.ledger.Line(ctx, id, row)
		if errors.Is(err, ledger.ErrNoRow) {
			return p, usage("give the owner's key of the row, or line:14; nothing was cancelled", "batch %s has no row %q", id, row)
		}
		if err != nil {
			return p, err
		}
		r, err := a.ledger.Record(ctx, id, line)
		if err != nil {
			return p, err
		}
		if !slices.Contains(p.Lines, line) {
			p.add(seenRow(r, spoken))
		}
	}
	slices.Sort(p.Lines)
	return p, nil
}

func (p *CancelPlan) add(r mailout.Record) {
	p.Totals[r.State]++
	if !r.State.Final() {
		p.Lines = append(p.Lines, r.Line)
	}
	if r.State == mailout.Created || r.State == mailout.Sending {
		p.People += len(r.Job.Signers)
	}
}

// Cancelled is what became of a wish to cancel. What became of the jobs is told by their
// status changes.
type Cancelled struct {
	Ending     Ending
	Reason     string
	Batch      mailout.BatchID // empty: of a job whose row the ledger does not know
	Withdrawn  int             // rows that had not been sent
	Cancelled  int             // the portal said yes, or the status change did
	TooLate    int             // the portal said that the job is over, or does not have it any more
	Unanswered int             // the portal was asked, or is to be, and has not answered
	Sending    int             // being sent: cancelled as soon as there is a job
	Unknown    []mailout.Record
}

// wishesAtOnce is how many rows one transaction takes: whoever sends waits no longer.
const wishesAtOnce = 500

// Cancel writes down what is to be cancelled, withdraws what was not sent, and has the
// portal asked about the rest. said tells who wishes it and why. Stopped and started again
// it goes on.
func (a *App) Cancel(ctx, soft context.Context, p CancelPlan, said string) (c Cancelled, err error) {
	for lines := range slices.Chunk(p.Lines, wishesAtOnce) {
		if soft.Err() != nil {
			break
		}
		if err := a.ledger.WishCancelled(ctx, p.Batch, lines, said); err != nil {
			return c, err
		}
	}
	ending, reason, err := a.bring(ctx, soft, func(ctx context.Context) (int, error) {
		return a.unanswered(ctx, p.Batch, func(w mailout.Wish) bool { return !w.Duplicate && isIn(p.Lines, w.Line) })
	})
	if err != nil {
		return c, err
	}
	c, err = a.cancelled(context.WithoutCancel(ctx), p)
	c.Ending, c.Reason = ending, reason
	return c, err
}

// isIn looks for a line among sorted ones.
func isIn(lines []int, line int) bool {
	_, found := slices.BinarySearch(lines, line)
	return found
}

// CancelJob does the same for one job by the portal's id of it, a proven duplicate above
// all.
func (a *App) CancelJob(ctx, soft context.Context, job mailout.JobID, said string) (c Cancelled, err error) {
	w, err := a.ledger.WishJobCancelled(ctx, job, said)
	if errors.Is(err, ledger.ErrNoJob) {
		return c, usage("`batch status` shows the alarms with their jobs; a job of another application is cancelled there", "job %d is none of this workspace", job)
	}
	if err != nil {
		return c, err
	}
	same := func(other mailout.Wish) bool { return other.Job == job }
	c.Ending, c.Reason, err = a.bring(ctx, soft, func(ctx context.Context) (int, error) { return a.unanswered(ctx, w.Batch, same) })
	if err != nil {
		return c, err
	}
	wishes, err := a.ledger.Wishes(context.WithoutCancel(ctx), w.Batch)
	if n := slices.IndexFunc(wishes, same); n >= 0 {
		w = wishes[n]
	}
	if w.Key != "" { // else the row is one that the ledger has lost
		c.Batch = w.Batch
	}
	c.count(w)
	return c, err
}

// cancelled counts what became of the rows of a plan.
func (a *App) cancelled(ctx context.Context, p CancelPlan) (c Cancelled, err error) {
	c.Batch = p.Batch
	wishes, err := a.ledger.Wishes(ctx, p.Batch)
	if err != nil {
		return c, err
	}
	of := map[int]mailout.Wish{}
	for _, w := range wishes {
		if !w.Duplicate {
			of[w.Line] = w
		}
	}
	for r, err := range a.Records(ctx, p.Batch) {
		if err != nil {
			return c, err
		}
		if !isIn(p.Lines, r.Line) {
			continue
		}
		w := of[r.Line]
		if w.State = r.State; w.State == mailout.Unknown {
			c.Unknown = append(c.Unknown, r)
		}
		w.Job = r.JobID
		c.count(w)
	}
	return c, nil
}

func (c *Cancelled) count(w mailout.Wish) {
	switch {
	case w.State == mailout.Cancelled && !w.Duplicate && w.Job == 0:
		c.Withdrawn++
	case w.State == mailout.Cancelled && !w.Duplicate, w.Answer == mailout.AnswerGranted:
		c.Cancelled++
	case w.Answer != "", w.State.Final() && !w.Duplicate:
		c.TooLate++
	case w.State == mailout.Sending:
		c.Sending++
	case w.State == mailout.Unknown && !w.Duplicate: // listed
	default:
		c.Unanswered++
	}
}
