package main

import (
	"context"
	"fmt"
	"strings"

	"batch/internal/app"
	"batch/internal/mailout"
)

type doctorCmd struct{}

// Help is shown by batch doctor --help.
func (doctorCmd) Help() string {
	return "Makes no job and takes nothing from a queue. Example:\n\n    batch doctor --workspace mailouts/2026"
}

// Run tells finding after finding, and ends with the gravest one's code.
func (c *doctorCmd) Run(s *session) error {
	page := doctorPage{u: s.ui}
	var codes []int
	app.Doctor(s.soft, s.appOptions(), func(f app.Finding) {
		if s.soft.Err() != nil {
			return // what fails from here on fails because a person stopped it
		}
		if f.Severity == app.Bad {
			codes = append(codes, kindCode(f.Kind))
		}
		page.add(f)
	})
	if s.soft.Err() != nil {
		return s.finish(context.Canceled, "")
	}
	page.end()
	s.exit = gravest(codes)
	s.ui.total(mailout.BatchInfo{}, s.exit)
	return nil
}

// doctorPage prints findings as they come: how each is, what it is about, what was found
// and, where something is to be done, what.
type doctorPage struct {
	u     *ui
	last  app.Finding
	alike int // good findings of the last one's code, itself included

	problems, warnings, unchecked int
}

const (
	severityColumns = len("problem") + 2
	checkColumns    = len(app.CheckAuthorization) + 2

	shownAlike = 5 // good findings of one kind that are printed before the rest is counted
)

// findingIndent is where a finding's sentence begins.
var findingIndent = strings.Repeat(" ", severityColumns+checkColumns)

func (p *doctorPage) add(f app.Finding) {
	p.u.object(struct {
		Type string `json:"type"`
		app.Finding
	}{"finding", f})
	switch {
	case f.Code == app.NotChecked:
		p.unchecked++
	case f.Severity == app.Bad:
		p.problems++
	case f.Severity == app.Warning:
		p.warnings++
	}
	if f.Severity == app.Fine && f.Code == p.last.Code {
		p.alike++
	} else {
		p.more()
		p.alike = 1
	}
	if p.alike <= shownAlike {
		p.print(f)
	}
	p.last = f
}

// more counts what was not printed.
func (p *doctorPage) more() {
	if n := p.alike - shownAlike; n > 0 {
		p.line(findingIndent+fmt.Sprintf("and %s more like this", thousands(int64(n))), findingIndent)
	}
	p.alike = 0
}

func (p *doctorPage) print(f app.Finding) {
	check := string(f.Check)
	if check == string(p.last.Check) {
		check = "" // said above
	}
	colour := map[app.Severity]string{app.Fine: "32", app.Warning: "33", app.Bad: "31"}[f.Severity]
	severity := p.u.paint(colour, fmt.Sprintf("%-*s", severityColumns, f.Severity))
	p.line(severity+fmt.Sprintf("%-*s", checkColumns, check)+clean(f.Message), findingIndent)
	if f.Remedy != "" && f.Remedy != p.last.Remedy { // the same once
		p.line(findingIndent+"→ "+clean(f.Remedy), findingIndent+"  ")
	}
}

// line prints a line, broken at the terminal's width; what follows begins with indent.
func (p *doctorPage) line(text, indent string) {
	if p.u.asJSON {
		return
	}
	p.u.clearLine()
	fmt.Fprintln(p.u.out, wrap(text, p.u.width, indent))
}

// end prints what it comes to.
func (p *doctorPage) end() {
	p.more()
	p.u.say("")
	if p.problems+p.warnings+p.unchecked == 0 {
		p.u.say("All is well.")
		return
	}
	parts := []string{"No problem"}
	if p.problems > 0 {
		parts[0] = count(p.problems, "problem")
	}
	if p.warnings > 0 {
		parts = append(parts, count(p.warnings, "warning"))
	}
	if p.unchecked > 0 {
		parts = append(parts, thousands(int64(p.unchecked))+" not checked")
	}
	p.u.say("%s. What to do stands behind the arrows.", strings.Join(parts, ", "))
}
