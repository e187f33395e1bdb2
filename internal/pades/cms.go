package pades

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes below
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"time"

	"github.com/smallstep/pkcs7"
)

// maxKeyBits bounds the time that a hostile key costs.
const maxKeyBits = 16384

var (
	oidPSS       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}       // RFC 4055
	oidTimestamp = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4} // RFC 3161, id-ct-TSTInfo
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
	if raw, err = element(raw); err != nil {
		return nil, err
	}
	return verifyCMS(raw, func(h crypto.Hash) ([]byte, error) { return s.digest(r, h) })
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

// verifyCMS checks a detached signature over the bytes whose digest it may ask for
// (RFC 5652, 5.4 and 5.6).
func verifyCMS(der []byte, digest func(crypto.Hash) ([]byte, error)) (notes []string, err error) {
	p7, err := parse(der)
	if err != nil {
		return nil, err
	}
	var kind asn1.ObjectIdentifier
	if p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeContentType, &kind) == nil && kind.Equal(oidTimestamp) {
		return nil, errTimestamp
	}
	cert := p7.GetOnlySigner()
	if cert == nil {
		return nil, flaw("its container does not hold one signer with a certificate")
	}
	signer := p7.Signers[0]
	hash, ok := hashOf(signer.DigestAlgorithm.Algorithm)
	if !ok {
		return nil, flaw("its digest algorithm is not SHA-256, SHA-384 or SHA-512")
	}
	var claimed []byte
	if p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeMessageDigest, &claimed) != nil {
		return nil, flaw("it does not name the digest of the document")
	}
	actual, err := digest(hash)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(claimed, actual) {
		return nil, flaw("the document is not the one that was sealed: its digest differs")
	}
	// What is signed is the attributes as a SET, not under the tag they are stored with.
	attributes, err := asn1.MarshalWithParams(signer.AuthenticatedAttributes, "set")
	if err != nil {
		return nil, flaw("its attributes cannot be read")
	}
	pss := signer.DigestEncryptionAlgorithm.Algorithm.Equal(oidPSS)
	if err := verifyKey(cert, hash, pss, attributes, signer.EncryptedDigest); err != nil {
		return nil, err
	}
	return oddTime(p7, cert), nil
}

// parse reads a container. The library's panics are flaws too: it was not written for
// hostile input, and one document must not end the program.
func parse(der []byte) (p7 *pkcs7.PKCS7, err error) {
	defer func() {
		if recover() != nil {
			p7, err = nil, flaw("its container cannot be read")
		}
	}()
	if p7, err = pkcs7.Parse(der); err != nil {
		return nil, flaw("its container cannot be read")
	}
	return p7, nil
}

func hashOf(algorithm asn1.ObjectIdentifier) (crypto.Hash, bool) {
	switch {
	case algorithm.Equal(pkcs7.OIDDigestAlgorithmSHA256):
		return crypto.SHA256, true
	case algorithm.Equal(pkcs7.OIDDigestAlgorithmSHA384):
		return crypto.SHA384, true
	case algorithm.Equal(pkcs7.OIDDigestAlgorithmSHA512):
		return crypto.SHA512, true
	}
	return 0, false
}

// verifyKey checks the signature over signed with the certificate's key.
func verifyKey(cert *x509.Certificate, hash crypto.Hash, pss bool, signed, signature []byte) error {
	h := hash.New()
	h.Write(signed)
	sum := h.Sum(nil)
	holds := false
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		switch {
		case key.N.BitLen() > maxKeyBits:
			return flaw("its key is too long")
		case pss:
			holds = rsa.VerifyPSS(key, hash, sum, signature, nil) == nil
		default:
			holds = rsa.VerifyPKCS1v15(key, hash, sum, signature) == nil
		}
	case *ecdsa.PublicKey:
		holds = ecdsa.VerifyASN1(key, sum, signature)
	default:
		return flaw("its key is neither RSA nor ECDSA")
	}
	if !holds {
		return flaw("it was not made with the certificate that it carries")
	}
	return nil
}

// oddTime notes a signing time at which the certificate was not valid.
func oddTime(p7 *pkcs7.PKCS7, cert *x509.Certificate) []string {
	var at time.Time
	if p7.UnmarshalSignedAttribute(pkcs7.OIDAttributeSigningTime, &at) != nil {
		return nil // PAdES keeps it in the PDF
	}
	if at.Before(cert.NotBefore) || at.After(cert.NotAfter) {
		return []string{"the certificate of the seal was not valid at the time of signing"}
	}
	return nil
}
