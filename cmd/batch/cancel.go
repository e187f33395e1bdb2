package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"batch/internal/app"
	"batch/internal/mailout"
)

type cancelCmd struct {
	Reason string   `help:"Why, kept in the history with who and when." placeholder:"TEXT"`
	Job    int64    `help:"Cancel this job, such as a proven duplicate." placeholder:"ID"`
	Batch  string   `arg:"" optional:"" help:"The batch's id, in full."`
	Rows   []string `arg:"" optional:"" name:"row" help:"Keys of rows, or line:14; default: all that are not over."`
}

// Help is shown by batch cancel --help.
func (cancelCmd) Help() string {
	return "Rows not yet sent are withdrawn; jobs with the signers are cancelled at the portal, which may tell the signers. A cancelled row shows as such " +
		"when its status change has come: batch follow.\n\nExamples:\n\n    batch cancel 2026-11-21-a7 --reason \"wrong attachment\"\n" +
		"    batch cancel 2026-11-21-a7 1042 1043 --reason \"has left\"\n    batch cancel --job 1795268974002 --reason \"sent twice\""
}

// Run cancels what was asked for.
func (c *cancelCmd) Run(s *session) error {
	const ways = "batch cancel BATCH, batch cancel BATCH ROW…, or batch cancel --job ID"
	switch {
	case c.Job == 0 && c.Batch == "":
		return &app.Error{Kind: app.KindUsage, Message: "what is to be cancelled?", Remedy: ways}
	case c.Job != 0 && c.Batch != "":
		return &app.Error{Kind: app.KindUsage, Message: "a job is cancelled by its id alone, and a batch or its rows without --job; nothing was cancelled", Remedy: ways}
	}
	if c.Batch == "latest" {
		return &app.Error{Kind: app.KindUsage, Message: "latest is not taken here: whoever cancels types the batch's id; nothing was cancelled", Remedy: "`batch status` lists the ids"}
	}
	a, err := s.open()
	if err != nil {
		return err
	}
	defer a.Close()
	if c.Job != 0 {
		return s.cancelJob(a, mailout.JobID(c.Job), who()+noted(c.Reason))
	}
	books, err := a.Find(s.hard, c.Batch)
	if err != nil {
		return err
	}
	plan, err := a.PlanCancel(s.hard, books.ID, c.Rows)
	if err != nil {
		return err
	}
	s.showCancelPlan(plan, a.Zone())
	if len(plan.Lines) == 0 {
		return s.done(books)
	}
	if !s.ui.confirm("Cancel " + count(len(plan.Lines), "row") + " of batch " + string(books.ID) + "?") {
		return notCancelled
	}
	cancelled, err := a.Cancel(s.hard, s.soft, plan, who()+noted(c.Reason))
	return s.cancelEnded(a, cancelled, err)
}

var notCancelled = &app.Error{Kind: app.KindUsage, Message: "not confirmed; nothing was cancelled", Remedy: "type yes, or give --yes where there is no terminal"}

func (s *session) cancelJob(a *app.App, job mailout.JobID, said string) error {
	if !s.ui.confirm(fmt.Sprintf("Cancel job %d? The portal tells its signers.", int64(job))) {
		return notCancelled
	}
	cancelled, err := a.CancelJob(s.hard, s.soft, job, said)
	return s.cancelEnded(a, cancelled, err)
}

// showCancelPlan says what cancelling will do, and to how many people.
func (s *session) showCancelPlan(p app.CancelPlan, zone *time.Location) {
	t := p.Totals
	s.ui.say("Of batch %s:", p.Batch)
	s.ui.parts(
		part{t[mailout.Planned], "not sent: withdrawn, and nobody is told"},
		part{t[mailout.Sending], "being sent: cancelled as soon as there is a job"},
		part{t[mailout.Created] - p.Asked, "with the signers: cancelled at the portal"},
		part{p.Asked, "asked for before, and their status change has not come yet: the portal is asked again"},
		part{t[mailout.Unknown], "unknown: cancelled when a status change shows that there is a job; until then only the sender portal can"},
		part{t.Sum() - len(p.Lines), "over: left as they are"},
	)
	if p.Held > 0 {
		s.ui.say("Of %s nobody has been told yet: held until %s.", count(p.Held, "job"), p.Until.In(zone).Format("2006-01-02 15:04"))
	}
	if p.People > 0 {
		s.ui.say("Up to %s told by the portal.", people(p.People))
	}
	if len(p.Lines) == 0 {
		s.ui.say("There is nothing left to cancel.")
	}
}

func people(n int) string {
	if n == 1 {
		return "1 person is"
	}
	return thousands(int64(n)) + " people are"
}

