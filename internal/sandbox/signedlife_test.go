package sandbox

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// While others have not signed yet, the document is offered with what there is; it is
// another file after the next signature.
func TestPartialDocuments(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	id := c.create("ref-1", newBundle(signers(1, 2)))
	offered := func(status, statuses string) string {
		m := c.wantChange(status, statuses)
		c.confirm(m)
		return textOf(t, c.get(m.PAdES).want(t, http.StatusOK).body)
	}
	c.act(id, 1, "sign", http.StatusOK)
	partial := offered("IN_PROGRESS", "SIGNED WAITING")
	for _, want := range []string{"1 of 2", "Åse Prøve, 01817299990", "Not signed yet: 1 more"} {
		if !strings.Contains(partial, want) {
			t.Errorf("the partial document does not say %q:\n%s", want, partial)
		}
	}
	if strings.Contains(partial, "01817299991") {
		t.Errorf("the partial document names one who has not signed:\n%s", partial)
	}
	c.running.Sandbox.options.LongTermStorage = true // the document can still be fetched after its confirmation
	c.act(id, 2, "sign", http.StatusOK)
	final := offered("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED")
	if !strings.Contains(final, "2 of 2") || !strings.Contains(final, "01817299991") || strings.Contains(final, "Not signed") {
		t.Errorf("the final document says\n%s", final)
	}
}

// What the library cannot read was signed all the same: a page says so, and the
// file is embedded as it came.
func TestAnUnreadableDocumentIsEmbedded(t *testing.T) {
	page := string(textPDF([]string{"x"}))
	for name, broken := range map[string]string{
		"a page without a size":                            strings.Replace(page, "/MediaBox[0 0 595 842]", "", 1),
		"a page tree in a ring":                            strings.Replace(page, "/Kids[4 0 R]", "/Kids[2 0 R]", 1),
		"an object stream that is said to stand in itself": packedInItself,
	} {
		t.Run(name, func(t *testing.T) { unreadableIsEmbedded(t, []byte(broken)) })
	}
}

// packedInItself lets the library panic.
const packedInItself = "%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Count 0/Kids[]>>\nendobj\n" +
	"3 0 obj\n<</Type/XRef/Size 5/W[1 1 1]/Root 1 0 R/Length 15>>\nstream\n\x00\x00\x00\x01\x09\x00\x01\x36\x00\x01\x64\x00\x02\x04\x00\nendstream\nendobj\nstartxref\n100\n%%EOF\n"

func unreadableIsEmbedded(t *testing.T, broken []byte) {
	judge(t, "pdfdetach", "poppler-utils")
	judge(t, "qpdf", "qpdf")
	b := newBundle(strings.Replace(signers(1), "</documents>",
		`<document href="appendix.pdf" mime="application/pdf"><title>Vedlegg</title></document></documents>`, 1))
	b.documents = append(b.documents, namedFile{"appendix.pdf", broken})
	c := start(t, Options{NoLimits: true})
	c.create("ref-1", b)
	c.running.Sandbox.Advance(0)
	dir := t.TempDir()
	pdf := c.get(c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED").PAdES).want(t, http.StatusOK).body
	if err := os.WriteFile(filepath.Join(dir, "signed.pdf"), pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "qpdf", "--check", "signed.pdf")
	run(t, dir, "pdfdetach", "-saveall", "signed.pdf")
	if embedded, err := os.ReadFile(filepath.Join(dir, "document-2.pdf")); err != nil || !bytes.Equal(embedded, broken) {
		t.Errorf("the document is not embedded: %v", err)
	}
	if text := textOf(t, pdf); !strings.Contains(text, "The pages of document 2 cannot be shown") || !strings.Contains(text, "page 3 of 3") {
		t.Errorf("the pages say\n%s", text)
	}
}

// The sandbox makes no PDF/A, and does not pass the claim of a document on.
func TestNoFalseClaimOfPDFA(t *testing.T) {
	const claim = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="1" pdfaid:conformance="B"/></rdf:RDF></x:xmpmeta>`
	document := rawPDF("<</Type/Catalog/Pages 2 0 R/Metadata 4 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>",
		fmt.Sprintf("<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n%s\nendstream", len(claim), claim))
	if signed := assembled(t, document); bytes.Contains(signed, []byte("pdfaid")) || bytes.Contains(signed, []byte("/Metadata")) {
		t.Error("the signed document claims to be PDF/A")
	}
}

// A job of the largest size takes memory by its size.
func TestLargeDocumentsAreMadeWithinBounds(t *testing.T) {
	s, err := New(Options{PKI: testPKI()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	noise := bytes.Repeat(testPKI().Root.Raw, maxBundleBytes/len(testPKI().Root.Raw)-100)
	j := sampleJob(1, 1)
	j.documents[0].name = "a.pdf"
	document := rawPDF("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I 4 0 R>>>>>>",
		fmt.Sprintf("<</Type/XObject/Subtype/Form/BBox[0 0 1 1]/Length %d>>\nstream\n%s\nendstream", len(noise), noise))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	pdf, err := s.assemble(j, jobView{}, [][]byte{document}, nil)
	if err == nil {
		pdf, err = s.sealInStyle(pdf, jobView{}, j.created)
	}
	runtime.ReadMemStats(&after)
	if err != nil || len(pdf) < len(document) {
		t.Fatalf("%d bytes, %v", len(pdf), err)
	}
	sum := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d bytes were allocated in all for a document of %d", sum, len(document))
	if sum > 20*uint64(len(document)) {
		t.Error("that is not bounded by its size")
	}
}
