package signedpdf

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// What the library does not like about a document, but readers do not mind, is left out of
// the signed one.
func TestOddDocumentsAreMerged(t *testing.T) {
	page := string(samplePage("page"))
	for name, odd := range map[string]string{
		"newer than its version": strings.NewReplacer("%PDF-1.7", "%PDF-1.1", "/Catalog", "/Catalog/Lang(nb)/MarkInfo<</Marked true>>").Replace(page),
		"PDF 2.0":                strings.NewReplacer("%PDF-1.7", "%PDF-2.0", "/Catalog", "/Catalog/AF[]").Replace(page),
		"a damaged bookmark":     strings.Replace(page, "/Catalog", "/Catalog/Outlines<</First<</Title 7>>>>", 1),
		"pages called otherwise": strings.Replace(page, "/Type/Pages", "/Type/Pagez", 1),
		"a damaged annotation":   strings.Replace(page, "/Type/Page/", "/Annots[<</Subtype/Redact/Rect(no)>>]/Type/Page/", 1),
	} {
		pdf, err := merged([]byte(odd))
		if err != nil || bytes.Count(pdf, []byte("/MediaBox")) != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := merged([]byte("%PDF-1.4 %%EOF")); err == nil {
		t.Error("a document without pages was merged")
	}
}

// merged puts a document behind a small front page.
func merged(document []byte) ([]byte, error) {
	job := sampleJob(1, document)
	return merge(job, frontPage(job), contents(job), nil)
}

// What the library cannot read was signed all the same: a page says so, and the
// file is embedded as it came.
func TestAnUnreadableDocumentIsEmbedded(t *testing.T) {
	page := string(samplePage("x"))
	for name, broken := range map[string]string{
		"a page without a size":                            strings.Replace(page, "/MediaBox[0 0 595 842]", "", 1),
		"a page tree in a ring":                            strings.Replace(page, "/Kids[3 0 R]", "/Kids[2 0 R]", 1),
		"an object stream that is said to stand in itself": packedInItself,
	} {
		t.Run(name, func(t *testing.T) { unreadableIsEmbedded(t, []byte(broken)) })
	}
}

// packedInItself lets the library panic.
const packedInItself = "%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Count 0/Kids[]>>\nendobj\n" +
	"3 0 obj\n<</Type/XRef/Size 5/W[1 1 1]/Root 1 0 R/Length 15>>\nstream\n\x00\x00\x00\x01\x09\x00\x01\x36\x00\x01\x64\x00\x02\x04\x00\nendstream\nendobj\nstartxref\n100\n%%EOF\n"

func unreadableIsEmbedded(t *testing.T, broken []byte) {
	pdf := made(t, sampleJob(1, samplePage("page"), broken), SealAlone)
	dir := folderOf(t, pdf)
	judge(t, dir, "qpdf", "--check", "a.pdf")
	judge(t, dir, "pdfdetach", "-saveall", "a.pdf")
	if embedded, err := os.ReadFile(filepath.Join(dir, "document-2.pdf")); err != nil || !bytes.Equal(embedded, broken) {
		t.Errorf("the document is not embedded: %v", err)
	}
	if text := textOf(t, pdf); !strings.Contains(text, "The pages of document 2 cannot be shown") || !strings.Contains(text, "page 3 of 3") {
		t.Errorf("the pages say\n%s", text)
	}
}

// A document that was signed before comes as pages: its signatures would be broken ones of
// the signed PDF, and its fields would be fields of it.
func TestSignaturesOfDocumentsStayBehind(t *testing.T) {
	signed := samplePage("page")
	for range 3 {
		signed = made(t, sampleJob(1, signed), SealAlone)
	}
	if report := judge(t, folderOf(t, signed), "pdfsig", "-nocert", "a.pdf"); strings.Count(report, "Signature #") != 1 {
		t.Errorf("pdfsig sees another signature:\n%s", report)
	}
	if pages := strings.Count(textOf(t, signed), "\f"); pages != 4 {
		t.Errorf("%d pages, want three front pages and the page", pages)
	}
}

// What is made is no PDF/A, and does not pass the claim of a document on.
func TestNoFalseClaimOfPDFA(t *testing.T) {
	const claim = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="1" pdfaid:conformance="B"/></rdf:RDF></x:xmpmeta>`
	document := rawPDF("<</Type/Catalog/Pages 2 0 R/Metadata 4 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>",
		streamOf("/Type/Metadata/Subtype/XML", claim))
	if signed := made(t, sampleJob(1, document), SealAlone); bytes.Contains(signed, []byte("pdfaid")) || bytes.Contains(signed, []byte("/Metadata")) {
		t.Error("the signed document claims to be PDF/A")
	}
}

// A job of the largest size takes memory by its size.
func TestLargeDocumentsAreMadeWithinBounds(t *testing.T) {
	noise := make([]byte, 10<<20)
	rand.Read(noise) // never fails
	document := rawPDF("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I 4 0 R>>>>>>",
		streamOf("/Type/XObject/Subtype/Form/BBox[0 0 1 1]", string(noise)))
	job := sampleJob(1, document)
	testSealer() // before memory is measured
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	pdf := made(t, job, SealAlone)
	runtime.ReadMemStats(&after)
	if len(pdf) < len(document) {
		t.Fatalf("%d bytes", len(pdf))
	}
	sum := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d bytes were allocated in all for a document of %d", sum, len(document))
	if sum > 20*uint64(len(document)) {
		t.Error("that is not bounded by its size")
	}
}
