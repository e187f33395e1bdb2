package pdfprep

import (
	"bytes"
	"regexp"
	"strconv"
)

// encrypt is the name of a trailer's entry that says that the file is encrypted (ISO 32000-1,
// table 15).
const encrypt = "Encrypt"

// declaresEncryption reports whether the name /Encrypt stands anywhere outside streams,
// strings and comments. The library misses the entry where it holds the dictionary itself
// and in trailers that it does not read. That any object at all has an entry of that name
// and is not encrypted, is not known to happen.
func declaresEncryption(pdf []byte) bool {
	if !bytes.Contains(pdf, []byte("/"+encrypt)) && !escapesEncryption(pdf) { // nearly all files
		return false
	}
	lastStream := bytes.LastIndex(pdf, []byte("endstream"))
	for at := 0; at < len(pdf); {
		switch c := pdf[at]; {
		case c == '%':
			at = endOfLine(pdf, at)
		case c == '(':
			at = endOfString(pdf, at)
		case c == '/' && nameAt(pdf, at) == encrypt:
			return true
		case c == 's' && at < lastStream && bytes.HasPrefix(pdf[at:], []byte("stream")) && behindDict(pdf, at):
			at = endOfStream(pdf, at)
		default:
			at++
		}
	}
	return false
}

// escapesEncryption reports whether the name is anywhere written with escapes: characters by
// their numbers (ISO 32000-1, 7.3.5).
func escapesEncryption(pdf []byte) bool {
	for at := 0; ; at++ {
		n := bytes.IndexByte(pdf[at:], '#')
		if n < 0 {
			return false
		}
		at += n
		from := max(0, at-longestName)
		if slash := bytes.LastIndexByte(pdf[from:at], '/'); slash >= 0 && nameAt(pdf, from+slash) == encrypt {
			return true
		}
	}
}

// behindDict reports whether a dictionary ends in front of at.
func behindDict(pdf []byte, at int) bool {
	const blanks = 16 // bytes that may stand between them
	return bytes.HasSuffix(bytes.TrimRight(pdf[max(0, at-blanks):at], " \t\r\n"), []byte(">>"))
}

// longestName is how long the name is when all of it is written with escapes, in bytes.
const longestName = len(encrypt) * len("#45")

// escape is one of them.
var escape = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)

// nameAt is the name whose slash is at at, as far as it matters here.
func nameAt(pdf []byte, at int) string {
	name := pdf[at+1 : min(len(pdf), at+1+longestName+1)]
	if end := bytes.IndexAny(name, "\x00\t\n\f\r ()<>[]{}/%"); end >= 0 {
		name = name[:end]
	}
	return string(escape.ReplaceAllFunc(name, func(b []byte) []byte {
		n, _ := strconv.ParseUint(string(b[1:]), 16, 8) // the expression lets nothing else through
		return []byte{byte(n)}
	}))
}

func endOfLine(pdf []byte, at int) int {
	if n := bytes.IndexAny(pdf[at:], "\r\n"); n >= 0 {
		return at + n
	}
	return len(pdf)
}

// endOfString is behind the string that begins at at (ISO 32000-1, 7.3.4.2). What opens one
// and does not end it before the object does is none.
func endOfString(pdf []byte, at int) int {
	depth := 0
	for ; at < len(pdf); at++ {
		switch pdf[at] {
		case '\\':
			at++
		case 'e', 't':
			if bytes.HasPrefix(pdf[at:], []byte("endobj")) || bytes.HasPrefix(pdf[at:], []byte("trailer")) {
				return at
			}
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
