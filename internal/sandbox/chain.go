package sandbox

import (
	"crypto/sha256"
	"crypto/x509"
	"math/big"
	"slices"
	"sync"
	"time"
)

// maxChains bounds how many chains are remembered.
const maxChains = 64

// chainCache verifies the chains of signing certificates and remembers those that hold:
// a mail-out has the same one in every bundle. What depends on the time is judged anew
// every time.
type chainCache struct {
	mu    sync.Mutex
	holds map[[sha256.Size]byte][]*x509.Certificate
}

// leaf is the signing certificate of a chain, all of which must be valid now.
func (k *chainCache) leaf(ders [][]byte, pki *PKI, now time.Time) (*x509.Certificate, error) {
	chain, err := k.chain(ders, pki.Root, now)
	if err != nil {
		return nil, err
	}
	if err := checkTimes(chain, now); err != nil {
		return nil, err
	}
	for i, c := range chain {
		if slices.ContainsFunc(pki.Revoked, func(serial *big.Int) bool { return serial.Cmp(c.SerialNumber) == 0 }) {
			return nil, refuse(codeInvalidCertificate, "certificate %d in KeyInfo is revoked", i+1)
		}
	}
	return chain[0], nil
}

func checkTimes(chain []*x509.Certificate, now time.Time) error {
	for i, c := range chain {
		if now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return refuse(codeInvalidCertificate, "certificate %d in KeyInfo is expired or not valid yet", i+1)
		}
	}
	return nil
}

func (k *chainCache) chain(ders [][]byte, root *x509.Certificate, now time.Time) ([]*x509.Certificate, error) {
	sum := sumOfChain(ders)
	k.mu.Lock()
	chain := k.holds[sum]
	k.mu.Unlock()
	if chain != nil {
		return chain, nil
	}
	chain, err := checkChain(ders, root, now)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.holds == nil || len(k.holds) >= maxChains {
		k.holds = map[[sha256.Size]byte][]*x509.Certificate{}
	}
	k.holds[sum] = chain
	return chain, nil
}

// sumOfChain tells chains apart, also by where one certificate ends.
func sumOfChain(ders [][]byte) [sha256.Size]byte {
	var sums []byte
	for _, der := range ders {
		sums = append(sums, sum256(der)...)
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
			return nil, refuse(codeInvalidCertificate, "certificate %d in KeyInfo cannot be read", i+1)
		}
		chain = append(chain, c)
	}
	for i, c := range chain {
		above := chain[min(i+1, len(chain)-1)]
		if err := c.CheckSignatureFrom(above); err != nil {
			return nil, refuse(codeInvalidCertificate, "KeyInfo does not hold the chain up to the root: certificate %d is not issued by the next", i+1)
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
		return nil, refuse(codeInvalidCertificate, "the signing certificate is not from an authority that is trusted here")
	}
	return chain, nil
}
