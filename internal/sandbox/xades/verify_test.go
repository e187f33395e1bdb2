package xades

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"
)

// pair is a certificate with its key.
type pair struct {
	*x509.Certificate
	key *rsa.PrivateKey
}

// Certificates of the tests, made once a process: a root and one that it has signed.
var (
	testRoot = sync.OnceValue(func() pair { return certified("Root", nil, func(*x509.Certificate) {}) })
	testLeaf = sync.OnceValue(func() pair { return certified("Leaf", testRoot, func(*x509.Certificate) {}) })

	testNow = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
)

// certified makes a certificate, which signs itself where nobody else is to.
func certified(name string, by func() pair, edit func(*x509.Certificate)) pair {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(name)) + testNow.Unix()), Subject: pkix.Name{CommonName: name},
		NotBefore: testNow.Add(-time.Hour), NotAfter: testNow.Add(time.Hour),
		BasicConstraintsValid: true, IsCA: by == nil, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	edit(template)
	issuer := pair{template, key}
	if by != nil {
		issuer = by()
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.Certificate, key.Public(), issuer.key)
	must(err)
	certificate, err := x509.ParseCertificate(der)
	must(err)
	return pair{certificate, key}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func TestLeaf(t *testing.T) {
	root, leaf := testRoot(), testLeaf()
	other := certified("Leaf", testRoot, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment })
	stranger := certified("Root", nil, func(*x509.Certificate) {})
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	onCurve, err := x509.CreateCertificate(rand.Reader, leaf.Certificate, root.Certificate, curve.Public(), root.key)
	must(err)
	trust := NewTrust(root.Certificate, nil)
	for _, test := range []struct {
		name, word string
		trust      *Trust
		now        time.Time
		chain      [][]byte
	}{
		{"right", "", trust, testNow, [][]byte{leaf.Raw, root.Raw}},
		{"right again", "", trust, testNow, [][]byte{leaf.Raw, root.Raw}},
		{"the same, later", "certificate 1 in KeyInfo is expired", trust, testNow.Add(2 * time.Hour), [][]byte{leaf.Raw, root.Raw}},
		{"the same, earlier", "not valid yet", trust, testNow.Add(-2 * time.Hour), [][]byte{leaf.Raw, root.Raw}},
		{"the same, revoked", "certificate 1 in KeyInfo is revoked", NewTrust(root.Certificate, []*big.Int{leaf.SerialNumber}), testNow, [][]byte{leaf.Raw, root.Raw}},
		{"expired from the start", "is expired", NewTrust(root.Certificate, nil), testNow.Add(2 * time.Hour), [][]byte{leaf.Raw, root.Raw}},
		{"without the root", "chain up to the root", trust, testNow, [][]byte{leaf.Raw}},
		{"the root first", "certificate 1 is not issued by the next", trust, testNow, [][]byte{root.Raw, leaf.Raw}},
		{"two in one place", "certificate 1 in KeyInfo cannot be read", trust, testNow, [][]byte{append(leaf.Raw[:len(leaf.Raw):len(leaf.Raw)], root.Raw...)}},
		{"another root", "not from an authority", NewTrust(stranger.Certificate, nil), testNow, [][]byte{leaf.Raw, root.Raw}},
		{"another kind of key", "no RSA key", trust, testNow, [][]byte{onCurve, root.Raw}},
		{"not for signatures", "another .p12", trust, testNow, [][]byte{other.Raw, root.Raw}},
	} {
		got, err := test.trust.Leaf(test.chain, test.now)
		if test.word == "" && (err != nil || !got.Equal(leaf.Certificate)) || test.word != "" && (err == nil || !strings.Contains(err.Error(), test.word)) {
			t.Errorf("%s: %v, want %q", test.name, err, test.word)
		}
	}
}

// madeBy is what was read of a signature of this key.
func madeBy(p pair, signedInfo string) *Signature {
	info, properties, certificate := sha256.Sum256([]byte(signedInfo)), sha256.Sum256([]byte("<SignedProperties>")), sha1.Sum(p.Raw)
	value, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, info[:])
	must(err)
	return &Signature{signedInfo: []byte(signedInfo), value: value, properties: []byte("<SignedProperties>"), propertiesDigest: properties[:],
		certificateDigest: certificate[:], issuerName: "CN=Root", serial: p.SerialNumber}
}

func TestMadeBy(t *testing.T) {
	for _, test := range []struct {
		name, word string
		edit       func(*Signature)
	}{
		{"right", "", func(*Signature) {}},
		{"properties changed", "SignedProperties", func(s *Signature) { s.properties = append(s.properties, ' ') }},
		{"references changed", "does not fit SignedInfo", func(s *Signature) { s.signedInfo = append(s.signedInfo, ' ') }},
		{"value of another", "does not fit SignedInfo", func(s *Signature) { s.value = madeBy(testRoot(), "<SignedInfo>").value }},
		{"another certificate", "CertDigest", func(s *Signature) { s.certificateDigest = madeBy(testRoot(), "").certificateDigest }},
		{"another number", "X509SerialNumber", func(s *Signature) { s.serial = big.NewInt(1) }},
		{"another issuer", "X509IssuerName", func(s *Signature) { s.issuerName = "CN=Leaf" }},
	} {
		s := madeBy(testLeaf(), "<SignedInfo>")
		test.edit(s)
		if err := s.MadeBy(testLeaf().Certificate); (err == nil) != (test.word == "") || err != nil && !strings.Contains(err.Error(), test.word) {
			t.Errorf("%s: %v, want %q", test.name, err, test.word)
		}
	}
}

func TestCovers(t *testing.T) {
	contract, manifest := sha256.Sum256([]byte("contract")), sha256.Sum256([]byte("manifest"))
	files := map[string]File{"my contract.pdf": {contract, "application/pdf"}, "manifest.xml": {manifest, "application/xml"}}
	for _, test := range []struct {
		name, word string
		edit       func(*Signature)
	}{
		{"right", "", func(*Signature) {}},
		{"encoded as a form", "", func(s *Signature) { s.references[0].uri = "my+contract.pdf" }},
		{"a reference too few", "covers 1 files and describes 2", func(s *Signature) { s.references = s.references[:1] }},
		{"a format too few", "describes 1", func(s *Signature) { delete(s.formats, "b") }},
		{"another file", "reference 1 does not name", func(s *Signature) { s.references[0].uri = "contract.pdf" }},
		{"one file twice", "reference 2 does not name", func(s *Signature) { s.references[1] = s.references[0] }},
		{"another digest", "digest of reference 2", func(s *Signature) { s.references[1].digest = contract[:] }},
		{"another format", "format of reference 1 is not application/pdf", func(s *Signature) { s.formats["a"] = "text/plain" }},
		{"a format of another", "format of reference 2", func(s *Signature) { s.references[1].id = "a" }},
	} {
		s := &Signature{references: []fileReference{{"a", "my%20contract.pdf", contract[:]}, {"b", "manifest.xml", manifest[:]}},
			formats: map[string]string{"a": "application/pdf", "b": "application/xml"}}
		test.edit(s)
		if err := s.Covers(files); (err == nil) != (test.word == "") || err != nil && !strings.Contains(err.Error(), test.word) {
			t.Errorf("%s: %v, want %q", test.name, err, test.word)
		}
	}
}
