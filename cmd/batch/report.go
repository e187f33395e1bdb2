package main

import (
	"unicode/utf8"

	"batch/internal/app"
	"batch/internal/mailout"
)

type reportCmd struct {
	Format          string          `help:"csv, xlsx, json or html." enum:"csv,xlsx,json,html" default:"csv"`
	Only            []mailout.State `help:"Only rows in these states." placeholder:"STATE,…"`
	Out             string          `help:"Where to write it; - is stdout." placeholder:"FILE"`
	Delimiter       string          `help:"Delimiter of the csv." default:";"`
	WithNationalIDs bool            `name:"with-national-ids" help:"Do not mask national numbers and addresses."`
	Batch           string          `arg:"" optional:"" help:"The batch's id, or latest."`
}

// Help is shown by batch report --help.
func (reportCmd) Help() string {
	return "Example:\n\n    batch report latest --format xlsx\n    batch report latest --format html"
}

// Run writes the report and prints where it is.
func (c *reportCmd) Run(s *session) error {
	o := app.ReportOptions{Format: c.Format, WithNationalIDs: c.WithNationalIDs, Only: c.Only, Out: c.Out}
	if utf8.RuneCountInString(c.Delimiter) != 1 {
		return &app.Error{Kind: app.KindUsage, Message: "the delimiter is one character", Remedy: `--delimiter ";" or --delimiter ","`}
	}
	o.Delimiter, _ = utf8.DecodeRuneInString(c.Delimiter)
	for _, st := range c.Only {
		if !isState(st) {
			return &app.Error{Kind: app.KindUsage, Message: clean(string(st)) + " is not a state", Remedy: "see batch status for the states"}
		}
	}
	a, books, err := s.openBatch(c.Batch)
	if err != nil {
		return err
	}
	defer a.Close()
	if c.Out == "-" {
		return a.ReportTo(s.hard, s.ui.out, books.ID, o)
	}
	o.Note = func(note string) { s.ui.note("%s", note) }
	path, err := a.Report(s.hard, books.ID, o)
	if err != nil {
		return err
	}
	s.ui.say("%s", path)
	s.ui.object(struct {
		Type string `json:"type"`
		Path string `json:"path"`
	}{"report", path})
	return s.done(books)
}

func isState(s mailout.State) bool {
	for _, known := range mailout.States {
		if s == known {
			return true
		}
	}
	return false
}
