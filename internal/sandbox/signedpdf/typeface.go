package signedpdf

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

//go:embed fonts/*.ttf
var fontFiles embed.FS

// weight is how heavy a text is.
type weight int

const (
	regular weight = iota
	bold
	emoji // where both others have no glyph
	weights
)

var faces = sync.OnceValue(func() (all [weights]*sfnt.Font) {
	for w, name := range [weights]string{"text", "bold", "emoji"} {
		file, err := fontFiles.ReadFile("fonts/" + name + ".ttf")
		if err != nil {
			panic(err) // it is embedded
		}
		if all[w], err = sfnt.Parse(file); err != nil {
			panic(err)
		}
	}
	return all
})

// em is what glyph coordinates and widths are measured in: so many units a font size.
const em = 1000

// glyphsPerFont is how many codes a simple font has for us (ISO 32000-1, 9.6.5); 0 is left
// free.
const glyphsPerFont = 255

// typeface collects the glyphs of one PDF. They become Type 3 fonts (ISO 32000-1, 9.6.5), which
// hold the outlines that are used and no others, and say which characters they are, so
// that the text can be searched and copied.
type typeface struct {
	codes  map[glyphKey]int // in glyphs
	glyphs []glyph
}

type glyphKey struct {
	weight weight
	r      rune
}

type glyph struct {
	r       rune
	width   int    // in em
	outline []byte // packed
}

// drawn keeps every glyph that was drawn once: glyphKey → glyph. There are as many as the fonts
// have, and one box for what they lack.
var drawn sync.Map

func newTypeface() *typeface { return &typeface{codes: map[glyphKey]int{}} }

// plainText is a text as it is set: composed letters (NFC), one blank for every white space, without what
// is invisible: joiners, variation selectors, and the marks that would turn the order of
// what follows around.
func plainText(text string) string {
	kept := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	return norm.NFC.String(strings.Join(strings.Fields(kept), " "))
}

// code is the place of a character's glyph.
func (t *typeface) code(w weight, r rune) int {
	key := glyphKey{w, r}
	at, known := t.codes[key]
	if !known {
		at = len(t.glyphs)
		t.codes[key] = at
		t.glyphs = append(t.glyphs, glyphOf(key))
	}
	return at
}

// width is how long a text is, in the unit of its size.
func (t *typeface) width(w weight, size float64, text string) float64 {
	sum := 0
	for _, r := range text {
		sum += t.glyphs[t.code(w, r)].width
	}
	return float64(sum) * size / em
}

// show is the operators that show a text within BT and ET.
func (t *typeface) show(w weight, size float64, text string) string {
	var b strings.Builder
	set := -1 // the font that is set
	for _, r := range text {
		at := t.code(w, r)
		if f := at / glyphsPerFont; f != set {
			if set >= 0 {
				b.WriteString("> Tj ")
			}
			set = f
			fmt.Fprintf(&b, "/T%d %g Tf <", f, size)
		}
		fmt.Fprintf(&b, "%02x", at%glyphsPerFont+1)
	}
	if set >= 0 {
		b.WriteString("> Tj\n")
	}
	return b.String()
}

// glyphOf finds a character in the face asked for, else among the emoji; what neither has
// is shown as the box that stands for a missing glyph.
func glyphOf(key glyphKey) glyph {
	var buf sfnt.Buffer
	for _, w := range []weight{key.weight, emoji} {
		if index, err := faces()[w].GlyphIndex(&buf, key.r); err == nil && index != 0 {
			return drawOnce(glyphKey{w, key.r}, faces()[w], index)
		}
	}
	box := drawOnce(glyphKey{key.weight, missing}, faces()[key.weight], 0)
	box.r = key.r
	return box
}

// missing is the key of the box, which is no character's.
const missing rune = -1

func drawOnce(key glyphKey, face *sfnt.Font, index sfnt.GlyphIndex) glyph {
	if g, ok := drawn.Load(key); ok {
		return g.(glyph)
	}
	g := drawGlyph(key.r, face, index)
	drawn.Store(key, g)
	return g
}

