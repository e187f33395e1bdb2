package pdfprep

import (
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// reach calls visit once for every object that pages refer to, directly or through others,
// with the first page (from 1) that does, until visit returns false. What leads to other
// pages is not followed.
func reach(doc *model.Context, pages []page, visit func(page, object int) bool) {
	seen := map[int]bool{}
	for i, p := range pages {
		if seen[p.object] {
			continue
		}
		seen[p.object] = true
		if !visit(i+1, p.object) {
			return
		}
		queue := []types.Object{p.dict, p.resources}
		for len(queue) > 0 {
			o := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			if ref, ok := o.(types.IndirectRef); ok {
				object := ref.ObjectNumber.Value()
				if seen[object] || isPage(doc, ref) {
					continue
				}
				seen[object] = true
				if !visit(i+1, object) {
					return
				}
				o, _ = doc.Dereference(ref) // validation finds what cannot be parsed
			}
			queue = append(queue, inside(o, "Kids")...) // those of a field are on other pages too
		}
	}
}

// isPage reports whether ref leads to a page, to the tree of pages, or to the document.
func isPage(doc *model.Context, ref types.IndirectRef) bool {
	o, _ := doc.Dereference(ref)
	d, _ := o.(types.Dict)
	switch name(d, "Type") {
	case "Page", "Pages", "Catalog":
		return true
	}
	return false
}

// inside lists what an object holds, but for the entries of dictionaries that are named.
func inside(o types.Object, but ...string) []types.Object {
	if stream, ok := o.(types.StreamDict); ok {
		o = stream.Dict
	}
	switch o := o.(type) {
	case types.Array:
		return o
	case types.Dict:
		var out []types.Object
		for key, value := range o {
			if !slices.Contains(but, key) {
				out = append(out, value)
			}
		}
		return out
	}
	return nil
}

// firstPages maps objects to the first page that they are on, as far as they are on any.
func firstPages(doc *model.Context, pages []page, objects []int) map[int]int {
	wanted := map[int]bool{}
	for _, object := range objects {
		wanted[object] = true
	}
	on := map[int]int{}
	if len(wanted) == 0 { // most files
		return on
	}
	reach(doc, pages, func(page, object int) bool {
		if wanted[object] {
			on[object] = page
		}
		return len(on) < len(wanted)
	})
	return on
}

// lostObject finds the first page that uses an object which the library dropped because it
// cannot be parsed or, in a file whose table it made anew, cannot be found.
func lostObject(doc *model.Context, pages []page, heard *ear) error {
	if len(heard.unreadable) == 0 && !heard.rebuilt { // most files
		return nil
	}
	var lost error
	reach(doc, pages, func(page, object int) bool {
		entry := doc.Table[object]
		if heard.unreadable[object] || heard.rebuilt && (entry == nil || entry.Free) {
			lost = refusal{Code: codeLostPage, Page: page, Object: object}
		}
		return lost == nil
	})
	return lost
}
