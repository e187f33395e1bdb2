package pdfprep

import (
	"bytes"
	"regexp"
	"strconv"
)

// What the bytes of a file tell before the library reads them. The library looks for
// header and end wherever they are and repairs what it does not find; the portal does not.

const (
	header = "%PDF-"
	// endWindow is where %%EOF must stand, in bytes from the end (ISO 32000-1, annex H, note 18).
	endWindow = 1024
)

// outline refuses what has not the outline of a whole PDF.
func outline(pdf []byte) error {
	switch at := bytes.Index(pdf[:min(len(pdf), headerWindow)], []byte(header)); {
	case at < 0:
		return refusal{Code: codeNotPDF}
	case at > 0:
		return refusal{Code: codeHeader, N: at}
	}
	if err := headerVersion(pdf); err != nil {
		return err
	}
	end := bytes.LastIndex(pdf[max(0, len(pdf)-endWindow):], []byte("%%EOF"))
	if end < 0 {
		return refusal{Code: codeCutOff}
	}
	// A later revision that was cut off leaves the end of the one before it.
	rest := pdf[max(0, len(pdf)-endWindow)+end:]
	if bytes.Contains(rest, []byte(" obj")) || bytes.Contains(rest, []byte("xref")) {
		return refusal{Code: codeCutOff}
	}
	return nil
}

// headerVersion wants a header with a version from 1.1 to 1.7, or 2.0.
func headerVersion(pdf []byte) error {
	v := pdf[len(header):min(len(pdf), len(header)+3)]
	if len(v) < 3 || v[1] != '.' || v[0] < '0' || v[0] > '9' || v[2] < '0' || v[2] > '9' {
		return refusal{Code: codeDamaged}
	}
	if s := string(v); s != "2.0" && (s < "1.1" || s > "1.7") {
		return refusal{Code: codeVersion}
	}
	return nil
}

// declaresEncryption reports whether the name /Encrypt stands anywhere outside streams,
// strings and comments. The library misses the entry where it holds the dictionary itself
// and in trailers that it does not read. That any object at all has an entry of that name
// and is not encrypted, is not known to happen.
func declaresEncryption(pdf []byte) bool {
	if !bytes.Contains(pdf, []byte("/Encrypt")) { // nearly all files
		return hidesEncryption(pdf)
	}
	for at := 0; at < len(pdf); {
		switch c := pdf[at]; {
		case c == '%':
			at = endOfLine(pdf, at)
		case c == '(':
			at = endOfString(pdf, at)
		case c == '/' && nameAt(pdf, at) == "Encrypt":
			return true
		case c == 's' && bytes.HasPrefix(pdf[at:], []byte("stream")) && behindDict(pdf, at):
			at = endOfStream(pdf, at)
		default:
			at++
		}
	}
	return false
}

// escape is a character of a name that is written as its number (ISO 32000-1, 7.3.5).
var escape = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)

// hidesEncryption finds the name in trailers where it is written with escapes.
func hidesEncryption(pdf []byte) bool {
	const longest = 4096 // bytes of a trailer
	for _, trailer := range bytes.Split(pdf, []byte("trailer"))[1:] {
		trailer, _, _ = bytes.Cut(trailer[:min(len(trailer), longest)], []byte("startxref"))
		plain := escape.ReplaceAllFunc(trailer, func(b []byte) []byte {
			n, _ := strconv.ParseUint(string(b[1:]), 16, 8) // the expression lets nothing else through
			return []byte{byte(n)}
		})
		if bytes.Contains(plain, []byte("/Encrypt")) {
			return true
		}
	}
	return false
}

// behindDict reports whether a dictionary ends in front of at.
func behindDict(pdf []byte, at int) bool {
	const blanks = 16 // bytes that may stand between them
	return bytes.HasSuffix(bytes.TrimRight(pdf[max(0, at-blanks):at], " \t\r\n"), []byte(">>"))
}

// nameAt is the name whose slash is at at, as far as it matters here.
func nameAt(pdf []byte, at int) string {
	name := pdf[at+1 : min(len(pdf), at+1+len("Encrypt")+1)]
	if end := bytes.IndexAny(name, "\x00\t\n\f\r ()<>[]{}/%"); end >= 0 {
		name = name[:end]
	}
	return string(name)
}

func endOfLine(pdf []byte, at int) int {
	if n := bytes.IndexAny(pdf[at:], "\r\n"); n >= 0 {
		return at + n
	}
	return len(pdf)
}

// endOfString is behind the string that begins at at (ISO 32000-1, 7.3.4.2).
func endOfString(pdf []byte, at int) int {
	depth := 0
	for ; at < len(pdf); at++ {
		switch pdf[at] {
		case '\\':
			at++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return at + 1
			}
		}
	}
	return len(pdf)
}

// endOfStream is behind the stream whose keyword is at at: where its length says, if the
// stream does end there, for an embedded PDF may hold the very word.
func endOfStream(pdf []byte, at int) int {
	body := at + len("stream")
	if bytes.HasPrefix(pdf[body:], []byte("\r")) {
		body++
	}
	if bytes.HasPrefix(pdf[body:], []byte("\n")) {
		body++
	}
	if n := lengthBefore(pdf, at); n <= len(pdf)-body {
		if rest := bytes.TrimLeft(pdf[body+n:], "\r\n "); bytes.HasPrefix(rest, []byte("endstream")) {
			return len(pdf) - len(rest) + len("endstream")
		}
	}
	if n := bytes.Index(pdf[body:], []byte("endstream")); n >= 0 {
		return body + n + len("endstream")
	}
	return len(pdf)
}

// maxStreamDict bounds the search for the length of a stream in front of it.
const maxStreamDict = 4096

// lengthBefore is the last number that /Length has in front of at. It may be the number of
// an object that holds the length, or of another stream: the caller looks what is there.
func lengthBefore(pdf []byte, at int) int {
	dict := pdf[max(0, at-maxStreamDict):at]
	last := bytes.LastIndex(dict, []byte("/Length "))
	if last < 0 {
		return 0
	}
	n := 0
	for _, c := range dict[last+len("/Length "):] {
		if c < '0' || c > '9' || n > len(pdf) {
			break
		}
		n = n*10 + int(c-'0')
	}
	return n
}
