package identity

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"
)

// TLSConfig is how we connect: our certificate is shown, and the server must have a
// chain to an anchor of t, valid now, and t's organization number. A server that does
// not is refused in the handshake with an *Error whose code begins "wrong-server",
// before any byte of a request is sent. now is asked at each connection.
func (id *Identity) TLSConfig(t Trust, now func() time.Time) *tls.Config {
	own := id.certificate()
	return &tls.Config{
		MinVersion: tls.VersionTLS12, // the portal speaks no more than 1.2 (portal-api.md)

		// Not the Certificates field: with that, a server whose list of authorities does
		// not name ours would be shown no certificate at all, and its refusal would not
		// tell why.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if err := checkDates(id.Chain[0], now()); err != nil {
				return nil, err
			}
			return own, nil
		},

		// This turns off the check of the host name, which enterprise certificates do not
		// have, and with it the library's check of the chain. VerifyConnection takes both
		// over; unlike VerifyPeerCertificate it runs for resumed sessions too.
		InsecureSkipVerify: true,
		VerifyConnection:   func(cs tls.ConnectionState) error { return t.verifyServer(cs.PeerCertificates, now()) },
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
	}
}

// certificate is what a handshake shows: the chain without the root, which the server
// must have itself.
func (id *Identity) certificate() *tls.Certificate {
	c := &tls.Certificate{PrivateKey: id.Key, Leaf: id.Chain[0]}
	for i, cert := range id.Chain {
		if i == 0 || !selfSigned(cert) {
			c.Certificate = append(c.Certificate, cert.Raw)
		}
	}
	return c
}

const remedyServer = "nothing was sent; check portal.environment and portal.url in batch.toml, and whether a proxy stands in between that opens encrypted traffic"

// verifyServer decides whether the certificates shown are the portal's.
func (t Trust) verifyServer(shown []*x509.Certificate, now time.Time) error {
	if len(shown) == 0 {
		return refuse("wrong-server-no-certificate", remedyServer, "the server showed no certificate")
	}
	leaf, others := shown[0], shown[1:]
	if _, err := t.path(leaf, others, now); err != nil {
		e := t.explainServer(leaf, others, now)
		e.Err = err
		return e
	}
	if got := OrganizationOf(leaf); got != t.Organization || got == "" {
		return refuse("wrong-server-organization", remedyServer,
			"the server's certificate belongs to %s, not to organization %s", described(got), t.Organization)
	}
	return nil
}

func described(organization string) string {
	if organization == "" {
		return "no organization"
	}
	return "organization " + organization
}

func (t Trust) explainServer(leaf *x509.Certificate, others []*x509.Certificate, now time.Time) *Error {
	const remedyClock = "nothing was sent; check this machine's clock, and if it is right, tell those who run the server"
	if environment, by := t.otherEnvironment(append([]*x509.Certificate{leaf}, others...)); environment != "" {
		return refuse("wrong-server-environment", remedyServer,
			"the server belongs to the %s environment (its certificate is issued under %s), but %s is to be used",
			environment, authorityName(by.Subject.CommonName), t.name())
	}
	if now.Before(leaf.NotBefore) {
		return refuse("wrong-server-not-yet-valid", remedyClock, "the server's certificate is valid from %s only, and this machine's clock says %s",
			day(leaf.NotBefore), day(now))
	}
	if now.After(leaf.NotAfter) {
		return refuse("wrong-server-expired", remedyClock, "the server's certificate expired on %s", day(leaf.NotAfter))
	}
	if authority := t.expiredAuthority(leaf, others, now); authority != nil {
		return refuse("wrong-server-expired", remedyClock, "%s, which vouches for the server, expired on %s",
			authorityName(authority.Subject.CommonName), day(authority.NotAfter))
	}
	return refuse("wrong-server-chain", remedyServer, "the server's certificate (%s) does not lead to an authority that %s trusts",
		issued(leaf), t.name())
}

func issued(c *x509.Certificate) string {
	if selfSigned(c) {
		return "self-signed"
	}
	return fmt.Sprintf("issued by %s", authorityName(c.Issuer.CommonName))
}
