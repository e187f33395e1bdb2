package main

import (
	"strings"
	"time"

	"batch/internal/app"
	"batch/internal/mailout"
	"batch/internal/report"
)

// planFlags say how to read a manifest; plan, run and rehearse share them.
type planFlags struct {
	Sheet       string `help:"Sheet of the workbook; default: the first visible one." placeholder:"NAME"`
	Encoding    string `help:"Encoding of a CSV file; default: found out." placeholder:"NAME"`
	Delimiter   string `help:"Delimiter of a CSV file; default: found out." placeholder:"CHAR"`
	Hidden      string `help:"What hidden rows mean: send or skip." enum:",send,skip" default:""`
	SkipBadRows bool   `help:"Leave out rows with problems; they stay in the books as skipped."`
	All         bool   `help:"Show every problem, also when there are many of a kind."`
}

func (f planFlags) options(manifest string) app.PlanOptions {
	return app.PlanOptions{Manifest: manifest, Sheet: f.Sheet, Encoding: f.Encoding, Delimiter: f.Delimiter, Hidden: f.Hidden, SkipBadRows: f.SkipBadRows}
}

type planCmd struct {
	planFlags
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
	planned, err := s.plan(a, c.options(c.Manifest), c.All)
	if err != nil || planned.Batch == "" {
		return s.planFailed(err, planned)
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

// plan plans a manifest, printing problems and, where there is a batch, what it does.
func (s *session) plan(a *app.App, o app.PlanOptions, all bool) (app.Planned, error) {
	planned, err := a.Plan(s.soft, o)
	if err != nil {
		return planned, err
	}
	s.ui.problems(planned.Problems, all)
	if planned.Batch == "" {
		return planned, nil
	}
	sum, err := a.Summary(s.hard, planned.Batch)
	if err == nil {
		s.showSummary(a, planned, sum)
	}
	return planned, err
}

// planFailed ends a command whose manifest could not be planned.
func (s *session) planFailed(err error, planned app.Planned) error {
	if err != nil {
		return err
	}
	stopping := len(mailout.Stopping(planned.Problems))
	return s.finish(&app.Error{Kind: app.KindProblems, Message: count(stopping, "problem") + " in the manifest and its documents; nothing was sent",
		Remedy: "correct them and run the same command again; --skip-bad-rows leaves these rows out"}, "")
}

// showSummary prints what a batch would do.
func (s *session) showSummary(a *app.App, planned app.Planned, sum app.Summary) {
	known := ""
	if planned.Known {
		known = ", planned before"
	}
	s.ui.say("Batch %s%s", planned.Batch, known)
	rows := "  " + count(sum.Rows, "row") + ", " + count(sum.Jobs, "job") + ": " + shapes(sum.Shapes)
	if sum.Skipped > 0 {
		rows += "; " + count(sum.Skipped, "row") + " left out"
	}
	s.ui.say("%s", rows)
	s.ui.say("  %s, %s", count(sum.Documents, "document"), size(sum.Bytes))
	s.ui.say("  notified: %d by look-up, %d by e-mail given, %d by SMS given", sum.ByLookup, sum.ByEmail, sum.BySMS)
	if sum.Later > 0 {
		s.ui.say("  starting later, at a time of their own: %s", count(sum.Later, "job"))
	}
	s.ui.say("  the last one is over by %s at the latest", sum.LastEnd.In(a.Zone()).Format("2006-01-02"))
	s.ui.say("  about %s to the portal, %s", count(sum.Calls, "call"), about(time.Duration(sum.Calls)*time.Second/app.PortalCallsPerSecond))
	for _, r := range sum.Examples {
		s.ui.say("  line %d, row %s: %s", r.Line, r.Key, example(r))
	}
	s.ui.say("  digest %s", planned.Digest)
}

func shapes(all []app.Shape) string {
	var parts []string
	for _, sh := range all {
		parts = append(parts, thousands(int64(sh.Jobs))+" with "+sh.String())
	}
	return strings.Join(parts, ", ")
}

// example shows one row, masked, so that a person sees whether columns were understood.
func example(r mailout.Record) string {
	var who, what []string
	for _, sg := range r.Job.Signers {
		name := sg.NationalID.String()
		if name == "" {
			name = strings.TrimSpace(sg.Email.String() + " " + sg.Mobile.String())
		}
		who = append(who, name)
	}
	for _, d := range r.Documents {
		var parts []string
		for _, src := range d.Sources {
			parts = append(parts, src.Path)
		}
		what = append(what, strings.Join(parts, " + "))
	}
	return strings.Join(who, ", ") + " signs " + strings.Join(what, ", ")
}
