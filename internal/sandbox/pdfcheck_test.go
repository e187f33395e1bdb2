package sandbox

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"
)

func TestPDFVersionsThatAreTaken(t *testing.T) {
	const claim = `<rdf:Description xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>4</pdfaid:part></rdf:Description>`
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write([]byte(claim))
	z.Close()
	for _, test := range []struct {
		version, metadata string
		taken             bool
	}{
		{"1.0", "", false}, {"1.1", "", true}, {"1.7", "", true}, {"1.8", "", false}, {"2.0", "", false}, {"3.0", claim, false},
		{"2.0", claim, true},
		{"2.0", `<rdf:Description pdfaid:part='4' pdfaid:conformance="F"/>`, true},
		{"2.0", packed.String(), true},
		{"2.0", strings.Replace(claim, "4", "2", 1), false},
		{"2.0", "<dc:title>PDF/A-4, pdfaid:part, 4</dc:title>", false},
	} {
		pdf := fmt.Sprintf("%%PDF-%s\n1 0 obj\n<</Type/Metadata/Length %d>>\nstream\n%s\nendstream\nendobj\n%%%%EOF\n", test.version, len(test.metadata), test.metadata)
		if err := checkPDF([]byte(pdf)); (err == nil) != test.taken {
			t.Errorf("PDF %s with %q: %v", test.version, test.metadata, err)
		}
	}
}
