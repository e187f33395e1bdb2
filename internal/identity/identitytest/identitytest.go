// Package identitytest makes certificates for tests: a root, an intermediate
// authority, a client and a server, in memory, as the enterprise certificates of the
// portal's environments are shaped (SEID 2.0).
//
//	kit := identitytest.New(t, "988015814", now)
//	server.TLS = kit.ServerConfig()
//	client.TLS = kit.Identity.TLSConfig(kit.Trust, clock)
//
// [Kit.Issue] makes further certificates, wrong ones too. Keys are made once a process
// and shared by all kits, because an RSA key takes longer to make than most tests to
// run; everything else is new for every kit. Nothing here is fit for use outside tests.
package identitytest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"batch/internal/identity"

	"software.sslmate.com/src/go-pkcs12"
)

// PortalOrganization is whom the kit's right server belongs to, as the real one does.
const PortalOrganization = "984661185"

// Kit is one certificate authority and what it issued for a test.
type Kit struct {
	Trust    identity.Trust     // the kit's authority, and the right server's organization
	Identity *identity.Identity // the client
	Client   *Issued            // the client's certificate and key
	Server   *Issued            // the right server's
	PEM      []byte             // the root, as a trust file of batch.toml

	now          time.Time
	root, middle *x509.Certificate
}

// New makes a kit whose client belongs to organization (nine digits). Authorities are
// valid for ten years around now, other certificates from a day before to a year after.
func New(t testing.TB, organization string, now time.Time) *Kit {
	t.Helper()
	k := &Kit{now: now}
	// Kits share keys, so it is the names that keep one kit from trusting another's chain.
	number := serial(t).Text(36)
	root := authority("Kit Root CA "+number, now)
	k.root = sign(t, root, root, rootKey(), rootKey())
	k.middle = sign(t, authority("Kit Enterprise CA "+number, now), k.root, middleKey(), rootKey())
	k.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.root.Raw})
	k.Trust = identity.Trust{Roots: []*x509.Certificate{k.root}, Organization: PortalOrganization}
	k.Client = k.Issue(t, Spec{Organization: organization, Key: clientKey()})
	k.Server = k.Issue(t, Spec{Organization: PortalOrganization, Key: serverKey()})
	k.Identity = &identity.Identity{Chain: k.Client.Chain, Key: clientKey(), Organization: organization}
	return k
}

// Spec says how a certificate differs from an ordinary enterprise certificate.
type Spec struct {
	Organization string            // nine digits, put into organizationIdentifier
	Subject      *pkix.Name        // in place of the usual one, Organization then unused
	Issuer       *x509.Certificate // an authority that is named as the issuer, and did not sign
	NotBefore    time.Time         // zero: a day before the kit's now
	NotAfter     time.Time         // zero: a year after
	KeyUsage     x509.KeyUsage     // zero: digitalSignature
	Key          crypto.Signer     // nil: a key of its own
	Serial       *big.Int          // nil: random
	SelfSigned   bool              // not issued by the kit's authority
	By           *Issued           // who issued it in place of the kit's authority, allowed to or not
	ExtKeyUsage  []x509.ExtKeyUsage
	DNSNames     []string
}

// Issued is a certificate with its key.
type Issued struct {
	Chain []*x509.Certificate // leaf … root
	Key   crypto.Signer
}

// Issue makes a certificate as spec says.
func (k *Kit) Issue(t testing.TB, spec Spec) *Issued {
	t.Helper()
	if spec.Key == nil {
		spec.Key = otherKey()
	}
	template := k.template(spec)
	switch {
	case spec.SelfSigned:
		return &Issued{Chain: []*x509.Certificate{sign(t, template, template, spec.Key, spec.Key)}, Key: spec.Key}
	case spec.By != nil:
		leaf := sign(t, template, spec.By.Chain[0], spec.Key, spec.By.Key)
		return &Issued{Chain: append([]*x509.Certificate{leaf}, spec.By.Chain...), Key: spec.Key}
	case spec.Issuer != nil:
		stranger := &x509.Certificate{RawSubject: spec.Issuer.RawSubject}
		return &Issued{Chain: []*x509.Certificate{sign(t, template, stranger, spec.Key, middleKey())}, Key: spec.Key}
	}
	return &Issued{Chain: []*x509.Certificate{sign(t, template, k.middle, spec.Key, middleKey()), k.middle, k.root}, Key: spec.Key}
}

