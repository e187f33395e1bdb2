package pdfprep

import (
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// maxDepth bounds the walk into objects that hold each other directly.
const maxDepth = 50

// warnings lists what is odd about a PDF that may be sent.
func warnings(doc *model.Context) []finding {
	var out []finding
	if n := oddPages(doc); n > 0 {
		out = append(out, finding{Code: codeNotA4, N: n})
	}
	seen := map[string]bool{}
	for _, entry := range doc.Table {
		if entry != nil && !entry.Free {
			walk(entry.Object, seen, 0)
		}
	}
	for _, code := range []string{codeScript, codeForm, codeAttachment} {
		if seen[code] {
			out = append(out, finding{Code: code})
		}
	}
	return out
}

// walk marks what one object and those directly inside it hold. References are not
// followed: every object that can be referred to is in the table.
func walk(o types.Object, seen map[string]bool, depth int) {
	if depth > maxDepth {
		return
	}
	switch o := o.(type) {
	case types.Dict:
		walkDict(o, seen, depth)
	case types.StreamDict:
		walkDict(o.Dict, seen, depth)
	case types.Array:
		for _, item := range o {
			walk(item, seen, depth+1)
		}
	}
}

func walkDict(d types.Dict, seen map[string]bool, depth int) {
	mark(d, seen)
	for _, item := range d {
		walk(item, seen, depth+1)
	}
}

// mark recognizes actions (ISO 32000-1, 12.6.4), form fields (12.7.3) and embedded files
// (7.11.4) by the entries that make them so.
func mark(d types.Dict, seen map[string]bool) {
	switch name(d, "S") {
	case "JavaScript", "Launch", "SubmitForm":
		seen[codeScript] = true
	}
	switch name(d, "FT") {
	case "Tx", "Btn", "Ch":
		seen[codeForm] = true
	}
	_, hasXFA := d["XFA"]
	seen[codeForm] = seen[codeForm] || hasXFA
	_, hasFile := d["EF"]
	_, hasTree := d["EmbeddedFiles"]
	seen[codeAttachment] = seen[codeAttachment] || hasFile || hasTree
}

func name(d types.Dict, key string) string {
	n, _ := d[key].(types.Name)
	return string(n)
}
