package pdfprep

import (
	"slices"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// maxDepth bounds the walk into objects that hold each other directly. The library drops
// what is deeper.
const maxDepth = 100

// survey is what one walk over all objects of a PDF found.
type survey struct {
	doc    *model.Context
	marked map[string][]int // numbers of the objects that a code is about, in order
	images int64            // bytes of all pictures, as they are stored

	heard  *ear // notes what cannot be parsed
	object int  // being walked
}

// look walks over all objects. References are not followed: every object that can be
// referred to is in the table.
func look(doc *model.Context, heard *ear) *survey {
	s := &survey{doc: doc, marked: map[string][]int{}, heard: heard}
	for object, entry := range doc.Table {
		if entry != nil && !entry.Free {
			s.object = object
			s.walk(entry.Object, 0)
		}
	}
	for _, objects := range s.marked {
		slices.Sort(objects) // the table has no order
	}
	return s
}

func (s *survey) walk(o types.Object, depth int) {
	if depth > maxDepth {
		return
	}
	switch o := o.(type) {
	case types.Dict:
		s.dict(o, depth)
	case types.StreamDict:
		if name(o.Dict, "Subtype") == "Image" {
			s.images += int64(len(o.Raw))
		}
		s.dict(o.Dict, depth)
	case types.Array:
		for _, item := range o {
			s.walk(item, depth+1)
		}
	case types.LazyObjectStreamObject: // in an object stream, and not needed yet
		parsed, err := s.doc.Dereference(*types.NewIndirectRef(s.object, 0))
		if err != nil {
			s.heard.lose(s.object, err.Error())
			return
		}
		s.walk(parsed, depth+1)
	}
}

// dict recognizes things by the entries that make them so: actions (ISO 32000-1, 12.6.4), form
// fields (12.7.3), signatures (12.8.1) and embedded files (7.11.4).
func (s *survey) dict(d types.Dict, depth int) {
	for key, value := range d {
		switch key {
		case "S":
			s.action(d)
		case "FT":
			s.field(d)
		case "V":
			if isSignature(s.resolve(value)) {
				s.mark(codeSigned)
			}
		case "EF":
			if files, _ := s.resolve(value).(types.Dict); len(files) > 0 {
				s.mark(codeAttachment)
			}
		}
		s.walk(value, depth+1)
	}
}

func (s *survey) action(d types.Dict) {
	if _, parent := d["P"]; parent { // an element of the structure may be called anything
		return
	}
	kind, _ := s.resolve(d["S"]).(types.Name)
	switch kind {
	case "JavaScript":
		s.mark(codeScript)
	case "Rendition":
		if d["JS"] != nil {
			s.mark(codeScript)
		}
	case "Launch":
		s.mark(codeLaunch)
	case "SubmitForm", "ImportData":
		s.mark(codeSubmit)
	}
}

// Flags of form fields (ISO 32000-1, tables 221 and 226).
const (
	readOnly   = 1 << 0
	pushbutton = 1 << 16
)

func (s *survey) field(d types.Dict) {
	flags, _ := s.resolve(d["Ff"]).(types.Integer)
	switch kind, _ := s.resolve(d["FT"]).(types.Name); {
	case kind == "Sig" && s.lost(d["V"]): // it may be a signature for other readers
		s.mark(codeSigned)
	case kind == "Sig" && s.resolve(d["V"]) == nil:
		s.mark(codeSignatureField)
	case kind == "Btn" && flags&pushbutton != 0:
	case (kind == "Tx" || kind == "Btn" || kind == "Ch") && flags&readOnly == 0:
		s.mark(codeForm)
	}
}

// isSignature reports whether o is the value of a signature field that was signed. Other
// fields have no dictionary for a value.
func isSignature(o types.Object) bool {
	d, _ := o.(types.Dict)
	kind := name(d, "Type")
	return kind == "Sig" || kind == "DocTimeStamp" || d["ByteRange"] != nil || d["Contents"] != nil
}

// isSigned refuses a PDF that was signed or certified, and such as gives readers rights
// by a signature (ISO 32000-1, 12.8.2 and 12.8.4).
func (s *survey) isSigned(pages []page) error {
	if len(s.marked[codeSigned]) > 0 {
		return refusal(s.place(codeSigned, firstPages(s.doc, pages, s.marked[codeSigned])))
	}
	root, _ := s.doc.Catalog()
	perms, _ := s.resolve(root["Perms"]).(types.Dict)
	switch {
	case isSignature(s.resolve(perms["DocMDP"])):
		return refusal{Code: codeSigned}
	case isSignature(s.resolve(perms["UR3"])), isSignature(s.resolve(perms["UR"])):
		return refusal{Code: codeUsageRights}
	}
	return nil
}

// warnings lists what is odd about a PDF that may be sent.
func (s *survey) warnings(pages []page) []finding {
	s.sortOutForms()
	var codes []string
	var objects []int
	for _, code := range []string{codeScript, codeLaunch, codeSubmit, codeForm, codeSignatureField, codeAttachment} {
		if len(s.marked[code]) > 0 {
			codes = append(codes, code)
			objects = append(objects, s.marked[code]...)
		}
	}
	out := sizeWarnings(s.doc, pages)
	on := firstPages(s.doc, pages, objects)
	for _, code := range codes {
		out = append(out, s.place(code, on))
	}
	return out
}

// sortOutForms forgets the fields of forms that were taken out of the document, and finds
// those that are described in XML (XFA) alone.
func (s *survey) sortOutForms() {
	root, _ := s.doc.Catalog()
	form, _ := s.resolve(root["AcroForm"]).(types.Dict)
	fields, _ := s.resolve(form["Fields"]).(types.Array)
	if len(fields) == 0 {
		delete(s.marked, codeForm)
		delete(s.marked, codeSignatureField)
	}
	if s.resolve(form["XFA"]) != nil {
		s.object = s.doc.Root.ObjectNumber.Value()
		s.mark(codeForm)
	}
}

// place is the finding of code with the first page that one of its objects is on, and that
// object; else with the first object.
func (s *survey) place(code string, on map[int]int) finding {
	f := finding{Code: code, Object: s.marked[code][0]}
	for _, object := range s.marked[code] {
		if page := on[object]; page > 0 && (f.Page == 0 || page < f.Page) {
			f.Page, f.Object = page, object
		}
	}
	return f
}

func (s *survey) mark(code string) {
	objects := s.marked[code]
	if len(objects) == 0 || objects[len(objects)-1] != s.object {
		s.marked[code] = append(objects, s.object)
	}
}

// resolve is what o is or refers to; nil where that cannot be told.
func (s *survey) resolve(o types.Object) types.Object {
	o, err := s.doc.Dereference(o)
	if err != nil {
		return nil
	}
	return o
}

// lost reports whether o refers to what the library cannot parse.
func (s *survey) lost(o types.Object) bool {
	ref, ok := o.(types.IndirectRef)
	_, err := s.doc.Dereference(o)
	return ok && s.heard.unreadable[ref.ObjectNumber.Value()] || err != nil
}

func name(d types.Dict, key string) string {
	n, _ := d[key].(types.Name)
	return string(n)
}
