package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

func FuzzReadBundle(f *testing.F) {
	files := []namedFile{{"document.pdf", []byte("%PDF-1.4 %%EOF")}, {"manifest.xml", []byte("<a/>")}, {"META-INF/signatures.xml", []byte("<b/>")}}
	for _, seed := range [][]byte{
		zipped(files, true), zipped(files, false), storedStreaming(files), streamed(files), wideZIP(files), newBundle(oneSigner).build(f),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		onDisk, diskErr := readBundle(bytes.NewReader(data), int64(len(data)))
		inMemory, err := readBundle(memory(data), int64(len(data)))
		if (err == nil) != (diskErr == nil) {
			t.Fatalf("in memory: %v; on disk: %v", err, diskErr)
		}
		if err != nil {
			return
		}
		if inMemory.manifest == nil || inMemory.signatures == nil {
			t.Error("a bundle without manifest or signatures is taken")
		}
		for name, d := range inMemory.documents {
			if !bytes.Equal(d.sha256, onDisk.documents[name].sha256) {
				t.Errorf("%s has another digest in memory than on disk", name)
			}
		}
	})
}

// FuzzManifest reads whatever comes as request, manifest and signatures, and what is read of
// it obeys the bounds of the schema.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(oneSigner))
	f.Add([]byte(byContact))
	f.Add([]byte(requestXML("ref-1", "queue-1")))
	for _, file := range published(f, "*/*.xml", "*/*/*.xml") {
		document, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(document)
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		request, requestErr := parseRequest(document)
		manifest, manifestErr := parseManifest(document)
		signatures, signaturesErr := parseXAdES(document)
		if requestErr == nil && len(request.reference) > 4*maxReference {
			t.Errorf("a reference of %d bytes was read", len(request.reference))
		}
		if manifestErr == nil && (len(manifest.signers) == 0 || len(manifest.documents) == 0 || manifest.title == "") {
			t.Errorf("a manifest was read as %+v", manifest)
		}
		if signaturesErr == nil && (len(signatures.chain) == 0 || signatures.propertiesDigest == nil) {
			t.Errorf("a signature was read as %+v", signatures)
		}
		if manifestErr == nil && requestErr == nil {
			t.Error("one document is two")
		}
		if manifestErr == nil { // whatever the rules say, they say it
			_ = checkRules(manifest, Organization)
			_ = checkPersonalData(&jobRequest{}, manifest)
		}
	})
}

func FuzzCheckPDF(f *testing.F) {
	f.Add(textPDF([]string{"x"}))
	f.Add(streamTables("/Encrypt<</V 5>>"))
	f.Add([]byte("%PDF-2.0\n<pdfaid:part>4<\n1 0 obj<</#45ncrypt(\\))/A[<<>>]>>\nxref\n0 1\n0000000009 00000 n \ntrailer<</Root 0 0 R/Prev 9/XRefStm 9>>startxref 9 %%EOF"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := checkPDF(content); err == nil && !bytes.HasPrefix(content, []byte("%PDF-")) {
			t.Error("something else is taken as a PDF")
		}
	})
}

// What is made to take long is read or refused at once, with a short message. (What would
// take the square of its size would not end within the time of a test.)
func TestHostileDocuments(t *testing.T) {
	var wide strings.Builder
	for i := range maxXMLAttributes {
		fmt.Fprintf(&wide, ` xmlns:a%d="%s"`, i, strings.Repeat("u", 100))
	}
	for name, test := range map[string]struct {
		document string
		taken    bool
	}{
		"many attributes":     {"<a " + strings.Repeat("b='' ", maxXMLBytes/5-2) + "/>", false},
		"many declarations":   {strings.Repeat("<a"+wide.String()+">", maxXMLDepth-1) + strings.Repeat("<b/>", maxXMLElements-maxXMLDepth) + strings.Repeat("</a>", maxXMLDepth-1), true},
		"a name without end":  {"<" + strings.Repeat("a", maxXMLBytes-1), false},
		"many references":     {"<a>" + strings.Repeat("&lt;", maxXMLBytes/4-4) + "</a>", true},
		"many instructions":   {"<a>" + strings.Repeat("<?b?>", maxXMLBytes/5-4) + "</a>", true},
		"open comments":       {"<a>" + strings.Repeat("<!--", maxXMLBytes/4-4), false},
		"open sections":       {"<a>" + strings.Repeat("<![CDATA[", maxXMLBytes/9-4), false},
		"line breaks":         {strings.Repeat("\r", maxXMLBytes-1) + "<", false},
		"wide and unfinished": {"\xff\xfe" + strings.Repeat("<\x00", maxXMLBytes/2-1), false},
		"a name, not closed":  {"<" + strings.Repeat("a", 1000) + ">", false},
		"closed by that":      {"<a></" + strings.Repeat("a", 1000) + ">", false},
	} {
		root, err := parseXML([]byte(test.document))
		if (err == nil) != test.taken {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("%s: a message of %d bytes", name, len(err.Error()))
		}
		if err == nil && len(canonical(root)) == 0 {
			t.Errorf("%s: nothing is left in canonical form", name)
		}
	}
	if namesSame(strings.Repeat("CN=#0c00,", 100_000), []byte{0x30, 0}) {
		t.Error("a name of a megabyte is that of nobody")
	}
}

// As with XML: what repeats itself is found to be what it is, at once.
func TestHostilePDFs(t *testing.T) {
	const size = maxDocumentBytes / 4
	for _, part := range []string{"(", "<<", "[", "/A ", "%\n", "/#41", "<<</A", "/Prev 9", "startxref 0 ", "0 0 obj", "xref 0 1", "0 0\n", "trailer<</A("} {
		many := strings.Repeat(part, size/len(part))
		for pdf, damaged := range map[string]bool{
			"%PDF-1.7\n" + many + "\nstartxref\n9\n%%EOF":                           true,
			"%PDF-1.7\nxref\n" + many + "\ntrailer\n<<>>startxref\n9\n%%EOF":        part == "trailer<</A(",
			"%PDF-1.7\nxref\ntrailer\n<</A " + many + ">>\nstartxref\n9\n%%EOF":     true,
			"%PDF-1.7\nxref\n0 9\ntrailer\n<</A(" + many + ")>>\nstartxref\n9%%EOF": true,
		} {
			if err := checkPDF([]byte(pdf)); err != nil {
				t.Errorf("%s: %v", part, err)
			}
			if err := checkPDF([]byte(pdf + "/Encrypt 1 0 R %%EOF")); (err != nil) != damaged {
				t.Errorf("%s: with what looks like encryption: %v", part, err)
			}
		}
	}
	if err := checkPDF([]byte("%PDF-2.0\n" + strings.Repeat("/Metadata stream\n", size/20) + "%%EOF")); err == nil {
		t.Error("PDF 2.0 is taken for PDF/A")
	}
}
