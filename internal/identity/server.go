package identity

import (
	"crypto/x509"
	"slices"
	"strings"
	"time"
)

const remedyServer = "nothing was sent; check portal.environment and portal.url in batch.toml, and whether a proxy stands in between that opens encrypted traffic"

// remedyTheirs is for what those who run the server have to mend.
const remedyTheirs = "nothing was sent; check portal.environment and portal.url in batch.toml; if they are right, tell those who run the server"

// verifyServer decides whether the certificates shown are the portal's: an organization's
// certificate that leads to an anchor of t, is valid now, names t's organization and may
// be used in a handshake. The codes of what is refused are
//
//	chain         wrong-server-environment, -self-signed, -not-yet-valid, -expired,
//	              -chain-expired, -leaf-as-authority, -chain-missing, -chain
//	organization  wrong-server-organization, -person, -host, -number-in-name, -no-organization
//	the rest      wrong-server-no-certificate, -key-usage
func (t Trust) verifyServer(shown []*x509.Certificate, now time.Time) *Error {
	if len(shown) == 0 {
		return refuse("wrong-server-no-certificate", remedyServer, "the server showed no certificate")
	}
	leaf, others := shown[0], shown[1:]
	if _, err := t.path(leaf, others, now); err != nil {
		e := t.explainServer(leaf, others, now)
		e.Err = err
		return e
	}
	if wrong := t.checkServerOwner(leaf); wrong != nil {
		return wrong
	}
	// An organization has several certificates; the one for seals or for encryption is not
	// for a handshake that signs (RFC 8446 §4.4.2.2).
	if !maySign(leaf) {
		return refuse("wrong-server-key-usage", remedyTheirs, "the server shows a certificate of the right organization that is for %s, not for a handshake", usages(leaf.KeyUsage))
	}
	return nil
}

// checkServerOwner says whether a certificate that is trusted is the portal's.
func (t Trust) checkServerOwner(leaf *x509.Certificate) *Error {
	got := OrganizationOf(leaf)
	switch {
	case isPerson(leaf):
		return refuse("wrong-server-person", remedyServer, "the server shows a person's certificate, not that of organization %s", t.Organization)
	case got == t.Organization && got != "":
		return nil
	case got != "":
		return refuse("wrong-server-organization", remedyServer, "the server's certificate belongs to organization %s, not to organization %s", got, t.Organization)
	case isHost(leaf):
		return webServer(leaf)
	case t.Organization != "" && strings.Contains(single(subjectValues(leaf, oidCommonName)), t.Organization):
		return refuse("wrong-server-number-in-name", remedyServer,
			"the server's certificate has %s only inside a longer name or number, which proves nothing", t.Organization)
	}
	return refuse("wrong-server-no-organization", remedyServer, "the server's certificate belongs to no organization")
}

// webServer refuses an ordinary host-name certificate, whoever issued it. Behind a proxy
// that opens encrypted traffic, every server shows one.
func webServer(leaf *x509.Certificate) *Error {
	return refuse("wrong-server-host", remedyServer, "the server shows a web server's certificate for a host name (issued by %s), not the portal's enterprise certificate",
		IssuerOf(leaf))
}

// explainServer says why no chain leads from the server's certificate to an anchor.
func (t Trust) explainServer(leaf *x509.Certificate, others []*x509.Certificate, now time.Time) *Error {
	const remedyClock = "nothing was sent; check this machine's clock, and if it is right, tell those who run the server"
	issuer := IssuerOf(leaf)
	if environment, by := t.otherEnvironment(append([]*x509.Certificate{leaf}, others...)); environment != "" {
		return refuse("wrong-server-environment", remedyServer,
			"the server belongs to the %s environment (its certificate is issued under %s), but %s is to be used",
			environment, authorityName(by.Subject.CommonName), t.name())
	}
	if isHost(leaf) && OrganizationOf(leaf) == "" {
		return webServer(leaf)
	}
	if selfSigned(leaf) {
		return refuse("wrong-server-self-signed", remedyServer, "the server's certificate is self-signed: whoever made it may have written any organization into it")
	}
	if now.Before(leaf.NotBefore) {
		return refuse("wrong-server-not-yet-valid", remedyClock, "the server's certificate is valid from %s only, and this machine's clock says %s",
			day(leaf.NotBefore, now), day(now, now))
	}
	if now.After(leaf.NotAfter) {
		return refuse("wrong-server-expired", remedyClock, "the server's certificate expired on %s", day(leaf.NotAfter, now))
	}
	if authority := t.expiredAuthority(leaf, others, now); authority != nil {
		return refuse("wrong-server-chain-expired", remedyClock, "%s, which vouches for the server, expired on %s",
			authorityName(authority.Subject.CommonName), day(authority.NotAfter, now))
	}
	if slices.ContainsFunc(others, func(c *x509.Certificate) bool { return !c.IsCA && hasSigned(c, leaf) }) {
		return refuse("wrong-server-leaf-as-authority", remedyServer, "the server's certificate was issued with a certificate that may issue none (%s): it is forged", issuer)
	}
	if !t.knowsIssuer(leaf, others) {
		return refuse("wrong-server-chain-missing", remedyTheirs, "the server did not show the certificate of %s, which issued its own and is not among the authorities %s", issuer, t.thatTrusts())
	}
	return refuse("wrong-server-chain", remedyServer, "the server's certificate (issued by %s) does not lead to an authority %s", issuer, t.thatTrusts())
}

// hasSigned reports whether a certificate was made with another one's key, allowed or not.
func hasSigned(by, cert *x509.Certificate) bool {
	return by.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) == nil
}
