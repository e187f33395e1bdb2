package pdfprep

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestCheckWarns(t *testing.T) {
	const link = "/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A 3 0 R>>]"
	const script = "<</Type/Action/S/JavaScript/JS(app.alert\\(1\\))>>"
	form := func(field string) pdfFile {
		return pdfFile{catalog: "/AcroForm<</Fields[3 0 R]/DA(/Helv 0 Tf 0 g)>>", page: "/Annots[3 0 R]",
			extra: []string{"<</Type/Annot/Subtype/Widget/T(name)/Rect[0 0 99 20]/F 4" + field + ">>"}}
	}
	for name, c := range map[string]struct {
		pdf  pdfFile
		want []finding
	}{
		"landscape":                  {pdfFile{media: "0 0 841.89 595.3"}, []finding{{Code: codeNotA4, N: 3, Page: 1}}},
		"letter paper":               {pdfFile{media: "0 0 612 792"}, []finding{{Code: codeNotA4, N: 3, Page: 1}}},
		"rotated":                    {pdfFile{page: "/Rotate 90"}, []finding{{Code: codeNotA4, N: 3, Page: 1}}},
		"rotated back":               {pdfFile{media: "0 0 842 595", page: "/Rotate 450"}, nil},
		"cropped":                    {pdfFile{page: "/CropBox[0 0 400 400]"}, []finding{{Code: codeNotA4, N: 3, Page: 1}}},
		"cropped to A4":              {pdfFile{media: "0 0 1000 1000", page: "/CropBox[10 10 605.3 851.9]"}, nil},
		"corners turned":             {pdfFile{media: "595.3 841.9 0 0"}, nil},
		"a size that cannot be read": {pdfFile{media: "a b c d"}, []finding{{Code: codeNotA4, N: 3, Page: 1}}},
		"a unit of its own":          {pdfFile{media: "0 0 297.64 420.95", page: "/UserUnit 2"}, nil},
		"stamps":                     {pdfFile{media: "0 0 60 60"}, []finding{{Code: codePageSize, N: 3, Page: 1}}},
		"a wall":                     {pdfFile{media: "0 0 9000 9000"}, []finding{{Code: codePageSize, N: 3, Page: 1}}},

		"script of the document": {pdfFile{catalog: "/OpenAction" + script}, []finding{{Code: codeScript, Object: 1}}},
		"script of a link":       {pdfFile{page: link, extra: []string{script}}, []finding{{Code: codeScript, Page: 1, Object: 3}}},
		"script of a page":       {pdfFile{page: "/AA<</O 3 0 R>>", extra: []string{script}}, []finding{{Code: codeScript, Page: 1, Object: 3}}},
		"script behind another action": {pdfFile{page: link, extra: []string{"<</S/URI/URI(http://x)/Next 4 0 R>>", script}},
			[]finding{{Code: codeScript, Page: 1, Object: 4}}},
		"script of a rendition":     {pdfFile{page: link, extra: []string{"<</S/Rendition/OP 0/JS(x)>>"}}, []finding{{Code: codeScript, Page: 1, Object: 3}}},
		"script, written otherwise": {pdfFile{catalog: "/OpenAction<</#53/Java#53cript/JS(x)>>"}, []finding{{Code: codeScript, Object: 1}}},
		"script, named elsewhere":   {pdfFile{catalog: "/OpenAction<</S 3 0 R/JS(x)>>", extra: []string{"/JavaScript"}}, []finding{{Code: codeScript, Object: 1}}},
		"an element called so":      {pdfFile{catalog: "/StructTreeRoot 3 0 R", extra: []string{"<</Type/StructTreeRoot/K 4 0 R>>", "<</S/Launch/P 3 0 R>>"}}, nil},
		"launch":                    {pdfFile{page: link, extra: []string{"<</S/Launch/F(a.exe)>>"}}, []finding{{Code: codeLaunch, Page: 1, Object: 3}}},
		"submit":                    {pdfFile{page: link, extra: []string{"<</S/SubmitForm/F(http://x)>>"}}, []finding{{Code: codeSubmit, Page: 1, Object: 3}}},
		"import":                    {pdfFile{page: link, extra: []string{"<</S/ImportData/F(x.fdf)>>"}}, []finding{{Code: codeSubmit, Page: 1, Object: 3}}},
		"a web link":                {pdfFile{page: link, extra: []string{"<</S/URI/URI(http://x)>>"}}, nil},
		"several": {pdfFile{catalog: "/OpenAction" + script, page: link, extra: []string{"<</S/Launch/F(a.exe)>>"}},
			[]finding{{Code: codeScript, Object: 1}, {Code: codeLaunch, Page: 1, Object: 3}}},

		"text field":                           {form("/FT/Tx"), []finding{{Code: codeForm, Page: 1, Object: 3}}},
		"check box":                            {form("/FT/Btn"), []finding{{Code: codeForm, Page: 1, Object: 3}}},
		"choice":                               {form("/FT/Ch"), []finding{{Code: codeForm, Page: 1, Object: 3}}},
		"read-only field":                      {form("/FT/Tx/Ff 1"), nil},
		"button":                               {form("/FT/Btn/Ff 65536"), nil},
		"field that was taken out of the form": {pdfFile{extra: []string{"<</FT/Tx/T(a)>>"}}, nil},
		"field without widget": {pdfFile{catalog: "/AcroForm<</Fields[3 0 R]>>", extra: []string{"<</FT/Tx/T(a)/DA(/Helv 0 Tf)>>"}},
			[]finding{{Code: codeForm, Object: 3}}},
		"XFA":                               {pdfFile{catalog: "/AcroForm<</Fields[]/XFA 3 0 R>>", extra: []string{stream("", []byte("<xdp/>"))}}, []finding{{Code: codeForm, Object: 1}}},
		"empty signature field":             {form("/FT/Sig"), []finding{{Code: codeSignatureField, Page: 1, Object: 3}}},
		"signature field with a lost value": {form("/FT/Sig/V 99 0 R"), []finding{{Code: codeSignatureField, Page: 1, Object: 3}}},

		"attachment": {pdfFile{catalog: "/Names<</EmbeddedFiles<</Names[(a)3 0 R]>>>>",
			extra: []string{"<</Type/Filespec/F(a.txt)/UF(a.txt)/EF<</F 4 0 R>>>>", stream("/Type/EmbeddedFile", []byte("hello"))}}, []finding{{Code: codeAttachment, Object: 3}}},
		"attachment on a page": {pdfFile{page: "/Annots[<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS 3 0 R>>]",
			extra: []string{"<</Type/Filespec/F(a.txt)/EF<</F 4 0 R>>>>", stream("/Type/EmbeddedFile", []byte("hello"))}}, []finding{{Code: codeAttachment, Page: 1, Object: 3}}},
		"no attachments": {pdfFile{catalog: "/Names<</EmbeddedFiles<</Names[]>>>>"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c.pdf.pages = []string{"text", "text", "text"}
			if v := checked(t, c.pdf.bytes()); v.Pages != 3 || !slices.Equal(v.Findings, c.want) {
				t.Errorf("found %+v, want 3 pages and %+v", v, c.want)
			}
		})
	}
}

