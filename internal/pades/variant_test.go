package pades

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"batch/internal/judgetest"
)

// A writer of CMS containers by hand, for what the library of the other tests does not make.

// tlv is an element in DER.
func tlv(tag byte, contents ...[]byte) []byte {
	b, err := asn1.Marshal(asn1.RawValue{Bytes: bytes.Join(contents, nil)}) // a tag of 0, to be set
	if err != nil {
		panic(err)
	}
	b[0] = tag
	return b
}

// open is an element of indefinite length.
func open(tag byte, contents ...[]byte) []byte {
	return append(append([]byte{tag, 0x80}, bytes.Join(contents, nil)...), 0, 0)
}

func oid(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return tlv(tagOID, b)
}

var (
	derSHA256        = tlv(tagSequence, oid("608648016503040201"))
	derRSA           = tlv(tagSequence, oid("2a864886f70d010101"), []byte{5, 0})
	derData          = oid("2a864886f70d010701")
	derSignedData    = oid("2a864886f70d010702")
	derContentType   = oid("2a864886f70d010903")
	derMessageDigest = oid("2a864886f70d010904")
	version1         = []byte{2, 1, 1}
)

// variant says how a container differs from the ordinary one.
type variant struct {
	certificates [][]byte // before the signer's own
	lists        []byte   // revocation data
	byKey        bool     // the signer is named by its key
	bare         bool     // no signed attributes
	ber          bool     // indefinite lengths, the signature in pieces
	twice        bool     // the signer stands there twice
	unsigned     []byte   // attributes that are not signed
}

