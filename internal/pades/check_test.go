package pades

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"batch/internal/judgetest"

	"github.com/smallstep/pkcs7"
)

func check(b []byte) (Report, error) { return Check(bytes.NewReader(b), int64(len(b))) }

// doubt is the code of what blocks a confirmation; empty: nothing does.
func doubt(t testing.TB, err error) string {
	t.Helper()
	var d *Doubt
	if err != nil && !errors.As(err, &d) {
		t.Fatalf("an error that is no doubt: %v", err)
	}
	if d == nil {
		return ""
	}
	if d.Message == "" {
		t.Errorf("a doubt without a sentence: %+v", d)
	}
	return d.Code
}

func TestCheckAcceptsASeal(t *testing.T) {
	ok := ordinary(t)
	with := func(change func(*sealer)) sealer { s := ok; change(&s); return s }
	for name, s := range map[string]sealer{
		"RSA, SHA-256":   ok,
		"RSA, SHA-384":   with(func(s *sealer) { s.digest = pkcs7.OIDDigestAlgorithmSHA384 }),
		"RSA, SHA-512":   with(func(s *sealer) { s.digest = pkcs7.OIDDigestAlgorithmSHA512 }),
		"ECDSA, SHA-256": newSealer(t, keys().ec, time.Now().Add(time.Hour)),
		"RSA-PSS": with(func(s *sealer) {
			s.key = pssKey{keys().rsa}
			s.after = func(d *pkcs7.SignedData) {
				d.GetSignedData().SignerInfos[0].DigestEncryptionAlgorithm.Algorithm = oidPSS
			}
		}),
	} {
		report, err := check(s.sealed(t, document("x")))
		if err != nil || report.Signatures != 1 || len(report.Warnings) != 0 {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
}

// Another reader agrees that what these tests call a seal is one.
func TestSealsAreReadByOthers(t *testing.T) {
	pdfsig := judgetest.Find(t, "pdfsig")
	path := filepath.Join(t.TempDir(), "sealed.pdf")
	if err := os.WriteFile(path, ordinary(t).sealed(t, document("x")), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(pdfsig, "-nocert", path).CombinedOutput()
	if !strings.Contains(string(out), "Signature is Valid") || !strings.Contains(string(out), "Total document signed") {
		t.Errorf("pdfsig: %v\n%s", err, out)
	}
}

func TestCheckAcceptsAnUpdateAfterTheSeal(t *testing.T) {
	sealed := ordinary(t).sealed(t, document("x"))
	updated := update(sealed)
	report, err := check(updated)
	want := fmt.Sprintf("%d bytes were added after the seal", len(updated)-len(sealed))
	if err != nil || report.Signatures != 1 || len(report.Warnings) != 1 || !strings.HasPrefix(report.Warnings[0], want) {
		t.Errorf("%+v, %v; want a warning that %s", report, err, want)
	}
}

func TestCheckAcceptsASecondSignature(t *testing.T) {
	s := ordinary(t)
	twice := s.sealed(t, s.sealed(t, document("x")))
	if report, err := check(twice); err != nil || report.Signatures != 2 || len(report.Warnings) != 0 {
		t.Errorf("%+v, %v; want two signatures", report, err)
	}
}

func TestCheckLeavesTimestampsAlone(t *testing.T) {
	stamp := ordinary(t)
	stamp.change = func(d *pkcs7.SignedData) { d.GetSignedData().ContentInfo.ContentType = oidTimestamp }
	report, err := check(stamp.sealed(t, ordinary(t).sealed(t, document("x"))))
	if err != nil || report.Signatures != 1 || len(report.Warnings) != 1 {
		t.Errorf("a seal and a time-stamp: %+v, %v", report, err)
	}
	if _, err := check(stamp.sealed(t, document("x"))); doubt(t, err) != "no-signature" {
		t.Errorf("a time-stamp only: %v", err)
	}
}

func TestCheckWarnsOfAnExpiredCertificate(t *testing.T) {
	late := newSealer(t, keys().rsa, time.Now().Add(-time.Hour))
	if report, err := check(late.sealed(t, document("x"))); err != nil || len(report.Warnings) != 1 {
		t.Errorf("%+v, %v; want a warning", report, err)
	}
}

// A broken signature beside one that holds is for a person to look at.
func TestCheckWarnsOfABrokenSignatureBesideAGoodOne(t *testing.T) {
	s := ordinary(t)
	broken := s.sealedWith(t, document("x"), func(whole []byte, gap, _ int) (int, []byte) { return gap, s.cms(t, []byte("other")) })
	report, err := check(s.sealed(t, broken))
	if err != nil || report.Signatures != 1 || len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], "does not hold") {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestCheckDoubts(t *testing.T) {
	s := ordinary(t)
	sealed := s.sealed(t, document("x"))
	swap := func(old, new string) []byte { return bytes.Replace(bytes.Clone(sealed), []byte(old), []byte(new), 1) }
	container := func(cms []byte) []byte {
		return s.sealedWith(t, document("x"), func(_ []byte, gap, _ int) (int, []byte) { return gap, cms })
	}
	otherKey := newSealer(t, keys().rsa, time.Now().Add(time.Hour))
	otherKey.key = stranger{keys().rsa}
	for name, c := range map[string]struct {
		pdf  []byte
		want string
	}{
		"nothing":              {nil, "not-a-pdf"},
		"a page of HTML":       {[]byte("<html>Service unavailable</html>"), "not-a-pdf"},
		"a header":             {[]byte("%PDF-1.7"), "incomplete"},
		"cut by a byte":        {sealed[:len(sealed)-2], "incomplete"},
		"cut in half":          {sealed[:len(sealed)/2], "incomplete"},
		"cut within an update": {update(sealed)[:len(sealed)+20], "incomplete"},
		"garbage behind":       {append(bytes.Clone(sealed), "<html>"...), "incomplete"},
		"cut back to the first end": {
			sealed[:len(document("x"))], "no-signature"},
		"never sealed":       {document("x"), "no-signature"},
		"range in words":     {document("/ByteRange [0 a b c]"), "no-signature"},
		"changed content":    {swap("/MediaBox[0 0 595 842]", "/MediaBox[0 0 595 841]"), "broken-signature"},
		"changed after seal": {swap("/T(Seal)", "/T(Fake)"), "broken-signature"},
		"empty container":    {container(nil), "broken-signature"},
		"no CMS":             {container([]byte("hello")), "broken-signature"},
		"other content":      {container(s.cms(t, []byte("another document"))), "broken-signature"},
		"other key":          {otherKey.sealed(t, document("x")), "broken-signature"},
		"no signer":          {container(noSigner(t)), "broken-signature"},
		"SHA-1": {sealer{cert: s.cert, key: s.key, digest: pkcs7.OIDDigestAlgorithmSHA1}.sealed(t, document("x")),
			"broken-signature"},
		"a text that looks like a range": {document("/ByteRange[0 10 20 30]"), "broken-signature"},
		"range beyond the end":           {document("/ByteRange[0 10 200 3000000]"), "broken-signature"},
		"range of impossible numbers":    {document("/ByteRange[0 999999999999999 999999999999999 999999999999999]"), "broken-signature"},
		"range that leaves out megabytes": {
			document("/ByteRange[0 600 20000000 10]" + strings.Repeat("x", 20<<20)), "broken-signature"},
		"range that leaves more out": {
			s.sealedWith(t, document("x"), func(whole []byte, gap, resume int) (int, []byte) {
				return gap - 9, s.cms(t, append(bytes.Clone(whole[:gap-9]), whole[resume:]...))
			}), "broken-signature"},
	} {
		if report, err := check(c.pdf); doubt(t, err) != c.want {
			t.Errorf("%s: %+v, %v; want %s", name, report, err, c.want)
		}
	}
}

// stranger signs with a key that the certificate does not hold.
type stranger struct{ crypto.Signer }

func (k stranger) Sign(_ io.Reader, sum []byte, opts crypto.SignerOpts) ([]byte, error) {
	sig, err := k.Signer.Sign(rand.Reader, sum, opts)
	if err == nil {
		sig[len(sig)-1] ^= 1
	}
	return sig, err
}

func noSigner(t testing.TB) []byte {
	t.Helper()
	data, err := pkcs7.NewSignedData([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	der, err := data.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// Wherever a byte of the sealed document is changed, it is noticed; in the container's
// padding a change means nothing.
func TestCheckNoticesEveryChange(t *testing.T) {
	sealed := ordinary(t).sealed(t, document("x"))
	first := bytes.Index(sealed, []byte("/Contents<"))
	last := first + len("/Contents<") + room
	for i := range sealed {
		if i > first && i < last {
			continue
		}
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if report, err := check(changed); doubt(t, err) == "" {
			t.Errorf("a change of byte %d went unnoticed: %+v", i, report)
		}
	}
}
