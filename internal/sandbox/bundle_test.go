package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"batch/internal/judgetest"
	"batch/internal/sandbox/asice/asicetest"
)

// The test's own bundles are right by a judge that shares no line with this package.
func TestTestBundleSatisfiesXmlsec(t *testing.T) {
	judgetest.Find(t, "xmlsec1")
	dir := t.TempDir()
	b := newBundle(oneSigner)
	b.editFiles = func(files []asicetest.File) []asicetest.File {
		for _, f := range files {
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(f.Name)), f.Content, 0o600); err != nil {
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