func TestCheckNamesTheFirstPage(t *testing.T) {
	three := letter("one", "two", "three")
	turned := replaced(t, three, "/Contents 6 0 R", "/Rotate 90/Contents 6 0 R")
	if v := checked(t, turned); !slices.Equal(v.Findings, []finding{{Code: codeNotA4, N: 1, Page: 2}}) {
		t.Errorf("found %+v, want page 2", v.Findings)
	}
	const launch = "/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/Launch/F(a)>>>>]"
	links := replaced(t, replaced(t, three, "/Contents 8 0 R", launch+"/Contents 8 0 R"), "/Contents 6 0 R", launch+"/Contents 6 0 R")
	if v := checked(t, links); !slices.Equal(v.Findings, []finding{{Code: codeLaunch, Page: 2, Object: 5}}) {
		t.Errorf("found %+v, want page 2", v.Findings)
	}
}

// What is in object streams is found as well, whether validation needs it or not.
func TestCheckLooksIntoObjectStreams(t *testing.T) {
	pdf := packedObjects(t, pdfFile{pages: []string{"x"}, catalog: "/PieceInfo<</X<</LastModified(D:20260101)/Private 3 0 R>>>>",
		extra: []string{"<</S/JavaScript/JS(x)>>"}}.bytes())
	if v := checked(t, pdf); len(v.Findings) != 1 || v.Findings[0].Code != codeScript {
		t.Errorf("found %+v, want %s", v.Findings, codeScript)
	}
}

func TestCheckTellsPDFA(t *testing.T) {
	attributes := `<rdf:Description rdf:about="" xmlns:pdfaid = 'http://www.aiim.org/pdfa/ns/id/' pdfaid:part = '3' pdfaid:conformance='U'/>`
	for claim, want := range map[string]string{
		"<pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>":      "1b",
		"<pdfaid:conformance>A</pdfaid:conformance>\n<pdfaid:part> 2 </pdfaid:part>":  "2a",
		"<pdfaid:part>4</pdfaid:part><pdfaid:rev>2020</pdfaid:rev>":                   "4",
		"<pdfaid:part>4</pdfaid:part><pdfaid:conformance>F</pdfaid:conformance>":      "4f",
		"<pdfaid:part>99</pdfaid:part>":                                               "",
		"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>&evil;</pdfaid:conformance>": "2",
		"<pdfaid:part":   "",
		"":               "",
		"<pdfaid:part/>": "",
	} {
		if v := checked(t, pdfFile{pages: []string{"x"}}.claiming(claim)); v.Pages != 1 || v.PDFA != want {
			t.Errorf("%s: PDF/A %q, want %q (%+v)", claim, v.PDFA, want, v.Findings)
		}
	}
	if got := claimIn([]byte("<x>" + attributes)); got != "3u" {
		t.Errorf("attributes: PDF/A %q, want 3u", got)
	}
	packed := pdfFile{pages: []string{"x"}, catalog: "/Metadata 3 0 R", extra: []string{
		stream("/Type/Metadata/Subtype/XML/Filter/FlateDecode", deflate([]byte(xmp("<pdfaid:part>2</pdfaid:part>"))))}}
	if v := checked(t, packed.bytes()); v.PDFA != "2" {
		t.Errorf("packed metadata: PDF/A %q, want 2", v.PDFA)
	}
	late := pdfFile{pages: []string{"x"}}.claiming(strings.Repeat(" ", maxMetadata) + "<pdfaid:part>2</pdfaid:part>")
	if v := checked(t, late); v.PDFA != "" {
		t.Errorf("behind a megabyte of metadata: PDF/A %q, want none", v.PDFA)
	}
}

