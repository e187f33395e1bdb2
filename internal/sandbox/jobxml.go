package sandbox

import (
	"math"
	"regexp"
	"slices"
	"time"

	"batch/internal/sandbox/asice"
	"batch/internal/sandbox/strictxml"
)

const portalNamespace = "http://signering.posten.no/schema/v1"

// Limits of portal.xsd and portal-api.md.
const (
	maxSigners       = 10
	maxOrder         = 9
	maxTitle         = 80
	maxDescription   = 220
	maxReference     = 50
	minHref, maxHref = 4, 100
	maxMime          = 100
	maxAvailable     = 7_776_000 * time.Second
	defaultAvailable = 30 * 24 * time.Hour
)

// Values of portal.xsd.
const (
	advanced        = "ADVANCED_ELECTRONIC_SIGNATURE"
	authenticated   = "AUTHENTICATED_ELECTRONIC_SIGNATURE"
	onBehalfOfOther = "OTHER"

	numberAndName = "PERSONAL_IDENTIFICATION_NUMBER_AND_NAME"
	birthAndName  = "DATE_OF_BIRTH_AND_NAME"
	nameOnly      = "NAME"
)

var nationalNumber = regexp.MustCompile(`^[0-9]{11}$`)

// jobRequest is a portal-signature-job-request.
type jobRequest struct {
	reference string
	queue     string // empty: the default queue
}

// jobManifest is a portal-signature-job-manifest.
type jobManifest struct {
	signers           []signerSpec
	sender            string
	title             string
	nonsensitiveTitle string // empty: not given
	documents         []documentSpec
	authentication    string // empty: not given
	activation        time.Time
	activationIsLocal bool          // it was given without an offset
	available         time.Duration // above maxAvailable: longer than that
	identifier        string        // empty: not given
	source            []byte        // the document it was read from
}

type signerSpec struct {
	order         int
	number        string // empty: identified by contact information
	email, mobile string
	lookup        bool
	signatureType string // empty: not given
	onBehalfOf    string // empty: SELF
}

type documentSpec struct{ href, mime, title string }

// jobReader reads request and manifest from top to bottom.
type jobReader struct{ strictxml.Checker }

// parseRequest reads the first part of a create.
func parseRequest(document []byte) (*jobRequest, error) {
	root, err := strictxml.Parse(document)
	if err != nil {
		return nil, refuse(codeInvalidXML, "the request: %v", err)
	}
	if !root.Is(portalNamespace, "portal-signature-job-request") {
		return nil, refuse(codeInvalidXML, "the first part is not a portal-signature-job-request")
	}
	var r jobReader
	w := r.Enter(root, portalNamespace)
	request := &jobRequest{
		reference: r.Sized(w.Next("reference"), 0, maxReference),
		queue:     r.Text(w.Next("polling-queue")),
	}
	w.End()
	if err := r.Err(); err != nil {
		return nil, refuse(codeInvalidXML, "the request: %v", err)
	}
	return request, nil
}

// parseManifest reads manifest.xml, element by element in the order of portal.xsd.
func parseManifest(document []byte) (*jobManifest, error) {
	root, err := strictxml.Parse(document)
	if err != nil {
		return nil, refuse(codeInvalidXML, "manifest.xml: %v", err)
	}
	if !root.Is(portalNamespace, "portal-signature-job-manifest") {
		return nil, refuse(codeInvalidXML, "manifest.xml is not a portal-signature-job-manifest")
	}
	var r jobReader
	m := r.manifest(root)
	m.source = document
	if err := r.Err(); err != nil {
		return nil, refuse(codeInvalidXML, "manifest.xml: %v", err)
	}
	return m, nil
}

func (r *jobReader) manifest(root *strictxml.Element) *jobManifest {
	w := r.Enter(root, portalNamespace)
	m := &jobManifest{available: defaultAvailable}
	r.signers(m, w.Must("signers"))
	sender := r.Enter(w.Must("sender"), portalNamespace)
	m.sender = r.Pattern(sender.Must("organization-number"), organizationNumber)
	sender.End()
	if legacy := w.Next("document"); legacy != nil {
		r.legacyDocument(m, legacy)
	} else {
		m.title = r.Sized(w.Must("title"), 1, maxTitle)
		m.nonsensitiveTitle = r.Sized(w.Next("nonsensitive-title"), 1, maxTitle)
		r.Sized(w.Next("description"), 0, maxDescription)
		r.documents(m, w.Must("documents"))
	}
	m.authentication = r.OneOf(w.Next("required-authentication"), "3", "4")
	r.availability(m, w.Next("availability"))
	m.identifier = r.OneOf(w.Next("identifier-in-signed-documents"), numberAndName, birthAndName, nameOnly)
	w.End()
	return m
}