// cancelLine is the "cancel" object of --json.
type cancelLine struct {
	Type       string          `json:"type"`
	Batch      mailout.BatchID `json:"batch"`
	People     int             `json:"people"` // signers who may be told, of the rows of a batch
	Withdrawn  int             `json:"withdrawn"`
	Cancelled  int             `json:"cancelled"`
	TooLate    int             `json:"too_late"`
	Over       int             `json:"over"`
	Unanswered int             `json:"unanswered"`
	Sending    int             `json:"sending"`
	NotReached int             `json:"not_reached"`
	Refused    []refusedRow    `json:"refused"`
	Unknown    []unknownRow    `json:"unknown"`
}

// refusedRow is a row whose job the portal refuses to cancel; the portal's code is why.
type refusedRow struct {
	Line int           `json:"line"`
	Row  string        `json:"row"`
	Job  mailout.JobID `json:"job_id"`
	Code string        `json:"code"`
}

// unknownRow is what a person needs to find a row's job in the sender portal.
type unknownRow struct {
	Line int         `json:"line"`
	Row  string      `json:"row"`
	Ref  mailout.Ref `json:"ref"`
}

// cancelEnded tells what became of the wish. The code speaks of it alone: 5 where only a
// person can cancel, 8 where a person stopped it, 9 where the portal gave no answer.
func (s *session) cancelEnded(a *app.App, c app.Cancelled, err error) error {
	if err != nil {
		return s.finish(err, "")
	}
	var books mailout.BatchInfo
	if c.Batch != "" {
		if books, err = a.Books(context.WithoutCancel(s.hard), c.Batch); err != nil {
			return err
		}
	}
	line := cancelLine{"cancel", c.Batch, c.People, c.Withdrawn, c.Cancelled, c.TooLate, c.Over, c.Unanswered, c.Sending, c.NotReached, []refusedRow{}, []unknownRow{}}
	for _, w := range c.Refused {
		line.Refused = append(line.Refused, refusedRow{w.Line, w.Key, w.Job, w.Code})
	}
	for _, r := range c.Unknown {
		line.Unknown = append(line.Unknown, unknownRow{r.Line, r.Key, r.Ref})
	}
	s.ui.object(line)
	s.log.Info("cancelled", "batch", c.Batch, "ending", c.Ending, "withdrawn", c.Withdrawn, "cancelled", c.Cancelled, "too_late", c.TooLate, "over", c.Over,
		"unanswered", c.Unanswered, "sending", c.Sending, "not_reached", c.NotReached, "refused", len(c.Refused), "unknown", len(c.Unknown))
	s.showCancelled(c)
	ending := c.Ending
	switch {
	case len(c.Unknown)+len(c.Refused) > 0:
		ending = app.EndLook
	case ending == app.EndDone && c.Unanswered > 0:
		ending = app.EndAway
	}
	if c.Reason != "" && c.Ending != app.EndDone {
		s.ui.note("Ended before all was done: %s. %s", c.Reason, goesOn(c))
	}
	s.exit = exitCode(nil, ending)
	s.tellAlarms()
	s.ui.total(books, s.exit)
	return nil
}

// goesOn is how a cancelling is ended that was broken off. What it reached is in the books, and
// is never sent. What it did not reach is no wish yet: nobody but the same command takes it up.
func goesOn(c app.Cancelled) string {
	if c.NotReached > 0 {
		return "The same command goes on; until then what is not sent of the rows that were not reached can still be sent: their wish is not in the books."
	}
	return "All of the wish is in the books, and nothing of it is sent: the same command goes on, and so does batch follow."
}

func (s *session) showCancelled(c app.Cancelled) {
	if c.Before != "" {
		s.ui.say("  The job was over before, its row is %s: the portal was not asked.", c.Before)
	}
	s.ui.parts(
		part{c.Withdrawn, "withdrawn before sending"},
		part{c.Cancelled, "cancelled; the state follows with the status change: batch follow " + string(c.Batch)},
		part{c.TooLate, "too late: what became of them is told by their status changes"},
		part{c.Over, "already over, perhaps by an earlier call of ours: their status changes tell: batch follow " + string(c.Batch)},
		part{c.Sending, "being sent: cancelled as soon as there is a job"},
		part{c.Unanswered, "without an answer: asked again by every command that talks to the portal"},
		part{c.NotReached, "not reached: they are as they were"},
		part{len(c.Refused), "refused by the portal, which is not asked again by itself: cancel them in the sender portal, or when the cause is gone with the same command"},
		part{len(c.Unknown), "unknown: search the sender portal for the reference and cancel there what you find, then batch resolve"},
	)
	for _, w := range c.Refused {
		s.ui.say("           row %s, line %d, job %d: %s", strings.TrimSpace(w.Key), w.Line, int64(w.Job), w.Code)
	}
	for _, r := range c.Unknown {
		s.ui.say("           row %s, line %d: reference %s", strings.TrimSpace(r.Key), r.Line, r.Ref)
	}
}
