package main

import (
	"os/user"
	"strings"

	"batch/internal/app"
	"batch/internal/mailout"
)

type resolveCmd struct {
	Present bool   `help:"The job is at the portal; its change will bring it." xor:"verdict"`
	Absent  bool   `help:"The job is not at the portal; the row may be sent again." xor:"verdict"`
	Job     int64  `help:"With --present: the job's id, as the sender portal shows it." placeholder:"ID"`
	From    string `help:"Settle many rows by a list with a column found: present or absent." placeholder:"FILE" type:"path" xor:"verdict"`
	Alarm   int64  `help:"Lay this alarm to rest." placeholder:"ID" xor:"verdict"`
	Note    string `help:"What was found or done, kept in the history." placeholder:"TEXT"`
	Batch   string `arg:"" optional:"" help:"The batch's id, or latest."`
	Row     string `arg:"" optional:"" help:"The owner's key of the row, line:14, or the reference that was searched for."`
}

// Help is shown by batch resolve --help.
func (resolveCmd) Help() string {
	return "Search the sender portal for the row's reference first (batch why shows it). Of many rows, take the report of them, put in a column found " +
		"with present or absent for each, and give it back.\n\nExamples:\n\n" +
		"    batch resolve 2026-11-21-a7 1042 --present --job 1795268974002\n    batch resolve 2026-11-21-a7 1042 --absent\n" +
		"    batch report 2026-11-21-a7 --only unknown --format xlsx --out found.xlsx\n    batch resolve 2026-11-21-a7 --from found.xlsx\n" +
		"    batch resolve --alarm 3 --note \"cancelled by telephone\""
}

const resolveWays = "batch resolve BATCH ROW --present (and --job ID), or --absent; batch resolve BATCH --from FILE; or batch resolve --alarm ID --note TEXT"

// Run writes what a person found.
func (c *resolveCmd) Run(s *session) error {
	if err := c.check(); err != nil {
		return err
	}
	a, err := s.open()
	if err != nil {
		return err
	}
	defer a.Close()
	if c.Alarm != 0 {
		return s.layAlarm(a, c.Alarm, c.Note)
	}
	books, err := a.Find(s.hard, c.Batch)
	if err != nil {
		return err
	}
	if c.From != "" {
		return s.resolveFrom(a, books, c.From, c.Note)
	}
	return s.resolveRow(a, books, c)
}

func (c *resolveCmd) check() error {
	row := c.Batch != "" && c.Row != "" && (c.Present || c.Absent)
	switch {
	case c.Alarm == 0 && c.From == "" && !row:
		return &app.Error{Kind: app.KindUsage, Message: "which row, and what was found?", Remedy: resolveWays}
	case c.From != "" && c.Row != "":
		return &app.Error{Kind: app.KindUsage, Message: "a list names its rows itself; nothing was changed", Remedy: resolveWays}
	case c.Job != 0 && !c.Present:
		return &app.Error{Kind: app.KindUsage, Message: "the id of a job goes with --present; nothing was changed", Remedy: resolveWays}
	case c.Job < 0:
		return &app.Error{Kind: app.KindUsage, Message: "that is not the id of a job; nothing was changed", Remedy: "copy the number as the sender portal shows it"}
	}
	return nil
}

func (s *session) resolveRow(a *app.App, books mailout.BatchInfo, c *resolveCmd) error {
	story, err := a.Why(s.hard, books.ID, c.Row)
	if err != nil {
		return err
	}
	found := mailout.Finding{Verdict: mailout.VerdictPresent, Ref: searchedFor(story, c.Row), Job: mailout.JobID(c.Job), By: who() + noted(c.Note)}
	if c.Absent {
		found.Verdict = mailout.VerdictAbsent
		if found.Ref != "" && !s.absentMeant(absentQuestion(story.Record, c.Row, found.Ref)) {
			return notResolved
		}
	}
	if err := a.Resolve(s.hard, books.ID, c.Row, found); err != nil {
		return err
	}
	if story, err = a.Why(s.hard, books.ID, c.Row); err != nil {
		return err
	}
	return s.showResolved(a, books, c, story)
}

