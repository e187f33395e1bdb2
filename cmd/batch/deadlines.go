package main

import (
	"time"

	"batch/internal/app"
	"batch/internal/mailout"
	"batch/internal/report"
)

// showDeadlines tells what of a batch the portal alone has, and how long it keeps that. From day
// 35 on it is an alarm, which stands among the others.
func (s *session) showDeadlines(a *app.App, b mailout.BatchInfo) {
	now, d := a.Now(), b.Deadlines
	s.deadline(b, "signed", d.Signed, now)
	s.deadline(b, "unasked", d.Unasked, now)
	if b.Overdue {
		return
	}
	mark := ""
	if d.Signed.Warned(now) || d.Unasked.Warned(now) {
		mark = s.ui.paint("33", "warning: ")
	}
	for _, sentence := range d.Tell(now, a.Zone()) {
		s.ui.say("  %s%s", mark, sentence)
	}
}

// deadline is the "deadline" object of --json.
func (s *session) deadline(b mailout.BatchInfo, what string, u mailout.Unfetched, now time.Time) {
	if u.Jobs == 0 {
		return
	}
	severity := "ok"
	switch {
	case u.Alarmed(now):
		severity = "alarm"
	case u.Warned(now):
		severity = "warning"
	}
	s.ui.object(struct {
		Type        string          `json:"type"`
		Batch       mailout.BatchID `json:"batch"`
		What        string          `json:"what"` // "signed": known to be; "unasked": perhaps, for nobody asked
		Severity    string          `json:"severity"`
		Jobs        int             `json:"jobs"`
		Since       *time.Time      `json:"since"`
		DeletedFrom *time.Time      `json:"deleted_from"`
		DaysLeft    int             `json:"days_left"`
	}{"deadline", b.ID, what, severity, u.Jobs, moment(u.Since), moment(u.DeletedFrom()), u.DaysLeft(now)})
}

// shownExpiring bounds how many jobs near their end are printed.
const shownExpiring = 10

// showExpiring lists the jobs that the portal ends within three days.
func (s *session) showExpiring(a *app.App, b mailout.BatchInfo) error {
	if b.Totals[mailout.Created] == 0 {
		return nil
	}
	rows, more, err := a.Expiring(s.hard, b.ID)
	if err != nil || len(rows) == 0 {
		return err
	}
	least := ""
	if more {
		least = " or more"
	}
	s.ui.say("  jobs that expire within three days, unless those sign whose turn it is: %s%s", thousands(int64(len(rows))), least)
	for i, r := range rows {
		at, key := r.ExpiresAt(), report.RowJSON(r, false).Key
		s.ui.object(struct {
			Type    string          `json:"type"`
			Batch   mailout.BatchID `json:"batch"`
			Line    int             `json:"line"`
			Row     string          `json:"row"`
			Job     mailout.JobID   `json:"job_id"`
			Expires *time.Time      `json:"expires_at"`
		}{"expiring", b.ID, r.Line, key, r.JobID, moment(at)})
		if i < shownExpiring {
			s.ui.say("    row %s, line %d, job %d: %s", key, r.Line, int64(r.JobID), at.In(a.Zone()).Format("2006-01-02 15:04"))
		}
	}
	if n := len(rows) - shownExpiring; n > 0 {
		s.ui.say("    and %s more", thousands(int64(n)))
	}
	return nil
}
