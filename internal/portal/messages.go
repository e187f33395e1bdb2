package portal

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"batch/internal/mailout"
)

// created is what answers a create (portal.xsd, portal-signature-job-response).
type created struct {
	reference mailout.Ref // empty: not said
	id        mailout.JobID
	cancel    string
}

func readCreated(document []byte) (created, error) {
	root, err := parse(document, "portal-signature-job-response")
	if err != nil {
		return created{}, err
	}
	f := root.fields()
	c := created{reference: f.reference(), id: f.jobID(), cancel: f.url("cancellation-url")}
	return c, f.end()
}

// portalError is the portal's error document (common.xsd, error).
type portalError struct{ code, message string } // cleaned

func readError(document []byte) (portalError, error) {
	root, err := parse(document, "error")
	if err != nil {
		return portalError{}, err
	}
	f := root.fields()
	e := portalError{code: clean(f.text("error-code")), message: clean(f.text("error-message"))}
	f.text("error-type")
	if e.code == "" {
		f.fail("error-code is empty")
	}
	return e, f.end()
}

// readChange reads a status change (portal.xsd, portal-signature-job-status-change-response).
// A job or signer status that is not known yet is kept as it is: the XSD announces new
// ones for signers.
func readChange(document []byte) (mailout.Change, error) {
	root, err := parse(document, "portal-signature-job-status-change-response")
	if err != nil {
		return mailout.Change{}, err
	}
	f := root.fields()
	c := mailout.Change{
		Ref: f.reference(), JobID: f.jobID(), Status: mailout.JobStatus(f.status(f.text("status"))),
		ConfirmationURL: f.url("confirmation-url"), CancellationURL: f.optionalURL("cancellation-url"),
		DeleteURL: f.optionalURL("delete-documents-url"),
	}
	if signatures := f.need("signatures"); signatures != nil {
		c.Signers, c.PAdESURL = f.signatures(signatures)
	}
	return c, f.end()
}

func (f *fields) signatures(of *element) (signers []mailout.SignerChange, pades string) {
	inner := of.fields()
	for e := inner.next("signature"); e != nil; e = inner.next("signature") {
		signers = append(signers, inner.signature(e))
	}
	if n := len(signers); n < 1 || n > mailout.MaxSigners {
		inner.fail(fmt.Sprintf("there are %d signatures, 1 to %d are possible", n, mailout.MaxSigners))
	}
	pades = inner.optionalURL("pades-url")
	f.join(inner)
	return signers, pades
}

func (f *fields) signature(of *element) (s mailout.SignerChange) {
	inner := of.fields()
	status := inner.need("status")
	s.Status = mailout.SignerStatus(inner.status(inner.leaf(status, "since")))
	s.Since = inner.time(inner.attribute(status, "since"))
	if identifier := inner.next("identifier"); identifier != nil {
		s.Email, s.Mobile = inner.contact(identifier)
	} else {
		s.NationalID = inner.nationalID(inner.text("personal-identification-number"))
	}
	s.XAdESURL = inner.optionalURL("xades-url")
	f.join(inner)
	return s
}

// contact reads e-mail, SMS or both, in that order (portal.xsd, notifications).
func (f *fields) contact(of *element) (email mailout.Email, mobile mailout.Mobile) {
	inner := of.fields()
	if e := inner.next("email"); e != nil {
		inner.leaf(e, "address")
		email = mailout.Email(inner.attribute(e, "address"))
	}
	if e := inner.next("sms"); e != nil {
		inner.leaf(e, "number")
		mobile = mailout.Mobile(inner.attribute(e, "number"))
	}
	if email == "" && mobile == "" {
		inner.fail("the identifier of a signer is empty")
	}
	f.join(inner)
	return email, mobile
}

// join ends the fields of a child and keeps what did not fit there.
func (f *fields) join(child *fields) {
	if err := child.end(); err != nil && f.err == nil {
		f.err = err
	}
}

func (f *fields) reference() mailout.Ref {
	s := f.optional("reference")
	if utf8.RuneCountInString(s) > mailout.MaxRef {
		f.fail("the reference is too long")
	}
	return mailout.Ref(s)
}

// jobID reads an xs:long. Zero and less are refused: our books know zero as "none".
func (f *fields) jobID() mailout.JobID {
	n, err := strconv.ParseInt(f.text("signature-job-id"), 10, 64)
	if err != nil || n <= 0 {
		f.fail("the signature-job-id is not a positive number of 64 bits")
	}
	return mailout.JobID(n)
}

// word is the shape of every status and error code that the portal is known to have.
var word = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)

func (f *fields) status(s string) string {
	if !word.MatchString(s) {
		f.fail("a status is not a word in capitals")
	}
	return s
}

var elevenDigits = regexp.MustCompile(`^[0-9]{11}$`)

func (f *fields) nationalID(s string) mailout.NationalID {
	if !elevenDigits.MatchString(s) {
		f.fail("a personal-identification-number has not eleven digits")
	}
	return mailout.NationalID(s)
}

func (f *fields) url(name string) string {
	u := f.optionalURL(name)
	if u == "" {
		f.fail(name + " is missing or empty")
	}
	return u
}

func (f *fields) optionalURL(name string) string {
	u := f.optional(name)
	if utf8.RuneCountInString(u) > maxURL {
		f.fail(name + " is too long")
	}
	return u
}

// time reads an xs:dateTime. One without an offset, which the portal never writes but the
// XSD allows, is read as UTC.
func (f *fields) time(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t.UTC()
		}
	}
	f.fail("the time of a status cannot be read")
	return time.Time{}
}