// searchedFor is the reference that a finding is about: the one that a person gave, else that
// of the row's only attempt. Of several nobody knows which one he searched for, and the books
// refuse what needs to be said of one; so they do where there is nothing to resolve.
func searchedFor(story app.Story, row string) mailout.Ref {
	switch _, given := mailout.Ref(row).Parse(); {
	case given:
		return mailout.Ref(row)
	case len(story.Attempts) == 1:
		return story.Record.Ref
	}
	return ""
}

// absentQuestion says what becomes of a row that is absent, and which reference that is about.
func absentQuestion(r mailout.Record, row string, ref mailout.Ref) string {
	if len(r.Job.Signers) == 0 { // known from sent.log alone
		row += " will be withdrawn: no line of the manifest fits it, and nothing is sent for it again."
	} else {
		row += " will be sent AGAIN."
	}
	return "Row " + row + " You have searched the sender portal for its reference " + string(ref) + " and found no job?"
}

func (s *session) showResolved(a *app.App, books mailout.BatchInfo, c *resolveCmd, story app.Story) error {
	switch story.Record.State {
	case mailout.Planned:
		s.ui.say("Row %s is planned again: a run that is sending takes it up, under a new reference; else batch resume %s does. Is its job there after all, --present takes that back until it is sent.", c.Row, books.ID)
	case mailout.Cancelled:
		why := "as was wished before"
		if len(story.Record.Job.Signers) == 0 {
			why = "for no line of the manifest fits it"
		}
		s.ui.say("Row %s is withdrawn, %s.", c.Row, why)
	default:
		s.ui.say("Row %s stays unknown until its status change brings the job: batch follow %s.", c.Row, books.ID)
	}
	return s.resolved(a, books.ID)
}

func (s *session) resolved(a *app.App, id mailout.BatchID) error {
	books, err := a.Books(s.hard, id)
	if err != nil {
		return err
	}
	return s.done(books)
}

var notResolved = &app.Error{Kind: app.KindUsage, Message: "not confirmed; nothing was changed", Remedy: "type the word absent, or give --yes where there is no terminal"}

// absentMeant asks for the word itself: a job that is there after all becomes a second letter.
func (s *session) absentMeant(question string) bool {
	return s.ui.confirmBy(string(mailout.VerdictAbsent), question)
}

// resolveFrom settles the rows of a list.
func (s *session) resolveFrom(a *app.App, books mailout.BatchInfo, path, note string) error {
	list, problems, err := a.Findings(s.hard, path)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return s.listFailed(books, problems)
	}
	if list.Present+list.Absent == 0 {
		return &app.Error{Kind: app.KindUsage, Message: "the list says nothing of any row; nothing was changed", Remedy: "write present or absent in its column found"}
	}
	if list.Absent > 0 && !s.absentMeant(count(list.Absent, "row")+" will be sent AGAIN. You have searched the sender portal for each reference and found no job?") {
		return notResolved
	}
	changed, problems, err := a.ResolveAll(s.hard, books.ID, list, func(own string) string { return who() + noted(strings.TrimSpace(note+" "+own)) })
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return s.listFailed(books, problems)
	}
	s.ui.say("The list says: %s present, %s absent.", count(list.Present, "row"), count(list.Absent, "row"))
	s.ui.parts(
		part{changed, "written now; what is absent is planned again: a run that is sending takes it up, under a new reference; else batch resume " + string(books.ID) + " does"},
		part{list.Present + list.Absent - changed, "settled before"},
		part{list.Silent, "of which the list says nothing"},
	)
	s.ui.object(struct {
		Type    string `json:"type"`
		Present int    `json:"present"`
		Absent  int    `json:"absent"`
		Changed int    `json:"changed"`
		Silent  int    `json:"silent"`
	}{"resolved", list.Present, list.Absent, changed, list.Silent})
	return s.resolved(a, books.ID)
}

// listFailed tells all that is wrong with a list: a usage error, exit 2, as of a single row.
func (s *session) listFailed(books mailout.BatchInfo, problems []mailout.Problem) error {
	s.ui.problems(problems, true)
	return s.finish(&app.Error{Kind: app.KindUsage, Message: "the list does not hold; nothing was changed", Remedy: "correct it, and give the same command again"}, "", books)
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
