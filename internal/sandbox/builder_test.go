package sandbox

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"batch/internal/sandbox/asice/asicetest"
)

// bundle is an ASiC-E to be built, with a place to plant a fault at every step. The zero
// hooks build a right one.
type bundle struct {
	manifest  string
	documents []asicetest.File
	at        time.Time
	pki       *PKI
	signer    *tls.Certificate // with the chain that is written down; nil: pki's client
	noDeflate bool

	editChain      func([][]byte) [][]byte
	editProperties func(string) string // before they are digested
	editInfo       func(string) string // before it is signed
	editXML        func(string) string // after everything is signed
	editFiles      func([]asicetest.File) []asicetest.File
	rawZIP         func([]asicetest.File) []byte
}

const manifestHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><portal-signature-job-manifest xmlns="http://signering.posten.no/schema/v1">`

// testNumber is the national number of the plainest manifest's signer.
const testNumber = "01817299999"

// oneSigner is the plainest manifest.
const oneSigner = manifestHead + `<signers><signer><personal-identification-number>` + testNumber + `</personal-identification-number>` +
	`<notifications-using-lookup><email/></notifications-using-lookup></signer></signers>` +
	`<sender><organization-number>988015814</organization-number></sender><title>Arbeidsavtale for Åse</title>` +
	`<documents><document href="document.pdf" mime="application/pdf"><title>Avtale</title></document></documents>` +
	`</portal-signature-job-manifest>`

// signers is a manifest with one signer for each order.
func signers(orders ...int) string {
	var all strings.Builder
	for i, order := range orders {
		fmt.Fprintf(&all, `<signer order="%d"><personal-identification-number>0181729999%d</personal-identification-number>`+
			`<notifications-using-lookup><email/></notifications-using-lookup></signer>`, order, i)
	}
	from, to := strings.Index(oneSigner, "<signers>")+9, strings.Index(oneSigner, "</signers>")
	return oneSigner[:from] + all.String() + oneSigner[to:]
}

// available sets availability in a manifest.
func available(manifest, inner string) string {
	return strings.Replace(manifest, "</documents>", "</documents><availability>"+inner+"</availability>", 1)
}

func newBundle(manifest string) *bundle {
	return &bundle{
		manifest:  manifest,
		documents: []asicetest.File{{Name: "document.pdf", Content: textPDF([]string{"Arbeidsavtale"})}},
		at:        time.Now(),
		pki:       testPKI(),
	}
}

func (b *bundle) build(t testing.TB) []byte {
	t.Helper()
	files := append(append([]asicetest.File{}, b.documents...), asicetest.File{Name: "manifest.xml", Content: []byte(b.manifest)})
	files = append(files, asicetest.File{Name: "META-INF/signatures.xml", Content: []byte(b.signatures(t, files))})
	if b.editFiles != nil {
		files = b.editFiles(files)
	}
	if b.rawZIP != nil {
		return b.rawZIP(files)
	}
	return asicetest.Pack(files, !b.noDeflate)
}

func apply[T any](edit func(T) T, v T) T {
	if edit == nil {
		return v
	}
	return edit(v)
}

// signatures writes XAdES straight in canonical form.
func (b *bundle) signatures(t testing.TB, files []asicetest.File) string {
	signer := cmp.Or(b.signer, &b.pki.Client)
	leaf := signer.Leaf
	certDigest := sha1.Sum(leaf.Raw)
	var refs, formats strings.Builder
	for i, f := range files {
		fmt.Fprintf(&refs, `<Reference Id="ID_%d" URI="%s"><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod><DigestValue>%s</DigestValue></Reference>`, i, url.QueryEscape(f.Name), digest64(f.Content))
		mime := "application/pdf"
		if f.Name == "manifest.xml" {
			mime = "application/xml"
		}
		fmt.Fprintf(&formats, `<DataObjectFormat ObjectReference="#ID_%d"><MimeType>%s</MimeType></DataObjectFormat>`, i, mime)
	}
	const ds = `xmlns="http://www.w3.org/2000/09/xmldsig#"`
	properties := apply(b.editProperties, `<SignedProperties xmlns="http://uri.etsi.org/01903/v1.3.2#" Id="SignedProperties"><SignedSignatureProperties><SigningTime>`+
		b.at.Format(time.RFC3339Nano)+`</SigningTime><SigningCertificate><Cert><CertDigest><DigestMethod `+ds+` Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"></DigestMethod><DigestValue `+ds+`>`+
		base64.StdEncoding.EncodeToString(certDigest[:])+`</DigestValue></CertDigest><IssuerSerial><X509IssuerName `+ds+`>`+testIssuer+`</X509IssuerName><X509SerialNumber `+ds+`>`+
		leaf.SerialNumber.String()+`</X509SerialNumber></IssuerSerial></Cert></SigningCertificate></SignedSignatureProperties><SignedDataObjectProperties>`+
		formats.String()+`</SignedDataObjectProperties></SignedProperties>`)
	const c14n = `"http://www.w3.org/TR/2001/REC-xml-c14n-20010315"`
	info := apply(b.editInfo, `<SignedInfo `+ds+`><CanonicalizationMethod Algorithm=`+c14n+`></CanonicalizationMethod><SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></SignatureMethod>`+
		refs.String()+`<Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#SignedProperties"><Transforms><Transform Algorithm=`+c14n+
		`></Transform></Transforms><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod><DigestValue>`+digest64([]byte(properties))+`</DigestValue></Reference></SignedInfo>`)
	sum := sha256.Sum256([]byte(info))
	value, err := signer.PrivateKey.(crypto.Signer).Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var chain strings.Builder
	for _, der := range apply(b.editChain, signer.Certificate) {
		chain.WriteString("<X509Certificate>" + base64.StdEncoding.EncodeToString(der) + "</X509Certificate>")
	}
	return apply(b.editXML, `<?xml version="1.0" encoding="UTF-8" standalone="no"?><XAdESSignatures xmlns="http://uri.etsi.org/2918/v1.2.1#"><Signature `+ds+` Id="Signature">`+info+
		`<SignatureValue>`+base64.StdEncoding.EncodeToString(value)+`</SignatureValue><KeyInfo><X509Data>`+chain.String()+`</X509Data></KeyInfo><Object>`+
		`<QualifyingProperties xmlns="http://uri.etsi.org/01903/v1.3.2#" Target="#Signature">`+properties+`</QualifyingProperties></Object></Signature></XAdESSignatures>`)
}

// testIssuer is the issuing authority's name as Java writes it, spelled out here so that
// the sandbox's own writer is judged by it.
const testIssuer = `CN=Sandbox Class 3 CA Business,2.5.4.97=#0c0f4e54524e4f2d393833313633333237,O=Sandbox Class 3 CA Business AS,C=NO`

func digest64(content []byte) string {
	sum := sha256.Sum256(content)
	return base64.StdEncoding.EncodeToString(sum[:])
}
