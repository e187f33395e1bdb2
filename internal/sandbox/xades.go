package sandbox

import (
	"encoding/base64"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Namespaces and algorithms of TS 103 171 (XAdES-B) as portal-api.md fixes them.
const (
	asicNamespace  = "http://uri.etsi.org/2918/v1.2.1#"
	dsigNamespace  = "http://www.w3.org/2000/09/xmldsig#"
	xadesNamespace = "http://uri.etsi.org/01903/v1.3.2#"

	rsaSHA256        = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
	digestSHA256     = "http://www.w3.org/2001/04/xmlenc#sha256"
	digestSHA1       = "http://www.w3.org/2000/09/xmldsig#sha1"
	signedProperties = "http://uri.etsi.org/01903#SignedProperties"
)

// idForm is an xs:ID, of the letters that anybody uses in one.
var idForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,99}$`)

// xades is META-INF/signatures.xml as it was read; nothing in it is verified yet.
type xades struct {
	signedInfo []byte // canonical
	properties []byte // canonical SignedProperties
	signature  []byte
	chain      [][]byte // DER, as they stand

	references       []fileReference
	propertiesDigest []byte

	signingTime       time.Time
	certificateDigest []byte // SHA-1 of the signing certificate
	issuerName        string
	serial            *big.Int
	formats           map[string]string // reference id → MIME type
}

// fileReference is one Reference to a file of the bundle.
type fileReference struct {
	id, uri string
	digest  []byte
}

// parseXAdES reads the one signature of a bundle and refuses every structure but the one
// that portal-api.md describes. Ids may be others than "ID_n", and every element may have one
// that may by the schemas: the portal's own clients differ in it.
func parseXAdES(document []byte) (*xades, error) {
	root, err := parseXML(document)
	if err != nil {
		return nil, refuse(codeInvalidSignature, "signatures.xml: %v", err)
	}
	if !root.is(asicNamespace, "XAdESSignatures") {
		return nil, refuse(codeInvalidSignature, "the root of signatures.xml is not XAdESSignatures of TS 102 918")
	}
	var c checker
	c.distinctIDs(root, map[string]bool{})
	x := &xades{formats: map[string]string{}}
	outer := c.enter(root, asicNamespace)
	outer.space = dsigNamespace
	c.readSignature(x, outer.must("Signature"))
	outer.end()
	if c.err != nil {
		return nil, refuse(codeInvalidSignature, "signatures.xml: %v", c.err)
	}
	return x, nil
}

// distinctIDs wants every Id once, so that none is ambiguous.
func (c *checker) distinctIDs(e *element, seen map[string]bool) {
	if id, given := e.attribute("Id"); given {
		if seen[id] || !idForm.MatchString(id) {
			c.breach("the Id of %s is not one, or stands at another element, too", shown(e.local))
		}
		seen[id] = true
	}
	for _, child := range e.children {
		if inner, is := child.(*element); is {
			c.distinctIDs(inner, seen)
		}
	}
}

func (c *checker) readSignature(x *xades, e *element) {
	w := c.enter(e, dsigNamespace, "Id")
	c.fixed(e, "Id", "Signature")
	c.readSignedInfo(x, w.must("SignedInfo"))
	x.signature = c.base64(w.must("SignatureValue"), "Id")
	c.readKeyInfo(x, w.must("KeyInfo"))
	object := c.enter(w.must("Object"), dsigNamespace, "Id")
	object.space = xadesNamespace
	c.readQualifying(x, object.must("QualifyingProperties"))
	object.end()
	w.end()
}

// maxChain bounds the certificates of a chain.
const maxChain = 10

func (c *checker) readKeyInfo(x *xades, e *element) {
	keyInfo := c.enter(e, dsigNamespace, "Id")
	data := c.enter(keyInfo.must("X509Data"), dsigNamespace)
	for cert := data.must("X509Certificate"); cert != nil; cert = data.next("X509Certificate") {
		x.chain = append(x.chain, c.base64(cert))
	}
	data.end()
	keyInfo.end()
	if len(x.chain) > maxChain {
		c.breach("X509Data has more than %d certificates", maxChain)
	}
}

func (c *checker) readSignedInfo(x *xades, e *element) {
	w := c.enter(e, dsigNamespace, "Id")
	c.algorithm(w.must("CanonicalizationMethod"), c14nAlgorithm, c14n11Algorithm)
	c.algorithm(w.must("SignatureMethod"), rsaSHA256)
	for r := w.must("Reference"); r != nil; r = w.next("Reference") {
		c.readReference(x, r)
	}
	w.end()
	if e == nil {
		return
	}
	x.signedInfo = canonical(e)
	if x.propertiesDigest == nil {
		c.breach("SignedInfo has no reference to the SignedProperties")
	}
}

func (c *checker) readReference(x *xades, e *element) {
	w := c.enter(e, dsigNamespace, "Id", "Type", "URI")
	id, _ := e.attribute("Id")
	uri, _ := e.attribute("URI")
	kind, _ := e.attribute("Type")
	if kind == signedProperties {
		if uri != "#SignedProperties" || x.propertiesDigest != nil {
			c.breach("there must be one reference to #SignedProperties")
		}
		transforms := c.enter(w.must("Transforms"), dsigNamespace)
		c.algorithm(transforms.must("Transform"), c14nAlgorithm)
		transforms.end()
		x.propertiesDigest = c.digest(w, digestSHA256)
		return
	}
	if kind != "" || id == "" {
		c.breach("a reference to a file needs an Id and no Type")
	}
	x.references = append(x.references, fileReference{id, uri, c.digest(w, digestSHA256)})
}

func (c *checker) readQualifying(x *xades, e *element) {
	w := c.enter(e, xadesNamespace, "Target", "Id")
	c.fixed(e, "Target", "#Signature")
	properties := w.must("SignedProperties")
	w.end()
	if properties == nil {
		return
	}
	x.properties = canonical(properties)
	c.fixed(properties, "Id", "SignedProperties")
	inside := c.enter(properties, xadesNamespace, "Id")
	c.readSignatureProperties(x, inside.must("SignedSignatureProperties"))
	objects := c.enter(inside.must("SignedDataObjectProperties"), xadesNamespace, "Id")
	for f := objects.must("DataObjectFormat"); f != nil; f = objects.next("DataObjectFormat") {
		c.readFormat(x, f)
	}
	objects.end()
	inside.end()
}

func (c *checker) readSignatureProperties(x *xades, e *element) {
	w := c.enter(e, xadesNamespace, "Id")
	at, local := c.dateTime(w.must("SigningTime"))
	if x.signingTime = at; local {
		c.breach("SigningTime has no offset from UTC")
	}
	certificates := c.enter(w.must("SigningCertificate"), xadesNamespace)
	cert := c.enter(certificates.must("Cert"), xadesNamespace)
	digest := c.enter(cert.must("CertDigest"), xadesNamespace)
	digest.space = dsigNamespace
	x.certificateDigest = c.digest(digest, digestSHA1)
	issuer := c.enter(cert.must("IssuerSerial"), xadesNamespace)
	issuer.space = dsigNamespace
	x.issuerName = c.text(issuer.must("X509IssuerName"))
	serial, decimal := new(big.Int).SetString(collapse(c.text(issuer.must("X509SerialNumber"))), 10)
	if !decimal {
		c.breach("X509SerialNumber is not a decimal number")
	}
	x.serial = serial
	issuer.end()
	cert.end()
	certificates.end()
	w.end()
}

func (c *checker) readFormat(x *xades, e *element) {
	w := c.enter(e, xadesNamespace, "ObjectReference")
	id, inside := strings.CutPrefix(c.required(e, "ObjectReference", 1, maxXMLBytes), "#")
	if _, twice := x.formats[id]; twice || !inside {
		c.breach("DataObjectFormat stands twice for one reference, or its ObjectReference does not begin with #")
	}
	x.formats[id] = c.text(w.must("MimeType"))
	w.end()
}

// digest reads DigestMethod and DigestValue, and that nothing follows.
func (c *checker) digest(w *walk, algorithm string) []byte {
	c.algorithm(w.must("DigestMethod"), algorithm)
	value := c.base64(w.must("DigestValue"))
	w.end()
	return value
}

// algorithm is an empty element whose Algorithm must be one of those given.
func (c *checker) algorithm(e *element, allowed ...string) {
	if e == nil {
		return
	}
	if got, _ := e.attribute("Algorithm"); !slices.Contains(allowed, got) {
		c.breach("%s: its Algorithm must be %s", e.local, strings.Join(allowed, " or "))
	}
	if collapse(c.text(e, "Algorithm")) != "" {
		c.breach("%s must be empty", e.local)
	}
}

func (c *checker) fixed(e *element, name, want string) {
	if got, _ := e.attribute(name); e != nil && got != want {
		c.breach("%s: its %s must be %s", e.local, name, want)
	}
}

func (c *checker) base64(e *element, attrs ...string) []byte {
	text := c.text(e, attrs...)
	if strings.ContainsAny(text, xmlBlanks) {
		text = strings.Join(strings.Fields(text), "")
	}
	value, err := base64.StdEncoding.Strict().DecodeString(text)
	if e != nil && (err != nil || len(value) == 0) {
		c.breach("%s is not base64", e.local)
	}
	return value
}
