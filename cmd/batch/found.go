package main

import (
	"strings"
	"time"

	"batch/internal/mailout"
)

// foundLine says in one line what a start took up that an earlier run had left.
func foundLine(r mailout.Recovered) string {
	var parts []string
	if r.Unknown > 0 {
		parts = append(parts, count(r.Unknown, "row")+are(r.Unknown)+"unknown now")
	}
	if r.NotSent > 0 {
		parts = append(parts, count(r.NotSent, "row")+are(r.NotSent)+"proved not sent and planned again")
	}
	return "an earlier run ended while sending: " + strings.Join(parts, ", ")
}

func are(n int) string {
	if n == 1 {
		return " is "
	}
	return " are "
}

// checking tells why a start after a crash takes its time.
func (u *ui) checking() {
	u.note("an earlier run did not come to its end: looking through the ledger first, which takes a minute or two where it has a million rows")
}

// found tells it: a first start after a crash is like any other.
func (u *ui) found(r mailout.Recovered) {
	u.object(struct {
		Type    string `json:"type"`
		Unknown int    `json:"unknown"`
		NotSent int    `json:"not_sent"`
	}{"found", r.Unknown, r.NotSent})
	u.note("%s", foundLine(r))
}

// warn tells of what will be in the way of a flow, which goes on all the same.
func (u *ui) warn(p mailout.Problem) {
	u.findings([]mailout.Problem{p})
	u.note("warning: %s: %s", p.Place, p.Message)
	u.note("  → %s", p.Remedy)
}

// trouble tells of a portal that does not answer whoever follows, or does again.
func (u *ui) trouble(since time.Time, why string) {
	if since.IsZero() {
		u.object(awayLine{Type: "away"})
		u.note("the portal answers again")
		return
	}
	u.object(awayLine{"away", &since, why})
	u.note("the portal's queue cannot be polled since %s: %s", since.Format("2006-01-02 15:04"), why)
	u.note("  → nothing is lost: it is asked again each minute, for a day; Ctrl-C stops that, and batch follow goes on later")
}

// awayLine is the "away" object of --json.
type awayLine struct {
	Type  string     `json:"type"`
	Since *time.Time `json:"since"` // null: the portal answers again
	Why   string     `json:"why"`
}
