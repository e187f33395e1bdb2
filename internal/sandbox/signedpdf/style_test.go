package signedpdf

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pyhankoConfig lets pyHanko trust the test's authority alone, and accept that enterprise
// certificates of this kind are for digital signatures, not for non-repudiation.
const pyhankoConfig = `validation-contexts:
  test:
    trust: %s
    trust-replace: true
    signer-key-usage: ["digital_signature"]
`

// byPyhanko is what pyHanko says of each signature: what it covers, and what came after.
func byPyhanko(t *testing.T, dir string) []string {
	t.Helper()
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: testSealer().Chain[2].Raw})
	for file, content := range map[string]string{"ca.pem": string(root), "pyhanko.yml": fmt.Sprintf(pyhankoConfig, filepath.Join(dir, "ca.pem"))} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	report := judge(t, dir, "pyhanko", "--config", "pyhanko.yml", "sign", "validate", "--pretty-print", "--validation-context", "test", "a.pdf")
	var said []string
	for _, line := range strings.Split(report, "\n") {
		switch {
		case line == "The signature covers the entire file.":
			said = append(said, "whole file")
		case strings.HasPrefix(line, "All modifications relate to"):
			said = append(said, strings.Fields(line)[4])
		case line == "The signature is judged VALID.":
			said[len(said)-1] += ", valid"
		}
	}
	return said
}

var pdfsigCoverage = regexp.MustCompile(`(?m)^  - (Total document signed|Not total document signed)$|Signature Validation: (.*)$`)

// byPdfsig is what poppler says of each signature.
func byPdfsig(t *testing.T, dir string) []string {
	t.Helper()
	var said []string
	for _, m := range pdfsigCoverage.FindAllStringSubmatch(judge(t, dir, "pdfsig", "-nocert", "a.pdf"), -1) {
		if m[1] != "" {
			said = append(said, m[1])
		} else {
			said[len(said)-1] += ", " + m[2]
		}
	}
	return said
}

// Every style is one that independent readers hold valid; what they say of how much it
// covers is what a client meets.
func TestStylesByJudges(t *testing.T) {
	const total, part = "Total document signed, Signature is Valid.", "Not total document signed, Signature is Valid."
	const whole, maintained, signedLater = "whole file, valid", "signature, valid", "signing, valid"
	for name, test := range map[string]struct {
		style           Style
		pdfsig, pyhanko []string
	}{
		"seal alone":         {SealAlone, []string{total}, []string{whole}},
		"validation data":    {ValidationData, []string{part}, []string{maintained}},
		"several signatures": {SeveralSignatures, []string{part, part, part, total}, []string{signedLater, signedLater, signedLater, whole}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folderOf(t, made(t, sampleJob(3, samplePage("page")), test.style))
			judge(t, dir, "qpdf", "--check", "a.pdf")
			if got := byPdfsig(t, dir); !slices.Equal(got, test.pdfsig) {
				t.Errorf("pdfsig says %q, want %q", got, test.pdfsig)
			}
			if got := byPyhanko(t, dir); !slices.Equal(got, test.pyhanko) {
				t.Errorf("pyHanko says %q, want %q", got, test.pyhanko)
			}
		})
	}
}

func TestSealCoversEveryByte(t *testing.T) {
	pdf := made(t, sampleJob(1, samplePage("page")), SealAlone)
	pdf[bytes.Index(pdf, []byte("/MediaBox"))+len("/MediaBox[0 0 5")] ^= 1
	if report := judge(t, folderOf(t, pdf), "pdfsig", "-nocert", "a.pdf"); !strings.Contains(report, "Digest Mismatch") {
		t.Errorf("a changed byte is not noticed:\n%s", report)
	}
}
