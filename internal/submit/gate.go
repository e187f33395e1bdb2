package submit

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"batch/internal/mailout"
)

// gate counts outcomes and decides when no further row may begin. The first reason to
// shut it stays.
type gate struct {
	rules Rules

	mu        sync.Mutex
	end       Ending // EndDone: not shut
	reason    string
	begun     int // rows let in, those on their way included
	answered  int // accepted, refused or unknown
	refused   int
	unknown   int
	refusals  int       // in a row
	losses    int       // lost answers in a row
	failures  int       // calls in a row that did not reach the portal
	blocked   time.Time // since when the portal has answered with 429 alone; zero: it has not
	disturbed bool
}

// CanaryOut begins the reason of a batch that its canary has stopped; the books of earlier
// versions say it so, too.
const CanaryOut = "the canary is out"

// newGate may be shut at once, by what earlier runs have used up.
func newGate(r Rules) *gate {
	g := &gate{rules: r, end: EndDone}
	g.judge(mailout.Outcome{})
	return g
}

// isShut reports whether the gate is shut for this run.
func (g *gate) isShut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.end != EndDone
}

// enter lets one row begin, unless the canary's number is on its way already.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.end != EndDone || (g.rules.Canary > 0 && g.rules.Out+g.begun >= g.rules.Canary) {
		return false
	}
	g.begun++
	return true
}

// leave takes back an enter whose row was not sent after all.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.begun--
}

// count takes an outcome in. wait is true when the caller must see whether the portal is
// still there before any other row begins.
func (g *gate) count(o mailout.Outcome) (wait bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch o.Kind {
	case mailout.OutcomeAccepted:
		g.answered++
		g.refusals, g.losses, g.failures = 0, 0, 0
	case mailout.OutcomeRefused:
		g.answered++
		g.refused++
		g.refusals++
		g.losses, g.failures = 0, 0
	case mailout.OutcomeUnknown:
		g.answered++
		g.unknown++
		g.losses++
	case mailout.OutcomeNotSent:
		g.begun--
		if o.Status == 0 {
			g.failures++
		}
	}
	switch {
	case o.Kind != mailout.OutcomeNotSent || o.Status != http.StatusTooManyRequests:
		g.blocked = time.Time{}
	case g.blocked.IsZero():
		g.blocked = time.Now()
	}
	g.judge(o)
	g.disturbed = g.end == EndDone && (g.failures > 0 || (g.rules.UnknownInARow > 0 && g.losses >= g.rules.UnknownInARow))
	return g.disturbed
}

// judge applies the stop rules after an outcome.
func (g *gate) judge(o mailout.Outcome) {
	r := g.rules
	switch {
	case o.Fatal && o.Ours:
		g.shutLocked(EndOurs, o.Message)
	case o.Fatal:
		g.shutLocked(EndFatal, o.Message)
	case !g.blocked.IsZero() && time.Since(g.blocked) > away:
		g.shutLocked(EndAway, "the portal has taken no call for ten minutes, it blocks them: "+o.Message)
	case r.UnknownTotal > 0 && r.Lost+g.unknown >= r.UnknownTotal:
		g.shutLocked(EndRule, fmt.Sprintf("%d answers were lost", r.Lost+g.unknown))
	case r.RefusedInARow > 0 && g.refusals >= r.RefusedInARow:
		g.shutLocked(EndRule, fmt.Sprintf("%d rows in a row were refused", g.refusals))
	case r.RefusedShare > 0 && g.answered >= shareFrom && float64(g.refused) > r.RefusedShare*float64(g.answered):
		g.shutLocked(EndRule, fmt.Sprintf("%d of %d rows were refused", g.refused, g.answered))
	case r.Canary > 0 && r.Out+g.answered >= r.Canary:
		g.shutLocked(EndCanary, fmt.Sprintf("%s: rows sent so far: %d", CanaryOut, r.Out+g.answered))
	}
}

func (g *gate) shut(e Ending, reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shutLocked(e, reason)
}

func (g *gate) shutLocked(e Ending, reason string) {
	if g.end == EndDone {
		g.end, g.reason = e, reason
	}
}

// calm reports whether nothing is to be waited for.
func (g *gate) calm() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.disturbed
}

// reset opens the gate again: the portal answered.
func (g *gate) reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.losses, g.failures, g.disturbed = 0, 0, false
}

func (g *gate) result() Result {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Result{Ending: g.end, Reason: g.reason, Sent: g.answered}
}
