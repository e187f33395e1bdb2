package bundle

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"io"
	"math/big"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"batch/internal/identity/identitytest"
)

func TestSealIsSafeForConcurrentUse(t *testing.T) {
	_, sealer := newSealer(t)
	docs, kept := documents(1, 100)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			sealed, err := sealAt(sealer, []byte("<a></a>"), docs, now, kept.open)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := sealed.WriteTo(io.Discard); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestSealRefusesNames(t *testing.T) {
	_, sealer := newSealer(t)
	for _, name := range []string{"", "a.p", "manifest.xml", "A.pdf", "æ.pdf", "a b.pdf", "a/b.pdf", "../a.pdf", "a%20.pdf", "a.pdf\n", strings.Repeat("a", 101)} {
		docs, kept := documents(1, 100)
		docs[0].Name = name
		if _, err := sealAt(sealer, []byte("x"), docs, now, kept.open); err == nil || !strings.Contains(err.Error(), "document 1 cannot be called") {
			t.Errorf("%q: got %v", name, err)
		}
	}
	docs, kept := documents(2, 100)
	docs[1].Name = docs[0].Name
	if _, err := sealAt(sealer, []byte("x"), docs, now, kept.open); err == nil || !strings.Contains(err.Error(), "document 2 cannot be called") {
		t.Errorf("the same name twice: got %v", err)
	}
}

func TestNewSealerRefuses(t *testing.T) {
	kit := identitytest.New(t, "988015814", now)
	chain, key := kit.Identity.Chain, kit.Identity.Key
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		chain []*x509.Certificate
		key   crypto.Signer
		want  string
	}{
		"no certificate":  {nil, key, "no certificate"},
		"EC key":          {chain, other, "not an RSA key"},
		"another key":     {chain, kit.Server.Key, "does not fit"},
		"root missing":    {chain[:2], key, "certificate 2 of the chain is not followed by its issuer up to the root"},
		"middle missing":  {[]*x509.Certificate{chain[0], chain[2]}, key, "certificate 1 of the chain"},
		"another's chain": {append(chain[:1:1], identitytest.New(t, "988015814", now).Client.Chain[1:]...), key, "certificate 1 of the chain"},
	} {
		if _, err := NewSealer(c.chain, c.key); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want … %s", name, err, c.want)
		}
	}
}

// Serial numbers have up to 20 bytes (RFC 5280 §4.1.2.2), more than any integer type.
func TestLongSerialNumber(t *testing.T) {
	kit := identitytest.New(t, "988015814", now)
	serial := new(big.Int).Lsh(big.NewInt(0x7f), 152)
	issued := kit.Issue(t, identitytest.Spec{Organization: "988015814", Serial: serial})
	sealer, err := NewSealer(issued.Chain, issued.Key)
	if err != nil {
		t.Fatal(err)
	}
	raw := seal(t, sealer, job(lookup(person)), 1)
	files := entries(t, raw)
	want := "<ds:X509SerialNumber>725041827894627619577609272480343529282435284992</ds:X509SerialNumber>"
	if !strings.Contains(string(files["META-INF/signatures.xml"]), want) {
		t.Errorf("the signature does not hold %s", want)
	}
	folder := unpack(t, raw)
	writeFile(t, filepath.Join(folder, "root.pem"), kit.PEM)
	judge(t, folder, "xmlsec1", xmlsec()...)
}
