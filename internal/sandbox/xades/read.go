package xades

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"batch/internal/sandbox/strictxml"
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

	canonicalXML = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" // 1.0, inclusive, without comments
)

// canonicalXML11 is Canonical XML 1.1, which the portal's documentation of the document
// package allows for SignedInfo, too. It differs from 1.0 only in what is inherited of xml:id
// and xml:base, which a signature that is taken here cannot have.
const canonicalXML11 = "http://www.w3.org/2006/12/xml-c14n11"

// idForm is an xs:ID, of the letters that anybody uses in one.
var idForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,99}$`)

// Signature is META-INF/signatures.xml as it was read; nothing in it is verified yet.
type Signature struct {
	Chain       [][]byte // DER, as they stand in KeyInfo
	SigningTime time.Time

	signedInfo []byte // canonical
	properties []byte // canonical SignedProperties
	value      []byte

	references       []fileReference
	propertiesDigest []byte

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

// Read reads the one signature of a bundle and refuses every structure but the one that
// portal-api.md describes. Ids may be others than "ID_n", and every element may have one that
// may by the schemas: the portal's own clients differ in it.
func Read(document []byte) (*Signature, error) {
	root, err := strictxml.Parse(document)
	if err != nil {
		return nil, fmt.Errorf("signatures.xml: %w", err)
	}
	if !root.Is(asicNamespace, "XAdESSignatures") {
		return nil, errors.New("the root of signatures.xml is not XAdESSignatures of TS 102 918")
	}
	r := reader{x: Signature{formats: map[string]string{}}}
	r.distinctIDs(root)
	outer := r.Enter(root, dsigNamespace)
	r.readSignature(outer.Must("Signature"))
	outer.End()
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("signatures.xml: %w", err)
	}
	return &r.x, nil
}

// reader reads a signature from top to bottom.
type reader struct {
	strictxml.Checker
	x Signature
}

// distinctIDs wants every Id once, so that none is ambiguous.
func (r *reader) distinctIDs(root *strictxml.Element) {
	seen := map[string]bool{}
	for e := range root.All() {
		id, given := e.Attribute("Id")
		if !given {
			continue
		}
		if seen[id] || !idForm.MatchString(id) {
			r.Breach("the Id of %s is not one, or stands at another element, too", e.Name())
		}
		seen[id] = true
	}
}

func (r *reader) readSignature(e *strictxml.Element) {
	w := r.Enter(e, dsigNamespace, "Id")
	r.fixed(e, "Id", "Signature")
	r.readSignedInfo(w.Must("SignedInfo"))
	r.x.value = r.base64(w.Must("SignatureValue"), "Id")
	r.readKeyInfo(w.Must("KeyInfo"))
	object := r.Enter(w.Must("Object"), xadesNamespace, "Id")
	r.readQualifying(object.Must("QualifyingProperties"))
	object.End()
	w.End()
}

// maxChain bounds the certificates of a chain.
const maxChain = 10

func (r *reader) readKeyInfo(e *strictxml.Element) {
	keyInfo := r.Enter(e, dsigNamespace, "Id")
	data := r.Enter(keyInfo.Must("X509Data"), dsigNamespace)
	for cert := data.Must("X509Certificate"); cert != nil; cert = data.Next("X509Certificate") {
		r.x.Chain = append(r.x.Chain, r.base64(cert))
	}
	data.End()
	keyInfo.End()
	if len(r.x.Chain) > maxChain {
		r.Breach("X509Data has more than %d certificates", maxChain)
	}
}

func (r *reader) readSignedInfo(e *strictxml.Element) {
	w := r.Enter(e, dsigNamespace, "Id")
	r.algorithm(w.Must("CanonicalizationMethod"), canonicalXML, canonicalXML11)
	r.algorithm(w.Must("SignatureMethod"), rsaSHA256)
	for reference := w.Must("Reference"); reference != nil; reference = w.Next("Reference") {
		r.readReference(reference)
	}
	w.End()
	if e == nil {
		return
	}
	r.x.signedInfo = e.Canonical()
	if r.x.propertiesDigest == nil {
		r.Breach("SignedInfo has no reference to the SignedProperties")
	}
}

func (r *reader) readReference(e *strictxml.Element) {
	w := r.Enter(e, dsigNamespace, "Id", "Type", "URI")
	id, _ := e.Attribute("Id")
	uri, _ := e.Attribute("URI")
	kind, _ := e.Attribute("Type")
	if kind == signedProperties {
		if uri != "#SignedProperties" || r.x.propertiesDigest != nil {
			r.Breach("there must be one reference to #SignedProperties")
		}
		transforms := r.Enter(w.Must("Transforms"), dsigNamespace)
		r.algorithm(transforms.Must("Transform"), canonicalXML)
		transforms.End()
		r.x.propertiesDigest = r.digest(w, digestSHA256)
		return
	}
	if kind != "" || id == "" {
		r.Breach("a reference to a file needs an Id and no Type")
	}
	r.x.references = append(r.x.references, fileReference{id, uri, r.digest(w, digestSHA256)})
}

func (r *reader) readQualifying(e *strictxml.Element) {
	w := r.Enter(e, xadesNamespace, "Target", "Id")
	r.fixed(e, "Target", "#Signature")
	properties := w.Must("SignedProperties")
	w.End()
	if properties == nil {
		return
	}
	r.x.properties = properties.Canonical()
	r.fixed(properties, "Id", "SignedProperties")
	inside := r.Enter(properties, xadesNamespace, "Id")
	r.readSignatureProperties(inside.Must("SignedSignatureProperties"))
	objects := r.Enter(inside.Must("SignedDataObjectProperties"), xadesNamespace, "Id")
	for f := objects.Must("DataObjectFormat"); f != nil; f = objects.Next("DataObjectFormat") {
		r.readFormat(f)
	}
	objects.End()
	inside.End()
}

func (r *reader) readSignatureProperties(e *strictxml.Element) {
	w := r.Enter(e, xadesNamespace, "Id")
	at, local := r.DateTime(w.Must("SigningTime"))
	if r.x.SigningTime = at; local {
		r.Breach("SigningTime has no offset from UTC")
	}
	certificates := r.Enter(w.Must("SigningCertificate"), xadesNamespace)
	cert := r.Enter(certificates.Must("Cert"), xadesNamespace)
	digest := r.Enter(cert.Must("CertDigest"), dsigNamespace)
	r.x.certificateDigest = r.digest(digest, digestSHA1)
	issuer := r.Enter(cert.Must("IssuerSerial"), dsigNamespace)
	r.x.issuerName = r.Text(issuer.Must("X509IssuerName"))
	serial, decimal := new(big.Int).SetString(strings.Trim(r.Text(issuer.Must("X509SerialNumber")), strictxml.Blanks), 10)
	if !decimal {
		r.Breach("X509SerialNumber is not a decimal number")
	}
	r.x.serial = serial
	issuer.End()
	cert.End()
	certificates.End()
	w.End()
}

func (r *reader) readFormat(e *strictxml.Element) {
	w := r.Enter(e, xadesNamespace, "ObjectReference")
	id, inside := strings.CutPrefix(r.Required(e, "ObjectReference", 1, strictxml.MaxBytes), "#")
	if _, twice := r.x.formats[id]; twice || !inside {
		r.Breach("DataObjectFormat stands twice for one reference, or its ObjectReference does not begin with #")
	}
	r.x.formats[id] = r.Text(w.Must("MimeType"))
	w.End()
}

// digest reads DigestMethod and DigestValue, and that nothing follows.
func (r *reader) digest(w *strictxml.Walk, algorithm string) []byte {
	r.algorithm(w.Must("DigestMethod"), algorithm)
	value := r.base64(w.Must("DigestValue"))
	w.End()
	return value
}

// algorithm is an empty element whose Algorithm must be one of those given.
func (r *reader) algorithm(e *strictxml.Element, allowed ...string) {
	if e == nil {
		return
	}
	if got, _ := e.Attribute("Algorithm"); !slices.Contains(allowed, got) {
		r.Breach("%s: its Algorithm must be %s", e.Name(), strings.Join(allowed, " or "))
	}
	if strings.Trim(r.Text(e, "Algorithm"), strictxml.Blanks) != "" {
		r.Breach("%s must be empty", e.Name())
	}
}

func (r *reader) fixed(e *strictxml.Element, name, want string) {
	if got, _ := e.Attribute(name); e != nil && got != want {
		r.Breach("%s: its %s must be %s", e.Name(), name, want)
	}
}

func (r *reader) base64(e *strictxml.Element, attrs ...string) []byte {
	text := r.Text(e, attrs...)
	if strings.ContainsAny(text, strictxml.Blanks) {
		text = strings.Join(strings.Fields(text), "")
	}
	value, err := base64.StdEncoding.Strict().DecodeString(text)
	if e != nil && (err != nil || len(value) == 0) {
		r.Breach("%s is not base64", e.Name())
	}
	return value
}
