package pdfprep

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
)

// A small writer of real PDFs. Objects 1 and 2 are the catalogue and the page tree.
type pdfFile struct {
	version string   // default 1.7
	catalog string   // more entries of the catalogue
	media   string   // default A4 upright
	pages   []string // text of each page
	page    string   // more entries of every page
	extra   []string // more objects, from number 3 on
	trailer string   // more entries of the trailer
}

func (p pdfFile) bytes() []byte {
	if p.version == "" {
		p.version = "1.7"
	}
	if p.media == "" {
		p.media = "0 0 595.304 841.89"
	}
	first := 3 + len(p.extra)
	var kids []string
	var tail []string
	for i, text := range p.pages {
		n := first + 2*i
		kids = append(kids, fmt.Sprintf("%d 0 R", n))
		tail = append(tail,
			fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents %d 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>%s>>", p.media, n+1, p.page),
			stream("", []byte("BT /F1 12 Tf 72 720 Td ("+text+") Tj ET")))
	}
	objects := append([]string{
		"<</Type/Catalog/Pages 2 0 R" + p.catalog + ">>",
		fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", strings.Join(kids, " "), len(kids)),
	}, append(p.extra, tail...)...)
	return assemble(p.version, objects, p.trailer)
}

// assemble numbers objects from 1 and writes header, cross-reference table and trailer.
func assemble(version string, objects []string, trailer string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%%PDF-%s\n%%\xe2\xe3\xcf\xd3\n", version)
	var offsets []int
	for i, o := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, trailer, xref)
	return b.Bytes()
}

func stream(entries string, body []byte) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", entries, len(body), body)
}

// letter is an ordinary PDF; each text is a page.
func letter(pages ...string) []byte { return pdfFile{pages: pages}.bytes() }

// hugeSize claims two thousand million objects in its trailer, and has four.
func hugeSize() []byte {
	return bytes.Replace(letter("x"), []byte("/Size 5"), []byte("/Size 2000000000"), 1)
}

// hugeNumber has few bytes and one object with a number that is counted up to when the
// file is merged.
func hugeNumber() []byte {
	body := "%PDF-1.4\n1 0 obj<</Pages 2 0 R>>endobj\n2 0 obj<</Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/MediaBox[0 0 9 9]>>endobj\n"
	at := func(n int) int { return strings.Index(body, fmt.Sprintf("%d 0 obj", n)) }
	xref := fmt.Sprintf("xref\n0 4\n0000000000 65535 f \n%010d 00000 n \n%010d 00000 n \n%010d 00000 n \n1999999999 1\n%010d 00000 n \n", at(1), at(2), at(3), at(3))
	return fmt.Appendf(nil, "%s%strailer<</Root 1 0 R/Size 2000000000>>\nstartxref\n%d\n%%%%EOF\n", body, xref, len(body))
}

// signed has a signature field that is filled.
func signed() []byte {
	return pdfFile{
		pages:   []string{"signed"},
		catalog: "/AcroForm<</SigFlags 3/Fields[3 0 R]>>",
		page:    "/Annots[3 0 R]",
		extra: []string{
			"<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature1)/V 4 0 R/Rect[0 0 0 0]/F 132/P 5 0 R>>",
			"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/ByteRange[0 10 20 10]/Contents<00>>>",
		},
	}.bytes()
}

// bomb is a PDF of so many kilobytes whose metadata, which the library reads whole, unpacks
// to as many megabytes.
func bomb(megabytes int) []byte {
	return pdfFile{
		pages: []string{"x"}, catalog: "/Metadata 3 0 R",
		extra: []string{stream("/Type/Metadata/Subtype/XML/Filter/FlateDecode", packed(megabytes))},
	}.bytes()
}

// withContent is a PDF of one page with a content stream of its own.
func withContent(entries string, content []byte) []byte {
	return assemble("1.7", []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
		stream(entries, content),
	}, "")
}

// objectStream is a PDF of one page with objects in an object stream, from number 7 on. Such
// as are hidden are free in its table, and only a stream for newer readers lists them.
func objectStream(hidden bool, objects ...string) []byte {
	const page, first = "BT /F1 12 Tf 72 720 Td (x) Tj ET", 7
	var index, body strings.Builder
	var entries []byte
	for i, o := range objects {
		fmt.Fprintf(&index, "%d %d ", first+i, body.Len())
		body.WriteString(o + "\n")
		entries = append(entries, 2, 0, 5, byte(i))
	}
	size := first + len(objects)
	extra := ""
	if hidden {
		extra = strings.Repeat("0000000000 00000 f \n", len(objects))
	}
	dict := fmt.Sprintf("/Type/XRef/W[1 2 1]/Index[%d %d]/Size %d/Root 1 0 R", first, len(objects), size)
	b := assemble("1.5", []string{
		"<</Type/Catalog/Pages 2 0 R/X 7 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
		stream("", []byte(page)),
		stream(fmt.Sprintf("/Type/ObjStm/N %d/First %d", len(objects), index.Len()), []byte(index.String()+body.String())),
		stream(dict, entries),
	}, "")
	table := bytes.LastIndex(b, []byte("xref\n0 7"))
	list := bytes.Index(b, []byte("6 0 obj"))
	trailer := bytes.Index(b[table:], []byte("trailer")) + table
	old := append(bytes.Clone(b[:trailer]), extra...)
	old = bytes.Replace(old, []byte("xref\n0 7"), fmt.Appendf(nil, "xref\n0 %d", first+strings.Count(extra, "f")), 1)
	return fmt.Appendf(old, "trailer\n<</Size %d/Root 1 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n", size, list, table)
}

// deflate packs b as PDFs do.
func deflate(b []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// packed is so many megabytes of spaces. It repeats one compressed megabyte, which is the
// same wherever it stands, and is not closed.
func packed(megabytes int) []byte {
	spaces := bytes.Repeat([]byte(" "), 1<<20)
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write(spaces)
	w.Flush()
	first := out.Len()
	w.Write(spaces)
	w.Flush()
	again := out.Bytes()[first:]
	return append(out.Bytes(), bytes.Repeat(again, megabytes-2)...)
}
