package main

import (
	"strings"

	"batch/internal/app"
	"batch/internal/mailout"
)

// sendFlags say how to send; run and resume share them.
type sendFlags struct {
	Approve string `help:"Approve exactly the plan with this digest; its first twelve digits are enough." placeholder:"DIGEST"`
	Follow  bool   `help:"Go on to the end of every job."`
}

type runCmd struct {
	planFlags
	repeatFlags
	sendFlags
	Canary   int    `help:"Send so many rows, then stop for approval." placeholder:"N"`
	Manifest string `arg:"" optional:"" help:"The spreadsheet or CSV; not needed with --approve." type:"path"`
}

// Help is shown by batch run --help.
func (runCmd) Help() string {
	return "Examples:\n\n    batch run manifest.xlsx --follow\n    batch run --approve 3f9a5c0d11e2"
}

// Run plans where there is a manifest, asks where approval is missing, and sends.
func (c *runCmd) Run(s *session) error {
	a, err := s.open()
	if err != nil {
		return err
	}
	defer a.Close()
	var books mailout.BatchInfo
	switch {
	case c.Manifest != "":
		planned, err := s.plan(a, c.add(c.options(c.Manifest)), c.All)
		if err != nil || planned.Batch == "" {
			return s.planFailed(err, planned, c.planFlags)
		}
		if books, err = a.Books(s.hard, planned.Batch); err != nil {
			return err
		}
	case c.Approve != "":
		if books, err = a.ByDigest(s.hard, c.Approve); err != nil {
			return err
		}
	default:
		return &app.Error{Kind: app.KindUsage, Message: "which manifest?", Remedy: "batch run MANIFEST, or batch run --approve DIGEST for a plan made earlier"}
	}
	return s.send(a, books, c.sendFlags, c.Canary)
}

type resumeCmd struct {
	sendFlags
	rebuildFlags
	Batch string `arg:"" optional:"" help:"The batch's id, or latest."`
}

// Help is shown by batch resume --help.
func (resumeCmd) Help() string {
	return "Where the ledger was lost, or an older copy put back, --rebuild brings back what sent.log and the queues know. Nothing is sent before you approve " +
		"what was found.\n\nExamples:\n\n    batch resume --follow\n    batch resume --rebuild manifest.xlsx"
}

// Run goes on with an approved batch.
func (c *resumeCmd) Run(s *session) error {
	a, err := s.open()
	if err != nil {
		return err
	}
	defer a.Close()
	if c.Rebuild != "" || c.WithoutManifest {
		return s.rebuild(a, c)
	}
	books, err := a.FindUnfinished(s.hard, c.Batch)
	if err != nil {
		return err
	}
	if books.State == mailout.Ready || books.State == mailout.Superseded {
		return &app.Error{Kind: app.KindUsage, Message: "batch " + string(books.ID) + " was never approved", Remedy: "batch run --approve " + books.Digest.String()[:12]}
	}
	return s.send(a, books, c.sendFlags, 0)
}

// send asks where approval is missing, sends, and shows the books.
func (s *session) send(a *app.App, books mailout.BatchInfo, f sendFlags, canary int) error {
	if books.State == mailout.Purged {
		return &app.Error{Kind: app.KindUsage, Message: "batch " + string(books.ID) + " is purged: all of its rows are over, and nothing is left to send", Remedy: "plan a new manifest"}
	}
	if books.State == mailout.Stopped && unsent(books) == 0 {
		return s.nothingToSend(a, books, f)
	}
	note, err := a.HoldNote(s.hard, books, canary)
	if err != nil {
		return err
	}
	first, err := a.Canary(s.hard, books.ID, canary)
	if err != nil {
		return err
	}
	by, err := s.approval(books, f, note, first)
	if err != nil {
		return s.finish(err, "", books)
	}
	sent, err := a.Send(s.hard, app.SendOptions{Batch: books.ID, ApprovedBy: by, Seen: books.LastSaid, Follow: f.Follow, Canary: canary, Soft: s.soft})
	if len(sent.Since) > 0 {
		s.saidSince(a, books, sent)
		if err == nil && s.ui.asks() && f.Approve == "" {
			return s.send(a, sent.Books, f, canary)
		}
	}
	if len(sent.Problems) > 0 {
		s.ui.problems(sent.Problems, false)
		err = &app.Error{Kind: app.KindProblems, Message: "the plan does not hold any more; nothing was sent", Remedy: "plan again, look at it, and approve the new digest"}
	}
	return s.ended(a, sent, err)
}

