package bundle

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/identity"
	"batch/internal/identity/identitytest"
)

// namesAsJavaWrites are the table of names (DER in hex, and its RFC 2253 form) that Java 17
// wrote (testdata/IssuerNames.java): those of all built-in authorities, and hard ones.
func namesAsJavaWrites(t *testing.T) map[string]string {
	t.Helper()
	table, err := os.ReadFile("testdata/issuer-names.tsv")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for line := range strings.Lines(string(table)) {
		der, quoted, _ := strings.Cut(strings.TrimSpace(line), "\t")
		var want string
		if err := json.Unmarshal([]byte(quoted), &want); err != nil {
			t.Fatal(err)
		}
		names[der] = want
	}
	return names
}

func decoded(t *testing.T, der string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(der)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestIssuerNameIsWrittenAsJavaDoes(t *testing.T) {
	for der, want := range namesAsJavaWrites(t) {
		if got, err := rfc2253(decoded(t, der)); err != nil || got != want {
			t.Errorf("%s:\n got %q %v\nwant %q", der, got, err, want)
		}
	}
}

func TestEveryBuiltInAuthorityIsInTheTable(t *testing.T) {
	table := namesAsJavaWrites(t)
	for _, environment := range []string{"production", "test"} {
		trust, err := identity.Builtin(environment)
		if err != nil {
			t.Fatal(err)
		}
		for _, authority := range slices.Concat(trust.Roots, trust.Intermediates) {
			if table[hex.EncodeToString(authority.RawSubject)] == "" {
				t.Errorf("%s is missing", authority.Subject.CommonName)
			}
		}
	}
}

// Whatever the authority is called, xmlsec1 and the schema accept what is signed.
func TestSignaturesUnderHardIssuerNames(t *testing.T) {
	xsd := schema(t, "signatures.xsd")
	kit := identitytest.New(t, "988015814", now)
	judged := 0
	for _, name := range hardNames(t) {
		chain, err := issuedBy(kit, name)
		if err != nil {
			continue // crypto/x509 reads no certificate with such a name, so nobody signs with one
		}
		sealer, err := NewSealer(chain, kit.Identity.Key)
		if err != nil {
			t.Errorf("%x: %v", name, err)
			continue
		}
		folder := unpack(t, seal(t, sealer, job(lookup(person)), 1))
		writeFile(t, filepath.Join(folder, "root.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: chain[1].Raw}))
		judge(t, folder, "xmlsec1", xmlsec()...)
		judge(t, folder, "xmllint", "--noout", "--nonet", "--schema", xsd, "META-INF/signatures.xml")
		judged++
	}
	if judged < 30 {
		t.Errorf("only %d names were judged", judged)
	}
}

// hardNames are those of the table that are no built-in authority's, but for the empty one,
// which no issuer may bear (RFC 5280 §4.1.2.4).
func hardNames(t *testing.T) (names [][]byte) {
	t.Helper()
	table := namesAsJavaWrites(t)
	for _, der := range slices.Sorted(maps.Keys(table)) {
		raw, name := decoded(t, der), table[der]
		if !strings.Contains(name, "Commfides") && !strings.Contains(name, "Buypass") && len(raw) > 2 {
			names = append(names, raw)
		}
	}
	return names
}

// issuedBy makes a root of that name, and a certificate for the kit's key below it. Its
// serial number has the 24 digits that xmllint can read; TestLongSerialNumber has more.
func issuedBy(kit *identitytest.Kit, name []byte) (chain []*x509.Certificate, err error) {
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), RawSubject: name, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if root, err = certificate(root, root, kit.Server.Key.Public(), kit.Server.Key); err != nil {
		return nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: new(big.Int).Exp(big.NewInt(10), big.NewInt(23), nil), Subject: pkix.Name{CommonName: "Kit"},
		NotBefore: root.NotBefore, NotAfter: root.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	leaf, err = certificate(leaf, root, kit.Identity.Key.Public(), kit.Server.Key)
	return []*x509.Certificate{leaf, root}, err
}

func certificate(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func TestBrokenNamesAreErrors(t *testing.T) {
	for _, raw := range []string{"", "30", "3005", "300000", "3003310130", "0400", "300d310b300906035504031603"} {
		der, err := hex.DecodeString(raw)
		if err != nil {
			t.Fatal(err)
		}
		if name, err := rfc2253(der); err == nil {
			t.Errorf("%q is read as %q", raw, name)
		}
	}
}
