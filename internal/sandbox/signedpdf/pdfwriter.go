package signedpdf

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"sync"
	"unicode/utf16"
)

// pdfWriter collects numbered objects and remembers where each begins. Object 1 is the
// catalog.
type pdfWriter struct {
	buf     bytes.Buffer
	offsets []int // of object i+1
}

func newPDFWriter() *pdfWriter {
	w := &pdfWriter{}
	w.buf.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	return w
}

// object writes the next object and returns its number.
func (w *pdfWriter) object(body string) int {
	n := w.reserve()
	w.fill(n, body)
	return n
}

// reserve takes a number for an object that fill writes later.
func (w *pdfWriter) reserve() int {
	w.offsets = append(w.offsets, 0)
	return len(w.offsets)
}

func (w *pdfWriter) fill(n int, body string) {
	w.offsets[n-1] = w.buf.Len()
	fmt.Fprintf(&w.buf, "%d 0 obj\n%s\nendobj\n", n, body)
}

func (w *pdfWriter) stream(content []byte) int { return w.packedStream(packed(content)) }

// packedStream writes a stream that was packed before.
func (w *pdfWriter) packedStream(content []byte) int {
	return w.object(fmt.Sprintf("<</Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", len(content), content))
}

// packers are used again: each takes a megabyte.
var packers = sync.Pool{New: func() any { return zlib.NewWriter(nil) }}

func packed(content []byte) []byte {
	var b bytes.Buffer
	z := packers.Get().(*zlib.Writer)
	defer packers.Put(z)
	z.Reset(&b)
	z.Write(content) // into memory: it cannot fail
	z.Close()
	return b.Bytes()
}

// finish writes the document's title, the cross-reference table and the trailer.
func (w *pdfWriter) finish(title string) []byte {
	info := w.object("<</Title" + pdfString(title) + ">>")
	start := w.buf.Len()
	fmt.Fprintf(&w.buf, "xref\n0 %d\n0000000000 65535 f \n", len(w.offsets)+1)
	for _, at := range w.offsets {
		fmt.Fprintf(&w.buf, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&w.buf, "trailer\n<</Size %d/Root 1 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(w.offsets)+1, info, start)
	return w.buf.Bytes()
}

// pdfString is a text string (ISO 32000-1, 7.9.2.2).
func pdfString(text string) string {
	b := []byte{0xfe, 0xff}
	for _, half := range utf16.Encode([]rune(text)) {
		b = append(b, byte(half>>8), byte(half))
	}
	return "<" + hex.EncodeToString(b) + ">"
}
