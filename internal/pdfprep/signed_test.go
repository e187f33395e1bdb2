package pdfprep

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"batch/internal/judgetest"
)

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
	usage, older, certified, both := perms, perms, perms, perms
	usage.catalog, older.catalog = "/Perms<</UR3 3 0 R>>", "/Perms<</UR 3 0 R>>"
	certified.catalog, both.catalog = "/Perms<</DocMDP 3 0 R>>", "/Perms<</UR3 3 0 R/DocMDP 3 0 R>>"
	deep := pdfFile{pages: []string{"x"}, catalog: "/AcroForm<</Fields[" + strings.Repeat("<</Kids[", 30) +
		"<</FT/Sig/T(a)/V<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>>>" + strings.Repeat("]>>", 30) + "]>>"}
	lost := form
	lost.extra = []string{widget, "<(/Type/Sig/Contents<00>>>"}
	for name, c := range map[string]struct {
		pdf  []byte
		want finding
	}{
		"approval":                 {signed(), finding{Code: codeSigned, Page: 1, Object: 3}},
		"time stamp":               {signature("/Type/DocTimeStamp/SubFilter/ETSI.RFC3161/ByteRange[0 1 2 3]"), finding{Code: codeSigned, Page: 1, Object: 3}},
		"without type":             {signature("/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]"), finding{Code: codeSigned, Page: 1, Object: 3}},
		"field and widget apart":   {inParts.bytes(), finding{Code: codeSigned, Page: 1, Object: 3}},
		"field that no form lists": {unlisted.bytes(), finding{Code: codeSigned, Page: 1, Object: 3}},
		"usage rights":             {usage.bytes(), finding{Code: codeUsageRights}},
		"older usage rights":       {older.bytes(), finding{Code: codeUsageRights}},
		"certified with rights":    {both.bytes(), finding{Code: codeSigned}},
		"deep in a field":          {deep.bytes(), finding{Code: codeSigned, Object: 1}},
		"that cannot be parsed":    {lost.bytes(), finding{Code: codeSigned, Page: 1, Object: 3}},
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
	qpdf := judgetest.Find(t, "qpdf")
	in, out := filepath.Join(t.TempDir(), "in.pdf"), filepath.Join(t.TempDir(), "out.pdf")
	must(t, os.WriteFile(in, pdf, 0o600))
	if said, err := exec.Command(qpdf, "--object-streams=generate", in, out).CombinedOutput(); err != nil {
		t.Fatalf("qpdf: %v\n%s", err, said)
	}
	b, err := os.ReadFile(out)
	must(t, err)
	return b
}
