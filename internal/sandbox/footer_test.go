package sandbox

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// assembled puts documents behind a small front page.
func assembled(t *testing.T, documents ...[]byte) []byte {
	t.Helper()
	pdf, err := tryAssemble(documents...)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

func tryAssemble(documents ...[]byte) ([]byte, error) {
	front := frontPage(sampleJob(1, 1), jobView{})
	footer := func(page, of int) string { return footerText(&job{id: 7}, page, of) }
	return assemble(front, "Title", documents, footer, nil, time.Now())
}

// What the library does not like about a document, but readers do not mind, is left out of
// the signed one.
func TestOddDocumentsAreAssembled(t *testing.T) {
	page := string(textPDF([]string{"page"}))
	for name, odd := range map[string]string{
		"newer than its version": strings.NewReplacer("%PDF-1.4", "%PDF-1.1", "/Catalog", "/Catalog/Lang(nb)/MarkInfo<</Marked true>>").Replace(page),
		"PDF 2.0":                strings.NewReplacer("%PDF-1.4", "%PDF-2.0", "/Catalog", "/Catalog/AF[]").Replace(page),
		"a damaged bookmark":     strings.Replace(page, "/Catalog", "/Catalog/Outlines<</First<</Title 7>>>>", 1),
		"pages called otherwise": strings.Replace(page, "/Type/Pages", "/Type/Pagez", 1),
		"a damaged annotation":   strings.Replace(page, "/Type/Page/", "/Annots[<</Subtype/Redact/Rect(no)>>]/Type/Page/", 1),
	} {
		signed, err := tryAssemble([]byte(odd))
		if err != nil || bytes.Count(signed, []byte("/MediaBox")) != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := tryAssemble([]byte("%PDF-1.4 %%EOF")); err == nil {
		t.Error("a document without pages was assembled")
	}
}

// Whatever the shape of a page, its footer is seen inside it, upright, and near the lower
// edge.
func TestFooterFitsEveryPage(t *testing.T) {
	judge(t, "pdftotext", "poppler-utils")
	const content = "0.9 g -200 -200 3000 3000 re f"
	for name, page := range map[string]struct {
		entries string
		w, h    float64 // as a reader sees it
	}{
		"A4":                           {"/MediaBox[0 0 595 842]", 595, 842},
		"landscape":                    {"/MediaBox[0 0 842 595]", 842, 595},
		"turned right":                 {"/MediaBox[0 0 595 842]/Rotate 90", 842, 595},
		"upside down":                  {"/MediaBox[0 0 595 842]/Rotate 180", 595, 842},
		"turned left":                  {"/MediaBox[0 0 595 842]/Rotate 270", 842, 595},
		"turned below zero":            {"/MediaBox[0 0 595 842]/Rotate -90", 842, 595},
		"cropped":                      {"/MediaBox[0 0 595 842]/CropBox[100 200 500 700]", 400, 500},
		"cropped and turned":           {"/MediaBox[0 0 595 842]/CropBox[100 200 500 700]/Rotate 90", 500, 400},
		"cropped wider than its paper": {"/MediaBox[0 0 400 500]/CropBox[-50 -50 300 1000]", 300, 500},
		"away from the origin":         {"/MediaBox[-100 -300 400 500]/Rotate 180", 500, 800},
		"corners the other way round":  {"/MediaBox[595 842 0 0]", 595, 842},
		"a stamp":                      {"/MediaBox[0 0 120 90]", 120, 90},
		"A1":                           {"/MediaBox[0 0 1684 2384]", 1684, 2384},
		"in units of its own":          {"/MediaBox[0 0 300 400]/UserUnit 3", 300, 400},
	} {
		t.Run(name, func(t *testing.T) {
			words := wordsOf(t, assembled(t, samplePDF(page.entries, content)), 2)
			if text := strings.Join(words.text, " "); text != footerText(&job{id: 7}, 2, 2) {
				t.Fatalf("the page says %q", text)
			}
			for i, box := range words.boxes {
				if box[0] < 0 || box[1] < 0 || box[2] > page.w || box[3] > page.h {
					t.Errorf("%s at %v leaves the page of %g by %g", words.text[i], box, page.w, page.h)
				}
				if i > 0 && (box[0] < words.boxes[i-1][2] || box[1] != words.boxes[i-1][1]) {
					t.Errorf("%s stands at %v, behind %v", words.text[i], box, words.boxes[i-1])
				}
				if box[3] < page.h-30 && box[3] < 0.85*page.h {
					t.Errorf("%s stands at %v of a page %g high", words.text[i], box, page.h)
				}
			}
		})
	}
}

// found is words on a page and where they stand as a reader sees them, from the upper left
// corner: left, top, right, bottom.
type found struct {
	text  []string
	boxes [][4]float64
}

func wordsOf(t *testing.T, pdf []byte, page int) (words found) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.pdf"), pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	n := fmt.Sprint(page)
	var report struct {
		Page struct {
			Words []struct {
				Left   float64 `xml:"xMin,attr"`
				Top    float64 `xml:"yMin,attr"`
				Right  float64 `xml:"xMax,attr"`
				Bottom float64 `xml:"yMax,attr"`
				Text   string  `xml:",chardata"`
			} `xml:"word"`
		} `xml:"body>doc>page"`
	}
	if err := xml.Unmarshal([]byte(run(t, dir, "pdftotext", "-bbox", "-cropbox", "-f", n, "-l", n, "a.pdf", "-")), &report); err != nil {
		t.Fatal(err)
	}
	for _, w := range report.Page.Words {
		words.text = append(words.text, w.Text)
		words.boxes = append(words.boxes, [4]float64{w.Left, w.Top, w.Right, w.Bottom})
	}
	return words
}

// A page that stands in a document twice has two numbers.
func TestAPageThatIsThereTwice(t *testing.T) {
	page := strings.Replace(string(textPDF([]string{"page"})), "/Count 1/Kids[4 0 R]", "/Count 2/Kids[4 0 R 4 0 R]", 1)
	text := textOf(t, assembled(t, []byte(page)))
	for _, want := range []string{"page 1 of 3", "page 2 of 3", "page 3 of 3"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q stands there %d times:\n%s", want, strings.Count(text, want), text)
		}
	}
}

