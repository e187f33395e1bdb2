package sandbox

import (
	"archive/zip"
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What is planted in the ZIP.
var zipFaults = []refusedCase{
	{"not a ZIP", 0, codeInvalidBundle, "not a ZIP", packedBy(func([]namedFile) []byte { return []byte("PK or not") })},
	{"an empty bundle", 0, codeInvalidBundle, "not a ZIP", packedBy(func([]namedFile) []byte { return nil })},
	{"cut off", 0, codeInvalidBundle, "not a ZIP", repacked(func(z []byte) []byte { return z[:len(z)-30] })},
	{"no signature", 0, codeInvalidBundle, "lacks", files(func(f []namedFile) []namedFile { return f[:2] })},
	{"no manifest", 0, codeInvalidBundle, "lacks", files(func(f []namedFile) []namedFile { return slices.Delete(f, 1, 2) })},
	{"META-INF/manifest.xml", 0, codeInvalidBundle, "META-INF", unsigned("META-INF/manifest.xml", "x")},
	{"two signatures", 0, codeInvalidBundle, "META-INF", unsigned("META-INF/signatures.xml", "x")},
	{"two folder entries", 0, codeInvalidBundle, "META-INF", both(func(a *attempt) { a.bundle.noDeflate = true },
		files(func(f []namedFile) []namedFile {
			return append(f, namedFile{"META-INF/", nil}, namedFile{"META-INF/", nil})
		}))},
	{"two manifests", 0, codeInvalidBundle, "earlier", unsigned("manifest.xml", "x")},
	{"the same document twice", 0, codeInvalidBundle, "earlier", unsigned("document.pdf", "x")},
	{"name with a folder", 0, codeInvalidBundle, "name", unsigned("a/b.pdf", "x")},
	{"name out of the folder", 0, codeInvalidBundle, "name", unsigned("../b.pdf", "x")},
	{"name with capitals", 0, codeInvalidBundle, "name", unsigned("Contract.pdf", "x")},
	{"name of 101", 0, codeInvalidBundle, "name", unsigned(strings.Repeat("a", 101), "x")},
	{"more entries than make sense", 0, codeInvalidBundle, "entries", files(func(f []namedFile) []namedFile {
		for i := range maxEntries {
			f = append(f, namedFile{fmt.Sprint(i), nil})
		}
		return f
	})},
	{"a file that nothing signs", 0, codeInvalidSignature, "covers 2 files", unsigned("other.pdf", "x")},
	{"mimetype, which nothing signs", 0, codeInvalidSignature, "covers 2 files", unsigned("mimetype", "application/vnd.etsi.asic-e+zip")},
	{"a signed file that the manifest does not name", 0, codeInvalidBundle, "does not name", func(a *attempt) {
		a.bundle.documents = append(a.bundle.documents, namedFile{"other.pdf", []byte("x")})
	}},
	{"a document that is not there", 0, codeInvalidBundle, "document 1", manifestEdit(`href="document.pdf"`, `href="documents.pdf"`)},
	{"bytes before the first entry", 0, codeInvalidBundle, "entry 1", repacked(func(z []byte) []byte { return append([]byte("#!"), z...) })},
	{"bytes between the entries", 0, codeInvalidBundle, "entry 3: it does not begin", repacked(func(z []byte) []byte { return inserted(z, bytes.LastIndex(z, []byte("PK\x03\x04")), "gap") })},
	{"bytes before the directory", 0, codeInvalidBundle, "directory", repacked(func(z []byte) []byte { return inserted(z, bytes.Index(z, []byte("PK\x01\x02")), "gap") })},
	{"bytes behind the end", 0, codeInvalidBundle, "behind the end", repacked(func(z []byte) []byte { return append(z, "more"...) })},
	{"stored with sizes behind the data", 0, codeInvalidBundle, "stream", packedBy(storedStreaming)},
	{"another checksum behind the data", 0, codeInvalidBundle, "behind its data", packedBy(func(f []namedFile) []byte {
		z := streamed(f)
		z[bytes.Index(z, []byte("PK\x07\x08"))+4]++
		return z
	})},
	{"another size in the header", 0, codeInvalidBundle, "size or checksum", repacked(func(z []byte) []byte { z[22]++; return z })},
	{"another name in the header", 0, codeInvalidBundle, "name", repacked(func(z []byte) []byte { z[30]++; return z })},
	{"encrypted", 0, codeInvalidBundle, "encrypted", repacked(func(z []byte) []byte { z[6]++; return z })},
	{"packed in another way", 0, codeInvalidBundle, "neither stored nor deflated", repacked(func(z []byte) []byte {
		z[8], z[bytes.Index(z, []byte("PK\x01\x02"))+10] = 12, 12
		return z
	})},
	{"damaged", 0, codeInvalidBundle, "damaged", repacked(func(z []byte) []byte {
		z[bytes.Index(z, []byte("Arbeidsavtale"))]++
		return z
	})},
	{"one byte too many", 0, codeInvalidBundle, "10485760", another("b.pdf", maxDocumentBytes-len(textPDF([]string{"Arbeidsavtale"}))+1)},
	{"far more than it says", 0, codeInvalidBundle, "too large", files(func(f []namedFile) []namedFile {
		f[1].content = make([]byte, maxXMLBytes+1)
		return f
	})},
}

// inserted puts bytes into a ZIP whose offsets are mended.
func inserted(z []byte, at int, what string) []byte {
	z = slices.Insert(slices.Clone(z), at, []byte(what)...)
	shiftOffsets(z, at, len(what))
	return z
}

// shiftOffsets mends what a ZIP says of the places of everything behind a change.
func shiftOffsets(z []byte, behind, by int) {
	shift := func(field []byte) {
		if offset := int(binary.LittleEndian.Uint32(field)); offset >= behind {
			binary.LittleEndian.PutUint32(field, uint32(offset+by))
		}
	}
	shift(z[bytes.LastIndex(z, []byte("PK\x05\x06"))+16:])
	for at := bytes.Index(z, []byte("PK\x01\x02")); bytes.HasPrefix(z[at:], []byte("PK\x01\x02")); {
		header := z[at:]
		shift(header[42:])
		at += 46 + int(binary.LittleEndian.Uint16(header[28:])) + int(binary.LittleEndian.Uint16(header[30:])) + int(binary.LittleEndian.Uint16(header[32:]))
	}
}

func storedStreaming(files []namedFile) []byte { return streamedBy(zip.Store, files) }

// streamed is how the portal's Java client packs: deflated, with sizes behind the data.
func streamed(files []namedFile) []byte { return streamedBy(zip.Deflate, files) }

func streamedBy(method uint16, files []namedFile) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		p, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: method})
		must(err)
		_, err = p.Write(f.content)
		must(err)
	}
	must(w.Close())
	return out.Bytes()
}

const inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

// What is planted in META-INF/signatures.xml.
var signatureFaults = []refusedCase{
	{"document changed after signing", 0, codeInvalidSignature, "digest of reference 1", files(func(f []namedFile) []namedFile {
		f[0].content = append(f[0].content, '\n')
		return f
	})},
	{"manifest changed after signing", 0, codeInvalidSignature, "digest of reference 2", files(func(f []namedFile) []namedFile {
		f[1].content = append(f[1].content, '\n')
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

// What is planted in a document.
var documentFaults = []refusedCase{
	{"not a PDF", 0, codeInvalidDocument, "version", document(func(string) string { return "<html></html> and so on" })},
	{"an empty document", 0, codeInvalidDocument, "version", document(func(string) string { return "" })},
	{"something before the PDF", 0, codeInvalidDocument, "version", document(func(pdf string) string { return "\n" + pdf })},
	{"PDF 1.0", 0, codeInvalidDocument, "version", document(swap("%PDF-1.4", "%PDF-1.0"))},
	{"PDF 2.0", 0, codeInvalidDocument, "version", document(swap("%PDF-1.4", "%PDF-2.0"))},
	{"PDF 2.0 by its catalogue", 0, codeInvalidDocument, "version", pdf(rawPDF("<</Version/2.0/Type/Catalog>>"))},
	{"half a PDF", 0, codeInvalidDocument, "end", document(func(pdf string) string { return pdf[:len(pdf)-20] })},
	{"encrypted PDF", 0, codeInvalidDocument, "encrypted", document(swap("<</Size", "<</Encrypt 9 0 R/Size"))},
	{"encrypted PDF, the name disguised", 0, codeInvalidDocument, "encrypted", document(swap("<</Size", "<</#45ncr#79pt<</Filter/Standard>>/Size"))},
	{"encrypted PDF, its tables streams", 0, codeInvalidDocument, "encrypted", pdf(streamTables("/Encrypt<</V 5>>"))},
	{"encrypted PDF, damaged", 0, codeInvalidDocument, "encrypted", document(func(pdf string) string {
		return swap("startxref\n", "startxref\n9")(swap("<</Size", "<</Encrypt 9 0 R/Size")(pdf))
	})},
	{"encrypted PDF, updated", 0, codeInvalidDocument, "encrypted", document(func(pdf string) string {
		first := swap("<</Size", "<</Encrypt 9 0 R/Size")(pdf)
		at := strings.LastIndex(first, "\nxref") + 1
		return fmt.Sprintf("%sxref\n0 0\ntrailer\n<</Size 9/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", first, at, len(first))
	})},
}
