package app

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
)

// logSecret is what the lines of sent.log are marked with (see ledger.Seal): a digest of
// what the certificate's key signs of a text of its own. An RSA signature of this form
// (PKCS #1 v1.5) is the same each time, so that the secret is found again where nothing is
// left but the certificate, and nobody without its key can make it. The text is no digest
// that a bundle or TLS would ever have signed. Another certificate has another secret.
func logSecret(key crypto.Signer) ([]byte, error) {
	text := sha256.Sum256([]byte("batch: what sent.log is marked with, and nothing else"))
	signature, err := key.Sign(rand.Reader, text[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("deriving the secret of sent.log: %w", err)
	}
	secret := sha256.Sum256(signature)
	return secret[:], nil
}
