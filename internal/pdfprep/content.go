package pdfprep

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"errors"
	"io"
	"regexp"
	"sync"

	"github.com/pdfcpu/pdfcpu/pkg/filter"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// maxContent is how much the content of all pages may unpack to, in bytes. A page full
// of text has some 10 000, a map of a town some millions.
const maxContent = 128 << 20

// maxFilters is how many filters a stream may have one behind the other. Two are usual, for
// text forms of packed data; each costs whoever reads it the whole stream once more.
const maxFilters = 8

// maxKept is how much of it is in memory between two filters, in bytes.
const maxKept = 32 << 20

var (
	errExpands    = errors.New("it unpacks to more than is allowed")
	errNoContents = errors.New("the page's contents are not there")
	errCutShort   = errors.New("it is longer than it says")
)

// unpacker unpacks what is drawn on pages, to see that it is whole.
type unpacker struct {
	doc  *model.Context
	pdf  []byte // what it was read from
	done map[int]bool
	left int64 // bytes that may still be unpacked
}

// pageContents finds the first page of which something would be missing: content streams and
// the forms (ISO 32000-1, 8.10) that they draw. Pictures and fonts are not looked into.
func pageContents(doc *model.Context, pages []page, pdf []byte) error {
	u := unpacker{doc: doc, pdf: pdf, done: map[int]bool{}, left: maxContent}
	for i, p := range pages {
		switch object, err := u.page(p); {
		case errors.Is(err, errExpands):
			return refusal{Code: codeExpansion, Page: i + 1, Object: object}
		case err != nil:
			return refusal{Code: codeLostPage, Page: i + 1, Object: object}
		case u.lacksFonts(p):
			return refusal{Code: codeLostText, Page: i + 1, Object: p.object}
		}
	}
	return nil
}

// setsFont is the operator that text begins with (ISO 32000-1, 9.3.1).
var setsFont = regexp.MustCompile(`/\S+\s+[-+.\d]+\s+Tf\b`)

// lacksFonts reports whether a page writes text and has no fonts at all.
func (u *unpacker) lacksFonts(p page) bool {
	resources, _ := u.doc.DereferenceDict(p.resources)
	if fonts, _ := u.doc.DereferenceDict(resources["Font"]); len(fonts) > 0 {
		return false
	}
	contents, _ := u.doc.Dereference(p.dict["Contents"])
	parts, isArray := contents.(types.Array)
	if !isArray {
		parts = types.Array{contents}
	}
	const first = 64 << 10 // bytes of each part
	for _, part := range parts {
		o, _ := u.doc.Dereference(part)
		if s, ok := o.(types.StreamDict); ok && setsFont.Match(beginning(&s, first)) {
			return true
		}
	}
	return false
}

// page unpacks all that one page draws and no page before it did. With an error comes the
// object that is damaged.
func (u *unpacker) page(p page) (int, error) {
	contents := p.dict["Contents"]
	if ref, ok := contents.(types.IndirectRef); ok {
		if o, err := u.doc.Dereference(ref); err != nil || o == nil { // a blank page has no entry
			return ref.ObjectNumber.Value(), errNoContents
		}
	}
	queue := append(u.forms(p.resources), contents)
	queue = append(queue, u.appearances(p.dict["Annots"])...)
	for len(queue) > 0 {
		o := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		ref, isRef := o.(types.IndirectRef)
		object := ref.ObjectNumber.Value()
		if isRef && u.done[object] {
			continue
		}
		u.done[object] = true
		more, err := u.draw(o)
		if err != nil {
			return object, err
		}
		queue = append(queue, more...)
	}
	return 0, nil
}

// draw unpacks one stream, and returns what it draws in turn.
func (u *unpacker) draw(o types.Object) ([]types.Object, error) {
	o, err := u.doc.Dereference(o)
	if err != nil {
		return nil, err
	}
	switch o := o.(type) {
	case types.Array:
		return o, nil
	case types.StreamDict:
		if u.goesOn(&o) {
			return nil, errCutShort
		}
		if name(o.Dict, "Subtype") != "Image" {
			return u.forms(o.Dict["Resources"]), u.unpack(&o)
		}
	}
	return nil, nil
}

// goesOn reports whether a stream goes on behind where its length says that it ends. Other
// readers look for the end; the library does not, and would merge a part of it.
func (u *unpacker) goesOn(s *types.StreamDict) bool {
	const word = "endstream"
	start, end := int(s.StreamOffset), int(s.StreamOffset)+len(s.Raw)
	if start <= 0 || end > len(u.pdf) {
		return false
	}
	behind := bytes.TrimLeft(u.pdf[end:], "\x00\t\n\f\r ")
	return !bytes.HasPrefix(behind, []byte(word)) && !bytes.HasPrefix(behind, []byte("endobj")) &&
		!bytes.Contains(u.pdf[start:min(end+len(word), len(u.pdf))], []byte(word))
}

