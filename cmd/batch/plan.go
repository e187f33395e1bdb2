package main

import (
	"batch/internal/app"
	"batch/internal/mailout"
	"batch/internal/report"
)

// planFlags say how to read a manifest; plan, run and rehearse share them.
type planFlags struct {
	Sheet       string `help:"Sheet of the workbook; default: the first visible one." placeholder:"NAME"`
	Encoding    string `help:"Encoding of a CSV file; default: found out." placeholder:"NAME"`
	Delimiter   string `help:"Delimiter of a CSV file; default: found out." placeholder:"CHAR"`
	Hidden      string `help:"What hidden rows mean: send or skip." enum:",send,skip" default:"" placeholder:"send|skip"`
	SkipBadRows bool   `help:"Leave out rows with problems; they stay in the books as skipped."`
	All         bool   `help:"Show every problem, also when there are many of a kind."`
}

func (f planFlags) options(manifest string) app.PlanOptions {
	return app.PlanOptions{Manifest: manifest, Sheet: f.Sheet, Encoding: f.Encoding, Delimiter: f.Delimiter, Hidden: f.Hidden, SkipBadRows: f.SkipBadRows}
}

// repeatFlags say what becomes of letters that were sent before; plan and run share them.
type repeatFlags struct {
	OnlyNew      bool `help:"Leave out the rows whose letter an approved batch has, whatever became of it; they stay in the books as skipped." xor:"repeats"`
	AllowRepeats int  `help:"Send the same letters to the same people again: so many, no more and no fewer." placeholder:"N" xor:"repeats"`
}

func (f repeatFlags) add(o app.PlanOptions) app.PlanOptions {
	o.OnlyNew, o.AllowRepeats = f.OnlyNew, f.AllowRepeats
	return o
}

type planCmd struct {
	planFlags
	repeatFlags
	WithNationalIDs bool   `name:"with-national-ids" help:"Do not mask national numbers and addresses in --json."`
	Manifest        string `arg:"" help:"The spreadsheet or CSV." type:"path"`
}

// Help is shown by batch plan --help.
func (planCmd) Help() string {
	return "Example:\n\n    batch plan manifest.xlsx"
}

// Run plans and prints.
func (c *planCmd) Run(s *session) error {
	a, err := s.open()
	if err != nil {
		return err
	}
	defer a.Close()
	planned, err := s.plan(a, c.add(c.options(c.Manifest)), c.All)
	if err != nil || planned.Batch == "" {
		return s.planFailed(err, planned, c.planFlags)
	}
	books, err := a.Books(s.hard, planned.Batch)
	if err != nil {
		return err
	}
	if s.JSON {
		for r, err := range a.Records(s.hard, planned.Batch) {
			if err != nil {
				return err
			}
			s.ui.object(report.RowJSON(r, c.WithNationalIDs))
		}
	}
	if books.State == mailout.Ready {
		s.ui.say("To send it:  batch run --approve %s", books.Digest.String()[:12])
	}
	return s.done(books)
}

// plan plans a manifest and shows what was found: problems, or the page that says what
// would be sent. Warnings come last, nearest to the question that follows.
func (s *session) plan(a *app.App, o app.PlanOptions, all bool) (app.Planned, error) {
	s.planning = true
	planned, err := a.Plan(s.soft, o)
	if err != nil {
		return planned, err
	}
	s.planning = false
	s.log.Info("planned", "batch", planned.Batch, "problems", len(planned.Problems))
	if planned.Batch == "" {
		s.ui.problems(planned.Problems, all)
		return planned, nil
	}
	if planned.Skipped > planned.Old {
		s.ui.problems(mailout.Stopping(planned.Problems), all)
		s.ui.say("")
	}
	if err := s.showPlan(a, planned, all); err != nil {
		return planned, err
	}
	if len(planned.Problems) > len(mailout.Stopping(planned.Problems)) {
		s.ui.warnings(planned.Problems, all)
		s.ui.say("")
	}
	return planned, nil
}

// showPlan prints the page of a plan and what changed since the plan before.
func (s *session) showPlan(a *app.App, planned app.Planned, all bool) error {
	changes, compared, err := a.Changes(s.hard, planned)
	if err != nil { // the plan stands without it
		s.ui.note("the plan could not be compared with the one before: %v", err)
	}
	if s.JSON {
		if compared {
			s.ui.changes(changes)
		}
		return nil
	}
	books, err := a.Books(s.hard, planned.Batch)
	if err != nil {
		return err
	}
	sum, err := a.Summary(s.hard, planned.Batch)
	if err != nil {
		return err
	}
	page := planPage{u: s.ui, zone: a.Zone(), portal: portalWords(a.Portal()), kind: a.Kind, pace: a.CallsPerSecond(), planned: planned, books: books, sum: sum}
	page.print()
	if compared {
		page.changes(changes, all)
	}
	s.ui.say("")
	return nil
}

// planFailed ends a command whose manifest could not be planned, or in which no row is new:
// then there is nothing to do, as asked.
func (s *session) planFailed(err error, planned app.Planned, f planFlags) error {
	if err != nil {
		return err
	}
	if len(mailout.Stopping(planned.Problems)) == 0 {
		s.ui.say("No row is new: the letters of all %s are in batches that were approved before. Nothing is to be sent.", count(planned.Old, "row"))
		return s.done(mailout.BatchInfo{})
	}
	return s.finish(verdict(planned.Problems, !f.SkipBadRows), "")
}
