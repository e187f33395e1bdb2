package app

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/pace"
)

// What is waited for is told in words that a case worker knows; scripts get the two reasons
// of commands.md, whatever the words.
func TestProgressSaysWhatIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for why, want := range map[pace.Reason]struct{ words, why string }{
			pace.Block: {" · waiting until 00:00:31: the portal asked us to slow down", "block"},
			pace.Lost:  {" · waiting until 00:00:31: calls of the last run may still be on their way", "block"},
			pace.Poll:  {" · next poll allowed 00:00:31", "poll"},
			"":         {"", ""},
		} {
			p := Progress{Doing: "sending", Done: 3, Total: 6}
			p.waits(time.Now().UTC().Add(31*time.Second), why)
			if got := p.Line(0); got != "sending 3 of 6"+want.words {
				t.Errorf("%q: %s", why, got)
			}
			if p.Why != want.why {
				t.Errorf("%q: a script is told %q", why, p.Why)
			}
		}
	})
}

// A line that is too long for the terminal loses the states, not what is waited for.
func TestProgressFitsTheTerminal(t *testing.T) {
	p := Progress{Doing: "following", Done: 179, Total: 200, States: mailout.Totals{mailout.Created: 21, mailout.Signed: 133, mailout.Rejected: 23}}
	p.waits(time.Date(2100, 1, 1, 12, 0, 0, 0, time.UTC), pace.Poll)
	const short = "following 179 of 200 · next poll allowed 12:00:00"
	const long = "following 179 of 200 · created 21 · signed 133 · rejected 23 · next poll allowed 12:00:00"
	for columns, want := range map[int]string{0: long, 200: long, 80: short} {
		if got := p.Line(columns); got != want {
			t.Errorf("%d columns: %s", columns, got)
		}
	}
}

// Where the first call has to wait it is told at once, and not half a minute later.
func TestAWaitBeforeTheFirstCallIsToldAtOnce(t *testing.T) {
	var lines []string
	options := Options{Progress: func(p Progress) { lines = append(lines, p.Line(0)) }, Every: time.Hour}
	s := newTemplate(t).simulate(t)
	s.look(options, func(a *App) {
		why := pace.Lost
		wait := func() (time.Time, pace.Reason) { return time.Now().Add(31 * time.Second), why }
		stop := a.watch(t.Context(), s.batch, false, wait)
		if len(lines) != 1 || !strings.Contains(lines[0], "sending 0 of 6 · waiting until ") {
			t.Errorf("told %q", lines)
		}
		why = ""
		stop()
		lines = nil
		stop = a.watch(t.Context(), s.batch, false, wait)
		if len(lines) != 0 {
			t.Errorf("nothing is waited for, and it is told %q", lines)
		}
		stop()
	})
}
