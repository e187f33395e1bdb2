package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// textOf is what a reader finds on pages.
func textOf(t *testing.T, pdf []byte) string {
	t.Helper()
	judge(t, "pdftotext", "poppler-utils")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.pdf"), pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	return run(t, dir, "pdftotext", "-layout", "a.pdf", "-")
}

func viewOfAll(j *job) jobView {
	v := jobView{at: time.Date(2026, 11, 21, 13, 0, 0, 0, time.UTC)}
	for i, s := range j.manifest.signers {
		v.signed = append(v.signed, signedBy{i + 1, s, v.at})
	}
	return v
}

// The fullest job there can be: nothing is lost, nothing leaves the page, and whoever
// searches finds every letter.
func TestFrontPageHoldsTheFullestJob(t *testing.T) {
	j := sampleJob(maxSigners, maxDocuments)
	s := frontPage(j, viewOfAll(j))
	text := textOf(t, s.pdf(j.manifest.title))
	for n, d := range j.documents {
		if n == maxDocuments-1 && len([]rune(d.title)) != maxTitle {
			t.Fatalf("a title of %d characters", len([]rune(d.title)))
		}
		if !strings.Contains(text, d.title) {
			t.Errorf("the title of document %d is not there whole", n+1)
		}
	}
	for _, want := range append(signerNames[:], "«prøve» 🎉 og", "👍", "10 of 10", "2026-11-21 13:00:00 UTC", "continued") {
		if !strings.Contains(text, want) {
			t.Errorf("the pages do not say %q:\n%s", want, text)
		}
	}
	if len(s.pages) != 2 {
		t.Errorf("%d pages", len(s.pages))
	}
}

func TestTextIsBrokenToItsWidth(t *testing.T) {
	face := newTypeface()
	for _, text := range []string{strings.Repeat("ø", 300), strings.Repeat("langt ord ", 40), strings.Repeat("👍", 90), ""} {
		lines := face.fold(headStyle, textWidth, text)
		for _, line := range lines {
			if w := face.width(headStyle.weight, headStyle.size, line); w > textWidth {
				t.Errorf("a line is %g points wide", w)
			}
		}
		if got := strings.ReplaceAll(strings.Join(lines, ""), " ", ""); got != strings.ReplaceAll(text, " ", "") {
			t.Errorf("%.20s… lost something", text)
		}
	}
}

// What has no glyph is seen to be missing and can still be copied; what is invisible
// is not set, nor may it turn the line around.
func TestPlainText(t *testing.T) {
	for text, want := range map[string]string{
		"Åse":                              "Åse",
		"A\u030ase":                        "Åse", // as macOS writes it
		" a\tb\n\nc ":                      "a b c",
		"\u202egnp.exe":                    "gnp.exe",
		"👩\u200d💻 og ❤\ufe0f":              "👩💻 og ❤",
		"bad \xff byte":                    "bad \ufffd byte",
		"control \x01\x7f\u0085characters": "control characters",
	} {
		if got := plainText(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	s := newSheet(newTypeface(), "")
	s.lines(marginSide, textWidth, plainStyle, "en 日 og en 本")
	if text := textOf(t, s.pdf("")); !strings.Contains(text, "日") || !strings.Contains(text, "本") {
		t.Errorf("what has no glyph cannot be copied: %s", text)
	}
}

func TestIdentification(t *testing.T) {
	byNumber := signerSpec{number: "41813012345"}
	byContact := signerSpec{email: "a@b.no", mobile: "99999999"}
	for _, test := range []struct {
		spec             signerSpec
		identifier, want string
	}{
		{byNumber, "", "Åse Prøve, 41813012345"},
		{byNumber, numberAndName, "Åse Prøve, 41813012345"},
		{byNumber, birthAndName, "Åse Prøve, born 01.01.1930"},
		{byNumber, nameOnly, "Åse Prøve"},
		{byContact, birthAndName, "Åse Prøve, a@b.no 99999999"},
		{byContact, nameOnly, "Åse Prøve"},
	} {
		if got := identification(1, test.spec, test.identifier); got != test.want {
			t.Errorf("%s with %q: got %s", test.want, test.identifier, got)
		}
	}
}

func TestBirthDate(t *testing.T) {
	for number, want := range map[string]string{
		"01019949912": "01.01.1999",
		"01013950012": "01.01.2039",
		"31125450012": "31.12.1854",
		"01017974912": "01.01.1879",
		"01014090012": "01.01.1940",
		"41410050012": "01.01.2000", // D-number, synthetic by 40
		"01661149912": "01.01.1911", // synthetic by 65
		"01929949912": "01.12.1999", // synthetic by 80
	} {
		if got := birthDate(number); got != want {
			t.Errorf("%s: got %s, want %s", number, got, want)
		}
	}
}

func TestHowSigned(t *testing.T) {
	for _, test := range []struct {
		spec                 signerSpec
		authentication, want string
	}{
		{signerSpec{}, "", "Authenticated electronic signature · on their own behalf"},
		{signerSpec{signatureType: advanced}, "4", "Advanced electronic signature · identified at security level 4 · on their own behalf"},
		{signerSpec{signatureType: authenticated, onBehalfOf: onBehalfOfOther}, "3",
			"Authenticated electronic signature · identified at security level 3 · on behalf of somebody else"},
	} {
		if got := howSigned(test.spec, test.authentication); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}
