package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// pdfFile is a PDF of one page. Objects 1 and 2 are the catalogue and the page tree.
type pdfFile struct {
	text    string
	version string   // default 1.4
	catalog string   // more entries of the catalogue
	media   string   // default A4 upright
	page    string   // more entries of the page
	font    string   // default Helvetica
	extra   []string // more objects, from number 6 on
	trailer string   // more entries of the trailer
}

// writePDF makes a PDF of one page with a text on it.
func writePDF(path, text string) error { return pdfFile{text: text}.write(path) }

func (p pdfFile) write(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, p.bytes(), 0o600)
}

func (p pdfFile) bytes() []byte {
	either := func(a, b string) string {
		if a != "" {
			return a
		}
		return b
	}
	var b bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(offsets))
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\nendobj\n")
	}
	page := fmt.Sprintf("BT /F1 24 Tf 72 720 Td (%s) Tj ET", p.text)
	fmt.Fprintf(&b, "%%PDF-%s\n%%\xe2\xe3\xcf\xd3\n", either(p.version, "1.4"))
	object("<< /Type /Catalog /Pages 2 0 R%s >>", p.catalog)
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 4 0 R /Resources << /Font << /F1 %s >> >>%s >>",
		either(p.media, "0 0 595 842"), either(p.font, "5 0 R"), p.page)
	object("<< /Length %d >>\nstream\n%s\nendstream", len(page), page)
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	for _, o := range p.extra {
		object("%s", o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, p.trailer, xref)
	return b.Bytes()
}

const (
	linkTo = " /Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A %s >>]"
	stamp  = " /Annots [<< /Type /Annot /Subtype /Stamp /Rect [0 0 9 9] /AP << /N 6 0 R >> >>]"
)

// stamped is what a stamp looks like, packed in some way.
func stamped(filter, packed string) []string {
	return []string{fmt.Sprintf("<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Filter /%s /Length %d >>\nstream\n%s\nendstream", filter, len(packed), packed)}
}

// claim is metadata that says that a PDF is PDF/A of a part.
func claim(part int) []string {
	xmp := fmt.Sprintf(`<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">`+
		`<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"><pdfaid:part>%d</pdfaid:part></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`, part)
	return []string{fmt.Sprintf("<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%s\nendstream", len(xmp), xmp)}
}

const formField = "<< /Type /Annot /Subtype /Widget /FT /%s /T (name) /Rect [0 0 99 20] /F 4%s >>"

// oddPDFs are PDFs of the kinds that are refused or warned about.
var oddPDFs = map[string]pdfFile{
	"landscape":  {media: "0 0 842 595"},
	"version2":   {version: "2.0"},
	"script":     {catalog: " /OpenAction << /Type /Action /S /JavaScript /JS (app.alert\\(1\\)) >>"},
	"form":       {catalog: " /AcroForm << /Fields [6 0 R] >>", page: " /Annots [6 0 R]", extra: []string{fmt.Sprintf(formField, "Tx", " /DA (/Helv 0 Tf 0 g)")}},
	"attachment": {catalog: " /Names << /EmbeddedFiles << /Names [(a) 6 0 R] >> >>", extra: []string{"<< /Type /Filespec /F (a.txt) /UF (a.txt) /EF << /F 7 0 R >> >>", "<< /Type /EmbeddedFile /Length 5 >>\nstream\nhello\nendstream"}},
	"signed": {catalog: " /AcroForm << /SigFlags 3 /Fields [6 0 R] >>", page: " /Annots [6 0 R]", extra: []string{fmt.Sprintf(formField, "Sig", " /V 7 0 R"),
		"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 10 20 10] /Contents <00> >>"}},
	"rights":    {catalog: " /Perms << /UR3 6 0 R >>", extra: []string{"<< /Type /Sig /Filter /Adobe.PPKLite /ByteRange [0 10 20 10] /Contents <00> >>"}},
	"fontless":  {font: "99 0 R"},
	"encrypted": {trailer: " /Encrypt 6 0 R /ID [<00> <00>]", extra: []string{"<< /Filter /Standard /V 1 /R 2 /Length 40 /P -1 /O <" + strings.Repeat("00", 32) + "> /U <" + strings.Repeat("00", 32) + "> >>"}},
	"megabytes": {text: noise(6_500_000)},
	"launch":    {page: fmt.Sprintf(linkTo, "<< /S /Launch /F (a.exe) >>")},
	"submit":    {page: fmt.Sprintf(linkTo, "<< /S /SubmitForm /F (http://example.com) >>")},
	"unsigned":  {catalog: " /AcroForm << /Fields [6 0 R] >>", page: " /Annots [6 0 R]", extra: []string{fmt.Sprintf(formField, "Sig", "")}},
	"layers":    {catalog: " /OCProperties << /OCGs [6 0 R] /D << /BaseState /OFF >> >>", extra: []string{"<< /Type /OCG /Name (a) >>"}},
	"tiny":      {media: "0 0 60 60"},
	"pdfa4":     {version: "2.0", catalog: " /Metadata 6 0 R", extra: claim(4)},
	"pdfa2":     {catalog: " /Metadata 6 0 R", extra: claim(2)},
	"scan":      {extra: []string{"<< /Type /XObject /Subtype /Image /Width 3500 /Height 3500 /BitsPerComponent 8 /ColorSpace /DeviceGray /Length 12250000 >>\nstream\n" + noise(12_250_000) + "\nendstream"}},
	"nested":    {catalog: " /X " + strings.Repeat("[", 500) + strings.Repeat("]", 500)},
	"expands":   {page: stamp, extra: stamped("RunLengthDecode", strings.Repeat("\x81 ", 300_000)+"\x80")},
	"corrupt":   {page: stamp, extra: stamped("FlateDecode", "this was packed once")},
}

// noise is text that does not get smaller by packing it.
func noise(n int) string {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x>>24) | 0x80
	}
	return string(b)
}
