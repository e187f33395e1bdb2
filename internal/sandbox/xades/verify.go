package xades

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
)

// File is a file that has to be signed.
type File struct {
	SHA256 [sha256.Size]byte
	Type   string // MIME
}

// Covers wants exactly one reference and one format for every file, and every digest to fit.
// files are all that have to be signed, by their names.
func (s *Signature) Covers(files map[string]File) error {
	if len(s.references) != len(files) || len(s.formats) != len(files) {
		return fmt.Errorf("the signature covers %d files and describes %d; the bundle has %d to be signed",
			len(s.references), len(s.formats), len(files))
	}
	seen := map[string]bool{}
	for i, r := range s.references {
		name, found := referredFile(r.uri, files)
		if !found || seen[name] {
			return fmt.Errorf("reference %d does not name a file of its own in the bundle", i+1)
		}
		seen[name] = true
		file := files[name]
		if !bytes.Equal(file.SHA256[:], r.digest) {
			return fmt.Errorf("the digest of reference %d does not fit its file", i+1)
		}
		if s.formats[r.id] != file.Type {
			return fmt.Errorf("the format of reference %d is not %s", i+1, file.Type)
		}
	}
	return nil
}

// referredFile finds the file that a URI names: URL-encoded, as a path or, by Java's
// URLEncoder, as a form.
func referredFile(uri string, files map[string]File) (name string, found bool) {
	for _, decode := range []func(string) (string, error){url.PathUnescape, url.QueryUnescape} {
		if name, err := decode(uri); err == nil {
			if _, found := files[name]; found {
				return name, true
			}
		}
	}
	return "", false
}

// MadeBy verifies the two hashes that hold everything together, of the SignedProperties and
// the signature over SignedInfo, and that the SignedProperties tell of this certificate.
func (s *Signature) MadeBy(leaf *x509.Certificate) error {
	if sum := sha256.Sum256(s.properties); !bytes.Equal(sum[:], s.propertiesDigest) {
		return errors.New("the digest of the SignedProperties does not fit")
	}
	if err := leaf.CheckSignature(x509.SHA256WithRSA, s.signedInfo, s.value); err != nil {
		return errors.New("the signature does not fit SignedInfo and certificate")
	}
	return s.names(leaf)
}

// names compares what the SignedProperties say of the certificate with the one that signed.
func (s *Signature) names(leaf *x509.Certificate) error {
	if digest := sha1.Sum(leaf.Raw); !bytes.Equal(digest[:], s.certificateDigest) {
		return errors.New("CertDigest is not the SHA-1 of the signing certificate")
	}
	if s.serial.Cmp(leaf.SerialNumber) != 0 {
		return errors.New("X509SerialNumber is not that of the signing certificate")
	}
	if !namesSame(s.issuerName, leaf.RawIssuer) {
		return errors.New("X509IssuerName is not the issuer of the signing certificate in the form of RFC 2253")
	}
	return nil
}
