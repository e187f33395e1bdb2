package signedpdf

import (
	"strings"
	"testing"
)

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
