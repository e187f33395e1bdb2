package pades

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"
)

// A small writer of sealed PDFs: a document, and updates that each add a signature.

const plain = `%PDF-1.7
1 0 obj
<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[]>>>>
endobj
2 0 obj
<</Type/Pages/Kids[3 0 R]/Count 1>>
endobj
3 0 obj
<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>
endobj
`

// document is an unsealed PDF with room for text that is not looked at.
func document(text string) []byte {
	body := plain + "% " + text + "\n"
	xref := len(body)
	body += "xref\n0 4\n0000000000 65535 f \n"
	for n := 1; n <= 3; n++ {
		body += fmt.Sprintf("%010d 00000 n \n", strings.Index(body, fmt.Sprintf("%d 0 obj", n)))
	}
	return fmt.Appendf(nil, "%strailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", body, xref)
}

// sealer makes CMS containers.
type sealer struct {
	cert   *x509.Certificate
	key    crypto.Signer
	digest asn1.ObjectIdentifier
	change func(*pkcs7.SignedData) // before signing
	after  func(*pkcs7.SignedData) // after signing
}

var keys = sync.OnceValue(func() struct {
	rsa *rsa.PrivateKey
	ec  *ecdsa.PrivateKey
} {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return struct {
		rsa *rsa.PrivateKey
		ec  *ecdsa.PrivateKey
	}{r, e}
})

func newSealer(t testing.TB, key crypto.Signer, until time.Time) sealer {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(4711),
		Subject:      pkix.Name{CommonName: "Seal of a test"},
		NotBefore:    until.Add(-48 * time.Hour),
		NotAfter:     until,
		SubjectKeyId: []byte("the key of a test"),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return sealer{cert: cert, key: key, digest: pkcs7.OIDDigestAlgorithmSHA256}
}

func ordinary(t testing.TB) sealer {
	return newSealer(t, keys().rsa, time.Now().Add(24*time.Hour))
}

func (s sealer) cms(t testing.TB, content []byte) []byte {
	t.Helper()
	data, err := pkcs7.NewSignedData(content)
	if err != nil {
		t.Fatal(err)
	}
	data.SetDigestAlgorithm(s.digest)
	if s.change != nil {
		s.change(data)
	}
	if err := data.AddSigner(s.cert, s.key, pkcs7.SignerInfoConfig{}); err != nil {
		t.Fatal(err)
	}
	if s.after != nil {
		s.after(data)
	}
	data.Detach()
	der, err := data.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

const room = 8000 // hex digits of a container

// sealed adds an update with a signature over everything but itself.
func (s sealer) sealed(t testing.TB, pdf []byte) []byte {
	t.Helper()
	return s.sealedWith(t, pdf, func(whole []byte, gap, resume int) (int, []byte) {
		return gap, s.cms(t, append(bytes.Clone(whole[:gap]), whole[resume:]...))
	})
}

// sealedWith writes the update; fill is given the whole document with an empty container
// from gap to resume, and returns where the range says that the container begins.
func (s sealer) sealedWith(t testing.TB, pdf []byte, fill func(whole []byte, gap, resume int) (int, []byte)) []byte {
	t.Helper()
	const blank = "/ByteRange[0 0000000000 0000000000 0000000000]"
	base := len(pdf)
	update := fmt.Sprintf("4 0 obj\n<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached%s/Contents<%s>>>\nendobj\n", blank, strings.Repeat("0", room))
	field := base + len(update)
	update += "5 0 obj\n<</Type/Annot/Subtype/Widget/FT/Sig/T(Seal)/V 4 0 R/Rect[0 0 0 0]/F 132/P 3 0 R>>\nendobj\n"
	catalog := base + len(update)
	update += "1 0 obj\n<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[5 0 R]>>>>\nendobj\n"
	page := base + len(update)
	update += "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>/Annots[5 0 R]>>\nendobj\n"
	xref := base + len(update)
	prev := bytes.LastIndex(pdf, []byte("startxref\n")) + len("startxref\n")
	var last int
	fmt.Sscan(string(pdf[prev:]), &last)
	update += fmt.Sprintf("xref\n1 1\n%010d 00000 n \n3 3\n%010d 00000 n \n%010d 00000 n \n%010d 00000 n \ntrailer\n<</Size 6/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n",
		catalog, page, base, field, last, xref)
	whole := append(bytes.Clone(pdf), update...)

	gap := base + strings.Index(update, "/Contents<") + len("/Contents")
	resume := gap + room + 2
	begin := base + strings.Index(update, blank)
	put := func(gap int) {
		copy(whole[begin:], fmt.Sprintf("/ByteRange[0 %010d %010d %010d]", gap, resume, len(whole)-resume))
	}
	put(gap)
	says, cms := fill(whole, gap, resume)
	put(says)
	hex.Encode(whole[gap+1:resume-1], cms)
	return whole
}

// update appends an update without a signature, as one with validation data is.
func update(pdf []byte) []byte {
	prev := bytes.LastIndex(pdf, []byte("startxref\n")) + len("startxref\n")
	var last int
	fmt.Sscan(string(pdf[prev:]), &last)
	return fmt.Appendf(bytes.Clone(pdf), "6 0 obj\n<</Type/DSS>>\nendobj\nxref\n6 1\n%010d 00000 n \ntrailer\n<</Size 7/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n",
		len(pdf), last, len(pdf)+len("6 0 obj\n<</Type/DSS>>\nendobj\n"))
}

// pssKey signs with RSASSA-PSS, whatever it is asked for.
type pssKey struct{ *rsa.PrivateKey }

func (k pssKey) Sign(random io.Reader, sum []byte, opts crypto.SignerOpts) ([]byte, error) {
	return rsa.SignPSS(random, k.PrivateKey, opts.HashFunc(), sum, nil)
}
