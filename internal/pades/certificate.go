package pades

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"time"
)

// certificate is what a signature needs of one. The rest is not looked at: certificates
// that a strict reader would refuse have signed documents for years.
type certificate struct {
	issuer, serial []byte // DER
	keyID          []byte // empty: it has none
	key            []byte // DER, SubjectPublicKeyInfo
	from, until    time.Time
}

var oidKeyID = asn1.ObjectIdentifier{2, 5, 29, 14} // RFC 5280, 4.2.1.2

// readCertificate reads an X.509 certificate (RFC 5280, 4.1).
func readCertificate(p part) (certificate, error) {
	var c certificate
	outer := p.reader(tagSequence)
	r := outer.next(tagSequence).reader(tagSequence)
	r.maybe(tagContext0) // its version
	c.serial = r.next(tagInteger).raw
	r.next(tagSequence) // how it is signed
	c.issuer = r.next(tagSequence).raw
	validity := r.next(tagSequence).reader(tagSequence)
	from, until := validity.any(), validity.any()
	r.next(tagSequence) // its subject
	c.key = r.next(tagSequence).raw
	for _, rest := range r.left {
		if rest.tag == tagContext3 {
			c.keyID = keyID(rest)
		}
	}
	for _, err := range []error{outer.err, r.err, validity.err, readTime(from, &c.from), readTime(until, &c.until)} {
		if err != nil {
			return c, err
		}
	}
	return c, nil
}

// keyID finds the name of the key among the extensions.
func keyID(extensions part) []byte {
	list := extensions.reader(tagContext3).next(tagSequence).reader(tagSequence)
	for _, p := range list.left {
		e := p.reader(tagSequence)
		if !isOID(e.next(tagOID), oidKeyID) {
			continue
		}
		e.maybe(tagBoolean)
		wrapped, _, err := partOf(e.next(tagOctets).body)
		if err == nil && wrapped.tag == tagOctets {
			return wrapped.body
		}
	}
	return nil
}

func readTime(p part, into *time.Time) error {
	if rest, err := asn1.Unmarshal(p.raw, into); err != nil || len(rest) > 0 {
		return unreadable
	}
	return nil
}

func isOID(p part, want asn1.ObjectIdentifier) bool {
	var id asn1.ObjectIdentifier
	_, err := asn1.Unmarshal(p.raw, &id)
	return err == nil && id.Equal(want)
}

// publicKey is the certificate's, of a kind that Go knows.
func (c certificate) publicKey() (crypto.PublicKey, error) {
	key, err := x509.ParsePKIXPublicKey(c.key)
	if err != nil {
		return nil, flaw("the key of its certificate cannot be read")
	}
	return key, nil
}

// isNamedBy says whether a signer's identifier names this certificate: by issuer and serial
// number, or by its key (RFC 5652, 5.3).
func (c certificate) isNamedBy(id part) bool {
	if id.tag == tagKeyID {
		return len(c.keyID) > 0 && bytes.Equal(id.body, c.keyID)
	}
	r := id.reader(tagSequence)
	issuer, serial := r.next(tagSequence), r.next(tagInteger)
	return r.err == nil && bytes.Equal(issuer.raw, c.issuer) && bytes.Equal(serial.raw, c.serial)
}
