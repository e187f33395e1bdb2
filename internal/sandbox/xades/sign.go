package xades

import (
	"crypto"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"text/template"
	"time"

	"batch/internal/sandbox/strictxml"
)

// Statement is what the portal signs for a person who has signed.
type Statement struct {
	At        time.Time
	Role      string // who has signed, in words
	Documents []Document
}

// Document is a PDF that a person has signed.
type Document struct {
	Name   string
	SHA256 []byte
}

// The parts of a signer's XAdES in their canonical form, so that what is hashed is what
// is written.
var (
	propertiesTemplate = xmlTemplate(`<SignedProperties xmlns="` + xadesNamespace + `" Id="SignedProperties"><SignedSignatureProperties>` +
		`<SigningTime>{{.Time}}</SigningTime><SigningCertificate><Cert>` +
		`<CertDigest><DigestMethod xmlns="` + dsigNamespace + `" Algorithm="` + digestSHA1 + `"></DigestMethod>` +
		`<DigestValue xmlns="` + dsigNamespace + `">{{.CertDigest}}</DigestValue></CertDigest>` +
		`<IssuerSerial><X509IssuerName xmlns="` + dsigNamespace + `">{{.Issuer}}</X509IssuerName>` +
		`<X509SerialNumber xmlns="` + dsigNamespace + `">{{.Serial}}</X509SerialNumber></IssuerSerial>` +
		`</Cert></SigningCertificate>` +
		`<SignerRole><ClaimedRoles><ClaimedRole>{{.Role}}</ClaimedRole></ClaimedRoles></SignerRole>` +
		`</SignedSignatureProperties><SignedDataObjectProperties>{{range .References}}` +
		`<DataObjectFormat ObjectReference="#{{.ID}}"><MimeType>application/pdf</MimeType></DataObjectFormat>{{end}}` +
		`</SignedDataObjectProperties></SignedProperties>`)

	signedInfoTemplate = xmlTemplate(`<SignedInfo xmlns="` + dsigNamespace + `">` +
		`<CanonicalizationMethod Algorithm="` + canonicalXML + `"></CanonicalizationMethod>` +
		`<SignatureMethod Algorithm="` + rsaSHA256 + `"></SignatureMethod>{{range .References}}` +
		`<Reference Id="{{.ID}}" URI="{{.URI}}"><DigestMethod Algorithm="` + digestSHA256 + `"></DigestMethod>` +
		`<DigestValue>{{.Digest}}</DigestValue></Reference>{{end}}` +
		`<Reference Type="` + signedProperties + `" URI="#SignedProperties"><Transforms>` +
		`<Transform Algorithm="` + canonicalXML + `"></Transform></Transforms>` +
		`<DigestMethod Algorithm="` + digestSHA256 + `"></DigestMethod>` +
		`<DigestValue>{{.PropertiesDigest}}</DigestValue></Reference></SignedInfo>`)

	signatureTemplate = xmlTemplate(xml.Header + `<XAdESSignatures xmlns="` + asicNamespace + `">` +
		`<Signature xmlns="` + dsigNamespace + `" Id="Signature">{{.SignedInfo}}` +
		`<SignatureValue>{{.Value}}</SignatureValue><KeyInfo><X509Data>{{range .Chain}}` +
		`<X509Certificate>{{.}}</X509Certificate>{{end}}</X509Data></KeyInfo>` +
		`<Object><QualifyingProperties xmlns="` + xadesNamespace + `" Target="#Signature">{{.Properties}}` +
		`</QualifyingProperties></Object></Signature></XAdESSignatures>`)
)

func xmlTemplate(text string) *template.Template {
	return template.Must(template.New("").Parse(text))
}

// fields fill the templates; everything in them is safe to stand in XML.
type fields struct {
	Time, CertDigest, Issuer, Serial, Role string
	References                             []reference
	PropertiesDigest                       string
	SignedInfo, Value, Properties          string
	Chain                                  []string
}

type reference struct{ ID, URI, Digest string }

// Sign makes one person's signature over documents. As with the portal's authenticated
// signatures, the portal signs for the person, with an RSA key and its own certificate, which is
// the first of the chain, and says for whom.
func Sign(s Statement, chain []*x509.Certificate, key crypto.Signer) ([]byte, error) {
	leaf := chain[0]
	issuer, err := issuerName(leaf.RawIssuer)
	if err != nil {
		return nil, err
	}
	certDigest := sha1.Sum(leaf.Raw)
	f := fields{
		Time:       s.At.UTC().Format(time.RFC3339),
		CertDigest: base64Of(certDigest[:]),
		Issuer:     strictxml.Escape(issuer),
		Serial:     leaf.SerialNumber.String(),
		Role:       strictxml.Escape(s.Role),
	}
	for i, d := range s.Documents {
		f.References = append(f.References, reference{fmt.Sprintf("ID_%d", i), url.PathEscape(d.Name), base64Of(d.SHA256)})
	}
	for _, c := range chain {
		f.Chain = append(f.Chain, base64Of(c.Raw))
	}
	f.Properties = fill(propertiesTemplate, f)
	properties := sha256.Sum256([]byte(f.Properties))
	f.PropertiesDigest = base64Of(properties[:])
	f.SignedInfo = fill(signedInfoTemplate, f)
	info := sha256.Sum256([]byte(f.SignedInfo))
	value, err := key.Sign(rand.Reader, info[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	f.Value = base64Of(value)
	return []byte(fill(signatureTemplate, f)), nil
}

func fill(t *template.Template, f fields) string {
	var b strings.Builder
	if err := t.Execute(&b, f); err != nil {
		panic(err) // the templates are constant and the writer cannot fail
	}
	return b.String()
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
