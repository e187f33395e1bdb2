package pdfcheck

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"regexp"
	"slices"
)

// Check says why the portal does not take a document; nil: it does.
func Check(content []byte) error {
	trailers, whole := readTrailers(content)
	switch {
	case !takenVersion(content, trailers):
		return errors.New("it is neither a PDF of version 1.1 to 1.7 nor PDF/A")
	case !bytes.Contains(content[max(0, len(content)-1024):], []byte("%%EOF")):
		return errors.New("the end of the PDF is missing")
	case slices.ContainsFunc(trailers, trailer.encrypts) || !whole && mayEncrypt(content):
		return errors.New("the PDF is encrypted")
	}
	return nil
}

// encrypts says whether a trailer tells of encryption (ISO 32000-1, table 15), with a
// password or without.
func (t trailer) encrypts() bool {
	value, has := t.dictionary["Encrypt"]
	return has && string(value) != "null"
}

// mayEncrypt looks for what tells of encryption anywhere in a PDF whose trailers cannot all
// be found: readers repair such files and find it.
func mayEncrypt(content []byte) bool {
	for rest := content; ; {
		at := bytes.Index(rest, []byte("/Encrypt"))
		if at < 0 {
			return false
		}
		rest = rest[at+len("/Encrypt"):]
		if len(rest) > 0 && bytes.IndexByte([]byte(blanks+"<"), rest[0]) >= 0 {
			return true
		}
	}
}

// takenVersion looks at the first line, and at the catalogue, whose version counts where it
// is newer (ISO 32000-1, 7.5.2). PDF/A-1 to 3 are PDF 1.4 and 1.7; of PDF 2.0 only PDF/A-4 is
// PDF/A.
func takenVersion(content []byte, trailers []trailer) bool {
	version, is := bytes.CutPrefix(content[:min(len(content), len("%PDF-1.7"))], []byte("%PDF-"))
	if !is || len(version) != len("1.7") {
		return false
	}
	newest := string(version)
	if own, given := bytes.CutPrefix(catalogue(content, trailers)["Version"], []byte("/")); given {
		newest = max(newest, string(own))
	}
	return newest >= "1.1" && newest <= "1.7" || newest == "2.0" && claimsPDFA4(content)
}

// pdfa4 is the claim in XMP metadata, as an element or as an attribute.
var pdfa4 = regexp.MustCompile(`pdfaid:part\s*(>|=\s*["'])\s*4\s*["'<]`)

// Bounds of what is looked into of metadata: how many places, and bytes at each, packed or not.
const (
	maxMetadata      = 100
	maxMetadataBytes = 1 << 20
)

// claimsPDFA4 looks for the claim in the file as it stands and in packed metadata.
func claimsPDFA4(content []byte) bool {
	if pdfa4.Match(content) {
		return true
	}
	rest := content
	for range maxMetadata {
		at := bytes.Index(rest, []byte("/Metadata"))
		if at < 0 {
			return false
		}
		rest = rest[at+len("/Metadata"):]
		_, body, _ := bytes.Cut(rest[:min(len(rest), maxMetadataBytes)], []byte("stream"))
		if pdfa4.Match(unpacked(bytes.TrimLeft(body, "\r\n"))) {
			return true
		}
	}
	return false
}

// unpacked is what the beginning of packed unpacks to, as far as it can be read.
func unpacked(packed []byte) []byte {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	out, _ := io.ReadAll(io.LimitReader(z, maxMetadataBytes)) // what follows it is not packed
	return out
}
