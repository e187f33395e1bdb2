package reconcile_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/smallstep/pkcs7"
)

// sealed makes a PDF with one signature over all of it but the signature, as package
// pades wants it. text tells one document from another.
func sealed(t testing.TB, text string) []byte {
	t.Helper()
	const blank = "/ByteRange[0 0000000000 0000000000 0000000000]"
	const room = 4000
	head := "%PDF-1.7\n% " + text + "\n1 0 obj\n<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached" + blank + "/Contents"
	tail := ">>\nendobj\ntrailer\n<</Size 2>>\nstartxref\n0\n%%EOF\n"
	gap, resume := len(head), len(head)+room+2
	whole := []byte(head + "<" + strings.Repeat("0", room) + ">" + tail)
	copy(whole[strings.Index(head, blank):], fmt.Sprintf("/ByteRange[0 %010d %010d %010d]", gap, resume, len(tail)))
	hex.Encode(whole[gap+1:], signature(t, append(bytes.Clone(whole[:gap]), tail...)))
	return whole
}

// signature is a detached CMS container over content.
func signature(t testing.TB, content []byte) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Seal of a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	data, err := pkcs7.NewSignedData(content)
	must(t, err)
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	must(t, data.AddSigner(cert, key, pkcs7.SignerInfoConfig{}))
	data.Detach()
	cms, err := data.Finish()
	must(t, err)
	return cms
}
