package sandbox

import (
	"archive/zip"
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// replace is an edit that must find what it replaces.
func replace(t *testing.T, old, new string) func(string) string {
	return func(s string) string {
		if !strings.Contains(s, old) {
			t.Fatalf("nothing to replace: %s", old)
		}
		return strings.Replace(s, old, new, 1)
	}
}

func TestCreateTakesRightBundles(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	spaced := newBundle(oneSigner) // as the official client's example is laid out
	spaced.editXML = func(s string) string {
		return strings.NewReplacer("<Object>", "\n  <Object>\n    ", "</SignatureValue>", "\n</SignatureValue>").Replace(s)
	}
	stored := newBundle(oneSigner)
	stored.noDeflate = true
	streamed := newBundle(oneSigner) // deflated, sizes behind the data
	streamed.rawZIP = func(files []namedFile) []byte {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for _, f := range files {
			p, _ := w.Create(f.name)
			p.Write(f.content)
		}
		w.Close()
		return out.Bytes()
	}
	javaName := newBundle(oneSigner)
	javaName.editProperties = replace(t, "Business,2.5.4.97", "Business, 2.5.4.97")
	for name, b := range map[string]*bundle{
		"plain": newBundle(oneSigner), "blanks between elements": spaced, "stored": stored,
		"with data descriptors": streamed, "blank behind a comma of the issuer": javaName,
		"three seconds early": {manifest: oneSigner, documents: spaced.documents, pki: testPKI(), at: time.Now().Add(-3 * time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			c := *c
			c.t = t
			c.create("ref-1", b)
		})
	}
}

// Every bundle here has one fault, and is refused for it and for nothing else.
func TestCreateRefusesFaultyBundles(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	stranger, err := NewPKI(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	extra := func(name string) func(*bundle) {
		return func(b *bundle) {
			b.editFiles = func(f []namedFile) []namedFile { return append(f, namedFile{name, []byte("x")}) }
		}
	}
	properties := func(old, new string) func(*bundle) {
		return func(b *bundle) { b.editProperties = replace(t, old, new) }
	}
	info := func(old, new string) func(*bundle) {
		return func(b *bundle) { b.editInfo = replace(t, old, new) }
	}
	after := func(old, new string) func(*bundle) {
		return func(b *bundle) { b.editXML = replace(t, old, new) }
	}
	document := func(content string) func(*bundle) {
		return func(b *bundle) { b.documents[0].content = []byte(content) }
	}
	pdf := string(textPDF([]string{"x"}))
	for _, test := range []struct {
		name, code string
		plant      func(*bundle)
	}{
		{"not a zip", codeInvalidBundle, func(b *bundle) { b.rawZIP = func([]namedFile) []byte { return []byte("PK or not") } }},
		{"no signature", codeInvalidBundle, func(b *bundle) { b.editFiles = func(f []namedFile) []namedFile { return f[:2] } }},
		{"META-INF/manifest.xml", codeInvalidBundle, extra("META-INF/manifest.xml")},
		{"a file that is not signed", codeInvalidSignature, extra("other.pdf")},
		{"mimetype entry, not signed", codeInvalidSignature, extra("mimetype")},
		{"name with a folder", codeInvalidBundle, extra("a/b.pdf")},
		{"name with capitals", codeInvalidBundle, extra("Avtale.pdf")},
		{"the same name twice", codeInvalidBundle, extra("document.pdf")},
		{"bytes before the first entry", codeInvalidBundle, func(b *bundle) {
			b.rawZIP = func(f []namedFile) []byte { return append([]byte("#!"), zipped(f, true)...) }
		}},
		{"stored with sizes behind the data", codeInvalidBundle, func(b *bundle) { b.rawZIP = storedStreaming }},
		{"damaged content", codeInvalidBundle, func(b *bundle) {
			b.rawZIP = func(f []namedFile) []byte {
				z := zipped(f, false)
				z[bytes.Index(z, []byte("Arbeidsavtale"))]++
				return z
			}
		}},
		{"document changed after signing", codeInvalidSignature, func(b *bundle) {
			b.editFiles = func(f []namedFile) []namedFile {
				f[0].content = append(f[0].content, '\n')
				return f
			}
		}},
		{"manifest changed after signing", codeInvalidSignature, func(b *bundle) {
			b.editFiles = func(f []namedFile) []namedFile {
				f[1].content = append(f[1].content, '\n')
				return f
			}
		}},
		{"six seconds late", codeInvalidSigningTime, func(b *bundle) { b.at = b.at.Add(-6 * time.Second) }},
		{"from the future", codeInvalidSigningTime, func(b *bundle) { b.at = b.at.Add(10 * time.Second) }},
		{"signing time without offset", codeInvalidSignature, func(b *bundle) {
			b.editProperties = func(s string) string {
				at := strings.Index(s, "</SigningTime>")
				return s[:strings.Index(s, "<SigningTime>")+13] + "2026-11-21T10:00:00" + s[at:]
			}
		}},
		{"signed info changed", codeInvalidSignature, after(`<Reference Id="ID_0"`, `<Reference  Id="ID_0" Type=""`)},
		{"properties changed", codeInvalidSignature, after("application/pdf</MimeType>", "application/pdf </MimeType>")},
		{"another MIME type", codeInvalidSignature, properties("application/xml", "text/xml")},
		{"sha256 as certificate digest", codeInvalidSignature, properties("xmldsig#sha1", "xmlenc#sha256")},
		{"wrong issuer", codeInvalidSignature, properties("CN=Sandbox", "CN=Other")},
		{"issuer as Go writes it", codeInvalidSignature, properties("2.5.4.97=#0c0f4e54524e4f2d393833313633333237", "organizationIdentifier=NTRNO-983163327")},
		{"wrong serial", codeInvalidSignature, properties("<X509SerialNumber xmlns=\"http://www.w3.org/2000/09/xmldsig#\">", "<X509SerialNumber xmlns=\"http://www.w3.org/2000/09/xmldsig#\">1")},
		{"exclusive canonicalization", codeInvalidSignature, info("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2001/10/xml-exc-c14n#")},
		{"rsa-sha1", codeInvalidSignature, info("2001/04/xmldsig-more#rsa-sha256", "2000/09/xmldsig#rsa-sha1")},
		{"a transform on a file", codeInvalidSignature, info(`URI="document.pdf">`, `URI="document.pdf"><Transforms><Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></Transform></Transforms>`)},
		{"another signature id", codeInvalidSignature, after(`Id="Signature"`, `Id="Sig"`)},
		{"element unknown to the schema", codeInvalidSignature, after("<Object>", "<Object></Object><Object>")},
		{"document type", codeInvalidSignature, after("<XAdESSignatures", "<!DOCTYPE x><XAdESSignatures")},
		{"no root in the chain", codeInvalidCertificate, func(b *bundle) { b.editChain = func(c [][]byte) [][]byte { return c[:2] } }},
		{"chain in another order", codeInvalidCertificate, func(b *bundle) {
			b.editChain = func(c [][]byte) [][]byte { return [][]byte{c[0], c[2], c[1]} }
		}},
		{"an authority nobody knows", codeInvalidCertificate, func(b *bundle) { b.pki = stranger }},
		{"signed by another organization", codeInvalidCertificate, func(b *bundle) {
			swapped := *b.pki
			swapped.Client = b.pki.Server
			b.pki = &swapped
		}},
		{"not a PDF", codeInvalidDocument, document("<html></html> and so on")},
		{"PDF 2.0", codeInvalidDocument, document("%PDF-2.0" + pdf[8:])},
		{"half a PDF", codeInvalidDocument, document(pdf[:len(pdf)-20])},
		{"encrypted PDF", codeInvalidDocument, document(strings.Replace(pdf, "<</Size", "<</Encrypt 9 0 R/Size", 1))},
		{"too large", codeInvalidBundle, document(pdf + strings.Repeat("\x00", maxDocumentBytes) + "%%EOF")},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBundle(oneSigner)
			test.plant(b)
			res := c.send(c.createRequest(requestXML("ref-1", ""), b.build(t))).want(t, http.StatusBadRequest)
			if res.code() != test.code {
				t.Errorf("refused as %s", res.body)
			}
		})
	}
	if jobs := c.running.Sandbox.Jobs(""); len(jobs) != 0 {
		t.Errorf("%d jobs were made of refused bundles", len(jobs))
	}
}

func storedStreaming(files []namedFile) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		p, _ := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Store})
		p.Write(f.content)
	}
	w.Close()
	return out.Bytes()
}

// The test's own bundles are right by a judge that shares no line with this package.
func TestTestBundleSatisfiesXmlsec(t *testing.T) {
	judge(t, "xmlsec1", "xmlsec1")
	dir := t.TempDir()
	b := newBundle(oneSigner)
	b.editFiles = func(files []namedFile) []namedFile {
		for _, f := range files {
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(f.name)), f.content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return files
	}
	b.build(t)
	verifyByXmlsec(t, dir, "signatures.xml")
}

// verifyByXmlsec verifies a signature whose references are files beside it.
func verifyByXmlsec(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "root.pem"), certificatePEM(testPKI().Root.Raw), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("xmlsec1", "--verify", "--trusted-pem", "root.pem",
		"--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties", name)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("xmlsec1: %v\n%s", err, out)
	}
}
