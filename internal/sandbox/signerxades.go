package sandbox

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/template"
	"time"
)

// signerXAdES is the XAdES of signer n, who has signed.
func (s *Sandbox) signerXAdES(j *job, n int) ([]byte, error) {
	for _, by := range s.whoSigned(j) {
		if by.n == n {
			return s.makeXAdES(j, by)
		}
	}
	return nil, refuseWith(http.StatusNotFound, codeNotFound, "there is no signature of this signer to fetch")
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
		`<CanonicalizationMethod Algorithm="` + c14nAlgorithm + `"></CanonicalizationMethod>` +
		`<SignatureMethod Algorithm="` + rsaSHA256 + `"></SignatureMethod>{{range .References}}` +
		`<Reference Id="{{.ID}}" URI="{{.URI}}"><DigestMethod Algorithm="` + digestSHA256 + `"></DigestMethod>` +
		`<DigestValue>{{.Digest}}</DigestValue></Reference>{{end}}` +
		`<Reference Type="` + signedProperties + `" URI="#SignedProperties"><Transforms>` +
		`<Transform Algorithm="` + c14nAlgorithm + `"></Transform></Transforms>` +
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

// xadesFields fills the templates; everything in it is safe to stand in XML.
type xadesFields struct {
	Time, CertDigest, Issuer, Serial, Role string
	References                             []xadesReference
	PropertiesDigest                       string
	SignedInfo, Value, Properties          string
	Chain                                  []string
}

type xadesReference struct{ ID, URI, Digest string }

// makeXAdES is one signer's signature over the job's documents. As with the portal's
// authenticated signatures, the portal signs for the person and says for whom.
func (s *Sandbox) makeXAdES(j *job, by signedBy) ([]byte, error) {
	leaf := s.PKI.Server.Leaf
	issuer, err := issuerName(leaf.RawIssuer)
	if err != nil {
		return nil, err
	}
	certDigest := sha1.Sum(leaf.Raw)
	f := xadesFields{
		Time:       by.at.UTC().Format(time.RFC3339),
		CertDigest: base64Of(certDigest[:]),
		Issuer:     xmlText(issuer),
		Serial:     leaf.SerialNumber.String(),
		Role:       xmlText("Signer: " + by.name),
	}
	for i, d := range j.documents {
		f.References = append(f.References, xadesReference{fmt.Sprintf("ID_%d", i), url.PathEscape(d.name), base64Of(d.sha256)})
	}
	for _, c := range s.PKI.sealChain() {
		f.Chain = append(f.Chain, base64Of(c.Raw))
	}
	f.Properties = fill(propertiesTemplate, f)
	f.PropertiesDigest = base64Of(sum256([]byte(f.Properties)))
	f.SignedInfo = fill(signedInfoTemplate, f)
	value, err := rsa.SignPKCS1v15(rand.Reader, s.PKI.Server.PrivateKey.(*rsa.PrivateKey), crypto.SHA256, sum256([]byte(f.SignedInfo)))
	if err != nil {
		return nil, fmt.Errorf("signing for signer %d: %w", by.n, err)
	}
	f.Value = base64Of(value)
	return []byte(fill(signatureTemplate, f)), nil
}

func fill(t *template.Template, f xadesFields) string {
	var b strings.Builder
	if err := t.Execute(&b, f); err != nil {
		panic(err) // the templates are constant and the writer cannot fail
	}
	return b.String()
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// xmlText escapes a text so that it stands in XML in its canonical form.
func xmlText(text string) string { return textEscaper.Replace(strings.ToValidUTF8(text, "?")) }
