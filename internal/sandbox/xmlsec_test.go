package sandbox

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"batch/internal/judgetest"
	"batch/internal/sandbox/asice/asicetest"
)

// signedLayouts are signatures.xml as other clients lay it out, before it is signed.
var signedLayouts = map[string]func(string) string{
	"as it is": func(s string) string { return s },
	"indented": func(s string) string { return strings.ReplaceAll(s, "><", ">\n  <") },
	"with prefixes": func(s string) string {
		s = strings.NewReplacer(`xmlns="http://www.w3.org/2000/09/xmldsig#"`, `xmlns:ds="http://www.w3.org/2000/09/xmldsig#"`,
			`xmlns="http://uri.etsi.org/2918/v1.2.1#"`, `xmlns:asic="http://uri.etsi.org/2918/v1.2.1#"`, "XAdESSignatures", "asic:XAdESSignatures").Replace(s)
		for _, name := range []string{"Signature", "SignedInfo", "CanonicalizationMethod", "SignatureMethod", "Reference", "Transforms", "Transform",
			"DigestMethod", "DigestValue", "SignatureValue", "KeyInfo", "X509Data", "Object", "X509IssuerName", "X509SerialNumber"} {
			s = strings.NewReplacer("<"+name+">", "<ds:"+name+">", "<"+name+" ", "<ds:"+name+" ", "<"+name+"/>", "<ds:"+name+"/>", "</"+name+">", "</ds:"+name+">").Replace(s)
		}
		return s
	},
	"as the .NET client": func(s string) string {
		return strings.NewReplacer(`<XAdESSignatures xmlns="http://uri.etsi.org/2918/v1.2.1#"`,
			`<xades:XAdESSignatures xmlns:xades="http://uri.etsi.org/2918/v1.2.1#" xmlns="http://uri.etsi.org/01903/v1.3.2#"`,
			"</XAdESSignatures", "</xades:XAdESSignatures", "ID_", "Id_").Replace(s)
	},
	"with what canonicalization must mend": func(s string) string {
		return strings.NewReplacer(`Id="ID_0" URI="document.pdf"`, "URI = 'document.pdf'\n\tId='ID_0'", "<DigestValue></DigestValue>", "<DigestValue ></DigestValue\n>",
			"<MimeType>application/pdf", "<MimeType><![CDATA[application]]>&#x2f;<!-- here -->pdf", `Target="#Signature"`, `xmlns:unused="urn:x" Target='&#35;Signature'`).Replace(s)
	},
}

// TestCreateTakesWhatXmlsecSigns lets an independent program canonicalize and sign.
func TestCreateTakesWhatXmlsecSigns(t *testing.T) {
	judgetest.Find(t, "xmlsec1")
	_, portal := directSandbox(t)
	for name, lay := range signedLayouts {
		t.Run(name, func(t *testing.T) {
			a := newAttempt()
			a.bundle.editFiles = func(files []asicetest.File) []asicetest.File {
				files[2].Content = signByXmlsec(t, files[:2], lay(signatureTemplateOf(files[:2])))
				return files
			}
			if res := a.post(t, portal); res.Code != http.StatusOK {
				t.Errorf("refused: %s", res.Body)
			}
		})
	}
}

// signatureTemplateOf is signatures.xml with everything in it but digests, value and chain.
func signatureTemplateOf(files []asicetest.File) string {
	leaf := authorityOfTests().Client.Leaf
	digest := sha1.Sum(leaf.Raw)
	var references, formats strings.Builder
	for i, f := range files {
		fmt.Fprintf(&references, `<Reference Id="ID_%d" URI="%s"><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue></DigestValue></Reference>`, i, f.Name)
		fmt.Fprintf(&formats, `<DataObjectFormat ObjectReference="#ID_%d"><MimeType>application/%s</MimeType></DataObjectFormat>`, i, strings.TrimPrefix(filepath.Ext(f.Name), "."))
	}
	const ds = `xmlns="http://www.w3.org/2000/09/xmldsig#"`
	return `<?xml version="1.0" encoding="UTF-8"?><XAdESSignatures xmlns="http://uri.etsi.org/2918/v1.2.1#"><Signature ` + ds + ` Id="Signature"><SignedInfo>` +
		`<CanonicalizationMethod Algorithm="` + inclusive + `"/><SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>` + references.String() +
		`<Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#SignedProperties"><Transforms><Transform Algorithm="` + inclusive + `"/></Transforms>` +
		`<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue></DigestValue></Reference></SignedInfo><SignatureValue></SignatureValue>` +
		`<KeyInfo><X509Data/></KeyInfo><Object><QualifyingProperties xmlns="http://uri.etsi.org/01903/v1.3.2#" Target="#Signature"><SignedProperties Id="SignedProperties">` +
		`<SignedSignatureProperties><SigningTime>` + time.Now().Format(time.RFC3339Nano) + `</SigningTime><SigningCertificate><Cert><CertDigest>` +
		`<DigestMethod ` + ds + ` Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/><DigestValue ` + ds + `>` + base64.StdEncoding.EncodeToString(digest[:]) + `</DigestValue></CertDigest>` +
		`<IssuerSerial><X509IssuerName ` + ds + `>` + testIssuer + `</X509IssuerName><X509SerialNumber ` + ds + `>` + leaf.SerialNumber.String() + `</X509SerialNumber></IssuerSerial>` +
		`</Cert></SigningCertificate></SignedSignatureProperties><SignedDataObjectProperties>` + formats.String() + `</SignedDataObjectProperties></SignedProperties>` +
		`</QualifyingProperties></Object></Signature></XAdESSignatures>`
}

// signByXmlsec signs a template whose references are files.
func signByXmlsec(t *testing.T, files []asicetest.File, template string) []byte {
	t.Helper()
	dir, client := t.TempDir(), authorityOfTests().Client
	keep := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		keep(f.Name, f.Content)
	}
	keep("template.xml", []byte(template))
	keep("key.pem", pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(client.PrivateKey.(*rsa.PrivateKey))}))
	pems := []string{"key.pem"}
	for i, der := range client.Certificate {
		pems = append(pems, fmt.Sprintf("%d.pem", i))
		keep(pems[i+1], certificatePEM(der))
	}
	cmd := exec.Command("xmlsec1", "--sign", "--privkey-pem", strings.Join(pems, ","), "--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", "template.xml")
	var errs bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &errs
	signed, err := cmd.Output()
	if err != nil {
		t.Fatalf("xmlsec1: %v\n%s", err, errs.Bytes())
	}
	return signed
}