// forms are the external objects of resources that were not looked at yet.
func (u *unpacker) forms(resources types.Object) []types.Object {
	if ref, ok := resources.(types.IndirectRef); ok {
		if u.done[ref.ObjectNumber.Value()] { // many pages may share them
			return nil
		}
		u.done[ref.ObjectNumber.Value()] = true
	}
	var out []types.Object
	dict, _ := u.doc.DereferenceDict(resources) // validation finds what is wrong here
	objects, _ := u.doc.DereferenceDict(dict["XObject"])
	for _, o := range objects {
		if ref, ok := o.(types.IndirectRef); ok && !u.done[ref.ObjectNumber.Value()] {
			out = append(out, ref)
		}
	}
	return out
}

// appearances are what annotations look like (ISO 32000-1, 12.5.5): streams, or dictionaries
// of streams for their states.
func (u *unpacker) appearances(annots types.Object) []types.Object {
	var out []types.Object
	list, _ := u.doc.DereferenceArray(annots)
	for _, o := range list {
		annot, _ := u.doc.DereferenceDict(o)
		looks, _ := u.doc.DereferenceDict(annot["AP"])
		out = append(out, looks["N"])
		states, _ := u.doc.DereferenceDict(looks["N"])
		for _, o := range states {
			out = append(out, o)
		}
	}
	return out
}

// unpack undoes the filters of a stream one by one. What the last one makes is only counted.
func (u *unpacker) unpack(s *types.StreamDict) error {
	if len(s.FilterPipeline) > maxFilters {
		return errExpands
	}
	data := s.Raw
	for i, f := range s.FilterPipeline {
		if len(data) == 0 {
			return nil
		}
		last := i == len(s.FilterPipeline)-1
		var err error
		if f.Name == filter.Flate && f.DecodeParms == nil {
			data, err = u.inflate(data, last)
		} else {
			data, err = u.library(s.Dict, f, data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// inflate unpacks data, and keeps what comes out of it unless it is the last filter.
func (u *unpacker) inflate(data []byte, last bool) ([]byte, error) {
	var kept bytes.Buffer
	var out io.Writer = io.Discard
	limit := u.left
	if !last {
		out, limit = &kept, min(limit, maxKept)
	}
	n, err := inflate(out, data, limit)
	u.left -= n
	return kept.Bytes(), err
}

// library has the library undo one filter.
func (u *unpacker) library(d types.Dict, f types.PDFFilter, data []byte) ([]byte, error) {
	s := types.StreamDict{Dict: d, Raw: data, FilterPipeline: []types.PDFFilter{f}}
	err := s.DecodeWithLimit(min(u.left, maxKept))
	u.left -= int64(len(s.Content))
	if errors.Is(err, filter.ErrDecodeLimitExceeded) {
		err = errExpands
	}
	return s.Content, err
}

// inflate unpacks at most limit bytes into w. Data that breaks off is an error unless what
// is missing is certainly no text: the checksum, or the last block of a writer that
// flushed and never closed.
func inflate(w io.Writer, packed []byte, limit int64) (int64, error) {
	z, err := inflater(packed)
	if err != nil {
		return 0, err
	}
	defer inflaters.Put(z)
	n, err := io.Copy(w, io.LimitReader(z, limit+1))
	switch {
	case n > limit:
		return n, errExpands
	case errors.Is(err, io.ErrUnexpectedEOF) && (flushed(packed) || unchecked(packed)):
		return n, nil
	}
	return n, err
}

// inflaters are kept for the next stream: a new one takes more memory than most streams do.
var inflaters sync.Pool

func inflater(packed []byte) (io.Reader, error) {
	if z, ok := inflaters.Get().(zlib.Resetter); ok {
		return z.(io.Reader), z.Reset(bytes.NewReader(packed), nil)
	}
	return zlib.NewReader(bytes.NewReader(packed))
}

// flushed reports whether packed ends with the mark of a flush (RFC 1951, an empty stored
// block).
func flushed(packed []byte) bool {
	return bytes.HasSuffix(bytes.TrimRight(packed, "\r\n"), []byte{0, 0, 0xff, 0xff})
}

// unchecked reports whether packed is whole but for its checksum. It was unpacked within
// limits before.
func unchecked(packed []byte) bool {
	const zlibHeader = 2 // bytes
	_, err := io.Copy(io.Discard, flate.NewReader(bytes.NewReader(packed[zlibHeader:])))
	return err == nil
}

// beginning is what the first limit bytes of a stream are, as far as they can be read.
func beginning(s *types.StreamDict, limit int64) []byte {
	switch {
	case len(s.FilterPipeline) == 0:
		return s.Raw[:min(int64(len(s.Raw)), limit)]
	case s.HasSoleFilterNamed(filter.Flate):
		var out bytes.Buffer
		_, _ = inflate(&out, s.Raw, limit) // half of it may be enough
		return out.Bytes()
	}
	return nil
}
