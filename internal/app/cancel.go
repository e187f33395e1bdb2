package app

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// CancelPlan is what cancelling would do now, for a person to see before it is done.
type CancelPlan struct {
	Batch  mailout.BatchID
	Lines  []int // of the rows that are not over, in order
	Totals mailout.Totals
	Asked  int       // created rows that the portal has answered about: cancelled, as it said, or over; it is asked again
	People int       // signers of the other jobs that the portal has, is being given, or may have: so many may be told
	Held   int       // … and of those jobs, the ones that are held: nobody was told of them
	Until  time.Time // until when the last of these is
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
	wishes, err := a.wishes(ctx, id)
	if err != nil {
		return p, err
	}
	records := a.Records(ctx, id)
	if len(rows) > 0 {
		lines, err := a.lines(ctx, id, rows)
		if err != nil {
			return p, err
		}
		records = a.recordsAt(ctx, id, lines)
	}
	for r, err := range records {
		if err != nil {
			return p, err
		}
		p.add(r, wishes[r.Line], a.now())
	}
	return p, nil
}

// lines finds the rows that are named, each once, in order.
func (a *App) lines(ctx context.Context, id mailout.BatchID, rows []string) (lines []int, err error) {
	for _, row := range rows {
		line, err := a.ledger.Line(ctx, id, row)
		if errors.Is(err, ledger.ErrNoRow) {
			return nil, usage("give the owner's key of the row, or line:14; nothing was cancelled", "batch %s has no row %q", id, row)
		}
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return slices.Compact(lines), nil
}

// recordsAt is Records for a few rows.
func (a *App) recordsAt(ctx context.Context, id mailout.BatchID, lines []int) iter.Seq2[mailout.Record, error] {
	spoken := a.ws.Spoken()
	return func(yield func(mailout.Record, error) bool) {
		for _, line := range lines {
			r, err := a.ledger.Record(ctx, id, line)
			if !yield(seenRow(r, spoken), err) || err != nil {
				return
			}
		}
	}
}

// wishes are those of a batch's rows, without duplicates, by line.
func (a *App) wishes(ctx context.Context, id mailout.BatchID) (map[int]mailout.Wish, error) {
	all, err := a.ledger.Wishes(ctx, id)
	of := map[int]mailout.Wish{}
	for _, w := range all {
		if !w.Duplicate {
			of[w.Line] = w
		}
	}
	return of, err
}

func (p *CancelPlan) add(r mailout.Record, w mailout.Wish, now time.Time) {
	p.Totals[r.State]++
	if !r.State.Final() {
		p.Lines = append(p.Lines, r.Line)
	}
	switch {
	case r.State == mailout.Created && w.Answer != "" && w.Answer != mailout.AnswerRefused:
		p.Asked++
	case (r.State == mailout.Created || r.State == mailout.Sending) && r.Job.Held(r.HeldUntil).Activation.After(now) && !r.HeldUntil.IsZero():
		p.Held++
		p.Until = later(p.Until, r.HeldUntil)
	case r.State == mailout.Created || r.State == mailout.Sending || r.State == mailout.Unknown:
		p.People += len(r.Job.Signers)
	}
}

// Cancelled is what became of a wish to cancel. What became of the jobs is told by their
// status changes.
type Cancelled struct {
	Ending     Ending
	Reason     string
	Batch      mailout.BatchID // empty: of a job whose row the ledger does not know
	Before     mailout.State   // of a single job whose row was over before: nothing was asked; else empty
	People     int             // signers of the jobs that the portal was to cancel: so many may be told
	Withdrawn  int             // rows that had not been sent
	Cancelled  int             // the portal said yes, or the status change did
	TooLate    int             // the job is over, as the portal said or its status change
	Over       int             // … and perhaps by a call of ours that was made before
	Unanswered int             // the portal was asked, or is to be, and has not answered
	Sending    int             // being sent: cancelled as soon as there is a job
	NotReached int             // stopped before: nothing is wished of them, and what is planned of them can be sent
	Refused    []mailout.Wish  // for good, with the code: the jobs go on
	Unknown    []mailout.Record
}

// wishesAtOnce is how many rows one transaction takes: whoever sends waits no longer.
const wishesAtOnce = 500

// Cancel writes down what is to be cancelled, withdraws what was not sent, and has the
// portal asked about the rest. said tells who wishes it and why. Stopped and started again
// it goes on: rows that it did not reach are as they were.
func (a *App) Cancel(ctx, soft context.Context, p CancelPlan, said string) (c Cancelled, err error) {
	if err := a.takeUp(ctx); err != nil {
		return c, err
	}
	all := len(p.Lines)
	if p.Lines, err = a.wish(ctx, soft, p, said); err != nil {
		return c, err
	}
	ending, reason, err := a.bring(ctx, soft, func(ctx context.Context) (int, error) {
		return a.unanswered(ctx, p.Batch, func(w mailout.Wish) bool { return !w.Duplicate && isIn(p.Lines, w.Line) })
	})
	if err != nil {
		return c, err
	}
	c, err = a.cancelled(context.WithoutCancel(ctx), p)
	c.Ending, c.Reason, c.People = ending, reason, p.People
	if c.NotReached = all - len(p.Lines); c.NotReached > 0 {
		c.Ending, c.Reason = EndInterrupted, stoppedOnRequest
	}
	return c, err
}

// wish writes the wish of row after row, until a person asks to stop. reached are the rows
// that have it: what is begun of them is written to its end, so that this is no guess.
func (a *App) wish(ctx, soft context.Context, p CancelPlan, said string) (reached []int, err error) {
	for lines := range slices.Chunk(p.Lines, wishesAtOnce) {
		if soft.Err() != nil {
			break
		}
		if err := a.ledger.WishCancelled(context.WithoutCancel(ctx), p.Batch, lines, said); err != nil {
			return nil, err
		}
		reached = append(reached, lines...)
	}
	return reached, nil
}

// isIn looks for a line among sorted ones.
func isIn(lines []int, line int) bool {
	_, found := slices.BinarySearch(lines, line)
	return found
}

// CancelJob cancels one job by the portal's id of it, a proven duplicate above all. Of a row
// that is over there is nothing to ask.
func (a *App) CancelJob(ctx, soft context.Context, job mailout.JobID, said string) (c Cancelled, err error) {
	if err := a.takeUp(ctx); err != nil {
		return c, err
	}
	w, err := a.ledger.WishJobCancelled(ctx, job, said)
	if errors.Is(err, ledger.ErrNoJob) {
		return c, usage("`batch status` shows the alarms with their jobs; a job of another application is cancelled there", "job %d is none of this workspace", job)
	}
	if err != nil {
		return c, err
	}
	if w.Key != "" { // else the row is one that the ledger has lost
		c.Batch = w.Batch
	}
	if w.State.Final() && !w.Duplicate {
		c.Ending, c.Before = EndDone, w.State
		return c, nil
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
	c.count(w)
	return c, err
}

// cancelled counts what became of the rows of a plan.
func (a *App) cancelled(ctx context.Context, p CancelPlan) (c Cancelled, err error) {
	c.Batch = p.Batch
	wishes, err := a.wishes(ctx, p.Batch)
	if err != nil {
		return c, err
	}
	records := a.recordsAt(ctx, p.Batch, p.Lines)
	if len(p.Lines) > wishesAtOnce {
		records = a.Records(ctx, p.Batch)
	}
	for r, err := range records {
		if err != nil {
			return c, err
		}
		if !isIn(p.Lines, r.Line) {
			continue
		}
		w := wishes[r.Line]
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
	case w.State == mailout.Cancelled && !w.Duplicate:
		c.Cancelled++
	case w.State.Final() && !w.Duplicate: // the status change has come, and tells more than any answer
		c.TooLate++
	case w.Answer == mailout.AnswerGranted:
		c.Cancelled++
	case w.Echo():
		c.Over++
	case w.Answer == mailout.AnswerDeclined, w.Answer == mailout.AnswerGone:
		c.TooLate++
	case w.Answer == mailout.AnswerRefused:
		c.Refused = append(c.Refused, w)
	case w.State == mailout.Sending:
		c.Sending++
	case w.State == mailout.Unknown && !w.Duplicate: // listed
	default:
		c.Unanswered++
	}
}
