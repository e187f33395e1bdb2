package sandbox

import (
	"math"
	"regexp"
	"slices"
	"time"
)

const portalNamespace = "http://signering.posten.no/schema/v1"

// Limits of portal.xsd and portal-api.md.
const (
	maxSigners       = 10
	maxOrder         = 9
	maxDocuments     = 20
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

// parseRequest reads the first part of a create.
func parseRequest(document []byte) (*jobRequest, error) {
	root, err := parseXML(document)
	if err != nil {
		return nil, refuse(codeInvalidXML, "the request: %v", err)
	}
	if !root.is(portalNamespace, "portal-signature-job-request") {
		return nil, refuse(codeInvalidXML, "the first part is not a portal-signature-job-request")
	}
	var c checker
	w := c.enter(root, portalNamespace)
	r := &jobRequest{
		reference: c.sized(w.next("reference"), 0, maxReference),
		queue:     c.text(w.next("polling-queue")),
	}
	w.end()
	if c.err != nil {
		return nil, refuse(codeInvalidXML, "the request: %v", c.err)
	}
	return r, nil
}

// parseManifest reads manifest.xml, element by element in the order of portal.xsd.
func parseManifest(document []byte) (*jobManifest, error) {
	root, err := parseXML(document)
	if err != nil {
		return nil, refuse(codeInvalidXML, "manifest.xml: %v", err)
	}
	if !root.is(portalNamespace, "portal-signature-job-manifest") {
		return nil, refuse(codeInvalidXML, "manifest.xml is not a portal-signature-job-manifest")
	}
	var c checker
	m := c.manifest(root)
	m.source = document
	if c.err != nil {
		return nil, refuse(codeInvalidXML, "manifest.xml: %v", c.err)
	}
	return m, nil
}

func (c *checker) manifest(root *element) *jobManifest {
	w := c.enter(root, portalNamespace)
	m := &jobManifest{available: defaultAvailable}
	c.signers(m, w.must("signers"))
	sender := c.enter(w.must("sender"), portalNamespace)
	m.sender = c.pattern(sender.must("organization-number"), organizationNumber)
	sender.end()
	if legacy := w.next("document"); legacy != nil {
		c.legacyDocument(m, legacy)
	} else {
		m.title = c.sized(w.must("title"), 1, maxTitle)
		m.nonsensitiveTitle = c.sized(w.next("nonsensitive-title"), 1, maxTitle)
		c.sized(w.next("description"), 0, maxDescription)
		c.documents(m, w.must("documents"))
	}
	m.authentication = c.oneOf(w.next("required-authentication"), "3", "4")
	c.availability(m, w.next("availability"))
	m.identifier = c.oneOf(w.next("identifier-in-signed-documents"), numberAndName, birthAndName, nameOnly)
	w.end()
	return m
}

func (c *checker) signers(m *jobManifest, e *element) {
	w := c.enter(e, portalNamespace)
	for s := w.next("signer"); s != nil; s = w.next("signer") {
		m.signers = append(m.signers, c.signer(s))
	}
	w.end()
	if n := len(m.signers); n < 1 || n > maxSigners {
		c.breach("signers: there are %d; 1 to %d are allowed", n, maxSigners)
	}
}

func (c *checker) signer(e *element) signerSpec {
	var s signerSpec
	w := c.enter(e, portalNamespace, "order")
	if order, given := e.attribute("order"); given {
		s.order = int(c.integer(e, order, maxOrder))
	}
	if byContact := w.next("identified-by-contact-information"); byContact != nil {
		c.empty(byContact)
	} else {
		s.number = c.pattern(w.must("personal-identification-number"), nationalNumber)
	}
	s.signatureType = c.oneOf(w.next("signature-type"), advanced, authenticated)
	if lookup := w.next("notifications-using-lookup"); lookup != nil {
		s.lookup = true
		inside := c.enter(lookup, portalNamespace)
		c.empty(inside.must("email"))
		c.empty(inside.next("sms"))
		inside.end()
	} else {
		c.notifications(&s, w.must("notifications"))
	}
	s.onBehalfOf = c.oneOf(w.next("on-behalf-of"), "SELF", onBehalfOfOther)
	w.end()
	return s
}

// notifications is an e-mail, a mobile number, or both in this order.
func (c *checker) notifications(s *signerSpec, e *element) {
	w := c.enter(e, portalNamespace)
	email, sms := w.next("email"), w.next("sms")
	w.end()
	if e != nil && email == nil && sms == nil {
		c.breach("notifications: an email or an sms is expected")
	}
	if email != nil {
		s.email = c.required(email, "address", 1, maxXMLBytes)
		c.empty(email, "address")
	}
	if sms != nil {
		s.mobile = c.required(sms, "number", 1, maxXMLBytes)
		c.empty(sms, "number")
	}
}

func (c *checker) documents(m *jobManifest, e *element) {
	w := c.enter(e, portalNamespace)
	for d := w.next("document"); d != nil; d = w.next("document") {
		inside := c.enter(d, portalNamespace, "href", "mime")
		spec := c.documentAttributes(d)
		spec.title = c.sized(inside.must("title"), 1, maxTitle)
		inside.end()
		m.documents = append(m.documents, spec)
	}
	w.end()
	if n := len(m.documents); e != nil && (n < 1 || n > maxDocuments) {
		c.breach("documents: there are %d; 1 to %d are allowed", n, maxDocuments)
	}
}

// legacyDocument is the older form with one document (portal-legacy.xsd).
func (c *checker) legacyDocument(m *jobManifest, e *element) {
	w := c.enter(e, portalNamespace, "href", "mime")
	spec := c.documentAttributes(e)
	spec.title = c.sized(w.must("title"), 1, maxTitle)
	m.nonsensitiveTitle = c.sized(w.next("nonsensitive-title"), 1, maxTitle)
	c.sized(w.next("description"), 0, maxDescription)
	w.end()
	m.title, m.documents = spec.title, []documentSpec{spec}
}

func (c *checker) documentAttributes(e *element) documentSpec {
	return documentSpec{
		href: c.required(e, "href", minHref, maxHref),
		mime: c.required(e, "mime", 1, maxMime),
	}
}

func (c *checker) availability(m *jobManifest, e *element) {
	if e == nil {
		return
	}
	w := c.enter(e, portalNamespace)
	if at := w.next("activation-time"); at != nil {
		m.activation, m.activationIsLocal = c.dateTime(at)
	}
	if seconds := w.next("available-seconds"); seconds != nil {
		n := c.integer(seconds, c.text(seconds), math.MaxInt64)
		m.available = time.Duration(min(n, int64(maxAvailable/time.Second)+1)) * time.Second
	}
	w.end()
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
