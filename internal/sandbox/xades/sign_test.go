package xades

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"testing"

	"batch/internal/sandbox/strictxml"
)

// What is signed is hashed as it is written: a reader that canonicalizes it finds that it
// holds.
func TestSignWritesCanonicalXML(t *testing.T) {
	sum := sha256.Sum256([]byte("contract"))
	chain := []*x509.Certificate{testLeaf().Certificate, testRoot().Certificate}
	document, err := Sign(Statement{At: testNow, Role: "Signer: <Å> & \"B\"\r\xff", Documents: []Document{{"my contract.pdf", sum[:]}}}, chain, testLeaf().key)
	if err != nil {
		t.Fatal(err)
	}
	root, err := strictxml.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]*strictxml.Element{}
	for e := range root.All() {
		parts[e.Name()] = e
	}
	var c strictxml.Checker
	value, err := base64.StdEncoding.DecodeString(c.Text(parts["SignatureValue"]))
	if err != nil {
		t.Fatal(err)
	}
	info := parts["SignedInfo"].Canonical()
	if err := chain[0].CheckSignature(x509.SHA256WithRSA, info, value); err != nil {
		t.Error(err)
	}
	properties := sha256.Sum256(parts["SignedProperties"].Canonical())
	for _, digest := range [][]byte{sum[:], properties[:]} {
		if !strings.Contains(string(info), "<DigestValue>"+base64Of(digest)+"</DigestValue>") {
			t.Errorf("a digest is not in %s", info)
		}
	}
	if !strings.Contains(string(info), `URI="my%20contract.pdf"`) {
		t.Errorf("the document is not named in %s", info)
	}
	if role := c.Text(parts["ClaimedRole"]); role != "Signer: <Å> & \"B\"\r?" {
		t.Errorf("the role is read as %q", role)
	}
}
