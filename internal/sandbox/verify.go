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
	pki           *PKI
	chains        *chainCache
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
	leaf, err := v.chains.leaf(x.chain, v.pki, v.now)
	if err != nil {
		return err
	}
	if err := v.checkUsage(leaf); err != nil {
		return err
	}
	if err := checkValue(x, leaf); err != nil {
		return err
	}
	if err := checkSigner(x, leaf); err != nil {
		return err
	}
	if off := x.signingTime.Sub(v.now).Abs(); off > clockTolerance {
		return refuse(codeInvalidSigningTime, "the signing time is %s off; five seconds are allowed", off.Round(time.Second))
	}
	return nil
}

// checkReferences wants exactly one reference and one format for every file, and every
// digest to fit. files are the digests by name.
func checkReferences(x *xades, files map[string][]byte) error {
	if len(x.references) != len(files) || len(x.formats) != len(files) {
		return refuse(codeInvalidSignature, "the signature covers %d files and describes %d; the bundle has %d to be signed",
			len(x.references), len(x.formats), len(files))
	}
	seen := map[string]bool{}
	for i, r := range x.references {
		name, digest := referredFile(r.uri, files)
		if digest == nil || seen[name] {
			return refuse(codeInvalidSignature, "reference %d does not name a file of its own in the bundle", i+1)
		}
		seen[name] = true
		if !bytes.Equal(digest, r.digest) {
			return refuse(codeInvalidSignature, "the digest of reference %d does not fit its file", i+1)
		}
		if x.formats[r.id] != mimeOf(name) {
			return refuse(codeInvalidSignature, "the format of reference %d is not %s", i+1, mimeOf(name))
		}
	}
	return nil
}

// referredFile finds the file that a URI names: URL-encoded, as a path or, by Java's
// URLEncoder, as a form.
func referredFile(uri string, files map[string][]byte) (string, []byte) {
	for _, decode := range []func(string) (string, error){url.PathUnescape, url.QueryUnescape} {
		if name, err := decode(uri); err == nil && files[name] != nil {
			return name, files[name]
		}
	}
	return "", nil
}

func mimeOf(name string) string {
	if name == manifestName {
		return "application/xml"
	}
	return "application/pdf"
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
	if !namesSame(x.issuerName, leaf.RawIssuer) {
		return refuse(codeInvalidSignature, "X509IssuerName is not the issuer of the signing certificate in the form of RFC 2253")
	}
	return nil
}
