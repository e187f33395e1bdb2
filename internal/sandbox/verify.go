package sandbox

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"net/url"
	"slices"
	"time"
)

// clockTolerance is how far a bundle's signing time may be off (portal-api.md).
const clockTolerance = 5 * time.Second

// verifier knows who may sign a bundle and what time it is.
type verifier struct {
	roots         *x509.CertPool
	organizations []string // whose certificates are accepted
	now           time.Time
}

// verify checks everything a bundle's signature claims: that it covers every file, holds,
// was made just now, and by whom it may be.
func (v verifier) verify(a *asice) error {
	x, err := parseXAdES(a.signatures)
	if err != nil {
		return err
	}
	if err := checkReferences(x, a.signed()); err != nil {
		return err
	}
	chain, err := v.checkChain(x.chain)
	if err != nil {
		return err
	}
	if err := checkValue(x, chain[0]); err != nil {
		return err
	}
	if err := checkSigner(x, chain[0]); err != nil {
		return err
	}
	if off := x.signingTime.Sub(v.now).Abs(); off > clockTolerance {
		return refuse(codeInvalidSigningTime, "the signing time is %s off; five seconds are allowed", off.Round(time.Second))
	}
	return nil
}

// checkReferences wants exactly one reference and one format for every file, and every
// digest to fit.
func checkReferences(x *xades, files map[string][]byte) error {
	if len(x.references) != len(files) || len(x.formats) != len(files) {
		return refuse(codeInvalidSignature, "the signature covers %d files and describes %d; the bundle has %d to be signed",
			len(x.references), len(x.formats), len(files))
	}
	seen := map[string]bool{}
	for _, r := range x.references {
		name, err := url.PathUnescape(r.uri)
		content, present := files[name]
		if err != nil || !present || seen[name] || seen["#"+r.id] {
			return refuse(codeInvalidSignature, "reference %s does not name a file of its own in the bundle", r.id)
		}
		seen[name], seen["#"+r.id] = true, true
		if !bytes.Equal(sum256(content), r.digest) {
			return refuse(codeInvalidSignature, "the digest of reference %s does not fit its file", r.id)
		}
		if mime := x.formats[r.id]; mime != mimeOf(name) {
			return refuse(codeInvalidSignature, "the format of reference %s is not %s", r.id, mimeOf(name))
		}
	}
	return nil
}

func mimeOf(name string) string {
	if name == manifestName {
		return "application/xml"
	}
	return "application/pdf"
}

// checkChain wants the whole chain in order: the organization's certificate first, each
// signed by the next, the last one a root that is trusted here.
func (v verifier) checkChain(ders [][]byte) ([]*x509.Certificate, error) {
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
	intermediates := x509.NewCertPool()
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots: v.roots, Intermediates: intermediates, CurrentTime: v.now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, refuse(codeInvalidCertificate, "the signing certificate is expired or not from an authority that is trusted here")
	}
	return chain, v.checkUsage(chain[0])
}

func (v verifier) checkUsage(leaf *x509.Certificate) error {
	if leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return refuse(codeInvalidCertificate, "the signing certificate is not for digital signatures; there is another .p12 file that is")
	}
	if !slices.Contains(v.organizations, organizationOf(leaf)) {
		return refuse(codeInvalidCertificate, "the bundle is signed by another organization than the one that sends it")
	}
	return nil
}

// checkValue verifies the two hashes that hold everything together: of the
// SignedProperties, and the signature over SignedInfo.
func checkValue(x *xades, leaf *x509.Certificate) error {
	if !bytes.Equal(sum256(x.properties), x.propertiesDigest) {
		return refuse(codeInvalidSignature, "the digest of the SignedProperties does not fit")
	}
	key, isRSA := leaf.PublicKey.(*rsa.PublicKey)
	if !isRSA {
		return refuse(codeInvalidCertificate, "the signing certificate has no RSA key")
	}
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum256(x.signedInfo), x.signature); err != nil {
		return refuse(codeInvalidSignature, "the signature does not fit SignedInfo and certificate")
	}
	return nil
}

// checkSigner compares what the SignedProperties say of the certificate with the one that
// signed.
func checkSigner(x *xades, leaf *x509.Certificate) error {
	digest := sha1.Sum(leaf.Raw)
	if !bytes.Equal(digest[:], x.certificateDigest) {
		return refuse(codeInvalidSignature, "CertDigest is not the SHA-1 of the signing certificate")
	}
	if x.serial.Cmp(leaf.SerialNumber) != 0 {
		return refuse(codeInvalidSignature, "X509SerialNumber is not that of the signing certificate")
	}
	want, err := issuerName(leaf.RawIssuer)
	if err != nil || squeeze(x.issuerName) != want {
		return refuse(codeInvalidSignature, "X509IssuerName is not the issuer of the signing certificate in the form of RFC 2253")
	}
	return nil
}