func (s sealer) handmade(t testing.TB, content []byte, v variant) []byte {
	t.Helper()
	digest := sha256.Sum256(content)
	attributes := bytes.Join([][]byte{
		tlv(tagSequence, derContentType, tlv(tagSet, derData)),
		tlv(tagSequence, derMessageDigest, tlv(tagSet, tlv(tagOctets, digest[:]))),
	}, nil)
	signed := sha256.Sum256(tlv(tagSet, attributes))
	stored := tlv(tagContext0, attributes)
	if v.bare {
		signed, stored = digest, nil
	}
	value, err := s.key.Sign(rand.Reader, signed[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := asn1.Marshal(s.cert.SerialNumber)
	if err != nil {
		t.Fatal(err)
	}
	id := tlv(tagSequence, s.cert.RawIssuer, serial)
	if v.byKey {
		id = tlv(tagKeyID, s.cert.SubjectKeyId)
	}
	wrap, octets := tlv, tlv(tagOctets, value)
	if v.ber {
		wrap = open
		octets = open(tagOctets|constructed, tlv(tagOctets, value[:100]), tlv(tagOctets, value[100:]))
	}
	signer := wrap(tagSequence, version1, id, derSHA256, stored, derRSA, octets, v.unsigned)
	if v.twice {
		signer = append(signer, signer...)
	}
	return wrap(tagSequence, derSignedData, wrap(tagContext0, wrap(tagSequence, version1, tlv(tagSet, derSHA256),
		wrap(tagSequence, derData), wrap(tagContext0, append(v.certificates, s.cert.Raw)...), v.lists, wrap(tagSet, signer))))
}

func (s sealer) sealedAs(t testing.TB, v variant) []byte {
	t.Helper()
	return s.sealedWith(t, document("x"), func(whole []byte, gap, resume int) (int, []byte) {
		return gap, s.handmade(t, append(bytes.Clone(whole[:gap]), whole[resume:]...), v)
	})
}

// Containers that programs in use make, beside the ordinary one.
func TestCheckAcceptsContainersOfEveryMake(t *testing.T) {
	s := ordinary(t)
	for name, v := range map[string]variant{
		"ordinary":                       {},
		"the signer named by its key":    {byKey: true},
		"no signed attributes":           {bare: true},
		"BER, the signature in pieces":   {ber: true},
		"a certificate nobody can read":  {certificates: [][]byte{tlv(tagSequence, []byte{2, 1, 0xff})}},
		"an attribute certificate":       {certificates: [][]byte{tlv(0xa2, version1)}},
		"OCSP answers beside the signer": {lists: tlv(tagContext1, tlv(tagContext1, oid("2b0601050507300101"), version1))},
		"a time-stamp on the signature":  {unsigned: tlv(tagContext1, tlv(tagSequence, derData, tlv(tagSet, version1)))},
	} {
		sealed := s.sealedAs(t, v)
		if report, err := check(sealed); err != nil || report.Signatures != 1 || len(report.Warnings) != 0 {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
		sealed[len(plain)+2] ^= 1
		if _, err := check(sealed); doubt(t, err) != "broken-signature" {
			t.Errorf("%s, with a byte changed: %v", name, err)
		}
	}
	for name, v := range map[string]variant{
		"two signers":                       {twice: true},
		"two signers, one who is not there": {twice: true, byKey: true},
	} {
		if _, err := check(s.sealedAs(t, v)); doubt(t, err) != "broken-signature" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A certificate that Go's strict reader refuses: its serial number is below zero.
func TestCheckReadsCertificatesOfEveryMake(t *testing.T) {
	s := ordinary(t)
	raw := bytes.Clone(s.cert.Raw)
	at := bytes.Index(raw, []byte{2, 2, 0x12, 0x67})
	if at < 0 {
		t.Fatal("the serial number 4711 is not there")
	}
	raw[at+2] = 0x92
	odd := *s.cert
	odd.Raw, odd.SerialNumber = raw, odd.SerialNumber.SetInt64(0x9267-0x10000)
	s.cert = &odd
	if report, err := check(s.sealedAs(t, variant{})); err != nil || report.Signatures != 1 {
		t.Errorf("%+v, %v", report, err)
	}
}

// Whatever byte of a container is changed, in what counts it is noticed: the signed
// attributes, the signature, and the key. (Elsewhere stand copies, chains and padding.)
func TestCheckNoticesChangesInTheContainer(t *testing.T) {
	s := ordinary(t)
	sealed := s.sealedAs(t, variant{})
	begin := bytes.Index(sealed, []byte("/Contents<")) + len("/Contents<")
	cms, err := hex.DecodeString(string(sealed[begin : begin+room]))
	if err != nil {
		t.Fatal(err)
	}
	container, err := element(cms)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := readSignature(container)
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for i := range container.raw {
		within := func(piece []byte) bool {
			at := bytes.Index(cms, piece)
			return i >= at && i < at+len(piece)
		}
		changed := bytes.Clone(sealed)
		changed[begin+2*i] ^= 1
		if bytes.IndexByte([]byte("0123456789abcdef"), changed[begin+2*i]) < 0 {
			changed[begin+2*i] = '5'
		}
		report, err := check(changed)
		if code := doubt(t, err); code != "" && code != "broken-signature" && code != "no-signature" {
			t.Errorf("byte %d: %v", i, err)
		}
		if within(sig.attributes.body) || within(sig.value) || within(s.cert.RawSubjectPublicKeyInfo) {
			if tried++; err == nil && !bytes.Equal(changed, sealed) {
				t.Errorf("a change of byte %d went unnoticed: %+v", i, report)
			}
		}
	}
	if tried < 600 {
		t.Errorf("only %d bytes were tried", tried)
	}
}

// Another reader agrees about changes, one in every few bytes of the whole file.
func TestChangesByAnotherReader(t *testing.T) {
	pdfsig := judgetest.Find(t, "pdfsig")
	sealed := ordinary(t).sealed(t, document("x"))
	path := filepath.Join(t.TempDir(), "changed.pdf")
	for i := 7; i < len(sealed); i += 251 {
		changed := bytes.Clone(sealed)
		changed[i] ^= 4
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ := exec.Command(pdfsig, "-nocert", path).CombinedOutput()
		theirs := strings.Contains(string(out), "Signature is Valid")
		if _, ours := check(changed); ours == nil && !theirs {
			t.Errorf("byte %d: we take what pdfsig does not:\n%s", i, out)
		}
	}
}
