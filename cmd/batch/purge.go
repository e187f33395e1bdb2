package main

import (
	"context"
	"fmt"

	"batch/internal/app"
	"batch/internal/mailout"
)

type purgeCmd struct {
	Signed bool   `help:"Delete the signed documents too. Have them in your archive first: nobody else may have them."`
	Remote bool   `help:"First have the portal delete the documents that it has offered to delete (long-term storage)."`
	Batch  string `arg:"" optional:"" help:"The batch's id, in full."`
}

// Help is shown by batch purge --help.
func (purgeCmd) Help() string {
	return "National numbers, addresses, titles, descriptions, your own columns and keys go from the ledger, from prepared/ and from the reports. " +
		"States, times, digests and references stay. What is yours (the manifest, your PDFs) is listed and left alone. It cannot be taken back.\n\n" +
		"Examples:\n\n    batch purge 2026-11-21-a7\n    batch purge 2026-11-21-a7 --signed --remote"
}

// Run purges what was asked for.
func (c *purgeCmd) Run(s *session) error {
	switch c.Batch {
	case "":
		return &app.Error{Kind: app.KindUsage, Message: "what is to be purged?", Remedy: "batch purge BATCH; `batch status` lists the ids"}
	case "latest":
		return &app.Error{Kind: app.KindUsage, Message: "latest is not taken here: whoever purges types the batch's id; nothing was deleted", Remedy: "`batch status` lists the ids"}
	}
	a, books, err := s.openBatch(c.Batch)
	if err != nil {
		return err
	}
	defer a.Close()
	plan, err := a.PlanPurge(s.hard, books.ID)
	if err != nil {
		return err
	}
	s.showPurgePlan(plan, c)
	if !s.ui.confirm("Delete that for good?") {
		return &app.Error{Kind: app.KindUsage, Message: "not confirmed; nothing was deleted", Remedy: "type yes, or give --yes where there is no terminal"}
	}
	wiped, err := a.Purge(s.hard, app.PurgeOptions{Batch: books.ID, Signed: c.Signed, Remote: c.Remote, By: who(), Soft: s.soft})
	return s.purgeEnded(wiped, c, err)
}

// showPurgePlan says what will go and what stays.
func (s *session) showPurgePlan(p app.PurgePlan, c *purgeCmd) {
	b := p.Books
	if p.Plan {
		s.ui.say("Batch %s was never approved, and nothing of it was sent: all that is known of its %s goes.", b.ID, count(b.Rows, "row"))
		return
	}
	s.ui.say("Of batch %s, %s:", b.ID, count(b.Rows, "row"))
	switch {
	case !p.Purged.Begun:
	case p.Purged.Ended.IsZero():
		s.ui.say("  It was begun before, and broken off: the rest goes now.")
	default:
		s.ui.say("  It was purged before: what came back, or was left then, goes now.")
	}
	s.ui.say("  go    national numbers, addresses, titles, descriptions, your columns and keys; prepared files; reports in this workspace;")
	s.ui.say("        plans of the same list that were never approved; copies of the books that older versions have left")
	s.ui.say("  stay  states, times, digests, references, job numbers, and what happened when; the manifest and your PDFs")
	switch {
	case c.Signed && p.Signed > 0:
		s.ui.say("  go    %s with signed documents. Have them in your archive: without long-term storage the portal has them no more.", count(p.Signed, "file"))
	case p.Signed > 0:
		s.ui.say("  stay  %s with signed documents; --signed deletes them too", count(p.Signed, "file"))
	}
	if c.Remote {
		offered := 0
		for _, d := range p.Remote {
			if d.URL != "" {
				offered++
			}
		}
		s.ui.say("  go    at the portal: the documents of %s; of %s it has not offered it", count(offered, "job"), count(len(p.Remote)-offered, "job"))
	}
}

// purgedLine is the "purged" object of --json.
type purgedLine struct {
	Type     string          `json:"type"`
	Batch    mailout.BatchID `json:"batch"`
	Signed   int             `json:"signed"`
	Prepared int             `json:"prepared"`
	Shared   int             `json:"shared"`
	Reports  int             `json:"reports"`
	Copies   int             `json:"copies"`
	Left     int             `json:"left_over"`
	Remote   *remoteLine     `json:"remote"`
}

// remoteLine is what came of --remote.
type remoteLine struct {
	Deleted    int `json:"deleted"`
	Gone       int `json:"gone"`
	NotOffered int `json:"not_offered"`
	Perhaps    int `json:"perhaps"`
	Refused    int `json:"refused"`
	Unanswered int `json:"unanswered"`
	NotReached int `json:"not_reached"`
}

