package sandbox

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"batch/internal/judgetest"
	"batch/internal/sandbox/asice/asicetest"
)

// fetchSigned has a job of two documents and three signers signed and fetched.
func fetchSigned(t *testing.T) (dir string, id int64) {
	t.Helper()
	c := start(t, Options{NoLimits: true})
	manifest := strings.Replace(signers(1, 2, 2), "</documents>",
		`<document href="appendix.pdf" mime="application/pdf"><title>Vilkår (2026) – “alle”</title></document></documents>`, 1)
	b := newBundle(manifest)
	b.documents = append(b.documents, asicetest.File{Name: "appendix.pdf", Content: textPDF([]string{"Vilkår", "som gjelder"})})
	id = c.create("ref-1", b)
	c.running.Sandbox.Advance(0)
	m := c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED SIGNED")
	pades := c.get(m.PAdES).want(t, http.StatusOK)
	if again := c.get(m.PAdES).want(t, http.StatusOK); !bytes.Equal(again.body, pades.body) {
		t.Error("a second download is another file")
	}
	dir = t.TempDir()
	files := map[string][]byte{"signed.pdf": pades.body}
	for _, d := range b.documents {
		files[d.Name] = d.Content
	}
	for i, s := range m.Signers {
		files[fmt.Sprintf("xades-%d.xml", i+1)] = c.get(s.XAdES).want(t, http.StatusOK).body
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, id
}

func run(t *testing.T, dir string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// textOf is what a reader finds on pages.
func textOf(t *testing.T, pdf []byte) string {
	t.Helper()
	judgetest.Find(t, "pdftotext")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.pdf"), pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	return run(t, dir, "pdftotext", "-layout", "a.pdf", "-")
}

// What the signed document tells is this job's, and the seal the portal's.
func TestSignedDocumentTellsOfTheJob(t *testing.T) {
	judgetest.Find(t, "pdfsig")
	judgetest.Find(t, "qpdf")
	judgetest.Find(t, "pdftotext")
	dir, id := fetchSigned(t)
	run(t, dir, "qpdf", "--check", "signed.pdf")
	report := run(t, dir, "pdfsig", "-nocert", "signed.pdf")
	for _, want := range []string{"Signature is Valid", "Total document signed", "SIGNING PORTAL SANDBOX"} {
		if !strings.Contains(report, want) {
			t.Errorf("pdfsig does not say %q:\n%s", want, report)
		}
	}
	text := run(t, dir, "pdftotext", "-layout", "signed.pdf", "-")
	for _, want := range []string{
		"Arbeidsavtale for Åse", "3 of 3", "Åse Prøve, 01817299990", "Zoë Eksempel, 01817299992", "ref-1", "988 015 814", "Vilkår (2026) – “alle”", "Arbeidsavtale\n", "som gjelder",
		fmt.Sprintf("job %d · page 1 of 3", id), fmt.Sprintf("job %d · page 3 of 3", id),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the pages do not say %q:\n%s", want, text)
		}
	}
}

// How each signer has signed is told of each.
func TestSignedDocumentTellsHow(t *testing.T) {
	manifest := signers(1, 1, 1)
	manifest = strings.Replace(manifest, lookup, "<signature-type>"+advanced+"</signature-type>"+lookup, 1)
	manifest = strings.Replace(manifest, "91</personal-identification-number>"+lookup, `91</personal-identification-number><notifications><email address="a@example.com"/></notifications><on-behalf-of>OTHER</on-behalf-of>`, 1)
	manifest = strings.Replace(manifest, "</documents>", "</documents><required-authentication>4</required-authentication>", 1)
	c := start(t, Options{NoLimits: true})
	c.create("ref-1", newBundle(manifest))
	c.running.Sandbox.Advance(0)
	text := textOf(t, c.get(c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED SIGNED").PAdES).want(t, http.StatusOK).body)
	for _, how := range []string{
		"Advanced electronic signature · identified at security level 4 · on their own behalf",
		"Authenticated electronic signature · identified at security level 4 · on their own behalf",
		"Authenticated electronic signature · identified at security level 4 · on behalf of somebody else",
	} {
		if strings.Count(text, how) != 1 {
			t.Errorf("the pages do not say %q once:\n%s", how, text)
		}
	}
}

func TestSignedDocumentHoldsXAdES(t *testing.T) {
	judgetest.Find(t, "pdfdetach")
	judgetest.Find(t, "xmlsec1")
	dir, _ := fetchSigned(t)
	run(t, dir, "pdfdetach", "-saveall", "signed.pdf")
	for n := 1; n <= 3; n++ {
		offered, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("xades-%d.xml", n)))
		if err != nil {
			t.Fatal(err)
		}
		embedded, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("signer-%d.xades.xml", n)))
		if err != nil || !bytes.Equal(embedded, offered) {
			t.Errorf("the embedded XAdES of signer %d is not the one offered: %v", n, err)
		}
		verifyByXmlsec(t, dir, fmt.Sprintf("xades-%d.xml", n)) // the documents lie beside it
	}
}

// longInteger is a serial number of twenty bytes. An xs:integer has no bounds, but xmllint
// reads 24 digits.
var longInteger = regexp.MustCompile(`>[0-9]{25,}<`)

func TestSignerXAdESBySchema(t *testing.T) {
	judgetest.Find(t, "xmllint")
	schema, err := filepath.Abs(filepath.Join(specification, "xsd/signatures.xsd"))
	if err == nil {
		_, err = os.Stat(schema)
	}
	if err != nil {
		t.Skipf("the specification is not beside the project: %v", err)
	}
	dir, _ := fetchSigned(t)
	for n := 1; n <= 3; n++ {
		name := filepath.Join(dir, fmt.Sprintf("xades-%d.xml", n))
		signature, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		short := longInteger.ReplaceAll(signature, []byte(">4711<"))
		if err := os.WriteFile(name, short, 0o600); err != nil || bytes.Equal(short, signature) {
			t.Fatalf("there is no serial number: %v", err)
		}
		run(t, dir, "xmllint", "--noout", "--nonet", "--schema", schema, name)
	}
}

// While others have not signed yet, the document is offered with what there is; it is
// another file after the next signature.
func TestPartialDocuments(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	id := c.create("ref-1", newBundle(signers(1, 2)))
	offered := func(status, statuses string) string {
		m := c.wantChange(status, statuses)
		c.confirm(m)
		return textOf(t, c.get(m.PAdES).want(t, http.StatusOK).body)
	}
	c.act(id, 1, "sign", http.StatusOK)
	partial := offered("IN_PROGRESS", "SIGNED WAITING")
	for _, want := range []string{"1 of 2", "Åse Prøve, 01817299990", "Not signed yet: 1 more"} {
		if !strings.Contains(partial, want) {
			t.Errorf("the partial document does not say %q:\n%s", want, partial)
		}
	}
	if strings.Contains(partial, "01817299991") {
		t.Errorf("the partial document names one who has not signed:\n%s", partial)
	}
	c.running.Sandbox.options.LongTermStorage = true // the document can still be fetched after its confirmation
	c.act(id, 2, "sign", http.StatusOK)
	final := offered("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED")
	if !strings.Contains(final, "2 of 2") || !strings.Contains(final, "01817299991") || strings.Contains(final, "Not signed") {
		t.Errorf("the final document says\n%s", final)
	}
}
