package pdfprep

import (
	"bytes"
	"strconv"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// disputed reports whether readers differ about what is in object streams (ISO 32000-1,
// 7.5.7): the library goes by the table of the file, others by the list in the stream itself.
// Whoever made them say different things can show one document here and sign another.
func disputed(doc *model.Context) bool {
	if !doc.Read.UsingObjectStreams && !doc.Read.Hybrid {
		return false
	}
	lists := map[int][]int{}
	for object, entry := range doc.Table {
		switch o := entry.Object.(type) {
		case types.ObjectStreamDict:
			lists[object] = listed(o.StreamDict)
		case types.StreamDict:
			if doc.Read.Hybrid && name(o.Dict, "Type") == "ObjStm" {
				lists[object] = listed(o)
			}
		}
	}
	for object, entry := range doc.Table {
		if entry.ObjectStream == nil {
			continue
		}
		list := lists[*entry.ObjectStream]
		if i := *entry.ObjectStreamInd; i >= len(list) || list[i] != object {
			return true
		}
	}
	return doc.Read.Hybrid && hides(doc, lists)
}

// listed are the numbers of the objects in an object stream, as far as they can be read.
func listed(s types.StreamDict) []int {
	first, _ := s.Dict["First"].(types.Integer)
	index, _ := s.DecodeLengthWithLimit(int64(max(first, 0)), maxStructure)
	index, _, _ = bytes.Cut(index, []byte("%")) // some have a comment behind them
	var out []int
	for i, field := range bytes.Fields(bytes.ReplaceAll(index, []byte{0}, []byte(" "))) {
		if i%2 == 0 { // its place is the other one
			object, _ := strconv.Atoi(string(field))
			out = append(out, object)
		}
	}
	return out
}

// hides reports whether a hybrid-reference file (ISO 32000-1, 7.5.8.4) has objects that its
// table calls free: readers of PDF 1.4 are to take them for that, and so does the library.
func hides(doc *model.Context, lists map[int][]int) bool {
	for _, list := range lists {
		for _, object := range list {
			if entry := doc.Table[object]; entry == nil || entry.Free {
				return true
			}
		}
	}
	return false
}
