package pdfprep

import (
	"math"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// page is a leaf of the page tree, with what it inherits (ISO 32000-1, 7.7.3.4).
type page struct {
	object    int
	dict      types.Dict
	box       types.Object // of what a reader shows: CropBox, else MediaBox
	cropped   bool         // box is a CropBox
	rotate    types.Object
	resources types.Object
}

// maxTreeDepth bounds the levels of a page tree. Balanced trees of a million pages have
// seven.
const maxTreeDepth = 60

// maxPages bounds the pages of a document: the same page may be in it any number of times.
const maxPages = 50_000

// tree collects the leaves of a page tree.
type tree struct {
	doc   *model.Context
	seen  map[int]bool // inner nodes: each may be in the tree once
	pages []page
}

// pageTree lists the pages in their order. A tree that loops or holds a branch twice, which
// makes millions of pages out of a few bytes, is refused before the library walks it.
func pageTree(doc *model.Context) ([]page, error) {
	root, err := doc.Catalog()
	if err != nil {
		return nil, err
	}
	t := tree{doc: doc, seen: map[int]bool{}}
	err = t.walk(root["Pages"], page{}, 0)
	return t.pages, err
}

func (t *tree) walk(node types.Object, from page, depth int) error {
	if ref, ok := node.(types.IndirectRef); ok {
		from.object = ref.ObjectNumber.Value()
	}
	dict, err := t.doc.DereferenceDict(node)
	if err != nil {
		return err
	}
	from.inherit(dict)
	kids, _ := t.doc.DereferenceArray(dict["Kids"])
	if kids == nil {
		if name(dict, "Type") == "Page" {
			from.dict = dict
			t.pages = append(t.pages, from)
			if len(t.pages) > maxPages {
				return refusal{Code: codeExpansion}
			}
		}
		return nil
	}
	if t.seen[from.object] || depth > maxTreeDepth {
		return refusal{Code: codeDamaged, Object: from.object}
	}
	t.seen[from.object] = true
	for _, kid := range kids {
		if err := t.walk(kid, from, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (p *page) inherit(d types.Dict) {
	if box := d["CropBox"]; box != nil {
		p.box, p.cropped = box, true
	}
	if box := d["MediaBox"]; box != nil && !p.cropped {
		p.box = box
	}
	if rotate := d["Rotate"]; rotate != nil {
		p.rotate = rotate
	}
	if resources := d["Resources"]; resources != nil {
		p.resources = resources
	}
}

// size is what a reader sees, in points; zero where the page does not say.
func (p *page) size(doc *model.Context) (width, height float64) {
	corners, err := doc.DereferenceArray(p.box)
	if err != nil || len(corners) != 4 {
		return 0, 0
	}
	var c [4]float64
	for i := range c {
		c[i] = number(doc, corners[i])
	}
	unit := 1.0
	if u := number(doc, p.dict["UserUnit"]); u > 0 {
		unit = u
	}
	width, height = math.Abs(c[2]-c[0])*unit, math.Abs(c[3]-c[1])*unit
	if int(number(doc, p.rotate))%180 != 0 {
		width, height = height, width
	}
	return width, height
}

func number(doc *model.Context, o types.Object) float64 {
	o, err := doc.Dereference(o)
	if err != nil {
		return 0
	}
	switch o := o.(type) {
	case types.Integer:
		return float64(o)
	case types.Float:
		return float64(o)
	}
	return 0
}

// Sizes in points. A4 upright has the tolerance that office programs need (LibreOffice
// writes 595.304 × 841.89).
const (
	a4Width     = 595.28
	a4Height    = 841.89
	a4Tolerance = 3
	tooNarrow   = 72   // an inch: nothing can be read on it
	tooLong     = 3400 // A0 is 3370 long
)

// sizeWarnings tells which pages the signed document, which is A4 upright, will not show
// as they are.
func sizeWarnings(doc *model.Context, pages []page) []finding {
	odd, extreme := finding{Code: codeNotA4}, finding{Code: codePageSize}
	for i, p := range pages {
		w, h := p.size(doc)
		switch {
		case w > 0 && h > 0 && (min(w, h) < tooNarrow || max(w, h) > tooLong):
			extreme.count(i + 1)
		case math.Abs(w-a4Width) > a4Tolerance || math.Abs(h-a4Height) > a4Tolerance:
			odd.count(i + 1)
		}
	}
	var out []finding
	for _, f := range []finding{extreme, odd} {
		if f.N > 0 {
			out = append(out, f)
		}
	}
	return out
}

// count counts one more page; the first is the place.
func (f *finding) count(page int) {
	if f.N++; f.N == 1 {
		f.Page = page
	}
}
