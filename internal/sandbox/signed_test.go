package sandbox

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
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
	if json := run(t, dir, "qpdf", "--json", "signed.pdf"); !strings.Contains(json, `"/DocMDP"`) {
		t.Error("the seal is no certification signature")
	}
	text := run(t, dir, "pdftotext", "-layout", "signed.pdf", "-")
	for _, want := range []string{
		"Title: Arbeidsavtale for Åse", "01817299990", "01817299992", "Vilkår (2026) – “alle”", "Arbeidsavtale\n", "som gjelder",
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
		verifyByXmlsec(t, dir, fmt.Sprintf("xades-%d.xml", n))
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

func TestFrontPageGrowsWithItsText(t *testing.T) {
	var lines []string
	for range 100 {
		lines = append(lines, strings.Repeat("langt ", 20))
	}
	pdf := textPDF(lines)
	if n := bytes.Count(pdf, []byte("/Type/Page/")); n != 5 {
		t.Errorf("%d pages for 200 lines, want 5", n)
	}
	for _, line := range fold([]string{strings.Repeat("ø", 300)}) {
		if n := len([]rune(line)); n > columnsOfText {
			t.Errorf("a line of %d characters", n)
		}
	}
}

func TestIdentification(t *testing.T) {
	byNumber := signerSpec{number: "41813012345"}
	for _, test := range []struct {
		spec             signerSpec
		identifier, want string
	}{
		{byNumber, "", "Test Person, 41813012345"},
		{byNumber, birthAndName, "Test Person, born 01.01.30"},
		{byNumber, nameOnly, "Test Person"},
		{signerSpec{email: "a@b.no", mobile: "99999999"}, birthAndName, "a@b.no 99999999"},
	} {
		if got := identification(test.spec, test.identifier); got != test.want {
			t.Errorf("%s with %q: got %s", test.want, test.identifier, got)
		}
	}
}
