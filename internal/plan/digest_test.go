package plan_test

import (
	"slices"
	"testing"
	"time"

	"batch/internal/mailout"
	"batch/internal/plan"
)

func twoRows(t *testing.T) *desk {
	d := newDesk(t, signs(2, kari, "a.pdf", "b.pdf+c.pdf"), signs(3, ola, "a.pdf"))
	d.lines[0].Job.Signers = append(d.lines[0].Job.Signers, mailout.Signer{Email: "leder@kommune.example", Mobile: "+4799887766", Order: 2, Notify: mailout.NotifyGiven})
	return d
}

// digests plans with prepared documents that are the same each time.
func digests(t *testing.T, change func(*desk)) plan.Result {
	t.Helper()
	d := twoRows(t)
	change(d)
	d.make() // the documents are made …
	d.digests = map[mailout.Digest]mailout.BatchID{}
	return d.make() // … and found by their recipe
}

func TestDigestsDoNotKnowTheTimeOrTheBatch(t *testing.T) {
	want := digests(t, func(*desk) {})
	for name, change := range map[string]func(*desk){
		"many batches before":        func(d *desk) { d.n = 50 },
		"another place of the file":  func(d *desk) { d.o.ManifestPath = "C:\\Kari\\manifest.xlsx" },
		"another time zone":          func(d *desk) { d.o.Location = time.FixedZone("CET", 3600) },
		"a warning about a document": func(d *desk) { d.lines[0].problems = []mailout.Problem{{Severity: mailout.Warn, Code: "x"}} },
	} {
		if got := digests(t, change); got.RowsDigest != want.RowsDigest || got.Digest != want.Digest {
			t.Errorf("%s changes the digests", name)
		}
	}
}

// The same content as CSV and as XLSX: other bytes, perhaps on other lines and with other
// columns of the owner's.
func TestTheRowsDigestIsOfTheContent(t *testing.T) {
	want := digests(t, func(*desk) {})
	for name, change := range map[string]func(*desk){
		"other bytes of the manifest": func(d *desk) { d.bytes = "PK" },
		"another column of the owner's": func(d *desk) {
			d.bytes = "with a column"
			d.lines[0].Columns = []mailout.Column{{Name: "Avdeling", Value: "Skole"}}
		},
		"a blank line above": func(d *desk) {
			d.bytes = "with a line"
			d.lines[0].Line, d.lines[1].Line = 3, 4
		},
	} {
		got := digests(t, change)
		if got.RowsDigest != want.RowsDigest {
			t.Errorf("%s changes the rows digest", name)
		}
		if got.Digest == want.Digest {
			t.Errorf("%s leaves the digest that is approved as it was", name)
		}
	}
}

func TestEveryFieldIsInTheRowsDigest(t *testing.T) {
	seen := map[mailout.Digest]string{digests(t, func(*desk) {}).RowsDigest: "nothing"}
	signer := func(edit func(*mailout.Signer)) func(*desk) {
		return func(d *desk) { edit(&d.lines[0].Job.Signers[1]) }
	}
	job := func(edit func(*mailout.Job)) func(*desk) { return func(d *desk) { edit(&d.lines[0].Job) } }
	for name, change := range map[string]func(*desk){
		"settings":            func(d *desk) { d.o.Settings = []byte("sender=984661185") },
		"key":                 func(d *desk) { d.lines[0].Key = "x" },
		"a row less":          func(d *desk) { d.lines = d.lines[:1] },
		"rows the other way":  func(d *desk) { slices.Reverse(d.lines) },
		"sender":              job(func(j *mailout.Job) { j.Sender = "984661185" }),
		"title":               job(func(j *mailout.Job) { j.Title = "x" }),
		"nonsensitive title":  job(func(j *mailout.Job) { j.NonsensitiveTitle = "x" }),
		"description":         job(func(j *mailout.Job) { j.Description = "x" }),
		"authentication":      job(func(j *mailout.Job) { j.Authentication = 4 }),
		"identifier":          job(func(j *mailout.Job) { j.Identifier = mailout.NameOnly }),
		"activation":          job(func(j *mailout.Job) { j.Activation = noon }),
		"available":           job(func(j *mailout.Job) { j.Available = time.Hour }),
		"deadline":            job(func(j *mailout.Job) { j.Deadline = noon }),
		"a signer less":       job(func(j *mailout.Job) { j.Signers = j.Signers[:1] }),
		"signers turned":      job(func(j *mailout.Job) { slices.Reverse(j.Signers) }),
		"national id":         signer(func(s *mailout.Signer) { s.NationalID = per }),
		"email":               signer(func(s *mailout.Signer) { s.Email = "x@y.example" }),
		"mobile":              signer(func(s *mailout.Signer) { s.Mobile = "+4799887767" }),
		"order":               signer(func(s *mailout.Signer) { s.Order = 3 }),
		"signature type":      signer(func(s *mailout.Signer) { s.SignatureType = mailout.Advanced }),
		"on behalf of":        signer(func(s *mailout.Signer) { s.OnBehalfOf = mailout.Other }),
		"notify":              signer(func(s *mailout.Signer) { s.Notify = mailout.NotifyLookup }),
		"a document's title":  func(d *desk) { d.lines[0].Inputs[0].Title = "x" },
		"a document's bytes":  func(d *desk) { d.files["c.pdf"] = "other" },
		"documents turned":    func(d *desk) { slices.Reverse(d.lines[0].Inputs) },
		"a part less":         func(d *desk) { d.lines[0].Inputs[1].Parts = []string{"b.pdf"} },
		"parts turned":        func(d *desk) { d.lines[0].Inputs[1].Parts = []string{"c.pdf", "b.pdf"} },
		"a cover letter":      func(d *desk) { d.o.Before = []string{"brev.pdf"} },
		"separate documents":  func(d *desk) { d.o.Separate = true },
		"a field moved on":    job(func(j *mailout.Job) { j.NonsensitiveTitle, j.Description = "ab", "c" }),
		"a field moved on it": job(func(j *mailout.Job) { j.NonsensitiveTitle, j.Description = "a", "bc" }),
		"a skipped row": func(d *desk) {
			d.o.SkipBadRows = true
			d.lines[1] = d.lines[1].bad("title")
		},
	} {
		got := digests(t, change).RowsDigest
		if same, ok := seen[got]; ok {
			t.Errorf("%q has the rows digest of %q", name, same)
		}
		seen[got] = name
	}
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
