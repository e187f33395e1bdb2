package app

import (
	"context"
	"time"

	"batch/internal/mailout"
)

// caution is something about the times of a batch that a person is to know before rows of it
// are sent: a yes goes on, anything else sends nothing. The zero caution is none.
type caution struct {
	what     string // what was found, as a sentence without its end
	question string // what a person is asked then
	remedy   string // what else to do
	unless   string // when yes is the right answer, for who cannot be asked
}

// heed asks about one after the other.
func (a *App) heed(all ...caution) error {
	for _, c := range all {
		if c.what == "" || a.ask("Note: "+c.what+". "+c.question) {
			continue
		}
		return usage(c.remedy+"; or, "+c.unless+", answer yes (--yes where there is no terminal)", "%s; nothing was sent", c.what)
	}
	return nil
}

// outset is what was found, and agreed to, before a batch is sent.
type outset struct {
	held  held
	start time.Time // from when on rows would have counted, if sent then
	left  int       // rows to send
}

// consider looks at the times of a batch before it is sent: whether it is held and can be,
// whether rows are late, and whether our certificate outlives it.
func (a *App) consider(ctx context.Context, b mailout.BatchInfo, canary int, expires time.Time) (o outset, err error) {
	h, passed, err := a.holdNow(b, canary)
	if err != nil {
		return o, err
	}
	o = outset{held: h, start: later(a.now(), h.until), left: b.Totals[mailout.Planned]}
	late, err := a.late(ctx, b, o.start)
	if err != nil {
		return o, err
	}
	return o, a.heed(passed, late, a.outlives(b, o.start, expires))
}
