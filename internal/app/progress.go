package app

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"batch/internal/mailout"
	"batch/internal/pace"
	"batch/internal/workspace"
)

// Progress is how far a flow has come. Its JSON form is a "progress" line; what is waited
// for is a line of its own.
type Progress struct {
	Doing  string         `json:"doing"` // "planning", "sending", "following", "cancelling"
	Done   int            `json:"done"`
	Total  int            `json:"total,omitempty"` // 0: not known yet
	States mailout.Totals `json:"states,omitempty"`
	Until  time.Time      `json:"-"` // waiting until then …
	Why    string         `json:"-"` // … for "poll", "block", "hold", "confirmation" or "speaker", and
	Wait   string         `json:"-"` // … in words
	Left   time.Duration  `json:"-"` // estimate; 0: none
}

// Line is the progress line a person sees, in at most so many columns; 0: any number. Where
// it would be longer the states go, for what is waited for counts more.
func (p Progress) Line(columns int) string {
	head := fmt.Sprintf("%s %d rows", p.Doing, p.Done)
	if p.Total > 0 {
		head = fmt.Sprintf("%s %d of %d", p.Doing, p.Done, p.Total)
	}
	var states, tail string
	for _, s := range mailout.States {
		if n := p.States[s]; n > 0 && s != mailout.Planned && s != mailout.Skipped {
			states += fmt.Sprintf(" · %s %d", s, n)
		}
	}
	if p.Left > 0 {
		tail = fmt.Sprintf(" · %s left", p.Left.Round(time.Second))
	}
	if p.Wait != "" && time.Until(p.Until) > 2*time.Second {
		tail += " · " + p.Wait
	}
	if columns > 0 && utf8.RuneCountInString(head+states+tail) > columns {
		states = ""
	}
	return head + states + tail
}

// waits says what is waited for. JSON lines know two reasons: while rows can be sent all the
// same, and while no call can be made.
func (p *Progress) waits(until time.Time, why pace.Reason) {
	p.Until, p.Why, p.Wait = until, string(why), waiting(until, why)
	if why == pace.Lost {
		p.Why = string(pace.Block)
	}
}

// waitsForConfirmations says that all rows are over and following is not: of some jobs nobody
// knows whether the portal has heard that their documents are safe.
func (p *Progress) waitsForConfirmations(n int, until time.Time) {
	p.Until, p.Why = until, "confirmation"
	p.Wait = fmt.Sprintf("waiting until %s at the latest: confirmations that may not have arrived: %d", until.Format("15:04:05"), n)
}

// leaves says that another process has been asked, through the ledger.
func (p *Progress) leaves(with *workspace.Held, until time.Time) {
	p.Until, p.Why = until, "speaker"
	p.Wait = fmt.Sprintf("waiting until %s at the latest: process %d talks to the portal, and has been asked to", until.Format("15:04:05"), with.PID)
}

// waiting puts a wait of the pace into words; empty where there is none.
func waiting(until time.Time, why pace.Reason) string {
	at := until.Format("15:04:05")
	switch why {
	case pace.Block:
		return "waiting until " + at + ": the portal asked us to slow down"
	case pace.Lost:
		return "waiting until " + at + ": calls of the last run may still be on their way"
	case pace.Poll:
		return "next poll allowed " + at
	}
	return ""
}

// watch reports how far a batch is at every tick, until the returned stop is called,
// which reports once more; and at once, where the first call has to wait.
func (a *App) watch(ctx context.Context, id mailout.BatchID, follow bool, wait func() (time.Time, pace.Reason)) (stop func()) {
	began, first := a.now(), -1
	speaks, log := began, &journal{log: a.o.Log}
	if all, err := a.ledger.Alarms(ctx); err == nil {
		log.known(all)
	}
	report := func(ctx context.Context) {
		totals, err := a.totals(ctx, id)
		if err != nil {
			return // the flow itself meets the same error and tells it
		}
		p := progressOf(totals, follow)
		until, why := wait()
		p.waits(until.In(a.Zone()), why)
		if p.Doing == "following" && totals[mailout.Created] == 0 && p.Why != string(pace.Block) {
			a.awaitConfirmations(ctx, id, speaks, &p)
		}
		log.waits(p, a.now())
		if all, err := a.ledger.Alarms(ctx); err == nil {
			log.alarms(all)
		}
		if first < 0 || why == pace.Lost { // nothing is sent yet
			began, first = a.now(), p.Done
		}
		if rate := float64(p.Done-first) / a.now().Sub(began).Seconds(); rate > 0 && p.Doing == "sending" {
			p.Left = time.Duration(float64(p.Total-p.Done) / rate * float64(time.Second))
		}
		a.o.Progress(p)
	}
	if _, why := wait(); a.o.Progress != nil && (why != "" || a.unconfirmed(ctx, id)) {
		report(ctx)
	}
	return a.ticking(ctx, report)
}

// unconfirmed reports whether there are confirmations that nobody knows to have arrived.
func (a *App) unconfirmed(ctx context.Context, id mailout.BatchID) bool {
	n, _, _, err := a.ledger.Unconfirmed(ctx, id)
	return err == nil && n > 0
}

// inHand is how long a change may be on its way from its poll to its confirmation.
const inHand = time.Minute

// awaitConfirmations says that they are waited for: of changes that an earlier process took,
// or that this one is through with.
func (a *App) awaitConfirmations(ctx context.Context, id mailout.BatchID, speaks time.Time, p *Progress) {
	n, last, until, err := a.ledger.Unconfirmed(ctx, id)
	if err == nil && n > 0 && (last.Before(speaks) || a.now().Sub(last) > inHand) {
		p.waitsForConfirmations(n, until.In(a.Zone()))
	}
}

// ticking reports at every tick, until the returned stop is called, which reports once
// more. Where nobody is told of progress it does nothing.
func (a *App) ticking(ctx context.Context, report func(context.Context)) (stop func()) {
	if a.o.Progress == nil {
		return func() {}
	}
	ctx = context.WithoutCancel(ctx)
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(a.o.Every)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				report(ctx)
			}
		}
	}()
	return func() {
		close(over)
		<-ended
		report(ctx)
	}
}

// totals are those of one batch, or with no id of all that were approved.
func (a *App) totals(ctx context.Context, id mailout.BatchID) (mailout.Totals, error) {
	if id != "" {
		b, err := a.ledger.Batch(ctx, id)
		return b.Totals, err
	}
	all, err := a.ledger.Batches(ctx)
	sum := mailout.Totals{}
	for _, b := range all {
		if b.ApprovedAt.IsZero() {
			continue
		}
		sum.Add(b.Totals)
	}
	return sum, err
}

// progressOf counts what is behind: as long as rows are left to send, or where nothing
// is followed, those that have been sent; else those that are over.
func progressOf(t mailout.Totals, follow bool) Progress {
	p := Progress{Doing: "sending", Total: t.Sum() - t[mailout.Skipped], States: t}
	if left := t[mailout.Planned] + t[mailout.Sending]; left > 0 || !follow {
		p.Done = p.Total - left
	} else {
		p.Doing, p.Done = "following", t.Final()-t[mailout.Skipped]
	}
	return p
}
