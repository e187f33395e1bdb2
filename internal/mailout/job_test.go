package mailout_test

import (
	"testing"
	"time"

	"batch/internal/mailout"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestAvailableSeconds(t *testing.T) {
	for _, c := range []struct {
		name string
		job  mailout.Job
		want int64
		ok   bool
	}{
		{"nothing said: the portal's default", mailout.Job{}, 0, false},
		{"14 days", mailout.Job{Available: 14 * 24 * time.Hour}, 1_209_600, true},
		{"14 days, later start: counted from it by the portal", mailout.Job{Available: 14 * 24 * time.Hour, Activation: noon.Add(time.Hour)}, 1_209_600, true},
		{"deadline", mailout.Job{Deadline: noon.Add(36 * time.Hour)}, 129_600, true},
		{"deadline after a later start", mailout.Job{Deadline: noon.Add(36 * time.Hour), Activation: noon.Add(12 * time.Hour)}, 86_400, true},
		{"deadline, start already past", mailout.Job{Deadline: noon.Add(36 * time.Hour), Activation: noon.Add(-12 * time.Hour)}, 129_600, true},
		{"deadline in another zone", mailout.Job{Deadline: noon.Add(time.Hour).In(time.FixedZone("CET", 3600))}, 3600, true},
		{"deadline past", mailout.Job{Deadline: noon.Add(-time.Second)}, 0, true},
		{"deadline before the start", mailout.Job{Deadline: noon.Add(time.Hour), Activation: noon.Add(2 * time.Hour)}, 0, true},
		{"part of a second is not promised", mailout.Job{Deadline: noon.Add(1999 * time.Millisecond)}, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, ok := c.job.AvailableSeconds(noon); got != c.want || ok != c.ok {
				t.Errorf("%d seconds, %v; want %d, %v", got, ok, c.want, c.ok)
			}
		})
	}
}

func TestOrderGroups(t *testing.T) {
	for _, c := range []struct {
		orders []int
		want   int
	}{{nil, 0}, {[]int{0}, 1}, {[]int{0, 0, 0}, 1}, {[]int{1, 2}, 2}, {[]int{3, 1, 3, 2, 1}, 3}} {
		var j mailout.Job
		for _, o := range c.orders {
			j.Signers = append(j.Signers, mailout.Signer{Order: o})
		}
		if got := j.OrderGroups(); got != c.want {
			t.Errorf("orders %v are %d groups, want %d", c.orders, got, c.want)
		}
	}
}

func letter() mailout.Row {
	source := func(s string) mailout.Source { return mailout.Source{Path: s, SHA256: mailout.SumDigest([]byte(s))} }
	return mailout.Row{Line: 2, Key: "1042",
		Job: mailout.Job{Sender: "988015814", Title: "Arbeidsavtale", Signers: []mailout.Signer{
			{NationalID: "01845912345", Order: 1, Notify: mailout.NotifyLookup},
			{Email: "leder@kommune.example", Mobile: "+4799887766", Order: 2, Notify: mailout.NotifyGiven}}},
		Documents: []mailout.Document{{Title: "Avtale", Name: "document1.pdf", Sources: []mailout.Source{source("a.pdf"), source("b.pdf")}}}}
}

func TestLetterKeyOfTheSameLetter(t *testing.T) {
	for name, change := range map[string]func(*mailout.Row){
		"another line and key":          func(r *mailout.Row) { r.Line, r.Key = 900, "x" },
		"signers written the other way": func(r *mailout.Row) { s := r.Job.Signers; s[0], s[1] = s[1], s[0] },
		"another order":                 func(r *mailout.Row) { r.Job.Signers[0].Order = 5 },
		"another way of telling":        func(r *mailout.Row) { r.Job.Signers[0].Notify = mailout.NotifyLookupSMS },
		"an address beside the number":  func(r *mailout.Row) { r.Job.Signers[0].Email = "a@b.example" },
		"capitals in the address":       func(r *mailout.Row) { r.Job.Signers[1].Email = "Leder@Kommune.example" },
		"another deadline":              func(r *mailout.Row) { r.Job.Deadline = noon },
		"another description":           func(r *mailout.Row) { r.Job.Description = "Vennlig hilsen" },
		"a document renamed":            func(r *mailout.Row) { r.Documents[0].Sources[0].Path = "c.pdf" },
		"merged anew, to other bytes":   func(r *mailout.Row) { r.Documents[0].SHA256 = mailout.SumDigest([]byte("new")) },
		"sent one by one, not merged": func(r *mailout.Row) {
			s := r.Documents[0].Sources
			r.Documents = []mailout.Document{{Sources: s[:1]}, {Sources: s[1:]}}
		},
		"the owner's columns": func(r *mailout.Row) { r.Columns = []mailout.Column{{Name: "Avdeling", Value: "Skole"}} },
	} {
		t.Run(name, func(t *testing.T) {
			r := letter()
			change(&r)
			if r.LetterKey() != letter().LetterKey() {
				t.Error("the person gets the same letter, yet the key is another")
			}
		})
	}
}

func TestLetterKeyOfAnotherLetter(t *testing.T) {
	keys := map[mailout.Digest]string{letter().LetterKey(): "the letter itself"}
	for name, change := range map[string]func(*mailout.Row){
		"another person":          func(r *mailout.Row) { r.Job.Signers[0].NationalID = "01845912426" },
		"another address":         func(r *mailout.Row) { r.Job.Signers[1].Email = "leder2@kommune.example" },
		"another mobile":          func(r *mailout.Row) { r.Job.Signers[1].Mobile = "+4799887767" },
		"no mobile":               func(r *mailout.Row) { r.Job.Signers[1].Mobile = "" },
		"one signer less":         func(r *mailout.Row) { r.Job.Signers = r.Job.Signers[:1] },
		"one signer more":         func(r *mailout.Row) { r.Job.Signers = append(r.Job.Signers, mailout.Signer{NationalID: "01845912507"}) },
		"another title":           func(r *mailout.Row) { r.Job.Title = "Arbeidsavtale 2" },
		"another document":        func(r *mailout.Row) { r.Documents[0].Sources[0].SHA256 = mailout.Digest{1} },
		"one part less":           func(r *mailout.Row) { r.Documents[0].Sources = r.Documents[0].Sources[:1] },
		"documents the other way": func(r *mailout.Row) { s := r.Documents[0].Sources; s[0], s[1] = s[1], s[0] },
	} {
		r := letter()
		change(&r)
		key := r.LetterKey()
		if same, ok := keys[key]; ok {
			t.Errorf("%q has the key of %q", name, same)
		}
		keys[key] = name
	}
}
