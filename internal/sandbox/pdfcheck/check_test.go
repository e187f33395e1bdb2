package pdfcheck

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"
)

// plainPDF is a PDF 1.4. Its catalogue and its text have room for as many bytes of something
// else, with which its table stays right.
const plainPDF = "%PDF-1.4\n1 0 obj\n<</Type/Catalog             >>\nendobj\n2 0 obj\n(a text that says nothing of any importance)\nendobj\n" +
	"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000055 00000 n \ntrailer\n<</Size 3/Root 1 0 R>>\nstartxref\n115\n%%EOF\n"

// streamTables is a PDF whose tables are streams, the first with something more in it.
func streamTables(more string) string {
	first := "%PDF-1.5\n1 0 obj\n<</Type/XRef/Size 1/W[1 1 1]/Length 3/ID[(a\\)) <62>]" + more + "/Root 9 0 R>>\nstream\n000\nendstream\nendobj\nstartxref\n9\n%%EOF\n"
	return fmt.Sprintf("%s2 0 obj %% a comment\n<</Prev 9/Type /XRef/Size 2/Info<</Title(Encrypt)>>/Root 9 0 R>>\nstream\nendstream\nendobj\nstartxref\n%d\n%%%%EOF", first, len(first))
}

// edited replaces a text, which must be there.
func edited(pdf, old, new string) string {
	if !strings.Contains(pdf, old) {
		panic("nothing to replace: " + old)
	}
	return strings.Replace(pdf, old, new, 1)
}

// updated is a PDF with an empty update behind it, whose trailer says nothing new.
func updated(pdf string) string {
	return fmt.Sprintf("%sxref\n0 0\ntrailer\n<</Size 9/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", pdf, strings.LastIndex(pdf, "\nxref")+1, len(pdf))
}

func TestCheck(t *testing.T) {
	encrypted := edited(plainPDF, "<</Size", "<</Encrypt 9 0 R/Size")
	for _, test := range []struct{ name, pdf, fault string }{
		{"plain", plainPDF, ""},
		{"not a PDF", "<html></html> and so on", "version"},
		{"nothing", "", "version"},
		{"something before it", "\n" + plainPDF, "version"},
		{"version 1.0", edited(plainPDF, "%PDF-1.4", "%PDF-1.0"), "version"},
		{"version 2.0", edited(plainPDF, "%PDF-1.4", "%PDF-2.0"), "version"},
		{"version 2.0 by its catalogue", edited(plainPDF, "/Type/Catalog             ", "/Version/2.0/Type /Catalog"), "version"},
		{"version 1.7 by its catalogue", edited(plainPDF, "/Catalog             ", "/Catalog/Version /1.7"), ""},
		{"half", plainPDF[:len(plainPDF)-20], "end"},
		{"blank lines at the end", plainPDF + "\r\n\r\n", ""},
		{"encrypted", encrypted, "encrypted"},
		{"encrypted, the name disguised", edited(plainPDF, "<</Size", "<</#45ncr#79pt<</Filter/Standard>>/Size"), "encrypted"},
		{"encrypted, its tables streams", streamTables("/Encrypt<</V 5>>"), "encrypted"},
		{"encrypted, damaged", edited(encrypted, "startxref\n", "startxref\n9"), "encrypted"},
		{"encrypted, updated", updated(encrypted), "encrypted"},
		{"updated", updated(plainPDF), ""},
		{"tables that are streams, updated", streamTables(""), ""},
		{"no encryption, in so many words", edited(plainPDF, "<</Size", "<</Encrypt null/Size"), ""},
		{"about encryption", edited(plainPDF, "a text that says nothing of any importance", "/Encrypt 9 0 R trailer  <</Encrypt 9 0 R>>"), ""},
	} {
		err := Check([]byte(test.pdf))
		if (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
			t.Errorf("%s: %v, want %q", test.name, err, test.fault)
		}
	}
}

func TestVersionsThatAreTaken(t *testing.T) {
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
		if err := Check([]byte(pdf)); (err == nil) != test.taken {
			t.Errorf("PDF %s with %q: %v", test.version, test.metadata, err)
		}
	}
}
