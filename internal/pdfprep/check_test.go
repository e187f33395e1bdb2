package pdfprep

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
		"much before it":        {append(make([]byte, 2000), whole...), finding{Code: codeNotPDF}},
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
		"PDF 2.0 in the header":    {pdfFile{version: "2.0", catalog: "/Version/1.7", pages: []string{"x"}}.bytes(), finding{Code: codeVersion}},
		"PDF 2.0 says PDF/A-2":     {pdfFile{version: "2.0", pages: []string{"x"}}.claiming("<pdfaid:part>2</pdfaid:part>"), finding{Code: codeVersion}},

		"object numbers":   {hugeNumber(), finding{Code: codeObjects}},
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
		"content that cannot be found again": {replaced(t, replaced(t, whole, "startxref\n", "startxref\n1"), "4 0 obj", "4 0 0bj"), finding{Code: codeLostPage, Page: 1, Object: 4}},
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
		"a huge size":               hugeSize(),
		"a wrong length":            replaced(t, whole, "/Length ", "/Length 1"),
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

func TestCheckRefusesWhatSaysThatItIsEncrypted(t *testing.T) {
	encryption := "<</Filter/Standard/V 1/R 2/O(" + strings.Repeat("o", 32) + ")/U(" + strings.Repeat("u", 32) + ")/P -1>>"
	plain := letter("secret")
	older := pdfFile{pages: []string{"secret"}, trailer: "/Encrypt" + encryption}.bytes()
	at := bytes.Index(older, []byte("xref\n0 "))
	cases := map[string][]byte{
		"the dictionary itself":               older,
		"an object":                           pdfFile{pages: []string{"x"}, trailer: "/Encrypt 3 0 R", extra: []string{encryption}}.bytes(),
		"an object that is not there":         pdfFile{pages: []string{"x"}, trailer: "/Encrypt 77 0 R"}.bytes(),
		"behind a name like stream":           pdfFile{pages: []string{"x"}, catalog: "/stream 1", trailer: "/Encrypt" + encryption}.bytes(),
		"a name with escapes":                 pdfFile{pages: []string{"x"}, trailer: "/Encr#79pt" + encryption}.bytes(),
		"null":                                pdfFile{pages: []string{"x"}, trailer: "/Encrypt null"}.bytes(),
		"an older trailer":                    fmt.Appendf(bytes.Clone(older), "xref\n0 0\ntrailer\n<</Size 5/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", at, len(older)),
		"a file without table":                replaced(t, replaced(t, older, "startxref\n", "startxref\n9"), "xref\n0 5", "xxxx\n0 5"),
		"behind a stream with a wrong length": append(withContent("", []byte("( ( (")), replaced(t, plain, "/Root", "/Encrypt 3 0 R/Root")...),
	}
	for name, pdf := range cases {
		t.Run(name, func(t *testing.T) {
			if v := checked(t, pdf); !slices.Equal(v.Findings, []finding{{Code: codeEncrypted}}) {
				t.Errorf("found %+v, want %s", v, codeEncrypted)
			}
		})
	}
}

func TestCheckRefusesWhatQpdfEncrypts(t *testing.T) {
	qpdf := judge(t, "qpdf")
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain.pdf")
	must(t, os.WriteFile(plain, letter("secret"), 0o600))
	for name, args := range map[string][]string{
		"user password":     {"--encrypt", "user", "owner", "256", "--"},
		"owner only":        {"--encrypt", "", "owner", "256", "--"},
		"no password":       {"--encrypt", "", "", "256", "--print=none", "--"},
		"RC4 of 40 bits":    {"--allow-weak-crypto", "--encrypt", "", "owner", "40", "--"},
		"RC4 of 128 bits":   {"--allow-weak-crypto", "--encrypt", "", "", "128", "--use-aes=n", "--"},
		"AES of 128 bits":   {"--allow-weak-crypto", "--encrypt", "user", "owner", "128", "--use-aes=y", "--"},
		"metadata in clear": {"--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=y", "--cleartext-metadata", "--"},
		"object streams":    {"--object-streams=generate", "--encrypt", "", "", "256", "--"},
		"linearized":        {"--linearize", "--encrypt", "", "owner", "256", "--"},
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out.pdf")
			if said, err := exec.Command(qpdf, append(args, plain, out)...).CombinedOutput(); err != nil {
				t.Fatalf("qpdf %s: %v\n%s", args, err, said)
			}
			pdf, err := os.ReadFile(out)
			must(t, err)
			if v := checked(t, pdf); !slices.Equal(v.Findings, []finding{{Code: codeEncrypted}}) {
				t.Errorf("found %+v, want %s", v, codeEncrypted)
			}
		})
	}
	if v := checked(t, letter("secret")); v.Pages != 1 {
		t.Errorf("the plain one was refused: %+v", v)
	}
}

