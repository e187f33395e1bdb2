package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"batch/internal/mailout"
	"batch/internal/report"
)

// examples shows the rows that a person looks at to see whether the columns were
// understood. Their titles are shown: they are what the signers read, and nowhere else
// would a wrong column or placeholder in them be seen before it is sent. Numbers and
// addresses are masked, in titles and file names too.
func (p *planPage) examples() {
	p.u.say("")
	switch left := p.sum.Jobs - len(p.sum.Examples); {
	case left > 0:
		p.u.say("%s rows as they would be sent, and %s more like them:", words[len(p.sum.Examples)], thousands(int64(left)))
	case len(p.sum.Examples) == 1:
		p.u.say("The row as it would be sent:")
	default:
		p.u.say("The rows as they would be sent:")
	}
	for _, r := range p.sum.Examples {
		p.example(report.RowJSON(r, false))
	}
}

var words = [...]string{"No", "One", "Two", "Three"}

func (p *planPage) example(r report.Row) {
	p.entry(fmt.Sprintf("line %d", r.Line), "row %s: %s", r.Key, r.Title)
	if r.NonsensitiveTitle != "" {
		p.entry("", "notified as: %s", r.NonsensitiveTitle)
	}
	p.entry("", "signed by %s", signing(r.Signers))
	if t := p.time(r); t != "" {
		p.entry("", "%s", t)
	}
	for _, d := range r.Documents {
		p.entry("", "%s, %s", strings.Join(d.From, " + "), count(d.Pages, "page"))
	}
}

// time tells the times that a row has of its own.
func (p *planPage) time(r report.Row) string {
	var parts []string
	switch {
	case r.ActivationTime != nil && r.ActivationTime.Before(time.Now()):
		parts = append(parts, "at once") // it is left out when the row is sent
	case r.ActivationTime != nil:
		parts = append(parts, "from "+p.at(*r.ActivationTime))
	}
	if r.Deadline != nil {
		parts = append(parts, "until "+p.at(*r.Deadline))
	}
	if r.AvailableSeconds != nil {
		parts = append(parts, "for "+span(time.Duration(*r.AvailableSeconds)*time.Second))
	}
	if len(parts) == 0 {
		return ""
	}
	return "open " + strings.Join(parts, ", ")
}

// signing tells who signs, masked, in which order, and how they are told.
func signing(signers []report.Signer) string {
	var orders []int
	for _, s := range signers {
		if !slices.Contains(orders, s.Order) {
			orders = append(orders, s.Order)
		}
	}
	slices.Sort(orders)
	var steps []string
	for n, order := range orders {
		var who []string
		for _, s := range signers {
			if s.Order == order {
				who = append(who, signer(s))
			}
		}
		step := strings.Join(who, " and ")
		if n > 0 {
			step = "then " + step
		}
		steps = append(steps, step)
	}
	return strings.Join(steps, ", ")
}

func signer(s report.Signer) string {
	contact := strings.TrimSpace(s.Email + " " + s.Mobile)
	switch {
	case s.NationalID == "":
		return contact
	case s.Notify == mailout.NotifyGiven:
		return fmt.Sprintf("%s (%s)", s.NationalID, contact)
	}
	return fmt.Sprintf("%s (%s)", s.NationalID, notifyWords[s.Notify])
}

var notifyWords = map[mailout.Notify]string{mailout.NotifyLookup: "look-up", mailout.NotifyLookupSMS: "look-up and SMS"}

// portalWords says whom a batch goes to, so that nobody takes one for the other.
func portalWords(environment, root string) string {
	switch environment {
	case "production":
		return "production: real people are notified"
	case "test":
		return "test: Posten's test environment"
	case "sandbox":
		return "sandbox: nobody is notified"
	}
	return environment + ": " + root
}
