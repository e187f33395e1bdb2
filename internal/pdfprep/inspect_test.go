package pdfprep

import (
	"bytes"
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
	cases := map[string]struct {
		pdf  []byte
		code string
	}{
		"empty":     {nil, codeNotPDF},
		"word":      {append([]byte("PK\x03\x04"), bytes.Repeat([]byte("x"), 2000)...), codeNotPDF},
		"noise":     {bytes.Repeat([]byte{7, 250, 0}, 5000), codeNotPDF},
		"signed":    {signed(), codeSigned},
		"too large": {pdfFile{pages: []string{"x"}, extra: []string{stream("", make([]byte, mailout.MaxDocumentBytes))}}.bytes(), codeTooLarge},
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
			if f := found.Findings[0]; f.Document != name+".pdf" || f.Message == "" || f.Remedy == "" || f.Severity != mailout.Stop {
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

func TestInspectSaysWhereItIs(t *testing.T) {
	link := "/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A 3 0 R>>]"
	pdf := pdfFile{pages: []string{"x"}, page: link, extra: []string{"<</S/Launch/F(a.exe)>>"}}.bytes()
	p := newFolder(t, map[string][]byte{"a.pdf": pdf}).pool(t)
	found := inspectOne(t, p, "a.pdf").Findings
	if len(found) != 1 || found[0].Code != codeLaunch || found[0].Page != 1 || found[0].Object != 3 || !strings.HasPrefix(found[0].Message, "page 1: ") {
		t.Errorf("found %+v, want %s on page 1, object 3", found, codeLaunch)
	}
}