func TestCheckRefusesSigned(t *testing.T) {
	const widget = "<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature1)/V 4 0 R/Rect[0 0 0 0]/F 132>>"
	form := pdfFile{pages: []string{"x", "y"}, catalog: "/AcroForm<</SigFlags 3/Fields[3 0 R]>>", page: "/Annots[3 0 R]"}
	signature := func(entries string) []byte {
		f := form
		f.extra = []string{widget, "<<" + entries + "/Contents<00>>>"}
		return f.bytes()
	}
	inParts := form
	inParts.page = "/Annots[4 0 R]"
	inParts.extra = []string{"<</FT/Sig/T(a)/Kids[4 0 R]/V 5 0 R>>", "<</Type/Annot/Subtype/Widget/Parent 3 0 R/Rect[0 0 0 0]>>", "<</Type/Sig/Filter/X/Contents<00>>>"}
	unlisted := form
	unlisted.catalog, unlisted.extra = "", []string{widget, "<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>"}
	perms := pdfFile{pages: []string{"x"}, extra: []string{"<</Type/Sig/Filter/Adobe.PPKLite/ByteRange[0 1 2 3]/Contents<00>>>"}}
	usage, certified := perms, perms
	usage.catalog, certified.catalog = "/Perms<</UR3 3 0 R>>", "/Perms<</DocMDP 3 0 R>>"
	for name, c := range map[string]struct {
		pdf  []byte
		want finding
	}{
		"approval":                 {signed(), finding{Code: codeSigned, Page: 1, Object: 3}},
		"time stamp":               {signature("/Type/DocTimeStamp/SubFilter/ETSI.RFC3161/ByteRange[0 1 2 3]"), finding{Code: codeSigned, Page: 1, Object: 3}},
		"without type":             {signature("/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]"), finding{Code: codeSigned, Page: 1, Object: 3}},
		"field and widget apart":   {inParts.bytes(), finding{Code: codeSigned, Page: 1, Object: 3}},
		"field that no form lists": {unlisted.bytes(), finding{Code: codeSigned, Page: 1, Object: 3}},
		"usage rights":             {usage.bytes(), finding{Code: codeSigned}},
		"certified":                {certified.bytes(), finding{Code: codeSigned}},
		"in an object stream":      {packedObjects(t, signed()), finding{Code: codeSigned, Page: 1, Object: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			v := checked(t, c.pdf)
			if len(v.Findings) == 1 && name == "in an object stream" {
				v.Findings[0].Object = c.want.Object // qpdf gives new numbers
			}
			if v.Pages != 0 || !slices.Equal(v.Findings, []finding{c.want}) {
				t.Errorf("found %+v, want %+v", v, c.want)
			}
		})
	}
}

// packedObjects has qpdf put everything that can be into object streams.
func packedObjects(t *testing.T, pdf []byte) []byte {
	t.Helper()
	qpdf := judge(t, "qpdf")
	in, out := filepath.Join(t.TempDir(), "in.pdf"), filepath.Join(t.TempDir(), "out.pdf")
	must(t, os.WriteFile(in, pdf, 0o600))
	if said, err := exec.Command(qpdf, "--object-streams=generate", in, out).CombinedOutput(); err != nil {
		t.Fatalf("qpdf: %v\n%s", err, said)
	}
	b, err := os.ReadFile(out)
	must(t, err)
	return b
}
