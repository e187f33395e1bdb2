package xades

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"
)

// maxChains bounds how many chains are remembered.
const maxChains = 64

// Trust judges the certificates of those who sign. It remembers the chains that hold: a
// mail-out has the same one in every bundle. What depends on the time is judged anew every
// time. It is safe for concurrent use.
type Trust struct {
	root    *x509.Certificate
	revoked []*big.Int

	mu    sync.Mutex
	holds map[[sha256.Size]byte][]*x509.Certificate
}

// NewTrust trusts one root and nothing that it has taken back, by serial numbers.
func NewTrust(root *x509.Certificate, revoked []*big.Int) *Trust {
	return &Trust{root: root, revoked: revoked}
}

// Leaf is the signing certificate of a chain (DER, itself first, the root last), all of which
// must be valid now. It has an RSA key for digital signatures.
func (t *Trust) Leaf(ders [][]byte, now time.Time) (*x509.Certificate, error) {
	chain, err := t.chain(ders, now)
	if err != nil {
		return nil, err
	}
	if err := checkTimes(chain, now); err != nil {
		return nil, err
	}
	for i, c := range chain {
		if slices.ContainsFunc(t.revoked, func(serial *big.Int) bool { return serial.Cmp(c.SerialNumber) == 0 }) {
			return nil, fmt.Errorf("certificate %d in KeyInfo is revoked", i+1)
		}
	}
	return chain[0], nil
}

func checkTimes(chain []*x509.Certificate, now time.Time) error {
	for i, c := range chain {
		if now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return fmt.Errorf("certificate %d in KeyInfo is expired or not valid yet", i+1)
		}
	}
	return nil
}

func (t *Trust) chain(ders [][]byte, now time.Time) ([]*x509.Certificate, error) {
	sum := sumOfChain(ders)
	t.mu.Lock()
	chain := t.holds[sum]
	t.mu.Unlock()
	if chain != nil {
		return chain, nil
	}
	chain, err := checkChain(ders, t.root, now)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.holds == nil || len(t.holds) >= maxChains {
		t.holds = map[[sha256.Size]byte][]*x509.Certificate{}
	}
	t.holds[sum] = chain
	return chain, nil
}

// sumOfChain tells chains apart, also by where one certificate ends.
func sumOfChain(ders [][]byte) [sha256.Size]byte {
	var sums []byte
	for _, der := range ders {
		sum := sha256.Sum256(der)
		sums = append(sums, sum[:]...)
	}
	return sha256.Sum256(sums)
}

// checkChain wants the whole chain in order: the organization's certificate first, each
// signed by the next, the last one the root that is trusted here.
func checkChain(ders [][]byte, root *x509.Certificate, now time.Time) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for i, der := range ders {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("certificate %d in KeyInfo cannot be read", i+1)
		}
		chain = append(chain, c)
	}
	for i, c := range chain {
		above := chain[min(i+1, len(chain)-1)]
		if err := c.CheckSignatureFrom(above); err != nil {
			return nil, fmt.Errorf("KeyInfo does not hold the chain up to the root: certificate %d is not issued by the next", i+1)
		}
	}
	if err := checkTimes(chain, now); err != nil {
		return nil, err
	}
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(root)
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil || !chain[len(chain)-1].Equal(root) {
		return nil, errors.New("the signing certificate is not from an authority that is trusted here")
	}
	return chain, checkKey(chain[0])
}

func checkKey(leaf *x509.Certificate) error {
	if leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return errors.New("the signing certificate is not for digital signatures; there is another .p12 file that is")
	}
	if leaf.PublicKeyAlgorithm != x509.RSA {
		return errors.New("the signing certificate has no RSA key")
	}
	return nil
}
