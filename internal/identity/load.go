package identity

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
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

// Expires is when the first certificate of the chain does: from then on nobody takes it.
func (id *Identity) Expires() time.Time { return firstEnd(id.Chain...) }

func firstEnd(chain ...*x509.Certificate) time.Time {
	return slices.MinFunc(chain, func(a, b *x509.Certificate) int { return a.NotAfter.Compare(b.NotAfter) }).NotAfter
}

// Load reads the PKCS#12 file at path. The file must be closed to other users (0600
// or 0400; what a link leads to counts, not the link). Every refusal is an *Error with
// the sentence for its cause; the codes are
//
//	file         certificate-missing, certificate-unreadable, certificate-open-to-others
//	format       not-pkcs12, pkcs12-no-mac, pkcs12-unsupported
//	password     no-password, wrong-password
//	content      no-certificate, no-key, several-keys, not-rsa, key-without-certificate
//	certificate  certificate-expired, certificate-not-yet-valid, wrong-key-usage
//	owner        person-certificate, host-certificate, no-organization
//	chain        wrong-environment, self-signed, chain-missing, chain-expired, chain-untrusted
//
// Messages tell dates in now's zone.
func Load(path, password string, t Trust, now time.Time) (*Identity, error) {
	found := Examine(path, password, t, now)
	if len(found.Wrong) > 0 {
		return nil, found.Wrong[0]
	}
	return found.Identity, nil
}

// Examined is what a PKCS#12 file was found to hold, and all that is wrong with it.
type Examined struct {
	Identity  *Identity           // nil where anything is wrong
	Leaf      *x509.Certificate   // the organization's own; nil where the file could not be opened so far
	Chain     []*x509.Certificate // from it to a trusted root; nil where there is none
	Completed int                 // how many of Chain the file lacks and the trust anchors have
	Wrong     []*Error            // all that Load could refuse, in its order
}

// Expires is when the first certificate does, of the chain where there is one, else the leaf.
func (x Examined) Expires() time.Time {
	return firstEnd(append([]*x509.Certificate{x.Leaf}, x.Chain...)...)
}

// Examine reads as Load does. Once the certificate is found it goes on behind what is
// wrong, so that all of it is said in one go.
func Examine(path, password string, t Trust, now time.Time) Examined {
	found := examine(path, password, t, now)
	for _, e := range found.Wrong {
		e.Message = "certificate file " + path + ": " + e.Message
	}
	return found
}

func examine(path, password string, t Trust, now time.Time) (found Examined) {
	key, certs, wrong := open(path, password)
	if wrong != nil {
		found.Wrong = append(found.Wrong, wrong)
		return found
	}
	leaf := certificateOf(key, certs, now)
	if leaf == nil {
		found.Wrong = append(found.Wrong, refuse("key-without-certificate", remedyExport, "none of its certificates belongs to its key"))
		return found
	}
	chain, wrongChain := t.chain(leaf, certs, now)
	for _, e := range []*Error{checkDates(leaf, now), checkUsage(leaf), checkOwner(leaf), wrongChain} {
		if e != nil {
			found.Wrong = append(found.Wrong, e)
		}
	}
	found.Leaf, found.Chain = leaf, chain
	for _, c := range chain {
		if !slices.ContainsFunc(certs, c.Equal) {
			found.Completed++
		}
	}
	if len(found.Wrong) == 0 {
		found.Identity = &Identity{Chain: chain, Key: key, Organization: OrganizationOf(leaf)}
	}
	return found
}

// open reads key and certificates.
func open(path, password string) (*rsa.PrivateKey, []*x509.Certificate, *Error) {
	raw, wrong := readPrivate(path)
	if wrong != nil {
		return nil, nil, wrong
	}
	return decode(raw, password)
}

// chain leads from leaf to a trusted root. That leaf itself has expired, or is not valid
// yet, is told apart from it: then the chain is judged at the nearest moment of its time.
func (t Trust) chain(leaf *x509.Certificate, others []*x509.Certificate, now time.Time) ([]*x509.Certificate, *Error) {
	at := now
	if at.Before(leaf.NotBefore) {
		at = leaf.NotBefore
	}
	if at.After(leaf.NotAfter) {
		at = leaf.NotAfter
	}
	chain, err := t.path(leaf, others, at)
	if err != nil {
		return nil, t.explainChain(leaf, others, at.In(now.Location()), err)
	}
	return chain, nil
}

// readPrivate reads a file that only its owner may open. The mode is that of the file
// that was opened, so it cannot be exchanged in between.
func readPrivate(path string) ([]byte, *Error) {
	info, err := os.Stat(path) // before it is opened: opening a pipe waits for its other end
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Code: "certificate-missing", Message: "there is no such file",
			Remedy: "put the .p12 file there, or correct identity.certificate in batch.toml", Err: err}
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err != nil {
		return nil, unreadable(err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(err)
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, unreadable(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 { // Windows has no such bits
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

// certificateOf finds the certificate that belongs to key; nil: there is none. Files are met with the
// chain in any order, and with the certificate before last kept beside a renewal for
// the same key: then the one that is valid now, and longest, is meant.
func certificateOf(key *rsa.PrivateKey, certs []*x509.Certificate, now time.Time) *x509.Certificate {
	own := slices.DeleteFunc(slices.Clone(certs), func(c *x509.Certificate) bool { return !key.PublicKey.Equal(c.PublicKey) })
	if len(own) == 0 {
		return nil
	}
	return slices.MaxFunc(own, func(a, b *x509.Certificate) int {
		if begunA, begunB := !now.Before(a.NotBefore), !now.Before(b.NotBefore); begunA != begunB {
			if begunA {
				return 1
			}
			return -1
		}
		return a.NotAfter.Compare(b.NotAfter)
	})
}
