package signedpdf

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
)

// Whatever the shape of a page, its footer is seen inside it, upright, and near the lower
// edge.
func TestFooterFitsEveryPage(t *testing.T) {
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
			job := sampleJob(1, samplePDF(page.entries, content))
			job.Title = "Title" // of which pdftotext makes XML
			words := wordsOf(t, made(t, job, SealAlone), 2)
			if text := strings.Join(words.text, " "); text != footerText(job.ID, 2, 2) {
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
	if err := xml.Unmarshal([]byte(judge(t, folderOf(t, pdf), "pdftotext", "-bbox", "-cropbox", "-f", n, "-l", n, "a.pdf", "-")), &report); err != nil {
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
	page := strings.Replace(string(samplePage("page")), "/Count 1/Kids[3 0 R]", "/Count 2/Kids[3 0 R 3 0 R]", 1)
	text := textOf(t, made(t, sampleJob(1, []byte(page)), SealAlone))
	for _, want := range []string{"page 1 of 3", "page 2 of 3", "page 3 of 3"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q stands there %d times:\n%s", want, strings.Count(text, want), text)
		}
	}
}
