package xades

import (
	"crypto/x509"
	"os"
	"strings"
	"testing"
)

// example is the portal's published signature; nil where the specification is not beside the
// project.
func example(t testing.TB) []byte {
	t.Helper()
	document, err := os.ReadFile("../../../../shared/spec/examples/xades/signatures.xml")
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return document
}

func TestReadTakesPublishedExample(t *testing.T) {
	document := example(t)
	if document == nil {
		t.Skip("no example: the specification is not beside the project")
	}
	s, err := Read(document)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.references) != 2 || s.references[1].uri != "manifest.xml" || s.formats["ID_1"] != "application/xml" ||
		s.serial.String() != "589725471" || s.SigningTime.Year() != 2015 {
		t.Errorf("read as %+v", s)
	}
	leaf, err := x509.ParseCertificate(s.Chain[0])
	if err != nil || !namesSame(s.issuerName, leaf.RawIssuer) {
		t.Errorf("the issuer is read as another one than the certificate's: %v", err)
	}
}

// Which other structures are refused is tested with whole bundles, whose signatures fit.
func TestReadRefuses(t *testing.T) {
	for document, word := range map[string]string{
		"":                 "signatures.xml: the XML ends before",
		`<!DOCTYPE a><a/>`: "signatures.xml: the XML has a DOCTYPE",
		`<Signature xmlns="` + dsigNamespace + `"/>`:                                    "root of signatures.xml",
		`<XAdESSignatures xmlns="` + asicNamespace + `"/>`:                              "signatures.xml: XAdESSignatures: Signature is expected",
		`<XAdESSignatures xmlns="` + asicNamespace + `"><Signature/></XAdESSignatures>`: "signatures.xml: XAdESSignatures: Signature is expected",
	} {
		if _, err := Read([]byte(document)); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v, want %q", document, err, word)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(example(f))
	f.Add([]byte(`<XAdESSignatures xmlns="` + asicNamespace + `"><Signature xmlns="` + dsigNamespace + `"/></XAdESSignatures>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		s, err := Read(document)
		if err == nil && (len(s.Chain) == 0 || s.propertiesDigest == nil || s.serial == nil || s.signedInfo == nil || s.properties == nil) {
			t.Errorf("a signature was read as %+v", s)
		}
	})
}
