// Package identity answers two questions before anything is sent: who we are (the
// organization's enterprise certificate and its key) and whom we trust (the portal's
// certificate authorities and its organization number). What is wrong with either is
// said in words, with a remedy.
//
//	trust, err := identity.Builtin("test")
//	id, err := identity.Load("virksomhet.p12", password, trust, time.Now())
//	transport.TLSClientConfig = id.TLSConfig(trust, time.Now)
//
// # Who we are
//
// [Load] reads a PKCS#12 file as Buypass and Commfides deliver them: one RSA key, its
// certificate, and more or less of the chain in any order. It finds the certificate by
// its key, puts the chain in order and completes it up to the root from the trust
// anchors. An [Identity] that was loaded is valid now, may sign, leads to a trusted
// root and names an organization.
//
// # Whom we trust
//
// The portal's server shows an enterprise certificate, not one for a host name
// (portal-api.md, "Transport security"). So host names are not looked at; instead the
// chain must lead to an anchor, and the certificate must be that of the expected
// organization itself and be meant for signing. This is verified on every connection,
// resumed sessions included.
//
// # Guarantees
//
// Every refusal is an [*Error] with a stable code, and no two causes share a sentence.
// [Load] tells the first thing that is wrong with our certificate, [Examine] all of it.
// No message holds the password, a key, or the subject of a certificate: only issuers,
// dates and organization numbers.
// No system trust store is ever consulted.
package identity
