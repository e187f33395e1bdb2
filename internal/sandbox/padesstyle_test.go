package sandbox

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pyhankoConfig lets pyHanko trust the sandbox's authority alone, and accept that enterprise
// certificates of this kind are for digital signatures, not for non-repudiation.
const pyhankoConfig = `validation-contexts:
  sandbox:
    trust: %s
    trust-replace: true
    signer-key-usage: ["digital_signature"]
`

// pyhanko finds the program where make judges puts it.
func pyhanko(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("pyhanko"); err == nil {
		return path
	}
	path, err := filepath.Abs("../../.judges/python/bin/pyhanko")
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("pyhanko is missing; make judges installs it")
		}
		t.Skip("pyhanko is missing; install it with pip (pyhanko-cli), or run make judges")
	}
	return path
}

// byPyhanko is what pyHanko says of each signature: what it covers, and what came after.
func byPyhanko(t *testing.T, dir, name string) []string {
	t.Helper()
	judge := pyhanko(t)
	for file, content := range map[string]string{"ca.pem": string(testPKI().CAPEM()), "pyhanko.yml": fmt.Sprintf(pyhankoConfig, filepath.Join(dir, "ca.pem"))} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	report := run(t, dir, judge, "--config", "pyhanko.yml", "sign", "validate", "--pretty-print", "--validation-context", "sandbox", name)
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
func byPdfsig(t *testing.T, dir, name string) []string {
	t.Helper()
	var said []string
	for _, m := range pdfsigCoverage.FindAllStringSubmatch(run(t, dir, "pdfsig", "-nocert", name), -1) {
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
func TestPAdESStylesByJudges(t *testing.T) {
	judge(t, "pdfsig", "poppler-utils")
	judge(t, "qpdf", "qpdf")
	const total, part = "Total document signed, Signature is Valid.", "Not total document signed, Signature is Valid."
	const whole, maintained, signedLater = "whole file, valid", "signature, valid", "signing, valid"
	for _, test := range []struct {
		style           PAdESStyle
		pdfsig, pyhanko []string
		same            bool // two downloads are the same bytes
	}{
		{StyleSeal, []string{total}, []string{whole}, true},
		{StyleValidationData, []string{part}, []string{maintained}, true},
		{StyleSeveralSignatures, []string{part, part, part, total}, []string{signedLater, signedLater, signedLater, whole}, true},
		{StyleVarying, []string{total}, []string{whole}, false},
	} {
		t.Run(string(test.style), func(t *testing.T) {
			dir, first, second := fetchTwice(t, test.style)
			if bytes.Equal(first, second) != test.same {
				t.Errorf("two downloads are the same: %v", !test.same)
			}
			for _, name := range []string{"signed.pdf", "again.pdf"} {
				run(t, dir, "qpdf", "--check", name)
				if got := byPdfsig(t, dir, name); !slices.Equal(got, test.pdfsig) {
					t.Errorf("pdfsig says %q, want %q", got, test.pdfsig)
				}
				if got := byPyhanko(t, dir, name); !slices.Equal(got, test.pyhanko) {
					t.Errorf("pyHanko says %q, want %q", got, test.pyhanko)
				}
			}
		})
	}
}

// fetchTwice has a job of three signers signed and fetched two times.
func fetchTwice(t *testing.T, style PAdESStyle) (dir string, first, second []byte) {
	t.Helper()
	c := start(t, Options{NoLimits: true, PAdESStyle: style})
	c.create("ref-1", newBundle(signers(1, 2, 2)))
	c.running.Sandbox.Advance(0)
	m := c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED SIGNED")
	dir = t.TempDir()
	first, second = c.get(m.PAdES).want(t, http.StatusOK).body, c.get(m.PAdES).want(t, http.StatusOK).body
	for name, content := range map[string][]byte{"signed.pdf": first, "again.pdf": second} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, first, second
}
