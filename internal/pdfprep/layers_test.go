package pdfprep

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"batch/internal/judgetest"
)

// layered is a PDF of a page with a text on a layer, whose configuration is given.
func layered(text, configuration string) []byte {
	return assemble("1.7", []string{
		"<</Type/Catalog/Pages 2 0 R/OCProperties<</OCGs[5 0 R]/D<<" + configuration + ">>>>>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Properties<</L 5 0 R>>/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
		stream("", []byte("/OC /L BDC BT /F1 12 Tf 72 720 Td ("+text+") Tj ET EMC")),
		"<</Type/OCG/Name(layer)>>",
	}, "")
}

// What is hidden stays hidden, and what is seen stays seen, in whichever part it is. The
// judge reads what is seen.
func TestMergingKeepsLayersHidden(t *testing.T) {
	pdftotext := judgetest.Find(t, "pdftotext")
	f := newFolder(t, map[string][]byte{"plain.pdf": letter("plain"), "shown.pdf": layered("shown", "/ON[5 0 R]"),
		"hidden.pdf": layered("hidden", "/OFF[5 0 R]"), "base.pdf": layered("base", "/BaseState/OFF/ON[5 0 R]")})
	p := f.pool(t)
	for _, c := range []struct{ parts, want []string }{
		{[]string{"plain.pdf", "hidden.pdf"}, []string{"plain"}},
		{[]string{"hidden.pdf", "plain.pdf"}, []string{"plain"}},
		{[]string{"hidden.pdf", "shown.pdf", "plain.pdf", "hidden.pdf"}, []string{"shown", "plain"}},
	} {
		made, wrong := makeOne(t, p, c.parts...)
		if wrong != nil || made.Pages != len(c.parts) {
			t.Errorf("%v: %d pages, %v", c.parts, made.Pages, wrong)
			continue
		}
		text, err := exec.Command(pdftotext, Stored(f.store, made.SHA256), "-").Output()
		must(t, err)
		if got := strings.Fields(string(text)); !slices.Equal(got, c.want) {
			t.Errorf("%v: seen is %v, want %v", c.parts, got, c.want)
		}
	}
	for _, paths := range [][]string{{"plain.pdf", "base.pdf"}, {"base.pdf", "plain.pdf"}} {
		if _, wrong := makeOne(t, p, paths...); !slices.Equal(wrong, []string{codeMergeLayers}) {
			t.Errorf("%v: %v, want %s", paths, wrong, codeMergeLayers)
		}
	}
}

// Files that the books know are read again for merging; that goes well too.
func TestMergingWhatTheBooksKnow(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("a"), "hidden.pdf": layered("hidden", "/OFF[5 0 R]"), "old.pdf": pdfFile{version: "1.2", pages: []string{"x"}, catalog: "/PageMode/Use0"}.bytes()})
	p := f.pool(t)
	for _, path := range []string{"a.pdf", "hidden.pdf", "old.pdf"} {
		makeOne(t, p, path)
	}
	if made, wrong := makeOne(t, p, "a.pdf", "hidden.pdf", "old.pdf"); wrong != nil || made.Pages != 3 {
		t.Errorf("%d pages, %v", made.Pages, wrong)
	}
}
