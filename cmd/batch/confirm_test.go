package main

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

// A process that is killed while it confirms the last job leaves a confirmation of which nobody
// knows whether it arrived. All rows are over, and the next process still has something to wait
// for: it says what, and until when, and can be stopped.
func TestWaitingForAConfirmationIsSaid(t *testing.T) {
	t.Parallel()
	m := newMailout(t, 1, "--sign-after", "0s")
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "confirm", "nth": 1}, "do": "slow-after:1h"}]`)
	p := m.start(t, "run", m.manifest, "--yes", "--follow")
	must(t, awaitTrue("a signed row", func() bool { return m.begun() && len(m.rowsIn(t, mailout.Signed)) == 1 }))
	must(t, awaitTrue("a confirmation under way", func() bool {
		return strings.Contains(string(m.batch(t, exitOK, "why", "latest", "r001", "--json")), `"complete"`)
	}))
	must(t, p.cmd.Process.Kill())
	<-p.ended

	p = m.start(t, "follow", "latest", "--json")
	until := p.waitsUntil(t, "confirmation")
	if left := time.Until(until); left > 12*time.Minute || left < 0 {
		t.Errorf("it waits for %v", left)
	}
	p.signal(t, os.Interrupt)
	p.ends(t, exitStopped)

	p = m.start(t, "follow", "latest")
	p.says(t, "at the latest: confirmations that may not have arrived: 1")
	p.signal(t, os.Interrupt)
	p.ends(t, exitStopped)
	m.compare(t)
	m.allSigned(t, 1)
}
