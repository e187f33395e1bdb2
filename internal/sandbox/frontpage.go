package sandbox

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// A4 in points, and how the front page is laid out on it.
const (
	paperWidth    = 595
	paperHeight   = 842
	paperMargin   = 60
	lineHeight    = 16
	linesPerPage  = 42
	columnsOfText = 88
)

// winAnsi holds the characters outside Latin-1 that the PDF standard fonts can show
// (ISO 32000-1, annex D.2).
var winAnsi = map[rune]byte{
	'€': 0x80, '‚': 0x82, '„': 0x84, '…': 0x85, 'Š': 0x8a, 'Œ': 0x8c, 'Ž': 0x8e,
	'‘': 0x91, '’': 0x92, '“': 0x93, '”': 0x94, '•': 0x95, '–': 0x96, '—': 0x97,
	'š': 0x9a, 'œ': 0x9c, 'ž': 0x9e, 'Ÿ': 0x9f,
}

// textPDF makes a PDF of headed text in Helvetica, on as many A4 pages as it needs. A
// line that begins with "# " is printed bold.
func textPDF(lines []string) []byte {
	lines = fold(lines)
	var w pdfWriter
	w.buf.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	pages := (len(lines) + linesPerPage - 1) / linesPerPage
	var kids []string
	for i := range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", 5+2*i))
	}
	w.object("<</Type/Catalog/Pages 2 0 R>>")
	w.object(fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", pages, strings.Join(kids, " ")))
	w.object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
	w.object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>")
	for i := range pages {
		content := textContent(lines[i*linesPerPage : min(len(lines), (i+1)*linesPerPage)])
		w.object(fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]"+
			"/Resources<</Font<</F1 3 0 R/F2 4 0 R>>>>/Contents %d 0 R>>", paperWidth, paperHeight, 6+2*i))
		w.object(fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content))
	}
	return w.finish()
}

func textContent(lines []string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "BT %d TL %d %d Td\n", lineHeight, paperMargin, paperHeight-paperMargin)
	for _, line := range lines {
		font := "/F1 10 Tf"
		if text, head := strings.CutPrefix(line, "# "); head {
			font, line = "/F2 12 Tf", text
		}
		fmt.Fprintf(&b, "%s (%s) Tj T*\n", font, pdfText(line))
	}
	b.WriteString("ET")
	return b.Bytes()
}

// fold breaks lines that are too long for the page, between words where it can; what is
// carried over is indented.
func fold(lines []string) []string {
	const indent = "    "
	var out []string
	for _, line := range lines {
		rest, margin := []rune(line), ""
		for len(margin)+len(rest) > columnsOfText {
			cut := columnsOfText - len(margin)
			if space := lastSpace(rest[:cut]); space > 0 {
				cut = space
			}
			out = append(out, margin+string(rest[:cut]))
			rest, margin = []rune(strings.TrimLeft(string(rest[cut:]), " ")), indent
		}
		out = append(out, margin+string(rest))
	}
	return out
}

func lastSpace(text []rune) int {
	for i, r := range slices.Backward(text) {
		if r == ' ' {
			return i
		}
	}
	return -1
}

// pdfText is a text as the inside of a PDF literal string in WinAnsiEncoding; what that
// cannot show becomes a question mark.
func pdfText(text string) []byte {
	var b bytes.Buffer
	for _, r := range text {
		code, known := winAnsi[r]
		switch {
		case known:
			b.WriteByte(code)
		case r == '(' || r == ')' || r == '\\':
			b.WriteByte('\\')
			b.WriteByte(byte(r))
		case r >= ' ' && r <= '~', r >= 0xa0 && r <= 0xff:
			b.WriteByte(byte(r))
		default:
			b.WriteByte('?')
		}
	}
	return b.Bytes()
}

// pdfWriter collects numbered objects and remembers where each begins.
type pdfWriter struct {
	buf     bytes.Buffer
	offsets []int
}

// object writes the next object; numbers begin at 1.
func (w *pdfWriter) object(body string) {
	w.offsets = append(w.offsets, w.buf.Len())
	fmt.Fprintf(&w.buf, "%d 0 obj\n%s\nendobj\n", len(w.offsets), body)
}

// finish writes the cross-reference table and the trailer; object 1 is the catalog.
func (w *pdfWriter) finish() []byte {
	start := w.buf.Len()
	fmt.Fprintf(&w.buf, "xref\n0 %d\n0000000000 65535 f \n", len(w.offsets)+1)
	for _, at := range w.offsets {
		fmt.Fprintf(&w.buf, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&w.buf, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(w.offsets)+1, start)
	return w.buf.Bytes()
}
