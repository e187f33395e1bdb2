package sandbox

import (
	"archive/zip"
	"bytes"
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"batch/internal/sandbox/asice"
	"batch/internal/sandbox/asice/asicetest"
	"batch/internal/sandbox/strictxml"
)

// What is planted in the ZIP and in what belongs together in it; package asice has all that
// can be wrong with the ZIP alone.
var zipFaults = []refusedCase{
	{"not a ZIP", 0, codeInvalidBundle, "not a ZIP", packedBy(func([]asicetest.File) []byte { return []byte("PK or not") })},
	{"an empty bundle", 0, codeInvalidBundle, "not a ZIP", packedBy(func([]asicetest.File) []byte { return nil })},
	{"no signature", 0, codeInvalidBundle, "lacks", files(func(f []asicetest.File) []asicetest.File { return f[:2] })},
	{"META-INF/manifest.xml", 0, codeInvalidBundle, "META-INF", unsigned("META-INF/manifest.xml", "x")},
	{"name out of the folder", 0, codeInvalidBundle, "name", unsigned("../b.pdf", "x")},
	{"a name that tells who signs", 0, codeInvalidBundle, "name", unsigned("Åse.pdf", "x")},
	{"bytes before the first entry", 0, codeInvalidBundle, "entry 1", repacked(func(z []byte) []byte { return append([]byte("#!"), z...) })},
	{"stored with sizes behind the data", 0, codeInvalidBundle, "stream", packedBy(streamed(zip.Store))},
	{"damaged", 0, codeInvalidBundle, "damaged", repacked(func(z []byte) []byte {
		z[bytes.Index(z, []byte("Arbeidsavtale"))]++
		return z
	})},
	{"one byte too many", 0, codeInvalidBundle, "10485760", another("b.pdf", asice.MaxDocumentBytes-len(textPDF([]string{"Arbeidsavtale"}))+1)},
	{"a manifest too large", 0, codeInvalidBundle, "too large", files(func(f []asicetest.File) []asicetest.File {
		f[1].Content = make([]byte, strictxml.MaxBytes+1)
		return f
	})},
	{"a file that nothing signs", 0, codeInvalidSignature, "covers 2 files", unsigned("other.pdf", "x")},
	{"mimetype, which nothing signs", 0, codeInvalidSignature, "covers 2 files", unsigned("mimetype", "application/vnd.etsi.asic-e+zip")},
	{"a signed file that the manifest does not name", 0, codeInvalidBundle, "does not name", func(a *attempt) {
		a.bundle.documents = append(a.bundle.documents, asicetest.File{Name: "other.pdf", Content: []byte("x")})
	}},
	{"a document that is not there", 0, codeInvalidBundle, "document 1", manifestEdit(`href="document.pdf"`, `href="documents.pdf"`)},
}

// streamed packs with sizes behind the data.
func streamed(method uint16) func([]asicetest.File) []byte {
	return func(files []asicetest.File) []byte { return asicetest.Stream(files, method) }
}

const inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

