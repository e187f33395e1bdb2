package signedpdf

import (
	"errors"
	"fmt"
	"math"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// pageInTree is a page, and with it what it inherits.
type pageInTree struct{ page, inherited types.Dict }

// inheritable are the entries that a page takes from above (ISO 32000-1, 7.7.3.4).
var inheritable = []string{"Resources", "MediaBox", "CropBox", "Rotate"}

// pageWalk collects the pages of a document in their order.
type pageWalk struct {
	ctx   *model.Context
	seen  map[int]bool // objects
	pages []pageInTree
}

// pagesOf lists the pages. One that stands in the document twice is made two, so that each
// can have a number.
func pagesOf(ctx *model.Context) ([]pageInTree, error) {
	root, err := ctx.Pages()
	if err != nil {
		return nil, err
	}
	w := &pageWalk{ctx: ctx, seen: map[int]bool{}}
	err = w.kids(types.Array{*root}, types.Dict{})
	return w.pages, err
}

func (w *pageWalk) kids(kids types.Array, inherited types.Dict) error {
	for i := range kids {
		node, below, err := w.node(kids, i)
		if err != nil {
			return err
		}
		from := inherited.Clone().(types.Dict)
		for _, key := range inheritable {
			if value, ok := node[key]; ok {
				from[key] = value
			}
		}
		switch {
		case below != nil:
			node["Type"] = types.Name("Pages") // damaged documents call it otherwise
			err = w.kids(below, from)
		case node != nil:
			node["Type"] = types.Name("Page")
			w.pages = append(w.pages, pageInTree{node, from})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// node is kid i, a copy of its own where it was met before, and its kids if it is no page.
func (w *pageWalk) node(kids types.Array, i int) (node types.Dict, below types.Array, err error) {
	if node, err = w.ctx.DereferenceDict(kids[i]); err != nil {
		return nil, nil, err
	}
	if below, err = w.ctx.DereferenceArray(node["Kids"]); err != nil {
		return nil, nil, err
	}
	ref, ok := kids[i].(types.IndirectRef)
	if !ok {
		return node, below, nil
	}
	again := w.seen[ref.ObjectNumber.Value()]
	w.seen[ref.ObjectNumber.Value()] = true
	if !again {
		return node, below, nil
	}
	if below != nil {
		return nil, nil, errors.New("the page tree runs in a circle")
	}
	node = node.Clone().(types.Dict)
	copied, err := w.ctx.IndRefForNewObject(node)
	if err != nil {
		return nil, nil, err
	}
	kids[i] = *copied
	return node, nil, nil
}

// pageView is a page as a reader shows it: the visible box in user space, turned by quarters
// clockwise.
type pageView struct {
	left, bottom, right, top float64
	quarters                 int
	width, height            float64 // as shown
	unit                     float64 // points a unit of user space (UserUnit)
}

// viewOf reads what a page shows: its crop box where that lies within the media box (ISO 32000-1, 14.11.2).
func viewOf(ctx *model.Context, page, inherited types.Dict) pageView {
	v := pageView{right: paperWidth, top: paperHeight, unit: 1}
	if media, ok := boxOf(ctx, inherited["MediaBox"]); ok {
		v.left, v.bottom, v.right, v.top = media[0], media[1], media[2], media[3]
	}
	if crop, ok := boxOf(ctx, inherited["CropBox"]); ok {
		l, b, r, t := max(v.left, crop[0]), max(v.bottom, crop[1]), min(v.right, crop[2]), min(v.top, crop[3])
		if l < r && b < t {
			v.left, v.bottom, v.right, v.top = l, b, r, t
		}
	}
	if unit, ok := numberOf(ctx, page["UserUnit"]); ok && unit > 0 {
		v.unit = unit
	}
	if degrees, ok := numberOf(ctx, inherited["Rotate"]); ok {
		v.quarters = (int(math.Round(degrees/90))%4 + 4) % 4
	}
	v.width, v.height = v.right-v.left, v.top-v.bottom
	if v.quarters%2 == 1 {
		v.width, v.height = v.height, v.width
	}
	return v
}

// matrix leads from the page as it is shown, its origin at the lower left, to user space.
func (v pageView) matrix() string {
	turn := [4]string{"1 0 0 1", "0 1 -1 0", "-1 0 0 -1", "0 -1 1 0"}[v.quarters]
	origin := [4][2]float64{{v.left, v.bottom}, {v.right, v.bottom}, {v.right, v.top}, {v.left, v.top}}[v.quarters]
	return fmt.Sprintf("%s %.3f %.3f", turn, origin[0], origin[1])
}

// boxOf reads a rectangle; its corners may stand in any order.
func boxOf(ctx *model.Context, o types.Object) (b [4]float64, ok bool) {
	a, err := ctx.DereferenceArray(o)
	if err != nil || len(a) != 4 {
		return b, false
	}
	for i := range b {
		if b[i], ok = numberOf(ctx, a[i]); !ok {
			return b, false
		}
	}
	b = [4]float64{min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3])}
	return b, b[0] < b[2] && b[1] < b[3]
}

func numberOf(ctx *model.Context, o types.Object) (float64, bool) {
	value, err := ctx.Dereference(o)
	if err != nil {
		return 0, false
	}
	switch n := value.(type) {
	case types.Integer:
		return float64(n.Value()), true
	case types.Float:
		return n.Value(), true
	}
	return 0, false
}
