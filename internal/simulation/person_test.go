package simulation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"batch/internal/app"
	"batch/internal/mailout"
	"batch/internal/sandbox"
)

const (
	troubled = 12 // processes after which nothing goes wrong any more
	patience = 40 // … and after which the batch must be over
)

// play is the whole story: a person begins, and goes on after every end and death until the
// batch is over.
func (w *world) play() {
	w.t.Helper()
	for turn := 1; !w.t.Failed(); turn++ {
		if turn == troubled {
			w.mu.Lock()
			w.calm = true
			w.mu.Unlock()
		}
		if turn == patience {
			w.t.Errorf("the batch is not over after %d processes", turn)
			return
		}
		lived := w.goOn(turn)
		books := w.check()
		switch {
		case w.unheard():
			return
		case len(books.unknown) > 0 && (lived || w.dice("at once", turn).IntN(2) == 0):
			time.Sleep(31 * time.Minute) // until a row may be declared absent
			w.resolve(turn, books.unknown, lived)
			w.check()
		case books.State == mailout.Done && books.Unconfirmed == 0 && books.Uncancelled == 0 && !w.left():
			w.over()
			return
		case books.State == mailout.Done && w.left():
			time.Sleep(11 * time.Minute) // what was handed out comes again
			w.followOnce()
		default:
			time.Sleep(time.Duration(w.dice("pause", turn).IntN(int(13 * time.Minute))))
		}
	}
}

// left reports whether the portal still has a job of ours: a second one, of a batch that is
// done.
func (w *world) left() bool {
	return slices.ContainsFunc(w.portal.Jobs(""), func(j sandbox.JobView) bool { return !j.Gone && !j.Foreign })
}

// followOnce is `batch follow --once`, as a scheduled job runs it.
func (w *world) followOnce() {
	w.t.Helper()
	_, err := w.live(nil, "follow --once", func(ctx context.Context, _ *life, a *app.App) error {
		soft, stop := context.WithTimeout(ctx, time.Hour)
		defer stop()
		_, err := a.Follow(ctx, app.FollowOptions{Once: true, Soft: soft})
		return err
	})
	if err != nil && !w.explained(err) {
		w.t.Errorf("following: %v", err)
	}
}

// deathIn is when the process of a turn dies; nil: it lives.
func (w *world) deathIn(turn int) *death {
	if w.doom != nil && turn == 1 {
		return w.doom
	}
	if turn > w.nature.Deaths {
		return nil
	}
	r := w.dice("death", turn)
	kind := pick(r, "", sandbox.CallRoot, sandbox.CallCreate, sandbox.CallCreate, sandbox.CallPoll, sandbox.CallPAdES, sandbox.CallConfirm, sandbox.CallCancel)
	if w.nature.Late {
		kind = pick(r, sandbox.CallCreate, sandbox.CallCreate, sandbox.CallPoll, sandbox.CallPAdES, sandbox.CallConfirm, sandbox.CallCancel)
	}
	steps := r.IntN(pick(r, 3, 30, 150))
	if kind == "" {
		steps = r.IntN(400)
	}
	return &death{kind: kind, nth: 1 + r.IntN(pick(r, 2, 6)), steps: steps, power: r.IntN(2) == 0, all: r.IntN(2) == 0}
}

// goOn sends and follows, as `batch run --follow` and `batch resume --follow` do.
func (w *world) goOn(turn int) (lived bool) {
	w.t.Helper()
	what, do := "resume --follow", w.send
	if w.nature.Cron && turn%2 == 0 && turn < troubled {
		what, do = "follow", w.follow
	}
	lived, err := w.live(w.deathIn(turn), what, func(ctx context.Context, l *life, a *app.App) error {
		soft, stop := context.WithTimeout(ctx, 3*time.Hour)
		defer stop()
		if r := w.dice("stop", turn); r.Float64() < w.nature.Stops && turn < troubled {
			time.AfterFunc(time.Duration(r.IntN(int(5*time.Minute))), stop)
		}
		if !w.nature.Patient {
			go w.stopWhenQuiet(soft, stop)
		}
		cancelled := make(chan error, 1)
		go func() { cancelled <- w.cancelBeside(soft, l, turn) }()
		sent, err := do(ctx, soft, a, turn)
		w.ending = sent.Ending
		w.note("process %d: %s %s %v", l.n, sent.Ending, sent.Reason, sent.Books.Totals)
		stop()
		if failed := <-cancelled; failed != nil && !l.dead() {
			w.t.Errorf("cancelling: %v", failed)
		}
		return err
	})
	if lived && err != nil && !w.explained(err) {
		w.t.Errorf("process %d ended with %v: %v", w.lives, app.Explain(err).Kind, err)
	}
	return lived
}

