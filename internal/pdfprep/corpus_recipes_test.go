package pdfprep

import (
	"bytes"
	"fmt"
	"strings"

	"batch/internal/mailout"
)

// largeMonsters are files that do harm by their size, up to what a job may carry. All must be
// refused.
var largeMonsters = map[string]func() []byte{
	"200 000 arrays in each other":                  func() []byte { return nested("[", "]", 200_000) },
	"200 000 dictionaries in each other":            func() []byte { return nested("<</A", ">>", 200_000) },
	"200 000 arrays and dictionaries in each other": func() []byte { return nested("[<</A", ">>]", 100_000) },
	"4 000 000 arrays that are never closed":        func() []byte { return nested("[", "", 4_000_000) },
	"arrays in the trailer": func() []byte {
		return pdfFile{pages: []string{"x"}, trailer: "/X" + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000)}.bytes()
	},
	"a page tree of 100 000 levels":  func() []byte { return deepTree(100_000) },
	"a million pages that are one":   millionPages,
	"9 MB of opening brackets only":  func() []byte { return append([]byte("%PDF-1.7\n1 0 obj\n"), bytes.Repeat([]byte("["), 9_000_000)...) },
	"10 MB of zeros":                 func() []byte { return append([]byte("%PDF-1.7\n"), make([]byte, 10_000_000)...) },
	"1 000 000 objects without end":  func() []byte { return append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("1 0 obj\n"), 1_000_000)...) },
	"a string that never ends":       func() []byte { return append([]byte("%PDF-1.7\n1 0 obj\n("), bytes.Repeat([]byte("a("), 4_000_000)...) },
	"more bytes than a job may have": func() []byte { return append(letter("x"), make([]byte, mailout.MaxDocumentBytes)...) },
}

// harmless are large files that are odd and right.
var harmless = map[string]func() []byte{
	"5000 updates":        func() []byte { return updates(5000) },
	"60 000 tiny objects": func() []byte { return tinyObjects(60_000) },
	"a string of 9 000 000": func() []byte {
		return pdfFile{pages: []string{"x"}, extra: []string{"(" + strings.Repeat("a", 9_000_000) + ")"}}.bytes()
	},
}

// nested has so many levels of brackets in the catalogue, where no reader looks.
func nested(left, right string, levels int) []byte {
	return pdfFile{pages: []string{"x"}, catalog: "/PieceInfo<</A" + strings.Repeat(left, levels) + " 0 " + strings.Repeat(right, levels) + ">>"}.bytes()
}

// deepTree has so many nodes of the page tree above its only page.
func deepTree(levels int) []byte {
	objects := []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]>>"}
	for n := 3; n < levels+2; n++ {
		objects = append(objects, fmt.Sprintf("<</Type/Pages/Count 1/Parent %d 0 R/Kids[%d 0 R]>>", n-1, n+1))
	}
	return assemble("1.7", append(objects, fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]>>", levels+1)), "")
}

func millionPages() []byte {
	const n = 1_000_000
	return assemble("1.7", []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", n, strings.Repeat("3 0 R ", n)),
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
	}, "")
}

// updates is a letter that was saved again so many times, each time with a new catalogue
// (ISO 32000-1, 7.5.6).
func updates(times int) []byte {
	b := bytes.NewBuffer(letter("x"))
	xref := bytes.LastIndex(b.Bytes(), []byte("xref\n0"))
	for range times {
		object := b.Len()
		fmt.Fprint(b, "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n")
		next := b.Len()
		fmt.Fprintf(b, "xref\n1 1\n%010d 00000 n \ntrailer\n<</Size 5/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n", object, xref, next)
		xref = next
	}
	return b.Bytes()
}

func tinyObjects(n int) []byte {
	extra := make([]string, n)
	for i := range extra {
		extra[i] = "0"
	}
	return pdfFile{pages: []string{"x"}, extra: extra}.bytes()
}
