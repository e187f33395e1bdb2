package app

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/pace"
)

// What is waited for is told in words that a case worker knows; scripts get the two reasons
// of commands.md, whatever the words.
func TestProgressSaysWhatIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for why, want := range map[pace.Reason]struct{ words, why string }{
			pace.Block: {" · waiting until 00:00:31: the portal asked us to slow down", "block"},
			pace.Lost:  {" · waiting until 00:00:31: calls of the last run may still be on their way", "block"},
			pace.Poll:  {" · the portal is asked for news again at 00:00:31", "poll"},
			"":         {"", ""},
		} {
			p := Progress{Doing: "sending", Done: 3, Total: 6}
			p.waits(time.Now().UTC().Add(31*time.Second), why)
			if got := p.String(); got != "sending 3 of 6"+want.words {
				t.Errorf("%q: %s", why, got)
			}
			line, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			var read struct{ Why string }
			if err := json.Unmarshal(line, &read); err != nil || read.Why != want.why || strings.Contains(string(line), "waiting") {
				t.Errorf("%q: %s, %v", why, line, err)
			}
		}
	})
}

// Where the first call has to wait it is told at once, and not half a minute later.
func TestAWaitBeforeTheFirstCallIsToldAtOnce(t *testing.T) {
	var lines []string
	options := Options{Progress: func(p Progress) { lines = append(lines, p.String()) }, Every: time.Hour}
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