// portal-api.md: PDF 1.1–1.7 or PDF/A, whose part 4 is PDF 2.0.
func TestCheckTakesPDF2AsPDFA4(t *testing.T) {
	claim := "<pdfaid:part>4</pdfaid:part><pdfaid:rev>2020</pdfaid:rev>"
	for _, p := range []pdfFile{{version: "2.0"}, {catalog: "/Version/2.0"}} {
		p.pages = []string{"x"}
		if v := checked(t, p.claiming(claim)); v.Pages != 1 || !slices.Equal(v.Findings, []finding{{Code: codeVersion2}}) {
			t.Errorf("found %+v, want a page and %s", v, codeVersion2)
		}
	}
}

func TestCheckCountsPictures(t *testing.T) {
	const image = "/Type/XObject/Subtype/Image/Width 10/Height 10/ColorSpace/DeviceGray/BitsPerComponent 8"
	pdf := pdfFile{pages: []string{"x", "y"}, page: "/X[3 0 R 4 0 R]", extra: []string{stream(image, make([]byte, 100)), stream(image, make([]byte, 100))}}
	if v := checked(t, pdf.bytes()); v.Images != 200 {
		t.Errorf("pictures have %d bytes, want 200", v.Images)
	}
}

// A merged PDF is refused where a repair would lose something, without telling what.
func TestCheckMerged(t *testing.T) {
	whole := letter("one", "two")
	if v := checkMerged(whole); v.Pages != 2 || len(v.Findings) != 0 {
		t.Errorf("found %+v, want two pages", v)
	}
	for name, pdf := range map[string][]byte{
		"no font":        replaced(t, whole, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", " 99 0 R"+strings.Repeat(" ", 40)),
		"lost page":      replaced(t, whole, "Kids[3 0 R", "Kids[9 0 R"),
		"lost object":    replaced(t, whole, "6 0 obj\n<<", "6 0 obj\n<("),
		"lost table":     replaced(t, whole, "startxref\n", "startxref\n1"),
		"not even a PDF": []byte("nothing"),
		"encrypted":      replaced(t, whole, "/Root", "/Encrypt 3 0 R/Root"),
	} {
		if v := checkMerged(pdf); v.Pages != 0 || !slices.Equal(v.Findings, []finding{{Code: codeMerge}}) {
			t.Errorf("%s: found %+v, want %s", name, v, codeMerge)
		}
	}
}

func TestReadJudgedReadsWhatCheckTook(t *testing.T) {
	odd := pdfFile{pages: []string{"x"}, catalog: "/Outlines<</First 3 0 R/Last 3 0 R/Count 1>>", extra: []string{"<</Title 7/Parent 1 0 R>>"}}.bytes()
	for _, pdf := range [][]byte{letter("x"), odd} {
		if v := checked(t, pdf); v.Pages != 1 {
			t.Fatalf("refused: %+v", v)
		}
		if doc, err := readJudged(pdf); err != nil || doc.PageCount != 1 {
			t.Errorf("read again: %v", err)
		}
	}
}

// Any bytes get a verdict, whose codes have words.
func FuzzCheck(f *testing.F) {
	whole := letter("one", "two")
	for _, pdf := range [][]byte{
		whole, signed(), hugeNumber(), hugeSize(), letter(), doubling(5), bomb(2), whole[:len(whole)/2],
		replaced(f, whole, "startxref\n", "startxref\n1"), withContent("/Filter/FlateDecode", packed(2)),
		pdfFile{pages: []string{"x"}}.claiming("<pdfaid:part>4</pdfaid:part>"),
		pdfFile{pages: []string{"x"}, catalog: "/AcroForm<</Fields[3 0 R]/XFA 3 0 R>>", extra: []string{"<</FT/Tx/Kids[3 0 R]/Parent 3 0 R>>"}}.bytes(),
	} {
		f.Add(pdf)
	}
	f.Fuzz(func(t *testing.T, pdf []byte) {
		v := checked(t, pdf)
		for _, finding := range v.Findings {
			if _, known := catalogue[finding.Code]; !known {
				t.Errorf("the code %q has no words", finding.Code)
			}
		}
		switch {
		case v.Pages == 0 && (len(v.Findings) != 1 || v.Images != 0 || v.PDFA != ""):
			t.Errorf("a refusal with %+v", v)
		case v.Pages > 0 && !bytes.HasPrefix(pdf, []byte("%PDF-")):
			t.Errorf("%+v for what is no PDF", v)
		}
	})
}