// saidSince tells what came after the books that a person, or a command that went on, had seen.
func (s *session) saidSince(a *app.App, seen mailout.BatchInfo, sent app.Sent) {
	s.ui.note("Nothing was sent. Batch %s was looked at while it was %s; since then:", seen.ID, seen.State)
	for _, h := range sent.Since {
		s.ui.note("  %s %s: %s", h.At.In(a.Zone()).Format("15:04:05"), h.Kind, h.Detail)
	}
}

// unsent is how many rows an approval of going on would send, now or when it has turned out
// that a call never left.
func unsent(b mailout.BatchInfo) int { return b.Totals[mailout.Planned] + b.Totals[mailout.Sending] }

// nothingToSend is the end of sending a stopped batch whose last rows were withdrawn, or
// taken up by their status changes: there is nothing to approve. Following needs no approval.
func (s *session) nothingToSend(a *app.App, books mailout.BatchInfo, f sendFlags) error {
	s.ui.say("Nothing is left to send of batch %s.", books.ID)
	if !f.Follow {
		s.showBooks(a, books)
		return s.finish(nil, app.EndDone, books)
	}
	sent, err := a.Follow(s.hard, app.FollowOptions{Batch: books.ID, Soft: s.soft})
	return s.ended(a, sent, err)
}

// ended tells how a flow ended: the books, and what to do next.
func (s *session) ended(a *app.App, sent app.Sent, err error) error {
	if err != nil {
		return s.finish(err, "", known(sent.Books)...)
	}
	s.showBooks(a, sent.Books)
	s.tellEnd(sent.Books, sent)
	return s.finish(nil, sent.Ending, known(sent.Books)...)
}

// tellEnd tells why a flow ended before all was done.
func (s *session) tellEnd(books mailout.BatchInfo, sent app.Sent) {
	s.logEnd(books, sent.Ending, sent.Reason)
	if s.ui.unread.Load() && sent.Ending == app.EndInterrupted {
		sent.Reason = nobodyReads
	}
	if sent.Ending != app.EndDone && sent.Reason != "" {
		s.ui.note("Ended before all was done: %s.", sent.Reason)
	}
}

// known is a batch's books, or nothing where the flow was about no batch in particular.
func known(b mailout.BatchInfo) []mailout.BatchInfo {
	if b.ID == "" {
		return nil
	}
	return []mailout.BatchInfo{b}
}

// approval says how a person approved the batch, or why it may not be sent. note
// is told to a person who is asked; canary is how many rows go out before the next question.
func (s *session) approval(b mailout.BatchInfo, f sendFlags, note string, canary int) (by string, err error) {
	digest := f.Approve
	switch {
	case digest != "" && len(digest) < 12:
		return "", &app.Error{Kind: app.KindUsage, Message: "a digest is given with at least twelve digits; nothing was sent", Remedy: "copy it from the plan"}
	case digest != "":
		if !strings.HasPrefix(b.Digest.String(), strings.ToLower(digest)) {
			return "", &app.Error{Kind: app.KindProblems, Message: "the digest that was approved is not this plan's: something has changed since; nothing was sent",
				Remedy: "look at the plan again; its digest is " + b.Digest.String()[:12]}
		}
		return "--approve", nil
	case b.State == mailout.Approved || b.State == mailout.Done:
		return "went on", nil
	case s.Yes:
		return "--yes", nil
	}
	if s.ui.confirm(strings.TrimSpace(note + " " + question(b, canary))) {
		return "typed", nil
	}
	remedy := "to send it: batch run --approve " + b.Digest.String()[:12]
	if b.State == mailout.Stopped {
		remedy = "to go on: batch resume " + string(b.ID) + " --approve " + b.Digest.String()[:12]
	}
	if f.Follow {
		remedy += " --follow"
	}
	return "", &app.Error{Kind: app.KindUsage, Message: "not approved; nothing was sent", Remedy: remedy}
}

// question is what a person is asked before rows are sent: for as many as a yes would send.
func question(b mailout.BatchInfo, canary int) string {
	before, rows, noun, after := "Send ", b.Rows-b.Totals[mailout.Skipped], "job", " now"
	if b.State == mailout.Stopped {
		before, rows, noun, after = "The batch was stopped: "+b.StopReason+". Go on with ", b.Totals[mailout.Planned], "row", ""
	}
	if canary > 0 && canary < rows {
		return before + thousands(int64(canary)) + " of " + count(rows, noun) + after + ", and stop then?"
	}
	return before + count(rows, noun) + after + "?"
}