// A document that was signed before comes as pages: its signatures would be broken ones of
// the signed PDF, and its fields would be fields of it.
func TestSignaturesOfDocumentsStayBehind(t *testing.T) {
	judge(t, "pdfsig", "poppler-utils")
	s, err := New(Options{PKI: testPKI()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	signed, dir := textPDF([]string{"page"}), t.TempDir()
	for range 3 {
		if signed, err = s.sealInStyle(assembled(t, signed), jobView{}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "a.pdf"), signed, 0o600); err != nil {
		t.Fatal(err)
	}
	if report := run(t, dir, "pdfsig", "-nocert", "a.pdf"); strings.Count(report, "Signature #") != 1 {
		t.Errorf("pdfsig sees another signature:\n%s", report)
	}
	if pages := strings.Count(textOf(t, signed), "\f"); pages != 4 {
		t.Errorf("%d pages, want three front pages and the page", pages)
	}
}

// sampleJob has so many signers, and so many documents with the longest titles.
func sampleJob(signers, documents int) *job {
	m := &jobManifest{title: "Arbeidsavtale for Åse – «prøve» 🎉 og vedlegg, med en tittel på åtti tegn i alt 👍", authentication: "4"}
	j := &job{id: 1763728512001, reference: "ref-1", sender: "988015814", manifest: m}
	for n := range signers {
		m.signers = append(m.signers, signerSpec{number: fmt.Sprintf("0181729999%d", n%10)})
		j.signers = append(j.signers, &signer{spec: m.signers[n]})
	}
	for n := range documents {
		title := fmt.Sprintf("%d: %s", n+1, strings.Repeat("Åsgårdsstrands vilkår ", 4))
		j.documents = append(j.documents, storedDocument{title: string([]rune(title)[:maxTitle]), sha256: make([]byte, 32)})
	}
	return j
}
