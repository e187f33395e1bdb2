package sandbox

import (
	"bytes"
	"fmt"
	"strings"
)

// textPDF is a plain A4 page with lines of Latin-1 text.
func textPDF(lines []string) []byte {
	var text bytes.Buffer
	text.WriteString("BT 16 TL 60 782 Td /F1 10 Tf\n")
	for _, line := range lines {
		text.WriteString("(")
		for _, r := range line {
			text.WriteByte(byte(r))
		}
		text.WriteString(") Tj T*\n")
	}
	text.WriteString("ET")
	return samplePDF("/MediaBox[0 0 595 842]", text.String())
}

// samplePDF is a PDF of one page with these entries and this content, and Helvetica as F1.
func samplePDF(entries, content string) []byte {
	return rawPDF("<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Count 1/Kids[4 0 R]>>",
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
		"<</Type/Page/Parent 2 0 R"+entries+"/Resources<</Font<</F1 3 0 R>>>>/Contents 5 0 R>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content))
}

// rawPDF is a PDF 1.4 of these objects, of which the first is the catalog.
func rawPDF(objects ...string) []byte {
	var b, table strings.Builder
	b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	for i, o := range objects {
		fmt.Fprintf(&table, "%010d 00000 n \n", b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n",
		len(objects)+1, &table, len(objects)+1, start)
	return []byte(b.String())
}