func (k *Kit) template(spec Spec) *x509.Certificate {
	c := &x509.Certificate{
		SerialNumber: spec.Serial,
		Subject:      Enterprise(spec.Organization),
		NotBefore:    k.now.AddDate(0, 0, -1),
		NotAfter:     k.now.AddDate(1, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  spec.ExtKeyUsage,
		DNSNames:     spec.DNSNames,
	}
	if spec.Subject != nil {
		c.Subject = *spec.Subject
	}
	if !spec.NotBefore.IsZero() {
		c.NotBefore = spec.NotBefore
	}
	if !spec.NotAfter.IsZero() {
		c.NotAfter = spec.NotAfter
	}
	if spec.KeyUsage != 0 {
		c.KeyUsage = spec.KeyUsage
	}
	return c
}

// Enterprise is the subject of a SEID 2.0 enterprise certificate.
func Enterprise(organization string) pkix.Name {
	return pkix.Name{Country: []string{"NO"}, Organization: []string{"Ærlig Øving AS"}, CommonName: "Ærlig Øving AS",
		ExtraNames: organizationIdentifier(organization)}
}

// SEID1 is the subject of an enterprise certificate of the generation before.
func SEID1(organization string) *pkix.Name {
	return &pkix.Name{Country: []string{"NO"}, Organization: []string{"Ærlig Øving AS"}, CommonName: "ÆRLIG ØVING AS", SerialNumber: organization}
}

// Employee is the subject of the certificate of a person who works for an organization.
func Employee(organization string) *pkix.Name {
	name := pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 4}, Value: "Nordmann"}
	given := pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 42}, Value: "Kari"}
	return &pkix.Name{Country: []string{"NO"}, CommonName: "Kari Nordmann", ExtraNames: append(organizationIdentifier(organization), name, given)}
}

// organizationIdentifier is a UTF8String, as the real authorities write it.
func organizationIdentifier(organization string) []pkix.AttributeTypeAndValue {
	value := asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte("NTRNO-" + organization)}
	return []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: value}}
}

// ServerConfig is a server that shows the right certificate and wants a client's.
func (k *Kit) ServerConfig() *tls.Config { return k.ServerConfigOf(k.Server) }

// ServerConfigOf is a server that shows a certificate of the test's choice.
func (k *Kit) ServerConfigOf(server *Issued) *tls.Config {
	clients := x509.NewCertPool()
	clients.AddCert(k.root)
	return &tls.Config{
		Certificates: []tls.Certificate{server.TLS()},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    clients,
		Time:         func() time.Time { return k.now },
	}
}

// TLS is the certificate as a handshake shows it.
func (i *Issued) TLS() tls.Certificate {
	c := tls.Certificate{PrivateKey: i.Key}
	for _, cert := range i.Chain {
		c.Certificate = append(c.Certificate, cert.Raw)
	}
	return c
}

// PKCS12 packs the key and the given certificates, in that order; without any, the
// leaf's whole chain.
func (i *Issued) PKCS12(t testing.TB, password string, certs ...*x509.Certificate) []byte {
	t.Helper()
	if len(certs) == 0 {
		certs = slices.Clone(i.Chain)
	}
	encoder := pkcs12.Modern.WithIterations(1) // the strength of a test's password is no matter
	if password == "" {
		encoder = pkcs12.Passwordless
	}
	raw, err := encoder.Encode(i.Key, certs[0], certs[1:], password)
	if err != nil {
		t.Fatalf("packing a PKCS#12 file: %v", err)
	}
	return raw
}

// WriteFile puts raw into a new file of mode 0600 and returns its path.
func WriteFile(t testing.TB, name string, raw []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func authority(name string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{Country: []string{"NO"}, Organization: []string{"Kit AS"}, CommonName: name,
			ExtraNames: organizationIdentifier("983163327")},
		NotBefore:             now.AddDate(-5, 0, 0),
		NotAfter:              now.AddDate(5, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
}

func sign(t testing.TB, template, parent *x509.Certificate, subjectKey, signerKey crypto.Signer) *x509.Certificate {
	t.Helper()
	if template.SerialNumber == nil {
		template.SerialNumber = serial(t)
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, subjectKey.Public(), signerKey)
	if err != nil {
		t.Fatalf("issuing a test certificate: %v", err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatalf("reading a test certificate back: %v", err)
	}
	return cert
}

// serial is random and of 64 bits: libxml2 refuses the 20 bytes that RFC 5280 allows.
func serial(t testing.TB) *big.Int {
	t.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		t.Fatalf("drawing a serial number: %v", err)
	}
	return n.Add(n, big.NewInt(1)) // never zero
}

var rootKey, middleKey, clientKey, serverKey, otherKey = lazyKey(), lazyKey(), lazyKey(), lazyKey(), lazyKey()

func lazyKey() func() *rsa.PrivateKey {
	return sync.OnceValue(func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic("making a test key: " + err.Error())
		}
		return key
	})
}
