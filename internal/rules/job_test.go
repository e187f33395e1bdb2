package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// looked is a signer as a public sender addresses one; written one with an address.
var (
	looked  = mailout.Signer{NationalID: "17912099997", Notify: mailout.NotifyLookup}
	written = mailout.Signer{NationalID: "29822099635", Notify: mailout.NotifyGiven, Email: "kari@example.com"}
	unnamed = mailout.Signer{Notify: mailout.NotifyGiven, Email: "ola@example.com", Mobile: "99999999"}
)

// jobOf is a job without fault for a sender who may use these signers.
func jobOf(signers ...mailout.Signer) mailout.Job {
	return mailout.Job{Sender: "988015814", Title: "Arbeidsavtale", Signers: signers}
}

func with(j mailout.Job, change func(*mailout.Job)) mailout.Job {
	j.Signers = slices.Clone(j.Signers)
	change(&j)
	return j
}

func signs(s mailout.Signer, t mailout.SignatureType) mailout.Signer {
	s.SignatureType = t
	return s
}

func TestJob(t *testing.T) {
	const pub, priv = mailout.Public, mailout.Private
	onBehalf := looked
	onBehalf.OnBehalfOf = mailout.Other
	for _, c := range []struct {
		what      string
		kind      mailout.SenderKind
		job       mailout.Job
		documents int
		codes     string // space-separated, in order
	}{
		{"public, by look-up", pub, jobOf(looked), 1, ""},
		{"public, by address", pub, jobOf(unnamed), 3, ""},
		{"private, by number and address", priv, jobOf(written), 3, ""},

		{"no title", pub, with(jobOf(looked), func(j *mailout.Job) { j.Title = "" }), 1, "title-missing"},
		{"80 characters of title, two bytes each", pub, with(jobOf(looked), func(j *mailout.Job) { j.Title = mailout.Text(strings.Repeat("å", 80)) }), 1, ""},
		{"81 characters of title", pub, with(jobOf(looked), func(j *mailout.Job) { j.Title = mailout.Text(strings.Repeat("å", 81)) }), 1, "title-too-long"},
		{"81 characters of nonsensitive title", pub, with(jobOf(looked), func(j *mailout.Job) { j.NonsensitiveTitle = mailout.Text(strings.Repeat("å", 81)) }), 1, "nonsensitive-title-too-long"},
		{"221 characters of description", pub, with(jobOf(looked), func(j *mailout.Job) { j.Description = mailout.Text(strings.Repeat("å", 221)) }), 1, "description-too-long"},

		{"nobody signs", pub, jobOf(), 1, "no-signer"},
		{"no document", pub, jobOf(looked), 0, "no-document"},
		{"21 documents", pub, jobOf(looked), 21, "too-many-documents"},
		{"order 10", pub, with(jobOf(looked), func(j *mailout.Job) { j.Signers[0].Order = 10 }), 1, "signer-order"},

		{"level 3, public", pub, with(jobOf(looked), func(j *mailout.Job) { j.Authentication = 3 }), 1, ""},
		{"level 3, private", priv, with(jobOf(written), func(j *mailout.Job) { j.Authentication = 3 }), 1, "authentication-private"},
		{"level 5", pub, with(jobOf(looked), func(j *mailout.Job) { j.Authentication = 5 }), 1, "authentication"},

		{"authenticated signature, private", priv, jobOf(signs(written, mailout.Authenticated)), 1, "signature-type-private"},
		{"advanced signature, public, one document", pub, jobOf(signs(looked, mailout.Advanced)), 1, ""},
		{"advanced signature, public, two documents", pub, jobOf(signs(looked, mailout.Advanced)), 2, "advanced-several-documents"},
		{"advanced signature, private, two documents", priv, jobOf(signs(written, mailout.Advanced)), 2, ""},

		{"name only, private", priv, with(jobOf(written), func(j *mailout.Job) { j.Identifier = mailout.NameOnly }), 1, "identifier-private"},
		{"birth date and name, private", priv, with(jobOf(written), func(j *mailout.Job) { j.Identifier = mailout.BirthDateAndName }), 1, ""},
		{"name only, public, authenticated", pub, with(jobOf(looked), func(j *mailout.Job) { j.Identifier = mailout.NameOnly }), 1, ""},
		{"name only, public, advanced", pub, with(jobOf(signs(looked, mailout.Advanced)), func(j *mailout.Job) { j.Identifier = mailout.NameOnly }), 1, "identifier-advanced"},
		{"national number asked for, none given", pub, with(jobOf(unnamed), func(j *mailout.Job) { j.Identifier = mailout.NationalIDAndName }), 1, "identifier-unknown"},

		{"look-up, private", priv, jobOf(looked), 1, "lookup-private"},
		{"look-up, on behalf of another", pub, jobOf(onBehalf), 1, "lookup-on-behalf"},
		{"look-up without a number", pub, jobOf(mailout.Signer{Notify: mailout.NotifyLookupSMS, Email: "ola@example.com"}), 1, "lookup-without-id"},
		{"given, but nothing is", pub, jobOf(mailout.Signer{NationalID: "17912099997", Notify: mailout.NotifyGiven}), 1, "signer-not-notified"},
		{"the same person twice", pub, jobOf(looked, looked), 1, "signer-twice"},
		{"a shared address, no numbers", pub, jobOf(unnamed, mailout.Signer{Notify: mailout.NotifyGiven, Email: "OLA@example.com"}), 1, "signer-shared-address"},
		{"a shared mobile number, no numbers", pub, jobOf(unnamed, mailout.Signer{Notify: mailout.NotifyGiven, Mobile: unnamed.Mobile}), 1, "signer-shared-address"},
		{"a shared address, one number", pub, jobOf(unnamed, mailout.Signer{NationalID: "17912099997", Notify: mailout.NotifyGiven, Email: "ola@example.com"}), 1, ""},

		{"90 days", pub, with(jobOf(looked), func(j *mailout.Job) { j.Available = 90 * 24 * time.Hour }), 1, ""},
		{"90 days and a second", pub, with(jobOf(looked), func(j *mailout.Job) { j.Available = 90*24*time.Hour + time.Second }), 1, "available"},
		{"half a second", pub, with(jobOf(looked), func(j *mailout.Job) { j.Available = time.Second / 2 }), 1, "available"},
		{"deadline in one order group", pub, with(jobOf(looked, written), func(j *mailout.Job) { j.Deadline = noon }), 1, ""},
		{"deadline, one after another", pub, with(jobOf(looked, written), func(j *mailout.Job) { j.Deadline, j.Signers[1].Order = noon, 2 }), 1, "deadline-in-order"},
		{"deadline and days", pub, with(jobOf(looked), func(j *mailout.Job) { j.Deadline, j.Available = noon, time.Hour }), 1, "availability-twice"},
		{"deadline before activation", pub, with(jobOf(looked), func(j *mailout.Job) { j.Deadline, j.Activation = noon, noon.Add(time.Hour) }), 1, "deadline-before-activation"},
		{"deadline 91 days after activation", pub, with(jobOf(looked), func(j *mailout.Job) { j.Activation, j.Deadline = noon, noon.AddDate(0, 0, 91) }), 1, "deadline-too-late"},

		{"everything at once", priv, mailout.Job{Authentication: 3, Signers: []mailout.Signer{{Notify: mailout.NotifyLookup}}}, 0,
			"title-missing no-document authentication-private lookup-without-id lookup-private"},
	} {
		t.Run(c.what, func(t *testing.T) {
			var codes []string
			for _, b := range Job(c.job, c.kind, c.documents) {
				codes = append(codes, b.Code)
				if b.Message == "" || b.Remedy == "" || b.Source == "" {
					t.Errorf("%s lacks message, remedy or source", b.Code)
				}
			}
			if got := strings.Join(codes, " "); got != c.codes {
				t.Errorf("breaches %q, want %q", got, c.codes)
			}
		})
	}
}

func TestJobNamesTheSigner(t *testing.T) {
	found := Job(jobOf(looked, mailout.Signer{NationalID: "29822099635", Notify: mailout.NotifyGiven}), mailout.Public, 1)
	if len(found) != 1 || found[0].Signer != 2 || found[0].Field != "email" {
		t.Errorf("breaches %+v", found)
	}
}

func TestElevenSigners(t *testing.T) {
	var signers []mailout.Signer
	for n := range 11 {
		signers = append(signers, mailout.Signer{Notify: mailout.NotifyGiven, Email: mailout.Email("signer" + string(rune('a'+n)) + "@example.com")})
	}
	if found := Job(jobOf(signers...), mailout.Public, 1); len(found) != 1 || found[0].Code != "too-many-signers" {
		t.Errorf("breaches %+v", found)
	}
	if found := Job(jobOf(signers[:10]...), mailout.Public, 1); len(found) != 0 {
		t.Errorf("breaches %+v", found)
	}
}