// What is planted in META-INF/signatures.xml.
var signatureFaults = []refusedCase{
	{"document changed after signing", 0, codeInvalidSignature, "digest of reference 1", files(func(f []asicetest.File) []asicetest.File {
		f[0].Content = append(f[0].Content, '\n')
		return f
	})},
	{"manifest changed after signing", 0, codeInvalidSignature, "digest of reference 2", files(func(f []asicetest.File) []asicetest.File {
		f[1].Content = append(f[1].Content, '\n')
		return f
	})},
	{"six seconds late", 0, codeInvalidSigningTime, "five seconds", func(a *attempt) { a.bundle.at = a.bundle.at.Add(-6 * time.Second) }},
	{"from the future", 0, codeInvalidSigningTime, "10s", func(a *attempt) { a.bundle.at = a.bundle.at.Add(10 * time.Second) }},
	{"signing time without offset", 0, codeInvalidSignature, "offset", signingTime("2026-11-21T10:00:00")},
	{"signing time that is none", 0, codeInvalidSignature, "date and time", signingTime("now")},
	{"signed info changed", 0, codeInvalidSignature, "does not fit SignedInfo", afterwards(`<Reference Id="ID_0"`, `<Reference Id="ID_0" Type=""`)},
	{"signature value of another", 0, codeInvalidSignature, "does not fit SignedInfo", afterwards("<SignatureValue>", "<SignatureValue>AAAA")},
	{"properties changed", 0, codeInvalidSignature, "SignedProperties does not fit", afterwards(`SignedProperties xmlns="http://uri.etsi.org/01903/v1.3.2#"`, `SignedProperties xmlns="http://uri.etsi.org/01903/v1.3.2#" xmlns:a="b"`)},
	{"another root", 0, codeInvalidSignature, "TS 102 918", afterwards("2918/v1.2.1#", "2918/v1.1.1#")},
	{"two signatures in one file", 0, codeInvalidSignature, "nothing more is allowed", afterwards("</Signature></X", `</Signature><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/></X`)},
	{"another signature id", 0, codeInvalidSignature, "Id must be Signature", afterwards(`Id="Signature"`, `Id="Sig"`)},
	{"an id twice", 0, codeInvalidSignature, "the Id of SignedProperties", afterwards("<Object>", `<Object Id="SignedProperties">`)},
	{"another target", 0, codeInvalidSignature, "Target must be #Signature", afterwards(`Target="#Signature"`, `Target="#Sig"`)},
	{"element unknown to the schema", 0, codeInvalidSignature, "QualifyingProperties is expected", afterwards("<Object>", "<Object></Object><Object>")},
	{"document type", 0, codeInvalidSignature, "DOCTYPE", afterwards("<XAdESSignatures", "<!DOCTYPE x><XAdESSignatures")},
	{"exclusive canonicalization", 0, codeInvalidSignature, "CanonicalizationMethod", signedInfo(inclusive, "http://www.w3.org/2001/10/xml-exc-c14n#")},
	{"rsa-sha1", 0, codeInvalidSignature, "SignatureMethod", signedInfo("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1")},
	{"sha512 of a file", 0, codeInvalidSignature, "DigestMethod", signedInfo("xmlenc#sha256", "xmlenc#sha512")},
	{"a transform on a file", 0, codeInvalidSignature, "where the element Transforms stands", signedInfo(`URI="document.pdf">`,
		`URI="document.pdf"><Transforms><Transform Algorithm="`+inclusive+`"></Transform></Transforms>`)},
	{"no transform on the properties", 0, codeInvalidSignature, "Transforms is expected", signedInfo(`<Transforms><Transform Algorithm="`+inclusive+`"></Transform></Transforms>`, "")},
	{"a digest that is no base64", 0, codeInvalidSignature, "not base64", signedInfo("<DigestValue>", "<DigestValue>*")},
	{"no reference to the properties", 0, codeInvalidSignature, "no reference to the SignedProperties", func(a *attempt) {
		a.bundle.editInfo = func(s string) string {
			return s[:strings.Index(s, "<Reference Type")] + "</SignedInfo>"
		}
	}},
	{"a reference of a type", 0, codeInvalidSignature, "no Type", signedInfo(`URI="document.pdf"`, `Type="http://www.w3.org/2000/09/xmldsig#Object" URI="document.pdf"`)},
	{"a reference to another file", 0, codeInvalidSignature, "reference 1", signedInfo(`URI="document.pdf"`, `URI="documents.pdf"`)},
	{"a reference to one file twice", 0, codeInvalidSignature, "reference 2", signedInfo(`URI="manifest.xml"`, `URI="document.pdf"`)},
	{"a reference too few", 0, codeInvalidSignature, "covers 1 files", func(a *attempt) {
		a.bundle.editInfo = func(s string) string {
			from := strings.Index(s, `<Reference Id="ID_0"`)
			return s[:from] + s[strings.Index(s, `<Reference Id="ID_1"`):]
		}
	}},
	{"another MIME type", 0, codeInvalidSignature, "format of reference 2", properties("application/xml", "text/xml")},
	{"a format too many", 0, codeInvalidSignature, "describes 3", properties("</SignedDataObjectProperties>", `<DataObjectFormat ObjectReference="#ID_2"><MimeType>x</MimeType></DataObjectFormat></SignedDataObjectProperties>`)},
	{"one format twice", 0, codeInvalidSignature, "twice", properties("#ID_1", "#ID_0")},
	{"a format of no id", 0, codeInvalidSignature, "#", properties("#ID_1", "ID_1")},
	{"a description with the format", 0, codeInvalidSignature, "MimeType is expected", properties("<MimeType>", "<Description>x</Description><MimeType>")},
	{"sha256 as certificate digest", 0, codeInvalidSignature, "sha1", properties("xmldsig#sha1", "xmlenc#sha256")},
	{"digest of another certificate", 0, codeInvalidSignature, "CertDigest", func(a *attempt) {
		at := "Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha1\"></DigestMethod><DigestValue xmlns=\"http://www.w3.org/2000/09/xmldsig#\">"
		a.bundle.editProperties = swap(at, at+"AAAA")
	}},
	{"wrong issuer", 0, codeInvalidSignature, "X509IssuerName", properties("CN=Sandbox", "CN=Other")},
	{"issuer as it is read, not RFC 2253", 0, codeInvalidSignature, "X509IssuerName", properties("2.5.4.97=#0c0f4e54524e4f2d393833313633333237", "organizationIdentifier=NTRNO-983163327")},
	{"issuer from the other end", 0, codeInvalidSignature, "X509IssuerName", properties(testIssuer, "C=NO,O=Sandbox Class 3 CA Business AS,2.5.4.97=#0c0f4e54524e4f2d393833313633333237,CN=Sandbox Class 3 CA Business")},
	{"wrong serial", 0, codeInvalidSignature, "X509SerialNumber", properties(`<X509SerialNumber xmlns="http://www.w3.org/2000/09/xmldsig#">`, `<X509SerialNumber xmlns="http://www.w3.org/2000/09/xmldsig#">1`)},
	{"hexadecimal serial", 0, codeInvalidSignature, "decimal", properties(`<X509SerialNumber xmlns="http://www.w3.org/2000/09/xmldsig#">`, `<X509SerialNumber xmlns="http://www.w3.org/2000/09/xmldsig#">0x`)},
	{"a role claimed", 0, codeInvalidSignature, "where the element SignerRole stands", properties("</SignedSignatureProperties>", "<SignerRole></SignerRole></SignedSignatureProperties>")},
}

