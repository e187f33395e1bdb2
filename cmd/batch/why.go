package main

import (
	"cmp"
	"fmt"
	"strings"

	"batch/internal/app"
	"batch/internal/mailout"
	"batch/internal/report"
)

type whyCmd struct {
	WithNationalIDs bool   `name:"with-national-ids" help:"Do not mask national numbers and addresses in --json."`
	Batch           string `arg:"" help:"The batch's id, or latest."`
	Row             string `arg:"" help:"The owner's key of the row, line:14, or one of its references."`
}

// Help is shown by batch why --help.
func (whyCmd) Help() string { return "Example:\n\n    batch why latest 1042" }

// Run prints a row's story.
func (c *whyCmd) Run(s *session) error {
	a, books, err := s.openBatch(c.Batch)
	if err != nil {
		return err
	}
	defer a.Close()
	story, err := a.Why(s.hard, books.ID, c.Row)
	if err != nil {
		return err
	}
	s.ui.object(report.RowJSON(story.Record, c.WithNationalIDs))
	s.showStory(a, story)
	return s.done(books)
}

// showStory tells of a row: who is asked, what was sent and came back, and what happened when.
func (s *session) showStory(a *app.App, story app.Story) {
	r := story.Record
	s.ui.say("row %s, line %d of batch %s: %s since %s", r.Key, r.Line, r.Batch, r.State, r.Since.In(a.Zone()).Format("2006-01-02 15:04:05"))
	for i, sg := range r.Job.Signers {
		s.ui.say("  signer %d (order %d): %s", i+1, sg.Order, cmp.Or(string(r.Settled[i].Status), "nothing heard"))
	}
	s.showHeld(a, r)
	for _, d := range r.Documents {
		var from []string
		for _, src := range d.Sources {
			from = append(from, src.Path)
		}
		s.ui.say("  document: %s, %s, sha256 %s", cmp.Or(strings.Join(from, " + "), "name purged"), count(d.Pages, "page"), d.SHA256)
	}
	for _, at := range story.Attempts {
		s.ui.say("  attempt %d: reference %s, %s%s", at.N, at.Ref, attemptEnd(at), seenJob(at))
	}
	for _, f := range story.Files {
		s.showFile(r, f)
	}
	s.showLinks(story)
	for _, al := range story.Alarms {
		s.showAlarm(al)
	}
	if r.Message != "" {
		s.ui.say("  %s: %s", r.Code, r.Message)
	}
	for _, h := range story.History {
		s.showEvent(a, h)
	}
}

// showHeld tells until when nobody is told of a row.
func (s *session) showHeld(a *app.App, r mailout.Record) {
	held := r.HeldUntil.In(a.Zone()).Format("2006-01-02 15:04")
	switch {
	case r.HeldUntil.IsZero():
	case r.State == mailout.Planned:
		s.ui.say("  held until %s, if it is sent before: nobody is told until then", held)
	default:
		s.ui.say("  sent to be held until %s: nobody is told before", held)
	}
}

// showLinks tells which row this one is another attempt at, and which are attempts at it.
func (s *session) showLinks(story app.Story) {
	tell := func(words, kind string, t mailout.Tried) {
		s.ui.say("  %s: line %d of batch %s, %s", words, t.Line, t.Batch, cmp.Or(string(t.State), "which this ledger does not know"))
		s.ui.object(struct {
			Type  string          `json:"type"`
			Batch mailout.BatchID `json:"batch"`
			Line  int             `json:"line"`
			State mailout.State   `json:"state,omitempty"`
		}{kind, t.Batch, t.Line, t.State})
	}
	if story.Earlier != nil {
		tell("another attempt at", "earlier", *story.Earlier)
	}
	for _, t := range story.Later {
		tell("tried again as", "later", t)
	}
}

// showEvent is a line of a row's history.
func (s *session) showEvent(a *app.App, h mailout.Happening) {
	moved := ""
	if h.From != h.To {
		moved = strings.TrimRight(" "+string(h.From), " ") + " → " + string(h.To)
	}
	s.ui.say("%s", strings.TrimRight(fmt.Sprintf("  %s  %s%s  %s", h.At.In(a.Zone()).Format("2006-01-02 15:04:05"), h.Kind, moved, h.Detail), " "))
	s.ui.object(struct {
		Type   string        `json:"type"`
		At     string        `json:"at"`
		Kind   string        `json:"kind"`
		From   mailout.State `json:"from,omitempty"`
		To     mailout.State `json:"to,omitempty"`
		Detail string        `json:"detail,omitempty"`
	}{"event", h.At.Format("2006-01-02T15:04:05.000Z"), h.Kind, h.From, h.To, h.Detail})
}

// seenJob tells the job that a person read in the sender portal, until its change has come.
func seenJob(a mailout.Attempt) string {
	if a.Seen == 0 || a.Seen == a.JobID {
		return ""
	}
	return fmt.Sprintf("; the sender portal shows job %d for it, as a person read", int64(a.Seen))
}

func attemptEnd(a mailout.Attempt) string {
	switch {
	case a.Outcome == mailout.OutcomeAccepted:
		return "accepted as job " + fmt.Sprint(int64(a.JobID))
	case a.JobID == 0 && a.Code == "rebuilt":
		return "known from sent.log alone"
	case a.JobID != 0:
		return "its status change brought job " + fmt.Sprint(int64(a.JobID))
	case a.Dropped:
		return "no job came of it, as a person found"
	case a.Outcome == "":
		return "no answer yet"
	}
	return strings.TrimSpace(string(a.Outcome) + " " + a.Code)
}
