package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"batch/internal/app"
	"batch/internal/mailout"
	"batch/internal/report"
)

type statusCmd struct {
	WithNationalIDs bool   `name:"with-national-ids" help:"Do not mask national numbers and addresses in --json."`
	Batch           string `arg:"" optional:"" help:"The batch's id, or latest; default: all batches."`
}

// Help is shown by batch status --help.
func (statusCmd) Help() string { return "Example:\n\n    batch status latest" }

// Run prints the books.
func (c *statusCmd) Run(s *session) error {
	a, err := s.open()
	if err != nil {
		return err
	}
	defer a.Close()
	if c.Batch == "" {
		return s.statusOfAll(a)
	}
	books, err := a.Find(s.hard, c.Batch)
	if err != nil {
		return err
	}
	s.showBooks(a, books)
	if err := s.showExpiring(a, books); err != nil {
		return err
	}
	if err := a.Whole(s.hard); err != nil {
		return s.finish(err, "", books)
	}
	if s.JSON {
		for r, err := range a.Records(s.hard, books.ID) {
			if err != nil {
				return err
			}
			s.ui.object(report.RowJSON(r, c.WithNationalIDs))
		}
	}
	return s.finish(nil, "", books)
}

func (s *session) statusOfAll(a *app.App) error {
	all, err := a.Batches(s.hard)
	if err != nil {
		return err
	}
	if err := a.Whole(s.hard); err != nil {
		return s.finish(err, "")
	}
	if len(all) == 0 {
		s.ui.say("There is no batch in this workspace yet. To plan one: batch plan MANIFEST")
	}
	for _, b := range all {
		if s.JSON {
			s.ui.object(struct {
				Type   string             `json:"type"`
				Batch  mailout.BatchID    `json:"batch"`
				State  mailout.BatchState `json:"state"`
				Rows   int                `json:"rows"`
				States mailout.Totals     `json:"states"`
				Held   *time.Time         `json:"held_until"`
				Reason string             `json:"reason,omitempty"`
			}{"batch", b.ID, b.State, b.Rows, b.Totals, moment(b.HeldUntil), cmp.Or(b.StopReason, whyEnded(b))})
		}
		s.showBooks(a, b)
		if err := s.showExpiring(a, b); err != nil {
			return err
		}
	}
	s.exit = exitCode(nil, "", all...)
	s.tellAlarms()
	s.ui.total(together(all), s.exit)
	return nil
}

// whyEnded is why sending last ended before all was done; empty where a person has gone on
// since, or nothing is left to go on with.
func whyEnded(b mailout.BatchInfo) string {
	if b.State != mailout.Approved {
		return ""
	}
	return b.EndReason
}

// moment is null for no time, and in UTC.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// together are the rows of all batches, for totals that are of none in particular. Plans
// that were never approved and never will be are left out: their rows stand in later ones.
func together(all []mailout.BatchInfo) mailout.BatchInfo {
	sum := mailout.BatchInfo{Totals: mailout.Totals{}}
	for _, b := range all {
		if b.State == mailout.Superseded {
			continue
		}
		sum.Rows += b.Rows
		sum.Totals.Add(b.Totals)
	}
	return sum
}

// showBooks prints a batch's books, its alarms, and what to do next.
func (s *session) showBooks(a *app.App, b mailout.BatchInfo) {
	if b.ID == "" {
		return
	}
	s.ui.books(b)
	if why := whyEnded(b); why != "" {
		s.ui.say("  sending last ended on %s: %s", b.EndedAt.In(a.Zone()).Format("2006-01-02 15:04"), why)
	}
	held := b.HeldUntil
	switch {
	case b.State == mailout.Done || held.IsZero(): // nobody waits for it
	case held.After(a.Now()):
		s.ui.say("  held until %s: nobody is told before, but for a canary's signers; until then batch cancel %s takes it all back", held.In(a.Zone()).Format("2006-01-02 15:04"), b.ID)
	default:
		s.ui.say("  was held until %s", held.In(a.Zone()).Format("2006-01-02 15:04"))
	}
	alarms, err := a.Alarms(context.WithoutCancel(s.hard)) // a person who stops at once still wants to see where
	if err != nil {
		s.ui.fail(err)
	}
	for _, al := range alarms {
		if al.Batch == b.ID || al.Batch == "" {
			s.showAlarm(al)
		}
	}
	s.showDeadlines(a, b)
	for _, step := range nextSteps(b) {
		s.ui.say("  → %s", step)
	}
	if step := s.purgeStep(a, b); step != "" {
		s.ui.say("  → %s", step)
	}
}

// nextSteps is what a person can do about a batch now.
func nextSteps(b mailout.BatchInfo) []string {
	var steps []string
	t := b.Totals
	add := func(when bool, format string, args ...any) {
		if when {
			steps = append(steps, fmt.Sprintf(format, args...))
		}
	}
	add(b.State == mailout.Ready, "to send it: batch run --approve %s", b.Digest.String()[:12])
	add(b.State == mailout.Stopped && unsent(b) > 0, "to go on: batch resume %s", b.ID)
	add(b.State == mailout.Approved && t[mailout.Planned] > 0, "%s not sent yet: batch resume %s", count(t[mailout.Planned], "row"), b.ID)
	add(t[mailout.Created] > 0, "%s with the signers: batch follow %s", count(t[mailout.Created], "job"), b.ID)
	add(t[mailout.Created] == 0 && b.Unconfirmed > 0, "%s to be confirmed to the portal: batch follow %s", count(b.Unconfirmed, "change"), b.ID)
	add(t[mailout.Unknown] > 0, "%s unknown: the answer was lost, a job may exist. batch follow %s finds it when its signers have answered; "+
		"or search the sender portal for the reference (batch why %s ROW shows it) and tell what you found with batch resolve", count(t[mailout.Unknown], "row"), b.ID, b.ID)
	add(b.Uncancelled > 0, "%s to be cancelled without an answer yet: batch follow %s, or batch cancel again", count(b.Uncancelled, "job"), b.ID)
	add(b.Uncancellable > 0, "%s that the portal refuses to cancel, still with the signers: batch why %s ROW tells the code; cancel in the sender portal", count(b.Uncancellable, "job"), b.ID)
	add(b.Alarms > 1 || b.Alarms == 1 && !b.Overdue, "when an alarm is dealt with: batch resolve --alarm ID --note TEXT")
	add(b.State == mailout.Done, "the completion report: batch report %s", b.ID)
	add(b.State == mailout.Done && len(notSigned(t)) > 0, "batch next %s --from %s lists those that can be tried again", b.ID, strings.Join(notSigned(t), ","))
	return steps
}

// notSigned are the states of rows that ended without a signature, of themselves.
func notSigned(t mailout.Totals) (states []string) {
	for _, s := range []mailout.State{mailout.Rejected, mailout.Expired, mailout.Failed, mailout.Refused} {
		if t[s] > 0 {
			states = append(states, string(s))
		}
	}
	return states
}