func signingTime(text string) func(*attempt) {
	return func(a *attempt) {
		a.bundle.editProperties = func(s string) string {
			return s[:strings.Index(s, "<SigningTime>")+13] + text + s[strings.Index(s, "</SigningTime>"):]
		}
	}
}

// What is planted in the chain. Here the signature itself always fits.
func certificateFaults() []refusedCase {
	a := authorityOfTests()
	stranger, err := NewPKI(time.Now())
	must(err)
	chain := func(edit func([][]byte) [][]byte) func(*attempt) {
		return func(a *attempt) { a.bundle.editChain = edit }
	}
	signedBy := func(edit func(*x509.Certificate)) func(*attempt) {
		return func(at *attempt) { at.bundle.signer = a.certified(edit) }
	}
	revoked := a.certified(func(*x509.Certificate) {})
	a.Revoked = append(a.Revoked, revoked.Leaf.SerialNumber)
	return []refusedCase{
		{"no root in the chain", 0, codeInvalidCertificate, "chain up to the root", chain(func(c [][]byte) [][]byte { return c[:2] })},
		{"the certificate alone", 0, codeInvalidCertificate, "chain up to the root", chain(func(c [][]byte) [][]byte { return c[:1] })},
		{"no certificate", 0, codeInvalidSignature, "X509Certificate is expected", chain(func([][]byte) [][]byte { return nil })},
		{"chain in another order", 0, codeInvalidCertificate, "certificate 1 is not issued", chain(func(c [][]byte) [][]byte { return [][]byte{c[0], c[2], c[1]} })},
		{"chain from the other end", 0, codeInvalidCertificate, "certificate 1 is not issued", chain(func(c [][]byte) [][]byte { return [][]byte{c[2], c[1], c[0]} })},
		{"a certificate too many", 0, codeInvalidCertificate, "certificate 3 is not issued", chain(func(c [][]byte) [][]byte { return append(slices.Clone(c), c[0]) })},
		{"eleven certificates", 0, codeInvalidSignature, "more than 10", chain(func(c [][]byte) [][]byte { return slices.Repeat(c, 4) })},
		{"two certificates in one place", 0, codeInvalidCertificate, "certificate 1 in KeyInfo cannot be read", chain(func(c [][]byte) [][]byte { return [][]byte{slices.Concat(c[0], c[1]), c[2]} })},
		{"a certificate that is none", 0, codeInvalidCertificate, "certificate 2", chain(func(c [][]byte) [][]byte { return [][]byte{c[0], []byte("x"), c[2]} })},
		{"an authority nobody knows", 0, codeInvalidCertificate, "not from an authority", func(a *attempt) { a.bundle.signer = &stranger.Client }},
		{"signed by another organization", 0, codeInvalidCertificate, "another organization", func(at *attempt) { at.bundle.signer = &a.Server }},
		{"certificate of no organization", 0, codeInvalidCertificate, "another organization", signedBy(func(c *x509.Certificate) { c.Subject.ExtraNames = c.Subject.ExtraNames[:2] })},
		{"expired", 0, codeInvalidCertificate, "expired", signedBy(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })},
		{"not valid yet", 0, codeInvalidCertificate, "not valid yet", signedBy(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) })},
		{"not for signatures", 0, codeInvalidCertificate, "not for digital signatures", signedBy(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment })},
		{"revoked", 0, codeInvalidCertificate, "revoked", func(at *attempt) { at.bundle.signer = revoked }},
		{"an elliptic key", 0, codeInvalidCertificate, "no RSA key", func(at *attempt) { at.bundle.signer = a.elliptic() }},
	}
}

// What is planted in a document; package pdfcheck has all that can be wrong with one.
var documentFaults = []refusedCase{
	{"not a PDF", 0, codeInvalidDocument, "document 1: it is neither a PDF of version", document(func(string) string { return "<html></html> and so on" })},
	{"an empty document", 0, codeInvalidDocument, "version", document(func(string) string { return "" })},
	{"PDF 2.0", 0, codeInvalidDocument, "version", document(swap("%PDF-1.4", "%PDF-2.0"))},
	{"half a PDF", 0, codeInvalidDocument, "end", document(func(pdf string) string { return pdf[:len(pdf)-20] })},
	{"encrypted PDF", 0, codeInvalidDocument, "encrypted", document(swap("<</Size", "<</Encrypt 9 0 R/Size"))},
}
