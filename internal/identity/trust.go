package identity

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"embed"
	"encoding/pem"
	"fmt"
	"slices"
	"time"
)

// Trust is whom a client believes: certificate authorities, and the one organization
// whose server it talks to.
type Trust struct {
	Environment   string // "production" or "test" for built-in anchors, else empty
	Roots         []*x509.Certificate
	Intermediates []*x509.Certificate // complete chains that were sent without them
	Organization  string              // of the server: nine digits
}

// portalOrganization is Posten Bring AS, who run the portal (portal-api.md).
const portalOrganization = "984661185"

// environments are those with built-in anchors.
var environments = []string{"production", "test"}

// The anchors that the portal's official clients trust. Which they are is held by
// anchors_test.go, digest by digest.
//
//go:embed trust
var anchors embed.FS

// Builtin returns the built-in anchors of an environment, "production" or "test", and
// the portal's organization number.
func Builtin(environment string) (Trust, error) {
	if !slices.Contains(environments, environment) {
		return Trust{}, refuse("unknown-environment", `choose "production" or "test", or give trust and server_organization of a server of your own`,
			"there are no built-in certificate authorities for the environment %q", environment)
	}
	files, err := anchors.ReadDir("trust/" + environment)
	if err != nil {
		return Trust{}, fmt.Errorf("listing built-in anchors: %w", err)
	}
	var all []byte
	for _, f := range files {
		one, err := anchors.ReadFile("trust/" + environment + "/" + f.Name())
		if err != nil {
			return Trust{}, fmt.Errorf("reading built-in anchor %s: %w", f.Name(), err)
		}
		all = append(all, one...)
	}
	t, err := FromPEM(all, portalOrganization)
	t.Environment = environment
	return t, err
}

// FromPEM reads anchors from PEM blocks: self-signed certificates become roots, others
// intermediates. organization is the nine digits expected in the server's certificate.
func FromPEM(text []byte, organization string) (Trust, error) {
	if !nineDigits.MatchString(organization) {
		return Trust{}, refuse("trust-organization", "set portal.server_organization to the nine digits in the server's certificate",
			"the server's organization number is not nine digits, so no server could be told from another")
	}
	t := Trust{Organization: organization}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		cert, err := anchor(block)
		if err != nil {
			return Trust{}, err
		}
		if selfSigned(cert) {
			t.Roots = append(t.Roots, cert)
		} else {
			t.Intermediates = append(t.Intermediates, cert)
		}
	}
	if len(t.Roots) == 0 {
		return Trust{}, refuse("trust-no-root", "add the root certificate to the file; it begins with -----BEGIN CERTIFICATE-----",
			"the trust file holds no root certificate in PEM form")
	}
	return t, nil
}

func anchor(block *pem.Block) (*x509.Certificate, error) {
	if block.Type != "CERTIFICATE" {
		return nil, refuse("trust-not-a-certificate", "keep certificates only in the trust file",
			"the trust file holds a block of type %q", block.Type)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, &Error{Code: "trust-not-a-certificate", Message: "a certificate in the trust file cannot be read",
			Remedy: "fetch the trust file again from where it came", Err: err}
	}
	return cert, nil
}

func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, c.RawSubject) &&
		c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// path returns the shortest chain from leaf to a root of t that holds at the given
// time. others may complete it. Key usages are left to the caller: enterprise
// certificates are often for clients only, and servers show them all the same.
func (t Trust) path(leaf *x509.Certificate, others []*x509.Certificate, at time.Time) ([]*x509.Certificate, error) {
	chains, err := leaf.Verify(x509.VerifyOptions{
		Roots:         pool(t.Roots), // never nil: a nil pool would mean the system's
		Intermediates: pool(others, t.Intermediates),
		CurrentTime:   at,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, err
	}
	return slices.MinFunc(chains, func(a, b []*x509.Certificate) int { return cmp.Compare(len(a), len(b)) }), nil
}

func pool(lists ...[]*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, cert := range slices.Concat(lists...) {
		p.AddCert(cert)
	}
	return p
}

// otherEnvironment names the environment other than t's whose built-in authorities
// issued one of certs, and that authority; "" where none did. It goes by names, which
// is enough to explain a certificate that was refused already.
func (t Trust) otherEnvironment(certs []*x509.Certificate) (environment string, issuer *x509.Certificate) {
	for _, name := range environments {
		builtin, err := Builtin(name)
		if err != nil || name == t.Environment {
			continue
		}
		for _, authority := range slices.Concat(builtin.Intermediates, builtin.Roots) {
			if slices.ContainsFunc(certs, func(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, authority.RawSubject) }) {
				return name, authority
			}
		}
	}
	return "", nil
}

// authorityName is an authority's common name, quoted: a stranger may have chosen it,
// and a terminal must not obey it.
func authorityName(commonName string) string {
	const longest = 80
	if runes := []rune(commonName); len(runes) > longest {
		commonName = string(runes[:longest]) + "…"
	}
	return fmt.Sprintf("%q", commonName)
}

// IssuerOf is the common name of the authority that issued a certificate, quoted, so that
// a terminal does not obey it.
func IssuerOf(cert *x509.Certificate) string { return authorityName(cert.Issuer.CommonName) }
