package manifest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/unicode/norm"

	utf "golang.org/x/text/encoding/unicode"
)

// clean is how every value is read: trimmed of all white space and NFC-normalized.
func clean(s string) string {
	return norm.NFC.String(strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B' }))
}

func hasUTF16Mark(b []byte) bool {
	return bytes.HasPrefix(b, []byte{0xFF, 0xFE}) || bytes.HasPrefix(b, []byte{0xFE, 0xFF})
}

// decode turns a text file into UTF-8 with "\n" for every line end. Without a wish it
// is UTF-16 where a mark says so, UTF-8 where it is valid, and Windows-1252 otherwise,
// as Excel saves "CSV".
func decode(b []byte, wish string) (string, error) {
	if wish != "" {
		return decodeAs(b, wish)
	}
	switch {
	case hasUTF16Mark(b):
		return transcode(b, utf.UTF16(utf.LittleEndian, utf.ExpectBOM), "UTF-16")
	case utf8.Valid(b):
		return lineEnds(strings.TrimPrefix(string(b), "\uFEFF")), nil
	}
	at := slices.IndexFunc(b, notWindows1252)
	if at < 0 {
		return transcode(b, charmap.Windows1252, "Windows-1252")
	}
	lineNo := 1 + bytes.Count(b[:at], []byte{'\n'})
	return "", broken("encoding-unknown", fmt.Sprintf("the text is neither UTF-8 nor Windows-1252 (line %d)", lineNo),
		`save it as "CSV UTF-8", or say with --encoding what it is`)
}

func decodeAs(b []byte, wish string) (string, error) {
	enc, err := htmlindex.Get(wish)
	if err != nil {
		return "", broken("encoding-name", "that is not the name of an encoding", "say, for example, --encoding utf-8 or --encoding windows-1252")
	}
	return transcode(b, enc, wish)
}

// transcode refuses bytes that the encoding does not have, rather than replacing them.
func transcode(b []byte, enc encoding.Encoding, name string) (string, error) {
	out, err := enc.NewDecoder().Bytes(b)
	s := strings.TrimPrefix(string(out), "\uFEFF")
	if err != nil || strings.ContainsRune(s, utf8.RuneError) {
		return "", broken("encoding-wrong", "the text is not valid "+name, `save it as "CSV UTF-8", or say with --encoding what it is`)
	}
	return lineEnds(s), nil
}

var toLF = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func lineEnds(s string) string { return toLF.Replace(s) }

// notWindows1252 tells the five bytes that Windows-1252 leaves undefined.
func notWindows1252(c byte) bool {
	return c == 0x81 || c == 0x8D || c == 0x8F || c == 0x90 || c == 0x9D
}
