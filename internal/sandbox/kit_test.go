package sandbox

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// testPKI is one authority for all tests: keys are slow to make.
var testPKI = sync.OnceValue(func() *PKI {
	p, err := NewPKI(time.Now())
	if err != nil {
		panic(err)
	}
	return p
})

// judge skips, or fails in CI, where a program that judges is missing.
func judge(t *testing.T, name, debianPackage string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing; make judges installs it", name)
		}
		t.Skipf("%s is missing; install %s", name, debianPackage)
	}
}

// client is a customer that speaks just enough of the API.
type client struct {
	t       *testing.T
	running *Running
	http    *http.Client
	sender  string
}

// start runs a sandbox that has no limits of speed unless the test says so.
func start(t *testing.T, o Options) *client {
	t.Helper()
	o.PKI = testPKI()
	r, err := Start(t.Context(), StartOptions{Options: o})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return &client{t: t, running: r, http: httpClient(t, testPKI().Client), sender: Organization}
}

func httpClient(t *testing.T, certificates ...tls.Certificate) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		Certificates:       certificates,
		InsecureSkipVerify: true, // the server's certificate has no host name; its chain has a test of its own
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// response is an answer read whole. err is set where there was none.
type response struct {
	status int
	header http.Header
	body   []byte
	err    error
}

