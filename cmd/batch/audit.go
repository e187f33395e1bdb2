package main

import (
	"fmt"
	"strings"

	"batch/internal/app"
	"batch/internal/mailout"
)

type auditCmd struct {
	Batch string `arg:"" optional:"" help:"The batch's id, or latest."`
}

// Help is shown by batch audit --help.
func (auditCmd) Help() string {
	return "Needs neither certificate nor network, and changes nothing; months later, and on a copy of the folder, too. Exit code 0: all that can be shown is in order; " +
		"5: a person must look.\n\nExample:\n\n    batch audit 2026-11-21-a7"
}

// Run looks a batch through.
func (c *auditCmd) Run(s *session) error {
	a, err := app.OpenToAudit(s.soft, s.appOptions())
	if err != nil {
		return err
	}
	defer a.Close()
	books, err := a.Find(s.soft, c.Batch)
	if err != nil {
		return err
	}
	s.ui.say("batch %s (%s): %s", books.ID, books.State, count(books.Rows, "row"))
	page := auditPage{ui: s.ui, of: map[string]int{}}
	result, err := a.Audit(s.soft, books, page.add)
	page.more()
	if err != nil {
		return s.finish(err, "", books)
	}
	limits := a.AuditLimits(books)
	s.ui.say("What an audit cannot know:")
	for _, l := range limits {
		s.ui.say("  - %s", l)
	}
	s.audited(result, limits)
	if result.Problems > 0 {
		s.exit = exitLook
	}
	s.ui.total(books, s.exit)
	return nil
}

// audited tells what was looked at, and what came of it.
func (s *session) audited(r app.AuditResult, limits []string) {
	s.ui.object(struct {
		Type      string         `json:"type"`
		Rows      int            `json:"rows"`
		States    mailout.Totals `json:"states"`
		Documents int            `json:"documents"`
		XAdES     int            `json:"xades"`
		Deleted   int            `json:"deleted"`
		Reports   int            `json:"reports"`
		Lines     int            `json:"sent_log_lines"`
		Problems  int            `json:"problems"`
		Notes     int            `json:"notes"`
		Limits    []string       `json:"limits"`
	}{"audit", r.Totals.Sum(), r.Totals, r.Documents, r.XAdES, r.Deleted, r.Reports, r.Lines, r.Problems, r.Notes, limits})
	deleted := ""
	if r.Deleted > 0 {
		deleted = fmt.Sprintf(" (and %s deleted on request, whose digests are kept)", thousands(int64(r.Deleted)))
	}
	s.ui.say("Looked at: rows %s, signed documents %s%s, XAdES %s, reports %s, lines of sent.log %s.", thousands(int64(r.Totals.Sum())),
		thousands(int64(r.Documents)), deleted, thousands(int64(r.XAdES)), thousands(int64(r.Reports)), thousands(int64(r.Lines)))
	s.ui.say("%s, %s.", s.verdict(r.Problems), count(r.Notes, "note"))
}

func (s *session) verdict(problems int) string {
	if problems == 0 {
		return s.ui.paint("32", "No problems")
	}
	return s.ui.paint("31", count(problems, "problem"))
}

// shownFindings is how many findings of one kind are printed before the rest is counted: where a
// folder is gone, every document of it is missing.
const shownFindings = 10

// auditPage prints findings as they come.
type auditPage struct {
	ui    *ui
	order []string
	of    map[string]int // findings of a code
}

func (p *auditPage) add(f app.AuditFinding) {
	p.ui.object(struct {
		Type string `json:"type"`
		app.AuditFinding
	}{"finding", f})
	if p.of[f.Code]++; p.of[f.Code] == 1 {
		p.order = append(p.order, f.Code)
	}
	if p.of[f.Code] > shownFindings {
		return
	}
	colour := "31"
	if f.Severity == app.AuditNote {
		colour = "33"
	}
	p.ui.say("  %s %s%s: %s", p.ui.paint(colour, string(f.Severity)), f.Code, where(f), f.Message)
	p.ui.say("    → %s", f.Remedy)
}

// where says what a finding is about.
func where(f app.AuditFinding) string {
	var parts []string
	if f.Line > 0 {
		parts = append(parts, fmt.Sprintf("line %d", f.Line))
	}
	if f.Job != 0 {
		parts = append(parts, fmt.Sprintf("job %d", int64(f.Job)))
	}
	if f.File != "" {
		parts = append(parts, f.File)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// more tells how many findings were not printed.
func (p *auditPage) more() {
	for _, code := range p.order {
		if n := p.of[code] - shownFindings; n > 0 {
			p.ui.say("  and %s more: %s (batch audit --json lists all)", thousands(int64(n)), code)
		}
	}
}
