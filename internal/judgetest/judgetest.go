// Package judgetest finds the independent programs that tests hold our work against: xmllint
// and xmlsec1 for XML and its signatures, qpdf, pdfsig and pyHanko for PDFs, LibreOffice for
// lists and reports, openssl and keytool for certificates.
//
//	out, err := exec.Command(judgetest.Find(t, "xmllint"), "--noout", name).CombinedOutput()
//
// A user needs none of them: a test whose judge is missing is skipped and says what to
// install. Where CI is set in the environment it fails instead, for a judge that is never
// heard proves nothing. `make judges` installs them all. Only tests import this package.
package judgetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// debian names the package a program comes with, where it is another than its own.
var debian = map[string]string{
	"keytool":   "default-jdk-headless",
	"pdfdetach": "poppler-utils",
	"pdfinfo":   "poppler-utils",
	"pdfsig":    "poppler-utils",
	"pdftoppm":  "poppler-utils",
	"pdftotext": "poppler-utils",
	"soffice":   "libreoffice-calc-nogui",
	"xmllint":   "libxml2-utils",
}

// Find is the path of a program: where the system has it, else where `make judges` puts
// what Debian does not have. Where there is none the test ends: skipped, or failed in CI.
func Find(t testing.TB, program string) string {
	t.Helper()
	if found, err := exec.LookPath(program); err == nil {
		return found
	}
	if found, err := exec.LookPath(filepath.Join(root(t), ".judges", "python", "bin", program)); err == nil {
		return found
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: make judges installs it", program)
	}
	name := debian[program]
	if name == "" {
		name = program
	}
	t.Skipf("%s is missing: make judges installs it (Debian: %s)", program, name)
	return ""
}

// root is the project's folder, above the test's own.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("finding the project's folder: there is no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}
