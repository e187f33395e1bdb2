package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"batch/internal/app"
	"batch/internal/mailout"
	"batch/internal/report"
)

type reportCmd struct {
	Format          string          `help:"csv, xlsx, json or html." enum:"csv,xlsx,json,html" default:"csv"`
	Only            []mailout.State `help:"Only rows in these states." placeholder:"STATE,…"`
	Out             string          `help:"Where to write it; - is stdout." placeholder:"FILE"`
	Delimiter       string          `help:"Delimiter of the csv; default: a semicolon." placeholder:"CHAR"`
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
	var err error
	if o.Delimiter, err = c.delimiter(); err != nil {
		return err
	}
	if err := c.fits(s.JSON); err != nil {
		return err
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

// delimiter is the character that was asked for; 0: the usual one.
func (c *reportCmd) delimiter() (rune, error) {
	if c.Delimiter == "" {
		return 0, nil
	}
	remedy := `--delimiter ";" or --delimiter ","`
	switch r, size := utf8.DecodeRuneInString(c.Delimiter); {
	case c.Format != "csv":
		return 0, &app.Error{Kind: app.KindUsage, Message: "--delimiter is of csv alone", Remedy: "leave it out, or give --format csv"}
	case size != len(c.Delimiter):
		return 0, &app.Error{Kind: app.KindUsage, Message: "the delimiter is one character", Remedy: remedy}
	case !report.MayDelimit(r):
		return 0, &app.Error{Kind: app.KindUsage, Message: "this character cannot be the delimiter of a csv", Remedy: remedy}
	default:
		return r, nil
	}
}

// fits says what of the flags does not go together, or means nothing.
func (c *reportCmd) fits(asJSON bool) error {
	for _, st := range c.Only {
		if !slices.Contains(mailout.States, st) {
			var states []string
			for _, known := range mailout.States {
				states = append(states, string(known))
			}
			return &app.Error{Kind: app.KindUsage, Message: fmt.Sprintf("%q is not a state", clean(string(st))), Remedy: "--only takes " + strings.Join(states, ", ")}
		}
	}
	if asJSON && c.Out == "-" && c.Format != "json" {
		return &app.Error{Kind: app.KindUsage, Message: "--json and a report as " + c.Format + " both want stdout", Remedy: "give --format json, or a file with --out"}
	}
	return nil
}
