package pades

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes below
	_ "crypto/sha512"
	"encoding/asn1"
)

// maxKeyBits bounds the time that a hostile key costs.
const maxKeyBits = 16384

var oidPSS = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10} // RFC 4055

// hashes are those that seals may be made with.
var hashes = []struct {
	id   asn1.ObjectIdentifier
	hash crypto.Hash
}{
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, crypto.SHA256},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, crypto.SHA384},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, crypto.SHA512},
}

// hash is the one that the signer names.
func (s *signature) hash() (crypto.Hash, error) {
	id := s.digest.reader(tagSequence).next(tagOID)
	for _, h := range hashes {
		if isOID(id, h.id) {
			return h.hash, nil
		}
	}
	return 0, flaw("its digest algorithm is not SHA-256, SHA-384 or SHA-512")
}

// verifyKey checks a signature over a digest with the certificate's key.
func verifyKey(public crypto.PublicKey, hash crypto.Hash, algorithm part, sum, value []byte) error {
	holds := false
	switch key := public.(type) {
	case *rsa.PublicKey:
		switch {
		case key.N.BitLen() > maxKeyBits:
			return flaw("its key is too long")
		case isOID(algorithm.reader(tagSequence).next(tagOID), oidPSS):
			holds = rsa.VerifyPSS(key, hash, sum, value, nil) == nil
		default:
			holds = rsa.VerifyPKCS1v15(key, hash, sum, value) == nil
		}
	case *ecdsa.PublicKey:
		holds = ecdsa.VerifyASN1(key, sum, value)
	default:
		return flaw("its key is neither RSA nor ECDSA")
	}
	if !holds {
		return flaw("it was not made with the certificate that it carries")
	}
	return nil
}
