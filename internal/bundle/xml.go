package bundle

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// xmlWriter writes XML in the form of Canonical XML 1.0 (REC-xml-c14n-20010315):
// start and end tags always, characters escaped as §2.3 says, no space of its own. The
// caller gives attributes in canonical order: namespaces first, then by name.
type xmlWriter struct {
	bytes.Buffer
	err error // the first text that XML cannot carry
}

// The characters that Canonical XML 1.0 §2.3 writes as references, in text and in
// attribute values. What must survive the reader's normalization of line ends and
// attribute values is among them.
var (
	textEscapes      = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")
	attributeEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;")
)

// open writes a start tag. attributes are names and values in turn.
func (w *xmlWriter) open(name string, attributes ...string) {
	w.write("<", name)
	for i := 0; i < len(attributes); i += 2 {
		w.check(name, attributes[i+1])
		w.write(" ", attributes[i], `="`, attributeEscapes.Replace(attributes[i+1]), `"`)
	}
	w.write(">")
}

func (w *xmlWriter) close(name string) { w.write("</", name, ">") }

func (w *xmlWriter) write(parts ...string) {
	for _, part := range parts {
		w.WriteString(part)
	}
}

// element writes an element that holds only text.
func (w *xmlWriter) element(name, text string, attributes ...string) {
	w.open(name, attributes...)
	w.check(name, text)
	w.WriteString(textEscapes.Replace(text))
	w.close(name)
}

// check keeps the first element whose text XML 1.0 §2.2 has no way to write.
func (w *xmlWriter) check(name, text string) {
	if w.err == nil && !carries(text) {
		w.err = fmt.Errorf("%s holds a character that XML cannot carry", name)
	}
}

func carries(text string) bool {
	for i, r := range text {
		switch {
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return false // not UTF-8
			}
		case r == '\t' || r == '\n' || r == '\r':
		case r < ' ' || r == 0xFFFE || r == 0xFFFF:
			return false
		}
	}
	return true
}
