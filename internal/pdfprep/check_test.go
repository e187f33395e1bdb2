package pdfprep

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
)

// checked judges pdf in this process.
func checked(t testing.TB, pdf []byte) verdict {
	t.Helper()
	api.DisableConfigDir()
	doc, v := check(pdf)
	if (doc == nil) != (v.Pages == 0) {
		t.Errorf("%d pages, and what was read is %v", v.Pages, doc != nil)
	}
	return v
}

// replaced puts one text for another, which must be there.
func replaced(t testing.TB, pdf []byte, old, new string) []byte {
	t.Helper()
	if !bytes.Contains(pdf, []byte(old)) {
		t.Fatalf("there is no %q", old)
	}
	return bytes.Replace(pdf, []byte(old), []byte(new), 1)
}

func TestCheckRefuses(t *testing.T) {
	whole := letter("a page of a letter", "another one")
	link := strings.Repeat("<</A ", 200) + "1" + strings.Repeat(">>", 200)
	text := deflate([]byte("BT /F1 12 Tf 72 720 Td (" + strings.Repeat("a long text that is not repeated 1 2 3 ", 50) + ") Tj ET"))
	corrupt := bytes.Clone(text)
	corrupt[len(corrupt)/2] ^= 0xff
	for name, c := range map[string]struct {
		pdf  []byte
		want finding
	}{
		"header only":           {[]byte("%PDF-1.7\n"), finding{Code: codeCutOff}},
		"no version":            {[]byte("%PDF-\n%%EOF"), finding{Code: codeDamaged}},
		"garbage":               {fmt.Appendf(nil, "%%PDF-1.7\n%s\n%%%%EOF", bytes.Repeat([]byte("garbage "), 500)), finding{Code: codeDamaged}},
		"bytes before it":       {append([]byte("HTTP/1.1 200 OK\r\n\r\n"), whole...), finding{Code: codeHeader, N: 19}},
		"a byte order mark":     {append([]byte("\xef\xbb\xbf"), whole...), finding{Code: codeHeader, N: 3}},
		"much before it":        {append(make([]byte, 100_000), whole...), finding{Code: codeNotPDF}},
		"cut off":               {whole[:len(whole)/3], finding{Code: codeCutOff}},
		"cut off at the end":    {whole[:len(whole)-3], finding{Code: codeCutOff}},
		"cut off in a revision": {append(bytes.Clone(whole), "1 0 obj\n<</Type/Catalog/Pages 2 0"...), finding{Code: codeCutOff}},
		"much behind it":        {append(bytes.Clone(whole), make([]byte, 2000)...), finding{Code: codeCutOff}},
		"no trailer":            {replaced(t, whole[:bytes.Index(whole, []byte("xref\n0 "))], "%PDF", "%PDF"), finding{Code: codeCutOff}},
		"no table, no trailer": {append(bytes.Clone(whole[:bytes.Index(whole, []byte("xref\n0 "))]), "startxref\n0\n%%EOF\n"...),
			finding{Code: codeDamaged}},

		"no pages":                 {letter(), finding{Code: codeNoPages}},
		"a page that is not there": {replaced(t, whole, "Kids[3 0 R", "Kids[9 0 R"), finding{Code: codeLostPage, Page: 1}},
		"a page that cannot be parsed": {replaced(t, whole, "3 0 obj\n<</Type/Page/Parent", "3 0 obj\n<(/Type/Page/Parent"),
			finding{Code: codeLostPage, Page: 1}},
		"a page tree in a ring": {pdfFile{pages: []string{"x"}, catalog: "/X 3 0 R", extra: []string{"<</Type/Pages/Parent 2 0 R/Kids[2 0 R]/Count 1>>"}}.
			replaced(t, "Kids[4 0 R", "Kids[3 0 R"), finding{Code: codeDamaged, Object: 2}},
		"a page tree that doubles": {doubling(40), finding{Code: codeDamaged, Object: 42}},
		"a page a million times":   {replaced(t, letter("x"), "/Kids[3 0 R]/Count 1", "/Kids["+strings.Repeat("3 0 R ", 60_000)+"]/Count 60000"), finding{Code: codeExpansion}},

		"PDF 1.0":                  {pdfFile{version: "1.0", pages: []string{"x"}}.bytes(), finding{Code: codeVersion}},
		"PDF 1.9":                  {pdfFile{version: "1.9", pages: []string{"x"}}.bytes(), finding{Code: codeVersion}},
		"PDF 2.0":                  {pdfFile{version: "2.0", pages: []string{"x"}}.bytes(), finding{Code: codeVersion}},
		"PDF 2.0 in the catalogue": {pdfFile{catalog: "/Version/2.0", pages: []string{"x"}}.bytes(), finding{Code: codeVersion}},
		"PDF 2.0 as an object":     {pdfFile{catalog: "/Version 3 0 R", pages: []string{"x"}, extra: []string{"/2.0"}}.bytes(), finding{Code: codeVersion}},
		"PDF 2.0 in an old file":   {pdfFile{version: "1.3", catalog: "/Version/2.0", pages: []string{"x"}}.bytes(), finding{Code: codeVersion}},
		"PDF 2.0 in the header":    {pdfFile{version: "2.0", catalog: "/Version/1.7", pages: []string{"x"}}.bytes(), finding{Code: codeVersion}},
		"PDF 2.0 says PDF/A-2":     {pdfFile{version: "2.0", pages: []string{"x"}}.claiming("<pdfaid:part>2</pdfaid:part>"), finding{Code: codeVersion}},

		"object numbers":                                  {hugeNumber(), finding{Code: codeObjects}},
		"a huge size":                                     {hugeSize(), finding{Code: codeObjects}},
		"a huge size in a stream":                         {replaced(t, withoutTable(objectStream(false, "1")), "/Size 8", "/Size 2000000000"), finding{Code: codeObjects}},
		"a size too large to read":                        {replaced(t, hugeSize(), "/Size 2000000000", "/Size "+strings.Repeat("9", 30)), finding{Code: codeObjects}},
		"nesting in an object nobody needs":               {pdfFile{pages: []string{"x"}, extra: []string{link}}.bytes(), finding{Code: codeNesting}},
		"nesting in an object stream":                     {objectStream(false, `<</A 1>>`, link), finding{Code: codeNesting}},
		"an object stream in another order":               {replaced(t, objectStream(false, "<</A 1>>", "<</B 1>>"), "\n7 0 8 9 ", "\n8 0 7 9 "), finding{Code: codeDamaged}},
		"objects for newer readers only":                  {objectStream(true, "<</A 1>>"), finding{Code: codeDamaged}},
		"entries that the table does not count":           {replaced(t, whole, "xref\n0 7\n", "xref\n0 4\n"), finding{Code: codeDamaged}},
		"a catalogue that no trailer names":               {replaced(t, replaced(t, whole, "startxref\n", "startxref\n1"), "/Root 1 0 R", "/Root 9 0 R"), finding{Code: codeDamaged}},
		"a catalogue that the last trailer does not name": {append(replaced(t, whole, "startxref\n", "startxref\n1"), "trailer\n<</Root 2 0 R>>\n%%EOF\n"...), finding{Code: codeDamaged}},
		"nesting":          {replaced(t, whole, "/Type/Catalog", "/Type/Catalog/X"+link), finding{Code: codeNesting}},
		"a content bomb":   {withContent("/Filter/FlateDecode", packed(2000)), finding{Code: codeExpansion, Page: 1, Object: 4}},
		"a bomb in a bomb": {withContent("/Filter[/FlateDecode/ASCIIHexDecode]", packed(40)), finding{Code: codeExpansion, Page: 1, Object: 4}},

		"no font":                 {replaced(t, whole, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", " 99 0 R"+strings.Repeat(" ", 40)), finding{Code: codeLostText}},
		"no fonts at all":         {replaced(t, whole, "/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>", "/Resources<<>>"), finding{Code: codeLostText, Page: 1, Object: 3}},
		"content that is missing": {replaced(t, letter("x"), "/Contents 4 0 R", "/Contents 9 0 R"), finding{Code: codeLostPage, Page: 1, Object: 9}},
		"content that is cut":     {withContent("/Filter/FlateDecode", text[:len(text)-20]), finding{Code: codeLostPage, Page: 1, Object: 4}},
		"content that is corrupt": {withContent("/Filter/FlateDecode", corrupt), finding{Code: codeLostPage, Page: 1, Object: 4}},
		"content with a wrong checksum": {withContent("/Filter/FlateDecode", append(bytes.Clone(text[:len(text)-4]), "abcd"...)),
			finding{Code: codeLostPage, Page: 1, Object: 4}},
		"a form that is cut": {pdfFile{pages: []string{"x", "y"}, page: "/Annots[<</Type/Annot/Subtype/Stamp/Rect[0 0 9 9]/AP<</N 3 0 R>>>>]",
			extra: []string{stream("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Filter/FlateDecode", text[:len(text)/2])}}.bytes(), finding{Code: codeLostPage, Page: 1, Object: 3}},
		"content that is longer than it says": {replaced(t, letter("x"), "/Length 32", "/Length 12"), finding{Code: codeLostPage, Page: 1, Object: 4}},
		"content that cannot be found again":  {replaced(t, replaced(t, whole, "startxref\n", "startxref\n1"), "4 0 obj", "4 0 0bj"), finding{Code: codeLostPage, Page: 1, Object: 4}},
	} {
		t.Run(name, func(t *testing.T) {
			v := checked(t, c.pdf)
			if v.Pages != 0 || !slices.Equal(v.Findings, []finding{c.want}) {
				t.Errorf("found %+v, want %+v", v, c.want)
			}
		})
	}
}

// doubling is a page tree each of whose levels holds the next one twice.
func doubling(levels int) []byte {
	objects := []string{"<</Type/Catalog/Pages 2 0 R>>"}
	for i := range levels {
		objects = append(objects, fmt.Sprintf("<</Type/Pages/Parent %d 0 R/Kids[%d 0 R %d 0 R]/Count 4>>", i+1, i+3, i+3))
	}
	return assemble("1.7", append(objects,
		fmt.Sprintf("<</Type/Pages/Parent %d 0 R/Kids[%d 0 R %d 0 R]/Count 2>>", levels+1, levels+3, levels+3),
		fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]>>", levels+2)), "")
}

func (p pdfFile) replaced(t testing.TB, old, new string) []byte {
	return replaced(t, p.bytes(), old, new)
}

// claiming is p with metadata that holds a claim to be PDF/A.
func (p pdfFile) claiming(claim string) []byte {
	p.catalog += "/Metadata 3 0 R"
	p.extra = append([]string{stream("/Type/Metadata/Subtype/XML", []byte(xmp(claim)))}, p.extra...)
	return p.bytes()
}

func xmp(claim string) string {
	return `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">` +
		claim + `</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
}

// What readers read whole is no reason to trouble anybody.
func TestCheckMindsNoHarmlessOddity(t *testing.T) {
	whole := letter("a page of a letter")
	text := deflate([]byte("BT /F1 12 Tf 72 720 Td (text) Tj ET"))
	for name, pdf := range map[string][]byte{
		"bytes behind the end":      append(bytes.Clone(whole), "\x00\x00\r\n<!-- sent by a web server -->"...),
		"no line end behind it":     bytes.TrimRight(whole, "\n"),
		"a wrong startxref":         replaced(t, whole, "startxref\n", "startxref\n1"),
		"wrong offsets":             replaced(t, whole, "%PDF-1.7\n", "%PDF-1.7\r\n"),
		"a wrong size":              replaced(t, whole, "/Size 5", "/Size 3"),
		"a wrong length":            replaced(t, whole, "/Length ", "/Length 1"),
		"a length into its end":     replaced(t, letter("x"), "/Length 32", "/Length 36"),
		"the size of a file":        pdfFile{pages: []string{"x"}, extra: []string{stream("/Params<</Size 2000000000>>", nil)}, trailer: "/Size 9"}.bytes(),
		"objects in a stream":       objectStream(false, "<</A 1>>", "<</B 1>>"),
		"a picture alone":           replaced(t, replaced(t, whole, "BT /F1 12 Tf 72 720 Td", "q 1 0 0 1 0 0 cm /Tf"), "/Font<<", "/Fonts<<"),
		"an unfinished stream":      withContent("/Filter/FlateDecode", packed(2)),
		"a stream without checksum": withContent("/Filter/FlateDecode", text[:len(text)-4]),
		"an empty stream":           withContent("/Filter/FlateDecode", nil),
		"a page without content":    replaced(t, whole, "/Contents 4 0 R", ""),
		"an object nobody needs":    pdfFile{pages: []string{"x"}, extra: []string{"<(<"}}.bytes(),
		"Encrypt in text":           letter("a trailer with /Encrypt 5 0 R"),
		"Encrypt in a string":       pdfFile{pages: []string{"x"}, trailer: "/Info<</Title(how to \\(or not\\) /Encrypt 1)>>"}.bytes(),
		"Encrypt in a comment":      pdfFile{pages: []string{"x"}, extra: []string{"<</A 1 % /Encrypt 5 0 R\n>>"}}.bytes(),
		"Encrypt in a stream":       withContent("", []byte("% endstream endobj trailer <</Encrypt 5 0 R>>")),
		"a name like Encrypt":       pdfFile{pages: []string{"x"}, catalog: "/EncryptMetadata false/Encryption 1"}.bytes(),
		"newer than its version": pdfFile{version: "1.1", pages: []string{"x"}, page: "/Group<</S/Transparency/CS/DeviceRGB>>",
			catalog: "/MarkInfo<</Marked true>>/Lang(nb)"}.bytes(),
		"a bookmark to nowhere": pdfFile{pages: []string{"x"}, catalog: "/Outlines<</First 3 0 R/Last 3 0 R/Count 1>>",
			extra: []string{"<</Title 7/Parent 1 0 R>>"}}.bytes(),
		"a signature that nobody made": pdfFile{pages: []string{"x"}, catalog: "/AcroForm<</Fields[]/SigFlags 3>>"}.bytes(),
	} {
		t.Run(name, func(t *testing.T) {
			if v := checked(t, pdf); v.Pages != 1 || len(v.Findings) != 0 {
				t.Errorf("found %+v, want one page and no findings", v)
			}
		})
	}
}

// withoutTable is what objectStream makes with the stream alone for a table.
func withoutTable(pdf []byte) []byte {
	return fmt.Appendf(bytes.Clone(pdf[:bytes.LastIndex(pdf, []byte("xref\n0 7"))]), "startxref\n%d\n%%%%EOF\n", bytes.Index(pdf, []byte("6 0 obj")))
}
