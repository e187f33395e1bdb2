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
)

// fetchSigned has a job of two documents and three signers signed and fetched.
func fetchSigned(t *testing.T) (dir string, id int64) {
	t.Helper()
	c := start(t, Options{NoLimits: true})
	manifest := strings.Replace(signers(1, 2, 2), "</documents>",
		`<document href="appendix.pdf" mime="application/pdf"><title>Vilkår (2026) – “alle”</title></document></documents>`, 1)
	b := newBundle(manifest)
	b.documents = append(b.documents, namedFile{"appendix.pdf", textPDF([]string{"Vilkår", "som gjelder"})})
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
		files[d.name] = d.content
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

func TestSignedDocumentByJudges(t *testing.T) {
	judge(t, "pdfsig", "poppler-utils")
	judge(t, "qpdf", "qpdf")
	dir, id := fetchSigned(t)
	report := run(t, dir, "pdfsig", "-nocert", "signed.pdf")
	for _, want := range []string{"Signature is Valid", "Total document signed", "ETSI.CAdES.detached", "SIGNING PORTAL SANDBOX"} {
		if !strings.Contains(report, want) {
			t.Errorf("pdfsig does not say %q:\n%s", want, report)
		}
	}
	if n := strings.Count(report, "Signature #"); n != 1 {
		t.Errorf("there are %d signatures, want one seal", n)
	}
	if check := run(t, dir, "qpdf", "--check", "signed.pdf"); !strings.Contains(check, "No syntax or stream encoding errors") {
		t.Errorf("qpdf says %s", check)
	}
	json := run(t, dir, "qpdf", "--json", "signed.pdf")
	if !strings.Contains(json, `"/DocMDP"`) {
		t.Error("the seal is no certification signature")
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

func TestSignedDocumentHoldsXAdES(t *testing.T) {
	judge(t, "pdfdetach", "poppler-utils")
	judge(t, "xmlsec1", "xmlsec1")
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
	judge(t, "xmllint", "libxml2-utils")
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

func TestSealCoversEveryByte(t *testing.T) {
	judge(t, "pdfsig", "poppler-utils")
	dir, _ := fetchSigned(t)
	file := filepath.Join(dir, "signed.pdf")
	pdf, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pdf[bytes.Index(pdf, []byte("/MediaBox"))+len("/MediaBox[0 0 5")] ^= 1
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command("pdfsig", "-nocert", file).CombinedOutput()
	if !strings.Contains(string(out), "Digest Mismatch") {
		t.Errorf("a changed byte is not noticed:\n%s", out)
	}
}
