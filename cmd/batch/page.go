package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"batch/internal/app"
	"batch/internal/mailout"
)

// planPage is what a person looks at before saying yes: one page, on which everything
// that would be sent is counted, three rows are shown, and the changes since the plan
// before.
type planPage struct {
	u       *ui
	zone    *time.Location
	portal  string // whom it is sent to, in words
	kind    func(mailout.OrgNumber) mailout.SenderKind
	pace    int // calls a second; 0: no limit
	planned app.Planned
	books   mailout.BatchInfo
	sum     app.Summary
}

// labelled is where the text of an entry begins.
const labelled = 14

// entry writes one line of the page: a label, or none, and what there is to say. It is
// broken at the terminal's width, below its own beginning.
func (p *planPage) entry(label, format string, args ...any) {
	text := fmt.Sprintf("  %-*s%s", labelled-2, label, fmt.Sprintf(format, args...))
	p.u.clearLine()
	fmt.Fprintln(p.u.out, wrap(clean(text), p.u.width, strings.Repeat(" ", labelled)))
}

func (p *planPage) print() {
	known := ""
	if p.planned.Known {
		known = ", planned before"
	}
	p.u.say("Batch %s%s", p.books.ID, known)
	rows := thousands(int64(p.sum.Rows)) + " in " + filepath.Base(p.books.ManifestPath)
	if p.sum.Skipped > 0 {
		rows += fmt.Sprintf(", %s left out", thousands(int64(p.sum.Skipped)))
	}
	if p.planned.Old > 0 {
		rows += fmt.Sprintf(": %s sent before", thousands(int64(p.planned.Old)))
	}
	p.entry("Portal", "%s", p.portal)
	p.entry("Sender", "%s", p.senders())
	p.entry("Rows", "%s", rows)
	p.passed()
	p.columns()
	p.entry("Jobs", "%s", p.jobs())
	p.documents()
	p.notified()
	p.times()
	p.entry("Calls", "%s", p.calls())
	p.entry("Digest", "%s", p.planned.Digest)
	p.examples()
}

// passed says what of the manifest and its folder is not sent, for nobody to miss.
func (p *planPage) passed() {
	var parts []string
	add := func(n int, noun, rest string) {
		if n > 0 {
			parts = append(parts, count(n, noun)+rest)
		}
	}
	add(p.planned.Passed.Blank, "blank row", "")
	add(p.planned.Passed.Hidden, "hidden row", "")
	add(p.planned.Passed.Unused, "PDF", " in the folder that no row uses")
	if len(parts) > 0 {
		p.entry("", "passed over: %s", strings.Join(parts, ", "))
	}
}

// columns says which of the manifest's columns were read, and which are only kept: a
// column that was not recognized is nowhere else to be seen before it is missed.
func (p *planPage) columns() {
	var read, kept []string
	if len(p.sum.Examples) == 0 {
		return
	}
	for _, c := range p.sum.Examples[0].Columns {
		if c.Field != "" {
			read = append(read, glued(strconv.Quote(c.Name)))
		} else {
			kept = append(kept, glued(strconv.Quote(c.Name)))
		}
	}
	p.entry("Columns", "read as ours: %s", cmp.Or(strings.Join(read, ", "), "none"))
	if len(kept) > 0 {
		p.entry("", "yours, kept for the report: %s", strings.Join(kept, ", "))
	}
}

// namedSenders is how many organizations a page names; of more it says how many.
const namedSenders = 4

func (p *planPage) senders() string {
	if all := p.sum.Senders; len(all) > namedSenders {
		kinds := map[mailout.SenderKind]int{}
		for _, s := range all {
			kinds[p.kind(s.Sender)]++
		}
		return fmt.Sprintf("%d organizations: %d public, %d private", len(all), kinds[mailout.Public], kinds[mailout.Private])
	}
	var parts []string
	for _, s := range p.sum.Senders {
		part := fmt.Sprintf("%s, %s", s.Sender, p.kind(s.Sender))
		if len(p.sum.Senders) > 1 {
			part += ", " + count(s.Jobs, "job")
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

func (p *planPage) jobs() string {
	var parts []string
	for _, shape := range p.sum.Shapes {
		parts = append(parts, thousands(int64(shape.Jobs))+" with "+shape.String())
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return thousands(int64(p.sum.Jobs)) + ": " + strings.Join(parts, "; ")
}

func (p *planPage) documents() {
	d := p.sum.Documents
	p.entry("Documents", "%s, %s, %s; made of %s", count(d.Sent, "document"), count(d.Pages, "page"), count(int(d.Bytes), "byte"), count(d.Files, "file"))
	p.entry("", "the largest job, line %d, has %s of the %s bytes that the portal takes",
		d.Largest.Line, thousands(d.Largest.Bytes), thousands(mailout.MaxDocumentBytes))
}

func (p *planPage) notified() {
	n, label := p.sum.Notified, "Notified"
	for _, way := range []struct {
		signers int
		how     string
	}{
		{n.Lookup, "by look-up: as registered in the national contact register"},
		{n.LookupSMS, "by look-up and SMS: as registered in the national contact register"},
		{n.Email, "by e-mail, to the address in the manifest"},
		{n.Mobile, "by SMS, to the number in the manifest"},
		{n.Both, "by e-mail and SMS, to the address and number in the manifest"},
	} {
		if way.signers > 0 {
			p.entry(label, "%s %s", count(way.signers, "signer"), way.how)
			label = ""
		}
	}
	if n.Later > 0 {
		p.entry(label, "%s of them only when those who sign before have signed", thousands(int64(n.Later)))
	}
}

func (p *planPage) times() {
	s := p.sum.Start
	var begin []string
	switch {
	case s.AtOnce > 0 && !s.Held.IsZero():
		begin = append(begin, fmt.Sprintf("%s held until about %s, if sent now: nobody is told before", count(s.AtOnce, "job"), p.at(s.Held)))
	case s.AtOnce > 0:
		begin = append(begin, count(s.AtOnce, "job")+" at once")
	}
	switch {
	case s.Later > 0 && s.First.Equal(s.Last):
		begin = append(begin, fmt.Sprintf("%s at %s", count(s.Later, "job"), p.at(s.First)))
	case s.Later > 0:
		begin = append(begin, fmt.Sprintf("%s later, from %s to %s", count(s.Later, "job"), p.at(s.First), p.at(s.Last)))
	}
	p.entry("Start", "%s", strings.Join(begin, "; "))
	if p.sum.FirstEnd.Equal(p.sum.LastEnd) {
		p.entry("Deadline", "%s, if sent now", p.at(p.sum.LastEnd))
		return
	}
	p.entry("Deadline", "the first %s, the last %s, if sent now", p.at(p.sum.FirstEnd), p.at(p.sum.LastEnd))
}

func (p *planPage) at(t time.Time) string { return glued(t.In(p.zone).Format("2006-01-02 15:04")) }

func (p *planPage) calls() string {
	all := "about " + thousands(int64(p.sum.Calls)) + " to the portal"
	if p.pace == 0 {
		return fmt.Sprintf("%s, as fast as it answers; the real one would take %s at %d a second",
			all, about(app.CallsTake(p.sum.Calls, app.PortalCallsPerSecond)), app.PortalCallsPerSecond)
	}
	all = fmt.Sprintf("%s: %s at %d a second", all, about(app.CallsTake(p.sum.Calls, p.pace)), p.pace)
	if p.pace < app.PortalCallsPerSecond {
		all += fmt.Sprintf(", of the %d that the portal allows", app.PortalCallsPerSecond)
	}
	return all
}
