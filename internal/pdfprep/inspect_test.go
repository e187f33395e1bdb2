package pdfprep

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"batch/internal/mailout"
)

func TestInspectAcceptsAnOrdinaryPDF(t *testing.T) {
	pdf := letter("one", "two", "three")
	p := newFolder(t, map[string][]byte{"avtaler/1.pdf": pdf}).pool(t)

	found := inspectOne(t, p, "avtaler/1.pdf")

	if !found.OK() || found.Pages != 3 || len(found.Findings) != 0 || found.Bytes != int64(len(pdf)) {
		t.Errorf("got %+v, want 3 pages, %d bytes and no findings", found, len(pdf))
	}
	if want := (mailout.Source{Path: "avtaler/1.pdf", SHA256: mailout.SumDigest(pdf)}); found.Source != want {
		t.Errorf("source %v, want %v", found.Source, want)
	}
}

func TestInspectRefuses(t *testing.T) {
	whole := letter("a page of a letter", "another one")
	cases := map[string]struct {
		pdf  []byte
		code string
	}{
		"empty":       {nil, codeNotPDF},
		"word":        {append([]byte("PK\x03\x04"), bytes.Repeat([]byte("x"), 2000)...), codeNotPDF},
		"noise":       {bytes.Repeat([]byte{7, 250, 0}, 5000), codeNotPDF},
		"header only": {[]byte("%PDF-1.7\n"), codeDamaged},
		"no version":  {[]byte("%PDF-\n"), codeDamaged},
		"garbage":     {append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("garbage "), 500)...), codeDamaged},
		"truncated":   {whole[:len(whole)/3], codeDamaged},
		"no pages":    {letter(), codeNoPages},
		"signed":      {signed(), codeSigned},
		"huge number": {hugeNumber(), codeObjects},
		"PDF 2.0":     {pdfFile{version: "2.0", pages: []string{"x"}}.bytes(), codeVersion},
		"PDF 2.0 in the catalogue": {
			pdfFile{catalog: "/Version/2.0", pages: []string{"x"}}.bytes(), codeVersion},
		"too large": {append(letter("x"), make([]byte, mailout.MaxDocumentBytes)...), codeTooLarge},
	}
	files := map[string][]byte{}
	for name, c := range cases {
		files[name+".pdf"] = c.pdf
	}
	p := newFolder(t, files).pool(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			found := inspectOne(t, p, name+".pdf")
			if found.OK() || !slices.Equal(codes(found.Findings), []string{c.code}) {
				t.Fatalf("found %v, want %s", codes(found.Findings), c.code)
			}
			if f := found.Findings[0]; f.File != name+".pdf" || f.Message == "" || f.Remedy == "" || f.Severity != mailout.Stop {
				t.Errorf("a finding without place, sentence or remedy: %+v", f)
			}
		})
	}
}

func TestInspectSaysWhatAFileIsInstead(t *testing.T) {
	p := newFolder(t, map[string][]byte{"a.pdf": []byte("PK\x03\x04word"), "b.pdf": []byte("\xef\xbb\xbf <!doctype html>"), "c.pdf": {}}).pool(t)
	for name, want := range map[string]string{"a.pdf": "Word", "b.pdf": "web page", "c.pdf": "empty"} {
		if got := inspectOne(t, p, name).Findings[0].Message; !strings.Contains(got, want) {
			t.Errorf("%s: %q does not say %q", name, got, want)
		}
	}
}

func TestInspectRefusesEncryptedPDFs(t *testing.T) {
	qpdf := judge(t, "qpdf")
	f := newFolder(t, map[string][]byte{"plain.pdf": letter("secret")})
	for name, args := range map[string][]string{
		"user.pdf":     {"--encrypt", "user", "owner", "256", "--"},
		"owner.pdf":    {"--encrypt", "", "owner", "256", "--"},
		"restrict.pdf": {"--encrypt", "", "", "256", "--print=none", "--"},
		"rc4.pdf":      {"--allow-weak-crypto", "--encrypt", "", "owner", "40", "--"},
		"aes128.pdf":   {"--allow-weak-crypto", "--encrypt", "user", "owner", "128", "--use-aes=y", "--"},
	} {
		args = append(args, filepath.Join(f.docs, "plain.pdf"), filepath.Join(f.docs, name))
		if out, err := exec.Command(qpdf, args...).CombinedOutput(); err != nil {
			t.Fatalf("qpdf %s: %v\n%s", args, err, out)
		}
	}
	p := f.pool(t)
	for _, name := range []string{"user.pdf", "owner.pdf", "restrict.pdf", "rc4.pdf", "aes128.pdf"} {
		if got := codes(inspectOne(t, p, name).Findings); !slices.Equal(got, []string{codeEncrypted}) {
			t.Errorf("%s: found %v, want %s", name, got, codeEncrypted)
		}
	}
	if found := inspectOne(t, p, "plain.pdf"); !found.OK() {
		t.Errorf("the plain one was refused: %v", found.Findings)
	}
}