func drawGlyph(r rune, face *sfnt.Font, index sfnt.GlyphIndex) glyph {
	var buf sfnt.Buffer
	scale := func(n fixed.Int26_6) int { return int(n) * em / int(face.UnitsPerEm()) }
	unit := fixed.Int26_6(face.UnitsPerEm())
	advance, err := face.GlyphAdvance(&buf, index, unit, font.HintingNone)
	if err != nil {
		panic(fmt.Sprintf("the embedded font has no width for %U: %v", r, err))
	}
	segments, err := face.LoadGlyph(&buf, index, unit, nil)
	if err != nil {
		panic(fmt.Sprintf("the embedded font has no outline for %U: %v", r, err))
	}
	return glyph{r, scale(advance), packed(fmt.Appendf(nil, "%d 0 d0\n%s", scale(advance), outline(segments, scale)))}
}

// outline is a glyph's path. Fonts count downwards, and know curves of the second degree,
// which PDF does not.
func outline(segments sfnt.Segments, scale func(fixed.Int26_6) int) string {
	var b strings.Builder
	var at fixed.Point26_6
	put := func(operator string, points ...fixed.Point26_6) {
		for _, p := range points {
			fmt.Fprintf(&b, "%d %d ", scale(p.X), -scale(p.Y))
		}
		b.WriteString(operator + "\n")
		at = points[len(points)-1]
	}
	third := func(end, control fixed.Point26_6) fixed.Point26_6 {
		return fixed.Point26_6{X: (end.X + 2*control.X) / 3, Y: (end.Y + 2*control.Y) / 3}
	}
	for _, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			put("m", s.Args[0])
		case sfnt.SegmentOpLineTo:
			put("l", s.Args[0])
		case sfnt.SegmentOpQuadTo:
			put("c", third(at, s.Args[0]), third(s.Args[1], s.Args[0]), s.Args[1])
		case sfnt.SegmentOpCubeTo:
			put("c", s.Args[0], s.Args[1], s.Args[2])
		}
	}
	if b.Len() > 0 {
		b.WriteString("f")
	}
	return b.String()
}

// resources writes the fonts and returns the object with the resources that show needs.
func (t *typeface) resources(w *pdfWriter) int {
	var fonts strings.Builder
	for first := 0; first < len(t.glyphs); first += glyphsPerFont {
		n := writeFont(w, t.glyphs[first:min(len(t.glyphs), first+glyphsPerFont)])
		fmt.Fprintf(&fonts, "/T%d %d 0 R", first/glyphsPerFont, n)
	}
	return w.object(fmt.Sprintf("<</Font<<%s>>>>", &fonts))
}

func writeFont(w *pdfWriter, glyphs []glyph) int {
	var procs, names, widths, unicodes strings.Builder
	for i, g := range glyphs {
		n := w.packedStream(g.outline)
		fmt.Fprintf(&procs, "/g%d %d 0 R", i, n)
		fmt.Fprintf(&names, "/g%d", i)
		fmt.Fprintf(&widths, "%d ", g.width)
		fmt.Fprintf(&unicodes, "1 beginbfchar\n<%02x> <", i+1)
		for _, half := range utf16.Encode([]rune{g.r}) {
			fmt.Fprintf(&unicodes, "%04x", half)
		}
		unicodes.WriteString(">\nendbfchar\n")
	}
	toUnicode := w.stream(fmt.Appendf(nil, toUnicodeMap, &unicodes))
	return w.object(fmt.Sprintf("<</Type/Font/Subtype/Type3/FontBBox[0 0 0 0]/FontMatrix[%g 0 0 %g 0 0]/Resources<<>>"+
		"/CharProcs<<%s>>/Encoding<</Type/Encoding/Differences[1%s]>>/FirstChar 1/LastChar %d/Widths[%s]/ToUnicode %d 0 R>>",
		1.0/em, 1.0/em, &procs, &names, len(glyphs), bytes.TrimSpace([]byte(widths.String())), toUnicode))
}

// toUnicodeMap is a ToUnicode map around its entries (ISO 32000-1, 9.10.3).
const toUnicodeMap = `/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo <</Registry(Adobe)/Ordering(UCS)/Supplement 0>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<00> <ff>
endcodespacerange
%sendcmap
CMapName currentdict /CMap defineresource pop
end
end`
