package pdfprep

import (
	"os/exec"
	"regexp"
	"slices"
	"testing"

	"batch/internal/judgetest"
)

// linked is a PDF whose first page has two links to the name "kap": its second page.
func linked() []byte {
	page := func(annots string) string {
		return "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]" + annots + ">>"
	}
	return assemble("1.7", []string{
		"<</Type/Catalog/Pages 2 0 R/Dests<</kap[4 0 R/Fit]>>>>",
		"<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>",
		page("/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/Dest/kap>> 5 0 R]"),
		page(""),
		"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/GoTo/D/kap>>>>",
	}, "")
}

// A link leads where it led, though another part has a destination of the same name. The
// judge says which objects links lead to, and which pages these are.
func TestLinksLeadWhereTheyLed(t *testing.T) {
	qpdf := judgetest.Find(t, "qpdf")
	f := newFolder(t, map[string][]byte{"a.pdf": linked(), "b.pdf": append(linked(), "% b\n"...)})
	p := f.pool(t)
	made, wrong := makeOne(t, p, "a.pdf", "b.pdf")
	if wrong != nil || made.Pages != 4 {
		t.Fatalf("%d pages, %v", made.Pages, wrong)
	}
	path := Stored(f.store, made.SHA256)
	pages, err := exec.Command(qpdf, "--show-pages", path).Output()
	must(t, err)
	objects := regexp.MustCompile(`page \d+: (\d+) 0 R`).FindAllSubmatch(pages, -1)
	if len(objects) != 4 {
		t.Fatalf("pages are %s", pages)
	}
	plain, err := exec.Command(qpdf, "--json", "--json-key=qpdf", path).Output()
	must(t, err)
	var led []string
	for _, m := range regexp.MustCompile(`"/(?:Dest|D)":\s*\[\s*"(\d+) 0 R"`).FindAllSubmatch(plain, -1) {
		led = append(led, string(m[1]))
	}
	slices.Sort(led)
	want := []string{string(objects[1][1]), string(objects[1][1]), string(objects[3][1]), string(objects[3][1])}
	slices.Sort(want)
	if !slices.Equal(led, want) {
		t.Errorf("links lead to %v, want %v", led, want)
	}
}
