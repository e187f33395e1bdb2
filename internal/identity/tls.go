package identity

import (
	"crypto/tls"
	"time"
)

// TLSConfig is how we connect: our certificate is shown, and the server must have a
// chain to an anchor of t, valid now, and t's organization number. A server that does
// not is refused in the handshake with an *Error whose code begins "wrong-server",
// before any byte of a request is sent. now is asked at each connection; messages tell
// dates in its zone.
func (id *Identity) TLSConfig(t Trust, now func() time.Time) *tls.Config {
	own := id.certificate()
	return &tls.Config{
		MinVersion: tls.VersionTLS12, // the portal speaks no more than 1.2 (portal-api.md)

		// Not the Certificates field: with that, a server whose list of authorities does
		// not name ours would be shown no certificate at all, and its refusal would not
		// tell why.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if wrong := checkDates(id.Chain[0], now()); wrong != nil {
				return nil, wrong
			}
			return own, nil
		},

		// This turns off the check of the host name, which enterprise certificates do not
		// have, and with it the library's check of the chain. VerifyConnection takes both
		// over; unlike VerifyPeerCertificate it runs for resumed sessions too.
		InsecureSkipVerify: true,
		VerifyConnection: func(cs tls.ConnectionState) error {
			if wrong := t.verifyServer(cs.PeerCertificates, now()); wrong != nil {
				return wrong
			}
			return nil
		},
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
