package pdfprep

import (
	"bytes"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// maxMetadata bounds what is read of a document's metadata, in bytes.
const maxMetadata = 1 << 20

// pdfaNamespace is the name space of the claim to be PDF/A (ISO 19005-1, 6.7.11).
const pdfaNamespace = "http://www.aiim.org/pdfa/ns/id/"

// pdfaClaim is the part and level of PDF/A that the metadata claims: "1b", "2u", "4"; empty
// where it claims none. Whether the claim is true is not looked into.
func pdfaClaim(doc *model.Context) string {
	root, err := doc.Catalog()
	if err != nil {
		return ""
	}
	metadata, err := doc.Dereference(root["Metadata"])
	if err != nil {
		return ""
	}
	stream, ok := metadata.(types.StreamDict)
	if !ok {
		return ""
	}
	return claimIn(beginning(&stream, maxMetadata))
}

// claimIn finds the claim in XMP, written as elements or as attributes. XMP that is not
// quite XML is common, and no reason to miss it.
func claimIn(xmp []byte) string {
	prefix := prefixOf(xmp, pdfaNamespace)
	if prefix == "" {
		return ""
	}
	part := property(xmp, prefix+":part")
	if len(part) != 1 || part[0] < '1' || part[0] > '4' {
		return ""
	}
	level := strings.ToLower(property(xmp, prefix+":conformance"))
	if len(level) != 1 || !strings.Contains("abuef", level) {
		level = ""
	}
	return part + level
}

// prefixOf is the prefix that a name space is bound to.
func prefixOf(xmp []byte, namespace string) string {
	at := bytes.Index(xmp, []byte(namespace))
	if at < 0 {
		return ""
	}
	before := bytes.TrimRight(xmp[:at], " \t\r\n=\"'")
	start := bytes.LastIndex(before, []byte("xmlns:"))
	if start < 0 || len(before)-start > 100 {
		return ""
	}
	return string(before[start+len("xmlns:"):])
}

// property is the value of name="value" or <name>value</name>.
func property(xmp []byte, name string) string {
	for rest := xmp; ; {
		at := bytes.Index(rest, []byte(name))
		if at < 0 {
			return ""
		}
		rest = rest[at+len(name):]
		value := bytes.TrimLeft(rest, " \t\r\n=>\"'")
		if end := bytes.IndexAny(value[:min(len(value), 100)], "\"'<"); end >= 0 && len(value) < len(rest) {
			return strings.TrimSpace(string(value[:end]))
		}
	}
}