// judge finds a program that tests compare with.
func judge(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: make judges installs it", name)
	}
	if err != nil {
		t.Skipf("%s is missing: install it (Debian: apt-get install %s)", name, name)
	}
	return path
}

func TestInspectWarns(t *testing.T) {
	cases := map[string]struct {
		pdf  pdfFile
		code string
	}{
		"landscape":    {pdfFile{media: "0 0 841.89 595.3"}, codeNotA4},
		"letter paper": {pdfFile{media: "0 0 612 792"}, codeNotA4},
		"rotated":      {pdfFile{page: "/Rotate 90"}, codeNotA4},
		"javascript":   {pdfFile{catalog: "/OpenAction<</Type/Action/S/JavaScript/JS(app.alert\\(1\\))>>"}, codeScript},
		"launch": {pdfFile{page: "/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/Launch/F(a.exe)>>>>]"},
			codeScript},
		"form": {pdfFile{catalog: "/AcroForm<</Fields[3 0 R]>>", page: "/Annots[3 0 R]",
			extra: []string{"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/Rect[0 0 99 20]/F 4/DA(/Helv 0 Tf 0 g)>>"}}, codeForm},
		"attachment": {pdfFile{catalog: "/Names<</EmbeddedFiles<</Names[(a)3 0 R]>>>>",
			extra: []string{"<</Type/Filespec/F(a.txt)/UF(a.txt)/EF<</F 4 0 R>>>>", stream("/Type/EmbeddedFile", []byte("hello"))}}, codeAttachment},
	}
	files := map[string][]byte{}
	for name, c := range cases {
		c.pdf.pages = []string{"text"}
		files[name+".pdf"] = c.pdf.bytes()
	}
	p := newFolder(t, files).pool(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			found := inspectOne(t, p, name+".pdf")
			if !found.OK() || found.Pages != 1 || !slices.Equal(codes(found.Findings), []string{c.code}) {
				t.Errorf("found %v (%d pages), want the warning %s only", found.Findings, found.Pages, c.code)
			}
		})
	}
}

func TestInspectRefusesWhatWouldComeOutWithoutText(t *testing.T) {
	pdf := bytes.Replace(letter("text"), []byte("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"), []byte(" 99 0 R"+strings.Repeat(" ", 40)), 1)
	p := newFolder(t, map[string][]byte{"a.pdf": pdf}).pool(t)
	if got := codes(inspectOne(t, p, "a.pdf").Findings); !slices.Equal(got, []string{codeLostText}) {
		t.Errorf("found %v, want %s", got, codeLostText)
	}
}

// A file is looked at once, whatever happens to it later.
func TestInspectLooksOnce(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("first")})
	p := f.pool(t)
	before := inspectOne(t, p, "a.pdf")
	before.Findings = append(before.Findings, mailout.Problem{Code: "the caller's own"})
	must(t, os.Remove(filepath.Join(f.docs, "a.pdf")))
	if after := inspectOne(t, p, "a.pdf"); after.Source != before.Source || len(after.Findings) != 0 {
		t.Errorf("asked again: %+v, first: %+v", after, before)
	}
}

func TestEveryCodeHasWords(t *testing.T) {
	for code, e := range catalogue {
		problem := finding{Code: code, N: 7}.problem("a.pdf")
		if problem.Message == "" || problem.Remedy == "" || strings.Contains(problem.String(), "%!") || problem.Severity != e.severity {
			t.Errorf("%s: %s", code, problem)
		}
	}
	if got := (finding{Code: "invented by a hostile worker"}).problem("a.pdf"); got.Code != codeCrash || got.Severity != mailout.Stop {
		t.Errorf("an unknown code became %+v", got)
	}
}
