package app

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

// Rows are in time when a person approves, and late when it is their turn: then they are not
// sent, the batch is stopped and says why, and going on asks about all of them.
func TestRowsThatBecomeLateWhileTheyWait(t *testing.T) {
	d := newDesk(t)
	start := time.Now().Add(30 * time.Minute).In(d.Zone()).Format("2006-01-02 15:04")
	must(t, os.WriteFile(d.manifest, fmt.Appendf(nil, "title;email;document;activation_time\r\nAvtale;a@example.com;%s;%s\r\nAvtale;b@example.com;%s;%s\r\n", d.letter(), start, d.letter(), start), 0o600))
	b := d.planAgain()
	d.App.now = func() time.Time { // a block of two hours, as soon as it is approved
		if books, err := d.ledger.Batch(t.Context(), b.Batch); err != nil || !books.ApprovedAt.IsZero() {
			return time.Now().Add(2 * time.Hour)
		}
		return time.Now()
	}
	q := &asked{yes: true}
	sent, err := d.send(t.Context(), b.Batch, q)
	if err != nil || sent.Ending != EndStopped || sent.Books.State != mailout.Stopped || sent.Books.Totals[mailout.Planned] != 2 || len(q.questions) != 0 {
		t.Fatalf("sending ended with %q of a batch that is %s with %v, asked was %q, %v", sent.Ending, sent.Books.State, sent.Books.Totals, q.questions, err)
	}
	if r := sent.Books.StopReason; !strings.Contains(r, "line ") || !strings.Contains(r, "was not sent: it would have less than a day to sign, or start over an hour late") {
		t.Errorf("the reason is %q", r)
	}
	no := &asked{}
	_, err = d.send(t.Context(), b.Batch, no)
	if err == nil || Explain(err).Kind != KindUsage || !strings.Contains(err.Error(), "start over an hour late: 2, the first in line 2; nothing was sent") || len(no.questions) != 1 {
		t.Errorf("going on ended with %v, asked was %q", err, no.questions)
	}
}

// A hold may make rows late that are in time without it.
func TestRowsThatAHoldMakesLate(t *testing.T) {
	d := newDesk(t)
	d.ws.Config.Send.Hold = 2 * time.Hour
	start := time.Now().Add(30 * time.Minute).In(d.Zone()).Format("2006-01-02 15:04")
	must(t, os.WriteFile(d.manifest, fmt.Appendf(nil, "title;email;document;activation_time\r\nAvtale;a@example.com;%s;\r\nAvtale;b@example.com;%s;%s\r\n", d.letter(), d.letter(), start), 0o600))
	b := d.planAgain()
	no := &asked{}
	_, err := d.send(t.Context(), b.Batch, no)
	if err == nil || !strings.Contains(err.Error(), "start over an hour late: 1, the first in line 3; nothing was sent") || len(no.questions) != 1 {
		t.Errorf("sending ended with %v, asked was %q", err, no.questions)
	}
	sent, err := d.send(t.Context(), b.Batch, &asked{yes: true})
	if err != nil || sent.Books.Totals[mailout.Created] != 2 || len(d.opens()) != 2 {
		t.Fatalf("sending ended with %v, %v", sent.Books.Totals, err)
	}
	for _, at := range d.opens() {
		if !at.Equal(sent.Books.HeldUntil) {
			t.Errorf("a job opens at %v, not %v", at, sent.Books.HeldUntil)
		}
	}
}

// Each row is looked at when it is sent: who was said yes to is sent, and while a batch is
// held nothing is sent that would come too late for it.
func TestTheTimekeeper(t *testing.T) {
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	starts := func(at time.Time) mailout.Record {
		return mailout.Record{Row: mailout.Row{Line: 7, Job: mailout.Job{Activation: at}}}
	}
	due := func(at time.Time) mailout.Record {
		return mailout.Record{Row: mailout.Row{Line: 7, Job: mailout.Job{Deadline: at}}}
	}
	for _, c := range []struct {
		name      string
		row       mailout.Record
		asked     time.Time
		held, now time.Time
		left      int
		want      string // what the reason says; empty: it is sent
	}{
		{"no times of its own", mailout.Record{}, noon, time.Time{}, noon.Add(99 * time.Hour), 1, ""},
		{"in time", starts(noon), noon, time.Time{}, noon.Add(time.Hour), 1, ""},
		{"late since", starts(noon), noon, time.Time{}, noon.Add(61 * time.Minute), 1, "line 7 was not sent"},
		{"late before, and said yes to", starts(noon.Add(-2 * time.Hour)), noon, time.Time{}, noon.Add(time.Minute), 1, ""},
		{"its deadline has come near", due(noon.Add(25 * time.Hour)), noon, time.Time{}, noon.Add(2 * time.Hour), 1, "line 7 was not sent"},
		{"held, in time", mailout.Record{}, noon.Add(time.Hour), noon.Add(time.Hour), noon.Add(50 * time.Minute), 100, ""},
		{"held, too many left", mailout.Record{}, noon.Add(time.Hour), noon.Add(time.Hour), noon.Add(50 * time.Minute), 10_000, "10000 rows still to be sent would take until"},
		{"held, the time has come", mailout.Record{}, noon.Add(time.Hour), noon.Add(time.Hour), noon.Add(time.Hour), 1, "1 row still to be sent would take until"},
		{"held past its own start, and said yes to", starts(noon), noon.Add(2 * time.Hour), noon.Add(2 * time.Hour), noon, 1, ""},
	} {
		d := newDesk(t)
		k := &timekeeper{app: d.App, asked: c.asked, hold: !c.held.IsZero(), held: c.held}
		k.left.Store(int64(c.left))
		if got := k.timely(c.row, c.now); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// What is left counts down with the rows that are through; one that comes back is left.
func TestTheTimekeeperCounts(t *testing.T) {
	k := &timekeeper{}
	k.left.Store(4)
	for _, s := range []mailout.State{mailout.Created, mailout.Planned, mailout.Unknown, mailout.Refused} {
		k.settled(s)
	}
	if left := k.left.Load(); left != 1 {
		t.Errorf("%d are left of four, with one that came back", left)
	}
}

// Rows that a person plans again are left, too, and one that was withdrawn is not.
func TestTheTimekeeperCountsWhatIsPlannedAgain(t *testing.T) {
	d := newDesk(t)
	b := d.plan(3)
	k := &timekeeper{app: d.App, hold: true, held: time.Now().Add(time.Minute)}
	for range 2 {
		k.settled(mailout.Unknown) // they were not among those that were left
	}
	if why := k.timely(mailout.Record{}, k.held); !strings.Contains(why, "1 row still to be sent") {
		t.Errorf("with a row to send, %q", why)
	}
	k.recount(t.Context(), b.Batch)
	if left := k.left.Load(); left != 3 {
		t.Errorf("%d are left of three", left)
	}
}
