package sandbox

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// The organizations of the two ends.
const (
	ServerOrganization = "984661185" // Posten Bring AS, as in the real portal's certificate
	Organization       = "988015814" // the sandbox's only customer
)

// PKI is a certificate authority of the sandbox's own with the two enterprise
// certificates it has issued. Both ends trust this authority and nothing else. The names
// and key usages are those of SEID 2.0 enterprise certificates: an organization number in
// organizationIdentifier (2.5.4.97), no host name, authentication of either end (Java takes
// no server whose certificate names extended key usages but not serverAuth); all keys
// are RSA-2048. Everything is valid for ten years from the day before it was made.
type PKI struct {
	// Root signs Issuing, which signs the rest.
	Root, Issuing *x509.Certificate

	// Server is the portal's certificate with its chain up to the root. It speaks TLS
	// and seals the signed documents.
	Server tls.Certificate

	// Client is the customer's certificate with its chain up to the root. It speaks TLS
	// and signs the bundles.
	Client tls.Certificate

	// Revoked are the serial numbers of certificates that the authority has taken back: no
	// bundle signed with one is taken. To be set before the PKI is used.
	Revoked []*big.Int

	// ClientPassword opens ClientP12.
	ClientPassword string

	// ClientP12 holds key and chain of Client, as the real issuers deliver them.
	ClientP12 []byte
}

// issuer is a certificate that may sign others, with its key.
type issuer struct {
	certificate *x509.Certificate
	key         *rsa.PrivateKey
}

// NewPKI makes keys and certificates. It takes about a second.
func NewPKI(now time.Time) (*PKI, error) {
	keys, err := makeKeys(4)
	if err != nil {
		return nil, err
	}
	root, err := certify(authority("Sandbox Root CA", now), keys[0], nil)
	if err != nil {
		return nil, fmt.Errorf("making the root certificate: %w", err)
	}
	issuing, err := certify(authority("Sandbox Class 3 CA Business", now), keys[1], &issuer{root, keys[0]})
	if err != nil {
		return nil, fmt.Errorf("making the issuing certificate: %w", err)
	}
	p := &PKI{Root: root, Issuing: issuing, ClientPassword: rand.Text()}
	by := &issuer{issuing, keys[1]}
	if p.Server, err = p.enterprise("SIGNING PORTAL SANDBOX", ServerOrganization, now, keys[2], by); err != nil {
		return nil, fmt.Errorf("making the server's certificate: %w", err)
	}
	if p.Client, err = p.enterprise("SANDBOX CUSTOMER", Organization, now, keys[3], by); err != nil {
		return nil, fmt.Errorf("making the client's certificate: %w", err)
	}
	above := []*x509.Certificate{issuing, root}
	p.ClientP12, err = pkcs12.Modern2023.Encode(keys[3], p.Client.Leaf, above, p.ClientPassword)
	if err != nil {
		return nil, fmt.Errorf("writing the client's PKCS#12: %w", err)
	}
	return p, nil
}

// CAPEM is the root and the issuing certificate, for the client to trust.
func (p *PKI) CAPEM() []byte {
	return append(certificatePEM(p.Root.Raw), certificatePEM(p.Issuing.Raw)...)
}

// ServerPEM is the server's own certificate, without its key.
func (p *PKI) ServerPEM() []byte {
	return certificatePEM(p.Server.Leaf.Raw)
}

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// roots is the only thing either end trusts.
func (p *PKI) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(p.Root)
	return pool
}

// sealChain is the portal's certificate and all above it.
func (p *PKI) sealChain() []*x509.Certificate {
	return []*x509.Certificate{p.Server.Leaf, p.Issuing, p.Root}
}

func makeKeys(n int) ([]*rsa.PrivateKey, error) {
	keys, errs := make([]*rsa.PrivateKey, n), make([]error, n)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() { keys[i], errs[i] = rsa.GenerateKey(rand.Reader, 2048) })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("making keys: %w", err)
	}
	return keys, nil
}

func (p *PKI) enterprise(name, organization string, now time.Time, key *rsa.PrivateKey, by *issuer) (tls.Certificate, error) {
	t := certificateTemplate(distinguishedName(name, organization), now)
	t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	leaf, err := certify(t, key, by)
	if err != nil {
		return tls.Certificate{}, err
	}
	return p.withChain(leaf, key), nil
}

// withChain is a certificate with its key and all above it.
func (p *PKI) withChain(leaf *x509.Certificate, key crypto.PrivateKey) tls.Certificate {
	return tls.Certificate{
		Certificate: [][]byte{leaf.Raw, p.Issuing.Raw, p.Root.Raw},
		PrivateKey:  key,
		Leaf:        leaf,
	}
}

func authority(name string, now time.Time) *x509.Certificate {
	t := certificateTemplate(distinguishedName(name, "983163327"), now)
	t.IsCA = true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	return t
}

func certificateTemplate(subject pkix.Name, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject:               subject,
		NotBefore:             now.AddDate(0, 0, -1),
		NotAfter:              now.AddDate(10, 0, 0),
		BasicConstraintsValid: true,
	}
}

// distinguishedName is a name in the order and encoding of SEID 2.0 certificates, so that
// whoever writes it down (RFC 2253) meets what real issuers make them meet.
func distinguishedName(common, organization string) pkix.Name {
	part := func(oid asn1.ObjectIdentifier, tag int, value string) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: oid, Value: asn1.RawValue{Tag: tag, Bytes: []byte(value)}}
	}
	return pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
		part(oidCountry, asn1.TagPrintableString, "NO"),
		part(oidOrganization, asn1.TagUTF8String, common+" AS"),
		part(oidOrganizationIdentifier, asn1.TagUTF8String, "NTRNO-"+organization),
		part(oidCommonName, asn1.TagUTF8String, common),
	}}
}

// certify signs a certificate for a key; without an issuer it signs itself.
func certify(t *x509.Certificate, key *rsa.PrivateKey, by *issuer) (*x509.Certificate, error) {
	serial := make([]byte, 20)
	rand.Read(serial) // never fails
	serial[0] = serial[0]&0x3f | 0x40
	t.SerialNumber = new(big.Int).SetBytes(serial)
	parent, signer := t, key
	if by != nil {
		parent, signer = by.certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, key.Public(), signer)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