// remainsLine is the "remains" object of --json: what purging has left alone.
type remainsLine struct {
	Type  string `json:"type"`
	What  string `json:"what"`
	Path  string `json:"path"`
	Files int    `json:"files"`
	More  bool   `json:"more,omitempty"`
}

// purgeEnded tells what went and what is left. The code speaks of the purging alone.
func (s *session) purgeEnded(w app.Wiped, c *purgeCmd, err error) error {
	if err != nil {
		return s.finish(err, "", known(w.Books)...)
	}
	line := purgedLine{"purged", w.Books.ID, w.Signed, w.Prepared, w.Shared, w.Reports, w.Copies, w.Left, nil}
	if c.Remote {
		r := remoteLine(w.Remote)
		line.Remote = &r
		s.showRemote(w.Remote)
	}
	s.ui.object(line)
	s.log.Info("purged", "batch", w.Books.ID, "ending", w.Ending, "signed", w.Signed, "prepared", w.Prepared, "reports", w.Reports, "copies", w.Copies, "left_over", w.Left)
	switch {
	case w.Ending == app.EndInterrupted || w.Ending == app.EndIdentity:
		s.ui.note("Ended before anything was deleted here: %s. The same command goes on.", w.Reason)
	case w.Plan:
		s.ui.say("Plan %s is forgotten.", w.Books.ID)
	default:
		s.showWiped(w)
	}
	if w.Ending == app.EndAway {
		s.ui.note("What is here is deleted; %s.", w.Reason)
	}
	s.exit = exitCode(nil, w.Ending)
	s.tellAlarms()
	s.ui.total(w.Books, s.exit)
	return nil
}

func (s *session) showRemote(r app.Deleted) {
	s.ui.say("At the portal:")
	s.ui.parts(
		part{r.Deleted, "documents of jobs deleted"},
		part{r.Gone, "had been deleted before"},
		part{r.NotOffered, "not offered: the portal does so in a status change that comes a day after the job was signed, or later; the sender portal can delete them"},
		part{r.Perhaps, "not offered any more: perhaps deleted by an earlier call whose answer was lost"},
		part{r.Refused, "refused by the portal: look at them in the sender portal"},
		part{r.Unanswered, "without an answer: the same command asks again"},
		part{r.NotReached, "not reached: the same command goes on"},
	)
}

func (s *session) showWiped(w app.Wiped) {
	s.ui.say("Batch %s is purged. Deleted:", w.Books.ID)
	s.ui.say("  the personal data of %s in the ledger, which was written anew", count(w.Books.Rows, "row"))
	for _, p := range []part{{w.Signed, "signed file"}, {w.Prepared, "prepared file"}, {w.Reports, "report"}, {w.Copies, "older ledger file"}, {w.Left, "temporary file"}} {
		if p.n > 0 {
			s.ui.say("  %s", count(p.n, p.what))
		}
	}
	if w.Shared > 0 {
		s.ui.say("Left, for another batch needs them: %s.", count(w.Shared, "prepared file"))
	}
	if len(w.Remains) == 0 {
		return
	}
	s.ui.say("What is left and may name the same people; delete what you do not need any more:")
	for i, r := range w.Remains {
		s.ui.object(remainsLine{"remains", r.What, mailout.BarePath(r.Path), r.Files, r.More})
		if i < shownRemains {
			s.ui.say("  %-9s %s", r.What, remainsPath(r))
		}
	}
	if more := len(w.Remains) - shownRemains; more > 0 {
		s.ui.say("  and %s more: --json names all", count(more, "file"))
	}
	s.ui.say("Not looked at: backups, and copies that anybody has made elsewhere.")
}

// shownRemains bounds how much of what is left is named.
const shownRemains = 20

// remainsPath names it. A path may hold a national number: it is masked.
func remainsPath(r app.Remains) string {
	path := mailout.BarePath(r.Path)
	switch {
	case r.What == "plan":
		return path + ": batch purge " + path + " forgets it"
	case r.More:
		return fmt.Sprintf("%s: %s, and more", path, count(r.Files, "file"))
	case r.Files > 1 || r.What == "documents" || r.What == "signed":
		return fmt.Sprintf("%s: %s", path, count(r.Files, "file"))
	}
	return path
}

// purgeStep is what is still to be done about a purged batch; empty: nothing.
func (s *session) purgeStep(a *app.App, b mailout.BatchInfo) string {
	if b.State != mailout.Purged {
		return ""
	}
	p, err := a.Purging(context.WithoutCancel(s.hard), b.ID)
	if err != nil || !p.Ended.IsZero() {
		return ""
	}
	return fmt.Sprintf("purging was broken off, and personal data is left: batch purge %s does the rest", b.ID)
}
