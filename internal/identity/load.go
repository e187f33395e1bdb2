package identity

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"
)

// Identity is the organization's enterprise certificate and key.
type Identity struct {
	Chain        []*x509.Certificate // leaf first, root last
	Key          crypto.Signer       // RSA; fits the leaf
	Organization string              // nine digits, from the leaf
}

// maxFile bounds a PKCS#12 file in bytes; real ones have about ten thousand.
const maxFile = 1 << 20

// Load reads the PKCS#12 file at path. The file must be closed to other users (0600
// or 0400). Every refusal is an *Error with the sentence for its cause; the codes are
//
//	file         certificate-missing, certificate-unreadable, certificate-open-to-others
//	format       not-pkcs12, pkcs12-no-mac, pkcs12-unsupported, wrong-password
//	content      no-certificate, no-key, several-keys, not-rsa, key-without-certificate
//	certificate  certificate-expired, certificate-not-yet-valid, wrong-key-usage, no-organization
//	chain        wrong-environment, self-signed, chain-missing, chain-expired, chain-untrusted
func Load(path, password string, t Trust, now time.Time) (*Identity, error) {
	id, err := load(path, password, t, now)
	if e, ok := errors.AsType[*Error](err); ok {
		e.Message = "certificate file " + path + ": " + e.Message
	}
	return id, err
}

func load(path, password string, t Trust, now time.Time) (*Identity, error) {
	raw, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	key, certs, err := decode(raw, password)
	if err != nil {
		return nil, err
	}
	leaf, err := certificateOf(key, certs, now)
	if err != nil {
		return nil, err
	}
	if err := checkLeaf(leaf, now); err != nil {
		return nil, err
	}
	chain, err := t.path(leaf, certs, now)
	if err != nil {
		return nil, t.explainChain(leaf, certs, now, err)
	}
	return &Identity{Chain: chain, Key: key, Organization: OrganizationOf(leaf)}, nil
}

// readPrivate reads a file that only its owner may open. The mode is that of the file
// that was opened, so it cannot be exchanged in between.
func readPrivate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Code: "certificate-missing", Message: "there is no such file",
			Remedy: "put the .p12 file there, or correct identity.certificate in batch.toml", Err: err}
	}
	if err != nil {
		return nil, unreadable(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, unreadable(err)
	}
	if !info.Mode().IsRegular() {
		return nil, unreadable(errors.New("it is not a regular file"))
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, refuse("certificate-open-to-others", "run: chmod 600 "+path,
			"other users of this machine may open it (mode %04o), and it holds the organization's key", info.Mode().Perm())
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, unreadable(err)
	}
	if len(raw) > maxFile {
		return nil, refuse("not-pkcs12", remedyExport, "it is over 1 MB: no certificate file is")
	}
	return raw, nil
}

func unreadable(err error) *Error {
	return &Error{Code: "certificate-unreadable", Message: "it cannot be read: " + cause(err),
		Remedy: "check the path and who owns the file", Err: err}
}

// cause leaves out the path, which the message has already.
func cause(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}

// certificateOf finds the certificate that belongs to key. Files are met with the
// chain in any order, and with the certificate before last kept beside a renewal for
// the same key: then the one that is valid now, and longest, is meant.
func certificateOf(key *rsa.PrivateKey, certs []*x509.Certificate, now time.Time) (*x509.Certificate, error) {
	own := slices.DeleteFunc(slices.Clone(certs), func(c *x509.Certificate) bool { return !key.PublicKey.Equal(c.PublicKey) })
	if len(own) == 0 {
		return nil, refuse("key-without-certificate", remedyExport, "none of its certificates belongs to its key")
	}
	return slices.MaxFunc(own, func(a, b *x509.Certificate) int {
		if begunA, begunB := !now.Before(a.NotBefore), !now.Before(b.NotBefore); begunA != begunB {
			if begunA {
				return 1
			}
			return -1
		}
		return a.NotAfter.Compare(b.NotAfter)
	}), nil
}