func (r *jobReader) signers(m *jobManifest, e *strictxml.Element) {
	w := r.Enter(e, portalNamespace)
	for s := w.Next("signer"); s != nil; s = w.Next("signer") {
		m.signers = append(m.signers, r.signer(s))
	}
	w.End()
	if n := len(m.signers); n < 1 || n > maxSigners {
		r.Breach("signers: there are %d; 1 to %d are allowed", n, maxSigners)
	}
}

func (r *jobReader) signer(e *strictxml.Element) signerSpec {
	var s signerSpec
	w := r.Enter(e, portalNamespace, "order")
	if order, given := e.Attribute("order"); given {
		s.order = int(r.Integer(e, order, maxOrder))
	}
	if byContact := w.Next("identified-by-contact-information"); byContact != nil {
		r.Empty(byContact)
	} else {
		s.number = r.Pattern(w.Must("personal-identification-number"), nationalNumber)
	}
	s.signatureType = r.OneOf(w.Next("signature-type"), advanced, authenticated)
	if lookup := w.Next("notifications-using-lookup"); lookup != nil {
		s.lookup = true
		inside := r.Enter(lookup, portalNamespace)
		r.Empty(inside.Must("email"))
		r.Empty(inside.Next("sms"))
		inside.End()
	} else {
		r.notifications(&s, w.Must("notifications"))
	}
	s.onBehalfOf = r.OneOf(w.Next("on-behalf-of"), "SELF", onBehalfOfOther)
	w.End()
	return s
}

// notifications is an e-mail, a mobile number, or both in this order.
func (r *jobReader) notifications(s *signerSpec, e *strictxml.Element) {
	w := r.Enter(e, portalNamespace)
	email, sms := w.Next("email"), w.Next("sms")
	w.End()
	if e != nil && email == nil && sms == nil {
		r.Breach("notifications: an email or an sms is expected")
	}
	if email != nil {
		s.email = r.Required(email, "address", 1, strictxml.MaxBytes)
		r.Empty(email, "address")
	}
	if sms != nil {
		s.mobile = r.Required(sms, "number", 1, strictxml.MaxBytes)
		r.Empty(sms, "number")
	}
}

func (r *jobReader) documents(m *jobManifest, e *strictxml.Element) {
	w := r.Enter(e, portalNamespace)
	for d := w.Next("document"); d != nil; d = w.Next("document") {
		inside := r.Enter(d, portalNamespace, "href", "mime")
		spec := r.documentAttributes(d)
		spec.title = r.Sized(inside.Must("title"), 1, maxTitle)
		inside.End()
		m.documents = append(m.documents, spec)
	}
	w.End()
	if n := len(m.documents); e != nil && (n < 1 || n > asice.MaxDocuments) {
		r.Breach("documents: there are %d; 1 to %d are allowed", n, asice.MaxDocuments)
	}
}

// legacyDocument is the older form with one document (portal-legacy.xsd).
func (r *jobReader) legacyDocument(m *jobManifest, e *strictxml.Element) {
	w := r.Enter(e, portalNamespace, "href", "mime")
	spec := r.documentAttributes(e)
	spec.title = r.Sized(w.Must("title"), 1, maxTitle)
	m.nonsensitiveTitle = r.Sized(w.Next("nonsensitive-title"), 1, maxTitle)
	r.Sized(w.Next("description"), 0, maxDescription)
	w.End()
	m.title, m.documents = spec.title, []documentSpec{spec}
}

func (r *jobReader) documentAttributes(e *strictxml.Element) documentSpec {
	return documentSpec{
		href: r.Required(e, "href", minHref, maxHref),
		mime: r.Required(e, "mime", 1, maxMime),
	}
}

func (r *jobReader) availability(m *jobManifest, e *strictxml.Element) {
	if e == nil {
		return
	}
	w := r.Enter(e, portalNamespace)
	if at := w.Next("activation-time"); at != nil {
		m.activation, m.activationIsLocal = r.DateTime(at)
	}
	if seconds := w.Next("available-seconds"); seconds != nil {
		n := r.Integer(seconds, r.Text(seconds), math.MaxInt64)
		m.available = time.Duration(min(n, int64(maxAvailable/time.Second)+1)) * time.Second
	}
	w.End()
}

// orders are the distinct orders of the signers, ascending.
func (m *jobManifest) orders() []int {
	var orders []int
	for _, s := range m.signers {
		orders = append(orders, s.order)
	}
	slices.Sort(orders)
	return slices.Compact(orders)
}
