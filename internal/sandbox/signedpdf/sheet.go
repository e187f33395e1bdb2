package signedpdf

import (
	"bytes"
	"fmt"
	"strings"
)

// A4 in points, and what is kept free on it.
const (
	paperWidth  = 595
	paperHeight = 842
	marginSide  = 62
	marginTop   = 58
	marginFoot  = 64
	textWidth   = paperWidth - 2*marginSide
)

// style is how a text looks.
type style struct {
	weight weight
	size   float64 // points
	gray   float64 // 0 is black
}

// leading is the distance of lines.
func (s style) leading() float64 { return s.size * 1.4 }

// sheet sets text on pages from the top down.
type sheet struct {
	face      *typeface
	pages     []*bytes.Buffer
	y         float64 // where the next line begins, from below
	continued string  // what stands above every page but the first
}

func newSheet(face *typeface, continued string) *sheet {
	s := &sheet{face: face, continued: continued}
	s.turn()
	return s
}

// turn begins a page.
func (s *sheet) turn() {
	s.pages = append(s.pages, &bytes.Buffer{})
	s.y = paperHeight - marginTop
	if len(s.pages) > 1 {
		s.lines(marginSide, textWidth, smallStyle, s.continued)
		s.rule()
	}
}

func (s *sheet) page() *bytes.Buffer { return s.pages[len(s.pages)-1] }

// keep begins a page where the height that is left is less.
func (s *sheet) keep(height float64) {
	if s.y-height < marginFoot {
		s.turn()
	}
}

func (s *sheet) skip(height float64) { s.y -= height }

// rule draws a line across.
func (s *sheet) rule() {
	s.skip(5)
	fmt.Fprintf(s.page(), "q 0.75 G 0.6 w %d %g m %d %g l S Q\n", marginSide, s.y, paperWidth-marginSide, s.y)
	s.skip(9)
}

// at sets one line at a place on the page.
func (s *sheet) at(x, y float64, st style, text string) {
	fmt.Fprintf(s.page(), "BT %g g %g %g Td %sET\n", st.gray, x, y, s.face.show(st.weight, st.size, text))
}

// lines sets a text from the left edge x on, broken to a width, and goes below it.
func (s *sheet) lines(x, width float64, st style, text string) {
	for _, line := range s.face.fold(st, width, plainText(text)) {
		s.keep(st.leading())
		s.skip(st.leading())
		s.at(x, s.y+0.4*st.size, st, line)
	}
}

// height is what lines would take.
func (s *sheet) height(width float64, st style, text string) float64 {
	return float64(len(s.face.fold(st, width, plainText(text)))) * st.leading()
}

// fold breaks a text to a width, between words where it can.
func (t *typeface) fold(st style, width float64, text string) []string {
	var out []string
	line := ""
	for _, word := range strings.Fields(text) {
		if joined := strings.TrimLeft(line+" "+word, " "); t.width(st.weight, st.size, joined) <= width {
			line = joined
			continue
		}
		if line != "" {
			out = append(out, line)
		}
		for line = word; t.width(st.weight, st.size, line) > width; {
			head := t.head(st, width, line)
			out, line = append(out, head), line[len(head):]
		}
	}
	return append(out, line)
}

// head is as much of a word as fits, at least one character.
func (t *typeface) head(st style, width float64, word string) string {
	end := 0
	for i, r := range word {
		next := i + len(string(r))
		if end > 0 && t.width(st.weight, st.size, word[:next]) > width {
			break
		}
		end = next
	}
	return word[:end]
}

// pdf is the pages as a document. title is the document's, for the reader's window.
func (s *sheet) pdf(title string) []byte {
	w := newPDFWriter()
	const pages = 2
	w.object("<</Type/Catalog/Pages 2 0 R/Lang(en)/ViewerPreferences<</DisplayDocTitle true>>>>")
	w.reserve()
	resources := s.face.resources(w)
	var kids strings.Builder
	for _, page := range s.pages {
		content := w.stream(page.Bytes())
		n := w.object(fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 %d %d]/Resources %d 0 R/Contents %d 0 R>>",
			pages, paperWidth, paperHeight, resources, content))
		fmt.Fprintf(&kids, "%d 0 R ", n)
	}
	w.fill(pages, fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(s.pages), &kids))
	return w.finish(title)
}
