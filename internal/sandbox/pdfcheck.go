package sandbox

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"regexp"
)

// checkPDF is what can be told without reading the whole structure: a version from 1.1 to
// 1.7 or PDF/A, an end, and no encryption (portal-api.md, "Documents").
func checkPDF(content []byte) error {
	switch {
	case !takenVersion(content):
		return errors.New("it is neither a PDF of version 1.1 to 1.7 nor PDF/A")
	case !bytes.Contains(content[max(0, len(content)-1024):], []byte("%%EOF")):
		return errors.New("the end of the PDF is missing")
	}
	for rest := content; ; {
		at := bytes.Index(rest, []byte("/Encrypt"))
		if at < 0 {
			return nil
		}
		rest = rest[at+len("/Encrypt"):]
		if len(rest) > 0 && bytes.IndexByte([]byte(" \t\r\n<"), rest[0]) >= 0 {
			return errors.New("the PDF is encrypted")
		}
	}
}

// takenVersion looks at the first line. PDF/A-1 to 3 are PDF 1.4 and 1.7; of PDF 2.0 only
// PDF/A-4 is PDF/A.
func takenVersion(content []byte) bool {
	const header = "%PDF-1.7"
	if len(content) < 2*len(header) {
		return false
	}
	line := string(content[:len(header)])
	return line >= "%PDF-1.1" && line <= "%PDF-1.7" || line == "%PDF-2.0" && claimsPDFA4(content)
}

// pdfa4 is the claim in XMP metadata, as an element or as an attribute.
var pdfa4 = regexp.MustCompile(`pdfaid:part\s*(>|=\s*["'])\s*4\s*["'<]`)

// claimsPDFA4 looks for the claim in the file as it stands and in packed metadata.
func claimsPDFA4(content []byte) bool {
	if pdfa4.Match(content) {
		return true
	}
	for rest := content; ; {
		at := bytes.Index(rest, []byte("/Metadata"))
		if at < 0 {
			return false
		}
		rest = rest[at+len("/Metadata"):]
		_, body, _ := bytes.Cut(rest[:min(len(rest), maxXMLBytes)], []byte("stream"))
		if pdfa4.Match(unpacked(bytes.TrimLeft(body, "\r\n"))) {
			return true
		}
	}
}

// unpacked is what the beginning of packed unpacks to, as far as it can be read.
func unpacked(packed []byte) []byte {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	out, _ := io.ReadAll(io.LimitReader(z, maxXMLBytes)) // what follows it is not packed
	return out
}
