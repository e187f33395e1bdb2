package app

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"batch/internal/rules"
)

// planted are values that stand nowhere but where a test has put them.
type planted []string

// found lists the values that a folder holds: in the bytes of its files, in their names, in the
// streams of PDFs and in the parts of workbooks, each with the first place.
func (p planted) found(t testing.TB, dir string) map[string]string {
	t.Helper()
	places := map[string]string{}
	look := func(place string, content []byte) {
		text := string(content)
		for _, v := range p {
			if _, known := places[v]; !known && strings.Contains(text, v) {
				places[v] = place
			}
		}
	}
	must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		look("the name of "+name, []byte(name))
		look(name, raw)
		for _, stream := range inflated(raw) {
			look("a stream of "+name, stream)
		}
		for _, part := range unzipped(raw) {
			look("a part of "+name, part)
		}
		return nil
	}))
	return places
}

// gone wants a folder to hold none of the values.
func (p planted) gone(t testing.TB, when, dir string) {
	t.Helper()
	places, told := p.found(t, dir), 0
	for v, place := range places {
		if told++; told <= 5 {
			t.Errorf("%s: %q stands in %s", when, v, place)
		}
	}
	if told > 5 {
		t.Errorf("%s: and %d more of %d", when, told-5, len(p))
	}
}

// inflated are the packed streams of a PDF.
func inflated(raw []byte) (all [][]byte) {
	for rest := raw; ; {
		at := bytes.Index(rest, []byte("stream"))
		if at < 0 {
			return all
		}
		rest = bytes.TrimLeft(rest[at+len("stream"):], "\r\n")
		if z, err := zlib.NewReader(bytes.NewReader(rest)); err == nil {
			content, _ := io.ReadAll(io.LimitReader(z, 1<<20))
			all = append(all, content)
		}
	}
}

// unzipped are the parts of a workbook.
func unzipped(raw []byte) (all [][]byte) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil
	}
	for _, f := range z.File {
		if r, err := f.Open(); err == nil {
			content, _ := io.ReadAll(r)
			all = append(all, content)
			r.Close()
		}
	}
	return all
}

// synthetic is the n-th synthetic national number: month of birth + 80.
func synthetic(t testing.TB, n int) string {
	t.Helper()
	for last := range 100 {
		id := fmt.Sprintf("%02d%02d%02d%03d%02d", 1+n%28, 81+n%12, 50+n%40, 100+n, last)
		if _, err := rules.NationalID(id); err == nil {
			return id
		}
	}
	return synthetic(t, n+300) // three serials in a hundred have no check digits
}

// letterPDF is a PDF of one page whose packed content holds a text.
func letterPDF(text string) []byte {
	var packed, b bytes.Buffer
	z := zlib.NewWriter(&packed)
	fmt.Fprintf(z, "BT /F1 12 Tf 72 720 Td (%s) Tj ET", text)
	z.Close()
	var offsets []int
	b.WriteString("%PDF-1.4\n")
	for n, object := range []string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream", packed.Len(), packed.String()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"} {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n+1, object)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, xref)
	return b.Bytes()
}
