package rules

import (
	"time"
	"unicode/utf8"

	"batch/internal/mailout"
)

// Breach is one rule of the portal that a job breaks.
type Breach struct {
	Code    string // stable
	Field   string // our column name, without "signerN_"
	Signer  int    // counted from 1; 0: the job as a whole
	Message string // holds no personal value
	Remedy  string
	Source  string // where the rule stands: a part of portal-api.md, a type of portal.xsd or common.xsd
}

// Places that rules come from. A rule of the manifest's elements stands in the table of
// portal-api.md, "The bundle", under the element's name.
const (
	apiIdentifier = "portal-api.md, The bundle, identifier-in-signed-documents"
	apiLevel      = "portal-api.md, The bundle, required-authentication"
	apiType       = "portal-api.md, The bundle, signer/signature-type"
	apiNotify     = "portal-api.md, The bundle, signer/notifications"
	apiOnBehalf   = "portal-api.md, The bundle, signer/on-behalf-of"
	apiSeconds    = "portal-api.md, The bundle, availability/available-seconds"
	apiDocuments  = "portal-api.md, The bundle, Documents"
	apiContact    = "portal-api.md, The rest, signers addressed by contact information"
	apiAnswers    = "portal-api.md, Status changes, signatures"

	xsdTitle        = "portal.xsd, portal-signature-job-manifest/title"
	xsdNonsensitive = "portal.xsd, portal-signature-job-manifest/nonsensitive-title"
	xsdDescription  = "portal.xsd, portal-signature-job-manifest/description"
	xsdDocuments    = "portal.xsd, portal-signature-job-manifest/documents"
	xsdSigners      = "portal.xsd, portal-signers/signer"
	xsdOrder        = "portal.xsd, portal-signer/@order"
	xsdNotify       = "portal.xsd, notifications"
	xsdLevel        = "common.xsd, authentication-level"
	xsdAvailability = "portal.xsd, availability"
)

// check collects breaches over one job.
type check struct {
	job       mailout.Job
	kind      mailout.SenderKind
	documents int
	found     []Breach
	signer    int // being checked
}

func (c *check) breach(code, field, source, message, remedy string) {
	c.found = append(c.found, Breach{Code: code, Field: field, Signer: c.signer, Source: source, Message: message, Remedy: remedy})
}

// Job returns every rule that a job of a public or private sender breaks. documents is
// how many documents are sent with it. The values in j are taken to have passed their
// own checks. What depends on the clock is not judged here.
func Job(j mailout.Job, kind mailout.SenderKind, documents int) []Breach {
	c := &check{job: j, kind: kind, documents: documents}
	c.texts()
	c.counts()
	c.authentication()
	c.identifier()
	c.times()
	for i, s := range j.Signers {
		c.signer = i + 1
		c.signs(s)
		c.notified(s)
		c.sameAsBefore(i)
	}
	return c.found
}

func (c *check) texts() {
	if c.job.Title == "" {
		c.breach("title-missing", "title", xsdTitle, "the job has no title", "give it a title of 1 to 80 characters")
	}
	c.length("title-too-long", "title", xsdTitle, c.job.Title, mailout.MaxTitle)
	c.length("nonsensitive-title-too-long", "nonsensitive_title", xsdNonsensitive, c.job.NonsensitiveTitle, mailout.MaxTitle)
	c.length("description-too-long", "description", xsdDescription, c.job.Description, mailout.MaxDescription)
}

func (c *check) length(code, field, source string, t mailout.Text, most int) {
	if TooLong(t, most) {
		c.breach(code, field, source, tooLong(t, most), "shorten it")
	}
}

// TooLong reports whether t has more than most characters.
func TooLong(t mailout.Text, most int) bool { return utf8.RuneCountInString(t.Reveal()) > most }

func (c *check) counts() {
	if n := len(c.job.Signers); n == 0 {
		c.breach("no-signer", "national_id", xsdSigners, "nobody is named to sign", "give a national number, an e-mail address or a mobile number")
	} else if n > mailout.MaxSigners {
		c.breach("too-many-signers", "", xsdSigners, "more than ten people are named to sign", "a job takes at most ten signers")
	}
	if c.documents == 0 {
		c.breach("no-document", "document", xsdDocuments, "no document is named", "write the path of a PDF in the column document")
	} else if c.documents > mailout.MaxDocuments {
		c.breach("too-many-documents", "document", xsdDocuments, "more than twenty documents are named", "a job takes at most twenty documents; merge some with +")
	}
}

func (c *check) authentication() {
	switch a := c.job.Authentication; {
	case a != 0 && a != 3 && a != 4:
		c.breach("authentication", "authentication", xsdLevel, "the security level must be 3 or 4", "write 3 or 4, or leave the cell empty")
	case a == 3 && c.kind == mailout.Private:
		c.breach("authentication-private", "authentication", apiLevel, "private senders must ask for security level 4", "write 4, or leave the cell empty")
	}
}

func (c *check) identifier() {
	id := c.job.Identifier
	if id == mailout.NameOnly && c.kind == mailout.Private {
		c.breach("identifier-private", "identifier", apiIdentifier, "private senders cannot identify signers by name alone", "write national-id-and-name or birth-date-and-name")
	}
	weak := id == mailout.NameOnly || id == mailout.BirthDateAndName
	if weak && c.kind == mailout.Public && c.anySigner(func(s mailout.Signer) bool { return s.SignatureType == mailout.Advanced }) {
		c.breach("identifier-advanced", "identifier", apiIdentifier, "with advanced signatures, a public sender must identify signers by national number and name",
			"write national-id-and-name, or make all signatures authenticated")
	}
	if id == mailout.NationalIDAndName && c.anySigner(func(s mailout.Signer) bool { return s.NationalID == "" }) {
		c.breach("identifier-unknown", "identifier", apiContact, "a signer without a national number cannot be identified by one in the signed document",
			"give the signer's national number, or write another identifier")
	}
}

func (c *check) anySigner(is func(mailout.Signer) bool) bool {
	for _, s := range c.job.Signers {
		if is(s) {
			return true
		}
	}
	return false
}

func (c *check) times() {
	const most = mailout.MaxAvailableSeconds * time.Second
	j := c.job
	if j.Available < 0 || j.Available > most || j.Available%time.Second != 0 {
		c.breach("available", "available_days", apiSeconds, "a job can be open for 1 second to 90 days", "write 1 to 90 days")
	}
	if j.Deadline.IsZero() {
		return
	}
	if j.Available > 0 {
		c.breach("availability-twice", "deadline", xsdAvailability, "both a deadline and a time to sign are given", "keep only one of them")
	}
	if j.OrderGroups() > 1 {
		c.breach("deadline-in-order", "deadline", apiSeconds, "a deadline cannot be kept where people sign one after another: the time runs anew for each",
			"give available_days instead: the days that each has")
	}
	if !j.Activation.IsZero() && !j.Deadline.After(j.Activation) {
		c.breach("deadline-before-activation", "deadline", xsdAvailability, "the deadline is not after the activation", "correct one of the two")
	} else if !j.Activation.IsZero() && j.Deadline.Sub(j.Activation) > most {
		c.breach("deadline-too-late", "deadline", apiSeconds, "the deadline is more than 90 days after the activation", "choose an earlier deadline")
	}
}
