package pdfcheck

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzCheck(f *testing.F) {
	f.Add([]byte(plainPDF))
	f.Add([]byte(streamTables("/Encrypt<</V 5>>")))
	f.Add([]byte("%PDF-2.0\n<pdfaid:part>4<\n1 0 obj<</#45ncrypt(\\))/A[<<>>]>>\nxref\n0 1\n0000000009 00000 n \ntrailer<</Root 0 0 R/Prev 9/XRefStm 9>>startxref 9 %%EOF"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := Check(content); err == nil && !bytes.HasPrefix(content, []byte("%PDF-")) {
			t.Error("something else is taken as a PDF")
		}
	})
}

// What repeats itself is found to be what it is, at once. (What would take the square of its
// size would not end within the time of a test.)
func TestHostilePDFs(t *testing.T) {
	const size = 10 << 20 / 4
	for _, part := range []string{"(", "<<", "[", "/A ", "%\n", "/#41", "<<</A", "/Prev 9", "startxref 0 ", "0 0 obj", "xref 0 1", "0 0\n", "trailer<</A("} {
		many := strings.Repeat(part, size/len(part))
		for pdf, damaged := range map[string]bool{
			"%PDF-1.7\n" + many + "\nstartxref\n9\n%%EOF":                           true,
			"%PDF-1.7\nxref\n" + many + "\ntrailer\n<<>>startxref\n9\n%%EOF":        part == "trailer<</A(",
			"%PDF-1.7\nxref\ntrailer\n<</A " + many + ">>\nstartxref\n9\n%%EOF":     true,
			"%PDF-1.7\nxref\n0 9\ntrailer\n<</A(" + many + ")>>\nstartxref\n9%%EOF": true,
		} {
			if err := Check([]byte(pdf)); err != nil {
				t.Errorf("%s: %v", part, err)
			}
			if err := Check([]byte(pdf + "/Encrypt 1 0 R %%EOF")); (err != nil) != damaged {
				t.Errorf("%s: with what looks like encryption: %v", part, err)
			}
		}
	}
	if err := Check([]byte("%PDF-2.0\n" + strings.Repeat("/Metadata stream\n", size/20) + "%%EOF")); err == nil {
		t.Error("PDF 2.0 is taken for PDF/A")
	}
}
