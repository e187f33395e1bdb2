package sandbox

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// attempt is one create, right in every respect until something is planted in it.
type attempt struct {
	bundle  *bundle
	zip     []byte // in the place of what is built of bundle
	request string // the first part
	header  http.Header
	sender  string

	editParts func([]part) []part
	editBody  func(string) string
}

// part is one of a multipart body.
type part struct {
	head    string // lines, each with its end
	content []byte
}

const testBoundary = "a-boundary"

func newAttempt() *attempt {
	b := newBundle(oneSigner)
	b.pki = authorityOfTests().PKI
	return &attempt{
		bundle:  b,
		request: requestXML("ref-1", "queue-1"),
		header:  newHeader(),
		sender:  Organization,
	}
}

func newHeader() http.Header {
	return http.Header{
		"Content-Type": {"multipart/mixed; boundary=" + testBoundary},
		"Accept":       {"application/xml"},
	}
}

// body is a multipart body, written out by hand.
func (a *attempt) body(t testing.TB) []byte {
	content := a.zip
	if content == nil {
		content = a.bundle.build(t)
	}
	parts := apply(a.editParts, []part{
		{"Content-Type: application/xml\r\n", []byte(a.request)},
		{"Content-Type: application/octet-stream\r\n", content},
	})
	var b bytes.Buffer
	for _, p := range parts {
		fmt.Fprintf(&b, "--%s\r\n%s\r\n%s\r\n", testBoundary, p.head, p.content)
	}
	fmt.Fprintf(&b, "--%s--\r\n", testBoundary)
	return []byte(apply(a.editBody, b.String()))
}

// post hands the attempt to a sandbox as its own customer would.
func (a *attempt) post(t testing.TB, portal http.Handler) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "https://portal.test/api/"+a.sender+"/portal/signature-jobs", bytes.NewReader(a.body(t)))
	r.Header = a.header
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{authorityOfTests().Client.Leaf}}
	w := httptest.NewRecorder()
	portal.ServeHTTP(w, r)
	return w
}

// directSandbox is a sandbox without a network in between.
func directSandbox(t testing.TB) (*Sandbox, http.Handler) {
	t.Helper()
	s, err := New(Options{PKI: authorityOfTests().PKI, NoLimits: true, SignAfter: -1, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, s.Handler()
}

// errorOf reads an error document.
func errorOf(body []byte) (code, message, kind string) {
	var e struct {
		XMLName xml.Name `xml:"http://signering.posten.no/schema/v1 error"`
		Code    string   `xml:"error-code"`
		Message string   `xml:"error-message"`
		Kind    string   `xml:"error-type"`
	}
	if err := xml.Unmarshal(body, &e); err != nil {
		return "", "", ""
	}
	return e.Code, e.Message, e.Kind
}

// testAuthority is a PKI whose keys are at hand, to certify what no real one would.
type testAuthority struct {
	*PKI
	by  *issuer
	key *rsa.PrivateKey // of whatever is certified
}

var authorityOfTests = sync.OnceValue(func() *testAuthority {
	now := time.Now()
	keys, err := makeKeys(4)
	must(err)
	root, err := certify(authority("Sandbox Root CA", now), keys[0], nil)
	must(err)
	issuing, err := certify(authority("Sandbox Class 3 CA Business", now), keys[1], &issuer{root, keys[0]})
	must(err)
	a := &testAuthority{&PKI{Root: root, Issuing: issuing}, &issuer{issuing, keys[1]}, keys[3]}
	a.Server, err = a.enterprise("SIGNING PORTAL SANDBOX", ServerOrganization, now, keys[2], a.by)
	must(err)
	a.Client, err = a.enterprise("SANDBOX CUSTOMER", Organization, now, keys[3], a.by)
	must(err)
	return a
})

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// certified is a certificate of the customer's with something else about it.
func (a *testAuthority) certified(edit func(*x509.Certificate)) *tls.Certificate {
	t := certificateTemplate(distinguishedName("SANDBOX CUSTOMER", Organization), time.Now())
	t.KeyUsage = x509.KeyUsageDigitalSignature
	edit(t)
	leaf, err := certify(t, a.key, a.by)
	must(err)
	return &tls.Certificate{Certificate: [][]byte{leaf.Raw, a.Issuing.Raw, a.Root.Raw}, PrivateKey: a.key, Leaf: leaf}
}

// elliptic is the customer's certificate with another kind of key.
func (a *testAuthority) elliptic() *tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	t := certificateTemplate(distinguishedName("SANDBOX CUSTOMER", Organization), time.Now())
	t.KeyUsage, t.SerialNumber = x509.KeyUsageDigitalSignature, big.NewInt(4711)
	der, err := x509.CreateCertificate(rand.Reader, t, a.by.certificate, key.Public(), a.by.key)
	must(err)
	leaf, err := x509.ParseCertificate(der)
	must(err)
	return &tls.Certificate{Certificate: [][]byte{der, a.Issuing.Raw, a.Root.Raw}, PrivateKey: key, Leaf: leaf}
}

// swap is an edit that must find what it replaces.
func swap(old, new string) func(string) string {
	return func(s string) string {
		if !strings.Contains(s, old) {
			panic("nothing to replace: " + old)
		}
		return strings.Replace(s, old, new, 1)
	}
}