// send is `batch resume`, which follows too, but where scheduled jobs do that.
func (w *world) send(ctx, soft context.Context, a *app.App, turn int) (sent app.Sent, err error) {
	books, err := a.Books(ctx, w.plan.batch)
	if err != nil {
		return sent, err
	}
	o := app.SendOptions{Batch: w.plan.batch, ApprovedBy: "--yes", Seen: books.LastSaid, Follow: !w.nature.Cron || turn >= troubled, Soft: soft}
	if turn < troubled {
		o.Canary = w.nature.Canary
	}
	return a.Send(ctx, o)
}

// follow is `batch follow`, for so long, or until the queues are empty.
func (w *world) follow(ctx, soft context.Context, a *app.App, turn int) (app.Sent, error) {
	r := w.dice("follow", turn)
	soft, end := context.WithTimeout(soft, time.Duration(1+r.IntN(20))*time.Minute)
	defer end()
	return a.Follow(ctx, app.FollowOptions{Batch: pick(r, "", w.plan.batch), Once: r.IntN(2) == 0, Soft: soft})
}

// stopWhenQuiet is a person who comes again later where nothing is going on.
func (w *world) stopWhenQuiet(soft context.Context, stop func()) {
	began := time.Now()
	for sleep(soft, 20*time.Second) == nil {
		if min(w.quiet(), time.Since(began)) > 45*time.Second {
			stop()
		}
	}
}

// explained: the portal, or what is between, did what a person can only try again after.
func (w *world) explained(err error) bool {
	return !w.isCalm() && (w.nature.Faults > 0 || w.planted != nil) && slices.Contains(excused, app.Explain(err).Kind)
}

// cancelBeside is `batch cancel` in another process, while this one speaks: it comes once, at
// a moment of the seed's.
func (w *world) cancelBeside(soft context.Context, l *life, turn int) error {
	r := w.dice("cancel")
	if w.nature.Cancels == 0 || turn != w.nature.CancelTurn || sleep(soft, w.nature.CancelAfter) != nil {
		return nil
	}
	var rows []string
	for line := firstLine; line < firstLine+w.plan.rows; line++ {
		if r.Float64() < w.nature.Cancels {
			rows = append(rows, fmt.Sprintf("line:%d", line))
			w.mu.Lock()
			w.wished[line] = true
			w.mu.Unlock()
		}
	}
	if len(rows) == 0 {
		return nil
	}
	a, err := l.open(soft)
	if err != nil {
		return err
	}
	defer a.Close()
	plan, err := a.PlanCancel(soft, w.plan.batch, rows)
	if err != nil {
		return w.tooEarly(err)
	}
	c, err := a.Cancel(soft, soft, plan, "by a person of the simulation")
	w.note("process %d: cancelling %v beside it: %+v, %v", l.n, rows, c, err)
	if soft.Err() != nil {
		return nil
	}
	return err
}

// tooEarly: nothing was approved yet, so nothing can be cancelled.
func (w *world) tooEarly(err error) error {
	if app.Explain(err).Kind == app.KindUsage {
		return nil
	}
	return err
}

// resolve is a person who has searched the sender portal for the unknown rows; or, in a hurry,
// has not, and says "absent".
func (w *world) resolve(turn int, unknown []mailout.Record, lived bool) {
	w.t.Helper()
	_, err := w.live(nil, "resolve", func(ctx context.Context, _ *life, a *app.App) error {
		for _, r := range unknown {
			found, wrong := w.search(r, w.dice("search", r.Line, turn))
			err := a.Resolve(ctx, w.plan.batch, fmt.Sprintf("line:%d", r.Line), found)
			w.note("line %d is said to be %s: %v", r.Line, found.Verdict, err)
			switch {
			case err == nil && wrong:
				w.mu.Lock()
				w.hasty[r.Ref] = true
				w.mu.Unlock()
			case err != nil && !lived && found.Verdict == mailout.VerdictAbsent && app.Explain(err).Kind == app.KindUsage:
				// Nobody knows when the dead process sent its last byte: half an hour begins now.
			case err != nil && !wrong:
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Errorf("resolving: %v", err)
	}
}

// search is what a person says of a row; wrong where it has a job and is said not to.
func (w *world) search(r mailout.Record, dice *rand.Rand) (f mailout.Finding, wrong bool) {
	f = mailout.Finding{Verdict: mailout.VerdictAbsent, Ref: r.Ref, By: "a person of the simulation"}
	jobs := w.portal.Jobs(string(r.Ref))
	switch {
	case len(jobs) == 0:
	case dice.Float64() < w.nature.Hasty:
		return f, true
	default:
		f.Verdict = mailout.VerdictPresent
		if dice.IntN(2) == 0 {
			f.Job = mailout.JobID(jobs[0].ID)
		}
	}
	return f, false
}
