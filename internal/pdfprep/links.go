package pdfprep

import (
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// straighten has links lead to their destinations themselves where they lead to a name in
// the catalogue's /Dests (ISO 32000-1, 12.3.2.3), and takes these names away. Two parts may
// have the same name: in the merged PDF it would lead into one of them, from both. Names in
// the name tree are kept apart by the library.
func straighten(doc *model.Context) error {
	root, err := doc.Catalog()
	if err != nil {
		return err
	}
	named, err := doc.DereferenceDict(root["Dests"])
	if err != nil || named == nil {
		return err
	}
	for _, entry := range doc.Table {
		if entry != nil && !entry.Free {
			straightenIn(entry.Object, named, 0)
		}
	}
	root.Delete("Dests")
	return nil
}

// straightenIn looks at an object and what it holds directly.
func straightenIn(o types.Object, named types.Dict, depth int) {
	if depth > maxDepth {
		return
	}
	switch o := o.(type) {
	case types.Array:
		for _, item := range o {
			straightenIn(item, named, depth+1)
		}
	case types.Dict:
		for key, value := range o {
			to, isName := value.(types.Name)
			if isName && (key == "Dest" || key == "D" && name(o, "S") == "GoTo") {
				if at, ok := named[string(to)]; ok {
					o[key] = at
				}
				continue
			}
			straightenIn(value, named, depth+1)
		}
	}
}
