package main

import (
	"batch/internal/app"
	"batch/internal/mailout"
)

type rehearseCmd struct {
	planFlags
	Outcome  string `help:"How the rows are to end, in per cent: signed=90,rejected=5,expired=5; default: all signed." placeholder:"LIST"`
	Keep     string `help:"Keep the workspace of the rehearsal in this new folder." placeholder:"DIR" type:"path"`
	Manifest string `arg:"" help:"The spreadsheet or CSV." type:"path"`
}

// Help is shown by batch rehearse --help.
func (rehearseCmd) Help() string {
	return "Needs neither certificate nor batch.toml. Example:\n\n    batch rehearse samples/manifest.csv --keep demo"
}

// Run lives through the whole life of a batch: the same flows as batch run --follow.
func (c *rehearseCmd) Run(s *session) error {
	r, err := app.Rehearse(s.hard, app.RehearseOptions{Options: s.appOptions(), Manifest: c.Manifest, Keep: c.Keep, Outcome: c.Outcome})
	if err != nil {
		return err
	}
	defer r.Close()
	planned, err := s.plan(r.App, c.options(c.Manifest), c.All)
	if err != nil || planned.Batch == "" {
		return s.planFailed(err, planned, c.planFlags)
	}
	if err := r.Assign(s.hard, planned.Batch); err != nil {
		return err
	}
	s.ui.note("Rehearsing against a sandbox in this process: nothing leaves the machine.")
	sent, err := r.Send(s.hard, app.SendOptions{Batch: planned.Batch, ApprovedBy: "rehearsal", Follow: true, Soft: s.soft})
	if err != nil || sent.Ending != app.EndDone {
		return s.ended(r.App, sent, err)
	}
	return s.rehearsed(r, sent.Books)
}

// rehearsed tells how it went: the books, the report, and whether all ended as asked.
func (s *session) rehearsed(r *app.Rehearsal, books mailout.BatchInfo) error {
	s.ui.books(books)
	if r.Kept() {
		path, err := r.Report(s.hard, books.ID, app.ReportOptions{Format: "csv"})
		if err != nil {
			return err
		}
		s.ui.say("report       %s", path)
		s.ui.say("signed PDFs  %s", r.SignedFolder(books.ID))
	}
	wrong, err := r.Wrong(s.hard, books.ID)
	if err != nil {
		return err
	}
	for _, w := range wrong {
		s.ui.say("line %d was to be %s and is %s", w.Line, w.Asked, w.State)
	}
	if len(wrong) > 0 || books.Alarms > 0 {
		return s.finish(nil, app.EndLook, books)
	}
	s.ui.say("Every row ended as asked. For real, sending would take %s at ten calls a second; following, as long as the signers need.", about(r.RealTime(books)))
	return s.done(books)
}
