package bundle

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"batch/internal/mailout"
)

// Sealer signs bundles as one organization. It may be used by several goroutines.
type Sealer struct {
	key        crypto.Signer
	keyInfo    []byte // the same in every signature
	certDigest string // base64 of the leaf's SHA-1, as the portal wants it (portal-api.md)
	issuer     string // RFC 2253
	serial     string // decimal

	signatureSize int // of every signature of the key, in bytes
}

// NewSealer takes the organization's certificate chain, leaf first and root last, and
// the leaf's RSA key. It refuses a chain that does not hold together, for the portal
// wants the whole of it in every bundle.
func NewSealer(chain []*x509.Certificate, key crypto.Signer) (*Sealer, error) {
	if err := checkChain(chain, key); err != nil {
		return nil, fmt.Errorf("preparing to sign bundles: %w", err)
	}
	leaf := chain[0]
	issuer, err := rfc2253(leaf.RawIssuer)
	if err != nil {
		return nil, fmt.Errorf("preparing to sign bundles: %w", err)
	}
	if !carries(issuer) {
		return nil, errors.New("preparing to sign bundles: the certificate's issuer name holds a character that XML cannot carry")
	}
	digest := sha1.Sum(leaf.Raw)
	return &Sealer{
		key:        key,
		keyInfo:    keyInfo(chain),
		certDigest: base64.StdEncoding.EncodeToString(digest[:]),
		issuer:     issuer,
		serial:     leaf.SerialNumber.String(),

		signatureSize: key.Public().(*rsa.PublicKey).Size(),
	}, nil
}

func checkChain(chain []*x509.Certificate, key crypto.Signer) error {
	if len(chain) == 0 {
		return errors.New("there is no certificate")
	}
	public, ok := key.Public().(*rsa.PublicKey)
	if !ok {
		return errors.New("the key is not an RSA key")
	}
	if !public.Equal(chain[0].PublicKey) {
		return errors.New("the key does not fit the first certificate of the chain")
	}
	for i, cert := range chain {
		issuer := chain[min(i+1, len(chain)-1)] // the root's own
		if !bytes.Equal(cert.RawIssuer, issuer.RawSubject) {
			return fmt.Errorf("certificate %d of the chain is not followed by its issuer up to the root", i+1)
		}
	}
	return nil
}

// documentName is what a document may be called (portal-api.md, "File names in the
// ZIP"; portal.xsd wants four characters). None of these needs encoding in a URI.
var documentName = regexp.MustCompile(`^[a-z0-9._-]{4,100}$`)

// signaturesName is where the signature stands in a bundle (portal-api.md, "The bundle").
const signaturesName = "META-INF/signatures.xml"

// Prepare makes a bundle of the job XML and its documents, all of it but the signature.
// open returns the bytes of a document; it is called once here, to see that they are those
// of the digest, and once more by each WriteTo. A document that is not what it was is
// ErrChanged.
func (s *Sealer) Prepare(jobXML []byte, docs []mailout.Document, open func(mailout.Document) (io.ReadCloser, error)) (*Bundle, error) {
	files, err := contents(jobXML, docs, open)
	if err != nil {
		return nil, fmt.Errorf("preparing a bundle: %w", err)
	}
	blank := func([]byte) ([]byte, error) { return make([]byte, s.signatureSize), nil }
	seal, err := s.signatures(files, time.Time{}, blank)
	if err != nil {
		return nil, fmt.Errorf("preparing a bundle: %w", err)
	}
	return &Bundle{sealer: s, files: files, size: zipped(append(files, inMemory(signaturesName, seal)))}, nil
}

// Sign signs the bundle. signingTime must be right within five seconds when the portal
// reads it (portal-api.md, "The bundle"): so a bundle is signed when the first byte of the
// call is about to leave. An error is of the key.
func (b *Bundle) Sign(signingTime time.Time) error {
	seal, err := b.sealer.signatures(b.files, signingTime, b.sealer.sign)
	if err != nil {
		return fmt.Errorf("signing a bundle: %w", err)
	}
	b.seal, b.signedAt = seal, signingTime
	return nil
}

// contents lists what is signed, in the order of the ZIP, and reads the documents once.
func contents(jobXML []byte, docs []mailout.Document, open func(mailout.Document) (io.ReadCloser, error)) ([]file, error) {
	var files []file
	taken := map[string]bool{jobXMLName: true}
	for i, d := range docs {
		if !documentName.MatchString(d.Name) || taken[d.Name] {
			return nil, fmt.Errorf("document %d cannot be called %q in the bundle", i+1, d.Name)
		}
		taken[d.Name] = true
		f := file{
			name: d.Name, mime: pdfType, sha256: d.SHA256, crc32: d.CRC32, size: d.Bytes,
			open: func() (io.ReadCloser, error) { return open(d) },
		}
		if err := f.check(); err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	job := inMemory(jobXMLName, jobXML)
	job.mime, job.sha256 = "application/xml", mailout.SumDigest(jobXML)
	return append(files, job), nil
}

func (s *Sealer) sign(signedInfo []byte) ([]byte, error) {
	digest := sha256.Sum256(signedInfo)
	return s.key.Sign(rand.Reader, digest[:], crypto.SHA256) // PKCS #1 v1.5, which is rsa-sha256
}