func (c *client) send(r *http.Request) response {
	c.t.Helper()
	res, err := c.http.Do(r)
	if err != nil {
		return response{err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return response{res.StatusCode, res.Header, body, err}
}

func (c *client) request(method, url string, body io.Reader) *http.Request {
	c.t.Helper()
	if !strings.HasPrefix(url, "https://") {
		url = c.running.URL + "/" + c.sender + url
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, url, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *client) get(url string) response  { return c.send(c.request("GET", url, nil)) }
func (c *client) post(url string) response { return c.send(c.request("POST", url, nil)) }

// want fails unless the answer has this status.
func (r response) want(t *testing.T, status int) response {
	t.Helper()
	if r.err != nil || r.status != status {
		t.Fatalf("status %d, error %v, body %s; want status %d", r.status, r.err, r.body, status)
	}
	return r
}

// code is the error code of a refusal.
func (r response) code() string {
	var e struct {
		XMLName xml.Name `xml:"http://signering.posten.no/schema/v1 error"`
		Code    string   `xml:"error-code"`
	}
	if xml.Unmarshal(r.body, &e) != nil {
		return ""
	}
	return e.Code
}

// create posts a bundle and returns the new job's id.
func (c *client) create(reference string, b *bundle) int64 {
	c.t.Helper()
	res := c.send(c.createRequest(requestXML(reference, ""), b.build(c.t))).want(c.t, http.StatusOK)
	var m struct {
		ID int64 `xml:"signature-job-id"`
	}
	if err := xml.Unmarshal(res.body, &m); err != nil {
		c.t.Fatal(err)
	}
	return m.ID
}

func requestXML(reference, queue string) string {
	q := ""
	if queue != "" {
		q = "<polling-queue>" + queue + "</polling-queue>"
	}
	return `<portal-signature-job-request xmlns="http://signering.posten.no/schema/v1"><reference>` + reference +
		`</reference>` + q + `</portal-signature-job-request>`
}

func (c *client) createRequest(requestXML string, bundle []byte) *http.Request {
	c.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, part := range []struct {
		kind    string
		content []byte
	}{{"application/xml", []byte(requestXML)}, {"application/octet-stream", bundle}} {
		p, _ := w.CreatePart(textproto.MIMEHeader{"Content-Type": {part.kind}})
		p.Write(part.content)
	}
	w.Close()
	r := c.request("POST", "/portal/signature-jobs", &body)
	r.Header.Set("Content-Type", "multipart/mixed; boundary="+w.Boundary())
	r.Header.Set("Accept", "application/xml")
	return r
}

// changed is a status change as a client reads it.
type changed struct {
	Reference string `xml:"reference"`
	ID        int64  `xml:"signature-job-id"`
	Status    string `xml:"status"`
	Confirm   string `xml:"confirmation-url"`
	Cancel    string `xml:"cancellation-url"`
	Delete    string `xml:"delete-documents-url"`
	Signers   []struct {
		Status string `xml:"status"`
		Number string `xml:"personal-identification-number"`
		XAdES  string `xml:"xades-url"`
	} `xml:"signatures>signature"`
	PAdES string `xml:"signatures>pades-url"`
}

// statuses are the signers' statuses in order.
func (c changed) statuses() string {
	var all []string
	for _, s := range c.Signers {
		all = append(all, s.Status)
	}
	return strings.Join(all, " ")
}

// poll takes one change off the default queue.
func (c *client) poll() changed {
	c.t.Helper()
	res := c.get("/portal/signature-jobs").want(c.t, http.StatusOK)
	var m changed
	if err := xml.Unmarshal(res.body, &m); err != nil {
		c.t.Fatal(err)
	}
	return m
}

// bundle is an ASiC-E to be built, with a place to plant a fault at every step. The zero
// hooks build a right one.
type bundle struct {
	manifest  string
	documents []namedFile
	at        time.Time
	pki       *PKI
	noDeflate bool

	editChain      func([][]byte) [][]byte
	editProperties func(string) string // before they are digested
	editInfo       func(string) string // before it is signed
	editXML        func(string) string // after everything is signed
	editFiles      func([]namedFile) []namedFile
	rawZIP         func([]namedFile) []byte
}

type namedFile struct {
	name    string
	content []byte
}

const manifestHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><portal-signature-job-manifest xmlns="http://signering.posten.no/schema/v1">`

// oneSigner is the plainest manifest.
const oneSigner = manifestHead + `<signers><signer><personal-identification-number>01817299999</personal-identification-number>` +
	`<notifications-using-lookup><email/></notifications-using-lookup></signer></signers>` +
	`<sender><organization-number>988015814</organization-number></sender><title>Arbeidsavtale for Åse</title>` +
	`<documents><document href="document.pdf" mime="application/pdf"><title>Avtale</title></document></documents>` +
	`</portal-signature-job-manifest>`

// signers is a manifest with one signer for each order.
func signers(orders ...int) string {
	var all strings.Builder
	for i, order := range orders {
		fmt.Fprintf(&all, `<signer order="%d"><personal-identification-number>0181729999%d</personal-identification-number>`+
			`<notifications-using-lookup><email/></notifications-using-lookup></signer>`, order, i)
	}
	from, to := strings.Index(oneSigner, "<signers>")+9, strings.Index(oneSigner, "</signers>")
	return oneSigner[:from] + all.String() + oneSigner[to:]
}

// available sets availability in a manifest.
func available(manifest, inner string) string {
	return strings.Replace(manifest, "</documents>", "</documents><availability>"+inner+"</availability>", 1)
}

func newBundle(manifest string) *bundle {
	return &bundle{
		manifest:  manifest,
		documents: []namedFile{{"document.pdf", textPDF([]string{"Arbeidsavtale"})}},
		at:        time.Now(),
		pki:       testPKI(),
	}
}

func (b *bundle) build(t *testing.T) []byte {
	t.Helper()
	files := append(append([]namedFile{}, b.documents...), namedFile{"manifest.xml", []byte(b.manifest)})
	files = append(files, namedFile{"META-INF/signatures.xml", []byte(b.signatures(t, files))})
	if b.editFiles != nil {
		files = b.editFiles(files)
	}
	if b.rawZIP != nil {
		return b.rawZIP(files)
	}
	return zipped(files, !b.noDeflate)
}

// zipped writes sizes and checksums into the local headers, as a streaming client must.
func zipped(files []namedFile, deflate bool) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		content, method := f.content, zip.Store
		if deflate {
			var packed bytes.Buffer
			z, _ := flate.NewWriter(&packed, flate.DefaultCompression)
			z.Write(f.content)
			z.Close()
			content, method = packed.Bytes(), zip.Deflate
		}
		p, _ := w.CreateRaw(&zip.FileHeader{
			Name: f.name, Method: method, CRC32: crc32.ChecksumIEEE(f.content),
			CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(f.content)),
		})
		p.Write(content)
	}
	w.Close()
	return out.Bytes()
}

func apply[T any](edit func(T) T, v T) T {
	if edit == nil {
		return v
	}
	return edit(v)
}

// signatures writes XAdES straight in canonical form.
func (b *bundle) signatures(t *testing.T, files []namedFile) string {
	leaf := b.pki.Client.Leaf
	certDigest := sha1.Sum(leaf.Raw)
	var refs, formats strings.Builder
	for i, f := range files {
		fmt.Fprintf(&refs, `<Reference Id="ID_%d" URI="%s"><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod><DigestValue>%s</DigestValue></Reference>`, i, f.name, digest64(f.content))
		mime := "application/pdf"
		if f.name == "manifest.xml" {
			mime = "application/xml"
		}
		fmt.Fprintf(&formats, `<DataObjectFormat ObjectReference="#ID_%d"><MimeType>%s</MimeType></DataObjectFormat>`, i, mime)
	}
	const ds = `xmlns="http://www.w3.org/2000/09/xmldsig#"`
	properties := apply(b.editProperties, `<SignedProperties xmlns="http://uri.etsi.org/01903/v1.3.2#" Id="SignedProperties"><SignedSignatureProperties><SigningTime>`+
		b.at.Format(time.RFC3339Nano)+`</SigningTime><SigningCertificate><Cert><CertDigest><DigestMethod `+ds+` Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"></DigestMethod><DigestValue `+ds+`>`+
		base64.StdEncoding.EncodeToString(certDigest[:])+`</DigestValue></CertDigest><IssuerSerial><X509IssuerName `+ds+`>`+testIssuer+`</X509IssuerName><X509SerialNumber `+ds+`>`+
		leaf.SerialNumber.String()+`</X509SerialNumber></IssuerSerial></Cert></SigningCertificate></SignedSignatureProperties><SignedDataObjectProperties>`+
		formats.String()+`</SignedDataObjectProperties></SignedProperties>`)
	const c14n = `"http://www.w3.org/TR/2001/REC-xml-c14n-20010315"`
	info := apply(b.editInfo, `<SignedInfo `+ds+`><CanonicalizationMethod Algorithm=`+c14n+`></CanonicalizationMethod><SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></SignatureMethod>`+
		refs.String()+`<Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#SignedProperties"><Transforms><Transform Algorithm=`+c14n+
		`></Transform></Transforms><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></DigestMethod><DigestValue>`+digest64([]byte(properties))+`</DigestValue></Reference></SignedInfo>`)
	sum := sha256.Sum256([]byte(info))
	value, err := rsa.SignPKCS1v15(rand.Reader, b.pki.Client.PrivateKey.(*rsa.PrivateKey), crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	var chain strings.Builder
	for _, der := range apply(b.editChain, [][]byte{leaf.Raw, b.pki.Issuing.Raw, b.pki.Root.Raw}) {
		chain.WriteString("<X509Certificate>" + base64.StdEncoding.EncodeToString(der) + "</X509Certificate>")
	}
	return apply(b.editXML, `<?xml version="1.0" encoding="UTF-8" standalone="no"?><XAdESSignatures xmlns="http://uri.etsi.org/2918/v1.2.1#"><Signature `+ds+` Id="Signature">`+info+
		`<SignatureValue>`+base64.StdEncoding.EncodeToString(value)+`</SignatureValue><KeyInfo><X509Data>`+chain.String()+`</X509Data></KeyInfo><Object>`+
		`<QualifyingProperties xmlns="http://uri.etsi.org/01903/v1.3.2#" Target="#Signature">`+properties+`</QualifyingProperties></Object></Signature></XAdESSignatures>`)
}

// testIssuer is the issuing authority's name as Java writes it, spelled out here so that
// the sandbox's own writer is judged by it.
const testIssuer = `CN=Sandbox Class 3 CA Business,2.5.4.97=#0c0f4e54524e4f2d393833313633333237,O=Sandbox Class 3 CA Business AS,C=NO`

func digest64(content []byte) string {
	sum := sha256.Sum256(content)
	return base64.StdEncoding.EncodeToString(sum[:])
}
