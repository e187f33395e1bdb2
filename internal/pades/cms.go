package pades

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"errors"
	"io"
	"time"
)

var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidTimestamp     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4} // RFC 3161, id-ct-TSTInfo
)

// errTimestamp: a document time-stamp (ETSI.RFC3161), which is no signature and is left alone.
var errTimestamp = errors.New("a time-stamp")

// verify says what is odd about a signature that holds. The error is a flaw, errTimestamp or
// that of reading.
func (s seal) verify(r io.ReaderAt, size int64) (notes []string, err error) {
	raw, err := s.container(r, size)
	if err != nil {
		return nil, err
	}
	container, err := element(raw)
	if err != nil {
		return nil, err
	}
	if err := s.endsWell(r); err != nil {
		return nil, err
	}
	return verifyCMS(container, func(h crypto.Hash) ([]byte, error) { return s.digest(r, h) })
}

// digest hashes the bytes that the seal covers, in pieces.
func (s seal) digest(r io.ReaderAt, h crypto.Hash) ([]byte, error) {
	sum := h.New()
	for _, part := range []*io.SectionReader{io.NewSectionReader(r, 0, s.gap), io.NewSectionReader(r, s.resume, s.rest)} {
		n, err := io.Copy(sum, part)
		if err != nil {
			return nil, err
		}
		if n != part.Size() {
			return nil, io.ErrUnexpectedEOF
		}
	}
	return sum.Sum(nil), nil
}

// signature is what a detached container says about its one signer (RFC 5652, 5.1 and 5.3).
// What it says of others, revocation lists and attributes that are not signed, is not
// looked at.
type signature struct {
	content      part // what is signed, an OID
	certificates []part
	signer       part // who has signed
	digest       part // with which hash
	attributes   part // empty: none
	algorithm    part
	value        []byte
}

func readSignature(container part) (s signature, err error) {
	outer := container.reader(tagSequence)
	if id := outer.next(tagOID); outer.err == nil && !isOID(id, oidSignedData) {
		return s, flaw("its container holds no signature")
	}
	data := outer.next(tagContext0).reader(tagContext0).next(tagSequence).reader(tagSequence)
	data.next(tagInteger) // its version
	data.next(tagSet)     // the hashes that occur
	content := data.next(tagSequence).reader(tagSequence)
	s.content = content.next(tagOID)
	if set, ok := data.maybe(tagContext0); ok {
		s.certificates = set.reader(tagContext0).left
	}
	data.maybe(tagContext1) // revocation lists
	signers := data.next(tagSet).reader(tagSet)
	for _, err := range []error{outer.err, data.err, content.err, signers.err} {
		if err != nil {
			return s, err
		}
	}
	if len(signers.left) != 1 {
		return s, flaw("its container does not hold exactly one signer")
	}
	return s, s.readSigner(signers.left[0].reader(tagSequence))
}

func (s *signature) readSigner(r *reader) (err error) {
	r.next(tagInteger) // its version
	s.signer = r.any()
	s.digest = r.next(tagSequence)
	s.attributes, _ = r.maybe(tagContext0)
	s.algorithm = r.next(tagSequence)
	value := r.any()
	if r.err != nil {
		return r.err
	}
	s.value, err = value.octets()
	return err
}

// attribute is the one value of a signed attribute (RFC 5652, 5.3).
func (s *signature) attribute(kind asn1.ObjectIdentifier) (value part, ok bool) {
	if s.attributes.raw == nil {
		return part{}, false
	}
	for _, p := range s.attributes.reader(tagContext0).left {
		a := p.reader(tagSequence)
		if !isOID(a.next(tagOID), kind) {
			continue
		}
		values := a.next(tagSet).reader(tagSet)
		value = values.any()
		return value, a.err == nil && values.err == nil && len(values.left) == 0
	}
	return part{}, false
}

// certificate finds the signer's among those that the container carries.
func (s *signature) certificate() (certificate, error) {
	for _, p := range s.certificates {
		if c, err := readCertificate(p); err == nil && c.isNamedBy(s.signer) {
			return c, nil
		}
	}
	return certificate{}, flaw("its container does not carry the certificate of the one who signed")
}

// verifyCMS checks a detached signature over the bytes whose digest it may ask for
// (RFC 5652, 5.4 and 5.6).
func verifyCMS(container part, digest func(crypto.Hash) ([]byte, error)) (notes []string, err error) {
	s, err := readSignature(container)
	if err != nil {
		return nil, err
	}
	if kind, ok := s.attribute(oidContentType); isOID(s.content, oidTimestamp) || ok && isOID(kind, oidTimestamp) {
		return nil, errTimestamp
	}
	cert, err := s.certificate()
	if err != nil {
		return nil, err
	}
	hash, err := s.hash()
	if err != nil {
		return nil, err
	}
	actual, err := digest(hash)
	if err != nil {
		return nil, err
	}
	signed, err := s.signed(hash, actual)
	if err != nil {
		return nil, err
	}
	key, err := cert.publicKey()
	if err != nil {
		return nil, err
	}
	if err := verifyKey(key, hash, s.algorithm, signed, s.value); err != nil {
		return nil, err
	}
	return s.oddTime(cert), nil
}

// signed is the digest of what the key has signed: of the signed attributes, which then must
// name the document's, or without any of the document itself.
func (s *signature) signed(hash crypto.Hash, document []byte) ([]byte, error) {
	if s.attributes.raw == nil {
		return document, nil
	}
	claimed, ok := s.attribute(oidMessageDigest)
	if !ok || claimed.tag != tagOctets {
		return nil, flaw("it does not name the digest of the document")
	}
	if !bytes.Equal(claimed.body, document) {
		return nil, flaw("the document is not the one that was sealed: its digest differs")
	}
	// What is signed is the attributes as a SET in DER, not under the tag they are stored with.
	set, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: s.attributes.body})
	if err != nil {
		return nil, unreadable
	}
	h := hash.New()
	h.Write(set)
	return h.Sum(nil), nil
}

// oddTime notes a signing time at which the certificate was not valid.
func (s *signature) oddTime(c certificate) []string {
	var at time.Time
	if p, ok := s.attribute(oidSigningTime); !ok || readTime(p, &at) != nil {
		return nil // PAdES keeps it in the PDF
	}
	if at.Before(c.from) || at.After(c.until) {
		return []string{"the certificate of the seal was not valid at the time of signing"}
	}
	return nil
}
