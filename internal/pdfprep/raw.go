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
	switch at := bytes.Index(pdf[:min(len(pdf), junkWindow)], []byte(header)); {
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

// sizeEntry is a trailer's number of objects (ISO 32000-1, table 15), where it has enough digits
// to matter, or the size of an embedded file.
var sizeEntry = regexp.MustCompile(`/Size\s*(\d{7,})`)

// claimsTooMany reports whether a trailer claims more objects than are believed. The library
// puts the number right where it is wrong.
func claimsTooMany(pdf []byte) bool {
	for _, at := range sizeEntry.FindAllSubmatchIndex(pdf, -1) {
		size, err := strconv.Atoi(string(pdf[at[2]:at[3]]))
		if (err != nil || size > maxObjects) && bytes.Contains(around(pdf, at[0]), []byte("/Root")) { // of all with a size, trailers alone have it
			return true
		}
	}
	return false
}

// around is the object or trailer that at is in, as far as it matters here.
func around(pdf []byte, at int) []byte {
	const longest = 4096 // bytes of a trailer on either side
	before, after := pdf[max(0, at-longest):at], pdf[at:min(len(pdf), at+longest)]
	if start := max(bytes.LastIndex(before, []byte("obj")), bytes.LastIndex(before, []byte("trailer"))); start >= 0 {
		before = before[start:]
	}
	if end := bytes.Index(after, []byte("stream")); end >= 0 { // or endstream
		after = after[:end]
	}
	return append(bytes.Clone(before), after...)
}

// rootEntry is a trailer's reference to the catalogue.
var rootEntry = regexp.MustCompile(`/Root\s+(\d+)\s+\d+\s+R`)

// namesRoot reports whether there is a trailer, and the last one that names a catalogue names
// object root. Else what is the document is a guess: the library takes any catalogue that
// it finds, and most readers take none.
func namesRoot(pdf []byte, root int) bool {
	if !bytes.Contains(pdf, []byte("trailer")) { // few make a table anew where a stream is the trailer
		return false
	}
	all := rootEntry.FindAllSubmatch(pdf, -1)
	return len(all) > 0 && string(all[len(all)-1][1]) == strconv.Itoa(root)
}
