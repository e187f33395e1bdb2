package strictxml

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// nameStarts are the letters beyond ASCII that a name may begin with (production 4).
var nameStarts = [][2]rune{
	{0xc0, 0xd6}, {0xd8, 0xf6}, {0xf8, 0x2ff}, {0x370, 0x37d}, {0x37f, 0x1fff}, {0x200c, 0x200d}, {0x2070, 0x218f},
	{0x2c00, 0x2fef}, {0x3001, 0xd7ff}, {0xf900, 0xfdcf}, {0xfdf0, 0xfffc}, {0x10000, 0xeffff},
}

func isNameStart(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == ':'
	}
	for _, between := range nameStarts {
		if r >= between[0] && r <= between[1] {
			return true
		}
	}
	return false
}

// isNamePart: what a name may have besides (production 4a).
func isNamePart(r rune) bool {
	return r >= '0' && r <= '9' || r == '-' || r == '.' || r == 0xb7 || r >= 0x300 && r <= 0x36f || r == 0x203f || r == 0x2040
}

// notCharacter is where a text holds something that is no character (production 2), or
// no UTF-8; -1: nowhere.
func notCharacter(text string) int {
	for at := 0; at < len(text); {
		r, size := rune(text[at]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[at:])
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff || r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// resolved puts characters in the place of references.
func resolved(text string) (string, bool) {
	if strings.IndexByte(text, '&') < 0 {
		return text, true
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "&")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		name, rest, ended := strings.Cut(after, ";")
		r, known := referred(name)
		if !ended || !known {
			return "", false
		}
		b.WriteRune(r)
		text = rest
	}
}

// referred is the character that a reference stands for (sections 4.1 and 4.6).
func referred(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "apos":
		return '\'', true
	case "quot":
		return '"', true
	}
	digits, is := strings.CutPrefix(name, "#")
	base := 10
	if hex, isHex := strings.CutPrefix(digits, "x"); isHex {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	r := rune(n)
	return r, is && err == nil && utf8.ValidRune(r) && notCharacter(string(r)) < 0
}
