package main

import (
	"os/user"
	"strings"

	"batch/internal/app"
	"batch/internal/mailout"
)

type resolveCmd struct {
	Present bool   `help:"The job is at the portal; its change will bring its id." xor:"verdict"`
	Absent  bool   `help:"The job is not at the portal; the row may be sent again." xor:"verdict"`
	Alarm   int64  `help:"Lay this alarm to rest." placeholder:"ID" xor:"verdict"`
	Note    string `help:"What was found or done, kept in the history." placeholder:"TEXT"`
	Batch   string `arg:"" optional:"" help:"The batch's id, or latest."`
	Row     string `arg:"" optional:"" help:"The owner's key of the row, or line:14."`
}

// Help is shown by batch resolve --help.
func (resolveCmd) Help() string {
	return "Search the sender portal for the row's reference first (batch why shows it).\n\nExamples:\n\n" +
		"    batch resolve 2026-11-21-a7 1042 --absent\n    batch resolve --alarm 3 --note \"cancelled by telephone\""
}

// Run writes what a person found.
func (c *resolveCmd) Run(s *session) error {
	a, err := s.open()
	if err != nil {
		return err
	}
	defer a.Close()
	if c.Alarm != 0 {
		return s.layAlarm(a, c.Alarm, c.Note)
	}
	if c.Batch == "" || c.Row == "" || (!c.Present && !c.Absent) {
		return &app.Error{Kind: app.KindUsage, Message: "which row, and what was found?", Remedy: "batch resolve BATCH ROW --present, or --absent, or batch resolve --alarm ID --note TEXT"}
	}
	books, err := a.Find(s.hard, c.Batch)
	if err != nil {
		return err
	}
	verdict := mailout.VerdictPresent
	if c.Absent {
		verdict = mailout.VerdictAbsent
		if !s.absentMeant(c.Row) {
			return &app.Error{Kind: app.KindUsage, Message: "not confirmed; nothing was changed", Remedy: "type yes, or give --yes where there is no terminal"}
		}
	}
	if err := a.Resolve(s.hard, books.ID, c.Row, verdict, who()+noted(c.Note)); err != nil {
		return err
	}
	story, err := a.Why(s.hard, books.ID, c.Row)
	if err != nil {
		return err
	}
	switch story.Record.State {
	case mailout.Planned:
		s.ui.say("Row %s is planned again; batch resume %s sends it under a new reference.", c.Row, books.ID)
	case mailout.Cancelled:
		s.ui.say("Row %s is withdrawn, as was wished before.", c.Row)
	default:
		s.ui.say("Row %s stays unknown until its status change brings the job's id: batch follow %s.", c.Row, books.ID)
	}
	if books, err = a.Books(s.hard, books.ID); err != nil {
		return err
	}
	return s.done(books)
}

// absentMeant asks: a job that is there after all becomes a second letter.
func (s *session) absentMeant(row string) bool {
	return s.ui.confirm("Row " + row + " will be sent AGAIN. You have searched the sender portal for its reference and found no job?")
}

func (s *session) layAlarm(a *app.App, id int64, note string) error {
	if noted(note) == "" {
		return &app.Error{Kind: app.KindUsage, Message: "an alarm is laid to rest with a note", Remedy: "batch resolve --alarm ID --note \"what was done\""}
	}
	if err := a.LayAlarm(s.hard, id, who()+noted(note)); err != nil {
		return err
	}
	s.ui.say("Alarm %d is laid to rest.", id)
	return s.finish(nil, "")
}

// who is the user of the machine, for the history.
func who() string {
	if u, err := user.Current(); err == nil {
		return "by " + u.Username
	}
	return "by an unnamed user"
}

// maxNote bounds what a person says for the history, in characters.
const maxNote = 500

// noted is what a person says for the history, made safe where it comes in: one line of
// bounded length, so that nobody can write lines that look like others of the history.
func noted(note string) string {
	words := []rune(strings.Join(strings.Fields(note), " "))
	if len(words) == 0 {
		return ""
	}
	if len(words) > maxNote {
		words = append(words[:maxNote-1], '…')
	}
	return ": " + clean(string(words))
}
