package pdfprep

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"batch/internal/judgetest"
)

func TestCheckRefusesWhatSaysThatItIsEncrypted(t *testing.T) {
	encryption := "<</Filter/Standard/V 1/R 2/O(" + strings.Repeat("o", 32) + ")/U(" + strings.Repeat("u", 32) + ")/P -1>>"
	plain := letter("secret")
	older := pdfFile{pages: []string{"secret"}, trailer: "/Encrypt" + encryption}.bytes()
	at := bytes.Index(older, []byte("xref\n0 "))
	cases := map[string][]byte{
		"the dictionary itself":               older,
		"an object":                           pdfFile{pages: []string{"x"}, trailer: "/Encrypt 3 0 R", extra: []string{encryption}}.bytes(),
		"an object that is not there":         pdfFile{pages: []string{"x"}, trailer: "/Encrypt 77 0 R"}.bytes(),
		"behind a name like stream":           pdfFile{pages: []string{"x"}, catalog: "/stream 1", trailer: "/Encrypt" + encryption}.bytes(),
		"a name with one escape":              pdfFile{pages: []string{"x"}, trailer: "/#45ncrypt" + encryption}.bytes(),
		"a name of escapes, in a stream's":    replaced(t, objectStream(false), "/Type/XRef", "/Type/XRef/#45#6e#63#72#79#70#74"+encryption),
		"behind what opens a string":          replaced(t, older, "xref\n0 5", "( \nxref\n0 5"),
		"behind what is no stream":            replaced(t, older, "xref\n0 5", ">>stream\nxref\n0 5"),
		"a name with escapes":                 pdfFile{pages: []string{"x"}, trailer: "/Encr#79pt" + encryption}.bytes(),
		"null":                                pdfFile{pages: []string{"x"}, trailer: "/Encrypt null"}.bytes(),
		"an older trailer":                    fmt.Appendf(bytes.Clone(older), "xref\n0 0\ntrailer\n<</Size 5/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", at, len(older)),
		"a file without table":                replaced(t, replaced(t, older, "startxref\n", "startxref\n9"), "xref\n0 5", "xxxx\n0 5"),
		"behind a stream with a wrong length": append(withContent("", []byte("( ( (")), replaced(t, plain, "/Root", "/Encrypt 3 0 R/Root")...),
	}
	for name, pdf := range cases {
		t.Run(name, func(t *testing.T) {
			if v := checked(t, pdf); !slices.Equal(v.Findings, []finding{{Code: codeEncrypted}}) {
				t.Errorf("found %+v, want %s", v, codeEncrypted)
			}
		})
	}
}

func TestCheckRefusesWhatQpdfEncrypts(t *testing.T) {
	qpdf := judgetest.Find(t, "qpdf")
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain.pdf")
	must(t, os.WriteFile(plain, letter("secret"), 0o600))
	for name, args := range map[string][]string{
		"user password":     {"--encrypt", "user", "owner", "256", "--"},
		"owner only":        {"--encrypt", "", "owner", "256", "--"},
		"no password":       {"--encrypt", "", "", "256", "--print=none", "--"},
		"RC4 of 40 bits":    {"--allow-weak-crypto", "--encrypt", "", "owner", "40", "--"},
		"RC4 of 128 bits":   {"--allow-weak-crypto", "--encrypt", "", "", "128", "--use-aes=n", "--"},
		"AES of 128 bits":   {"--allow-weak-crypto", "--encrypt", "user", "owner", "128", "--use-aes=y", "--"},
		"metadata in clear": {"--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=y", "--cleartext-metadata", "--"},
		"object streams":    {"--object-streams=generate", "--encrypt", "", "", "256", "--"},
		"linearized":        {"--linearize", "--encrypt", "", "owner", "256", "--"},
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out.pdf")
			if said, err := exec.Command(qpdf, append(args, plain, out)...).CombinedOutput(); err != nil {
				t.Fatalf("qpdf %s: %v\n%s", args, err, said)
			}
			pdf, err := os.ReadFile(out)
			must(t, err)
			if v := checked(t, pdf); !slices.Equal(v.Findings, []finding{{Code: codeEncrypted}}) {
				t.Errorf("found %+v, want %s", v, codeEncrypted)
			}
		})
	}
	if v := checked(t, letter("secret")); v.Pages != 1 {
		t.Errorf("the plain one was refused: %+v", v)
	}
}
