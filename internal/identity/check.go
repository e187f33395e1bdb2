package identity

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"
)

// checkDates says whether a certificate of ours is valid now.
func checkDates(leaf *x509.Certificate, now time.Time) *Error {
	if now.After(leaf.NotAfter) {
		return refuse("certificate-expired", "order a new enterprise certificate from the issuer, and put its .p12 file in the place of this one",
			"the certificate expired on %s", day(leaf.NotAfter, now))
	}
	if now.Before(leaf.NotBefore) {
		return refuse("certificate-not-yet-valid", "wait until then, or correct this machine's clock if it is wrong",
			"the certificate is valid from %s only, and this machine's clock says %s", day(leaf.NotBefore, now), day(now, now))
	}
	return nil
}

// checkUsage says whether a certificate may sign. Without the extension every use is
// allowed (RFC 5280 §4.2.1.3).
func checkUsage(leaf *x509.Certificate) *Error {
	if maySign(leaf) {
		return nil
	}
	return refuse("wrong-key-usage", "use the other .p12 file of the delivery: the one for authentication and signing, with key usage digitalSignature",
		"its certificate is for %s, not for digital signatures", usages(leaf.KeyUsage))
}

func maySign(c *x509.Certificate) bool {
	return c.KeyUsage == 0 || c.KeyUsage&x509.KeyUsageDigitalSignature != 0
}

// checkOwner says whether a certificate is an organization's.
func checkOwner(leaf *x509.Certificate) *Error {
	const remedy = "use the organization's enterprise certificate (virksomhetssertifikat), which Buypass and Commfides issue"
	switch {
	case isPerson(leaf):
		return refuse("person-certificate", remedy+"; not that of a person or an employee", "its certificate is a person's, not an organization's")
	case OrganizationOf(leaf) != "":
		return nil
	case isHost(leaf):
		return refuse("host-certificate", remedy+"; not that of a web server", "its certificate is a web server's, for a host name, not an organization's")
	}
	return refuse("no-organization", remedy, "its certificate names no organization number")
}

// Usages says in words what a certificate may be used for.
func Usages(c *x509.Certificate) string {
	if c.KeyUsage == 0 {
		return "any use"
	}
	return usages(c.KeyUsage)
}

func usages(u x509.KeyUsage) string {
	var names []string
	for _, known := range []struct {
		bit  x509.KeyUsage
		name string
	}{
		{x509.KeyUsageDigitalSignature, "digital signatures (digitalSignature)"},
		{x509.KeyUsageContentCommitment, "seals (contentCommitment)"},
		{x509.KeyUsageKeyEncipherment, "encryption (keyEncipherment)"},
		{x509.KeyUsageDataEncipherment, "encryption (dataEncipherment)"},
		{x509.KeyUsageKeyAgreement, "key agreement"},
		{x509.KeyUsageCertSign, "issuing certificates"},
	} {
		if u&known.bit != 0 {
			names = append(names, known.name)
		}
	}
	if len(names) == 0 {
		return "other uses"
	}
	return strings.Join(names, " and ")
}

// explainChain says why no chain leads from our certificate to a trusted root.
func (t Trust) explainChain(leaf *x509.Certificate, others []*x509.Certificate, now time.Time, err error) *Error {
	e := t.diagnose(leaf, others, now)
	e.Err = err
	return e
}

func (t Trust) diagnose(leaf *x509.Certificate, others []*x509.Certificate, now time.Time) *Error {
	const remedyTrust = "check portal.environment in batch.toml, and that this is the .p12 file for it"
	issuer := IssuerOf(leaf)
	if environment, by := t.otherEnvironment(append(slices.Clone(others), leaf)); environment != "" {
		return refuse("wrong-environment", fmt.Sprintf("use the certificate made for %s, or set portal.environment = %q", t.name(), environment),
			"it is a certificate for the %s environment (issued under %s), but %s is to be used", environment, authorityName(by.Subject.CommonName), t.name())
	}
	if selfSigned(leaf) {
		return refuse("self-signed", "use the enterprise certificate that Buypass or Commfides issued",
			"its certificate is self-signed: nobody vouches for it")
	}
	if authority := t.expiredAuthority(leaf, others, now); authority != nil {
		return refuse("chain-expired", "order a new enterprise certificate: no chain of this one is valid any more",
			"%s, which vouches for it, expired on %s", authorityName(authority.Subject.CommonName), day(authority.NotAfter, now))
	}
	if !t.knowsIssuer(leaf, others) {
		return refuse("chain-missing", "export it again with its whole chain; "+remedyTrust,
			"its issuer %s is neither in the file nor among the trusted authorities", issuer)
	}
	return refuse("chain-untrusted", remedyTrust, "its chain (issued by %s) does not lead to an authority %s", issuer, t.thatTrusts())
}

// expiredAuthority finds the authority whose end spoiled a chain that held when the
// leaf was issued; nil where there never was a chain.
func (t Trust) expiredAuthority(leaf *x509.Certificate, others []*x509.Certificate, now time.Time) *x509.Certificate {
	chain, err := t.path(leaf, others, leaf.NotBefore)
	if err != nil {
		return nil
	}
	at := slices.IndexFunc(chain, func(c *x509.Certificate) bool { return now.After(c.NotAfter) })
	if at < 0 {
		return nil
	}
	return chain[at]
}

func (t Trust) knowsIssuer(leaf *x509.Certificate, others []*x509.Certificate) bool {
	return slices.ContainsFunc(slices.Concat(others, t.Intermediates, t.Roots), func(c *x509.Certificate) bool {
		return c != leaf && leaf.CheckSignatureFrom(c) == nil
	})
}

// thatTrusts says in a message which authorities are trusted.
func (t Trust) thatTrusts() string {
	if t.Environment == "" {
		return "in the file that trust in [portal] of batch.toml names"
	}
	return "that " + t.name() + " trusts"
}

// name says in a message which environment is meant.
func (t Trust) name() string {
	if t.Environment == "" {
		return "the environment with its own trust file"
	}
	return "the " + t.Environment + " environment"
}
