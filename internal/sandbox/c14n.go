package sandbox

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
)

// c14nAlgorithm is Canonical XML 1.0, inclusive, without comments.
const c14nAlgorithm = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

// c14n11Algorithm is Canonical XML 1.1, which the portal's documentation of the document
// package allows for SignedInfo, too. It differs from 1.0 only in what is inherited of xml:id
// and xml:base, which a signature that is taken here cannot have.
const c14n11Algorithm = "http://www.w3.org/2006/12/xml-c14n11"

// canonical writes one element with all below it as Canonical XML 1.0 does for a document
// subset (REC-xml-c14n-20010315, sections 2.3 and 2.4): the element carries every
// namespace in scope, used or not, and the xml: attributes of its ancestors.
func canonical(e *element) []byte {
	var w c14nWriter
	w.element(e, nil, inheritedXMLAttributes(e))
	return w.buf.Bytes()
}

type c14nWriter struct{ buf bytes.Buffer }

// element writes e. rendered is what the parent in the output has in scope.
func (w *c14nWriter) element(e *element, rendered map[string]string, attrs []attribute) {
	name := qualified(e.prefix, e.local)
	w.buf.WriteString("<" + name)
	if e.declares || rendered == nil {
		w.namespaces(e.scope, rendered)
	}
	slices.SortFunc(attrs, func(a, b attribute) int {
		return cmp.Or(strings.Compare(a.space, b.space), strings.Compare(a.local, b.local))
	})
	for _, a := range attrs {
		w.attribute(qualified(a.prefix, a.local), a.value)
	}
	w.buf.WriteByte('>')
	for _, child := range e.children {
		switch child := child.(type) {
		case *element:
			w.element(child, e.scope, slices.Clone(child.attrs))
		case string:
			w.buf.WriteString(textEscaper.Replace(child))
		case instruction:
			w.instruction(child)
		}
	}
	w.buf.WriteString("</" + name + ">")
}

// namespaces writes the declarations that the output does not have in scope yet, the
// default one first, the others by prefix.
func (w *c14nWriter) namespaces(scope, rendered map[string]string) {
	for _, prefix := range slices.Sorted(maps.Keys(scope)) {
		space := scope[prefix]
		if prefix == "xml" || rendered[prefix] == space { // an absent default is the empty one
			continue
		}
		if prefix == "" {
			w.attribute("xmlns", space)
		} else {
			w.attribute("xmlns:"+prefix, space)
		}
	}
}

func (w *c14nWriter) attribute(name, value string) {
	w.buf.WriteString(" " + name + `="` + attributeEscaper.Replace(value) + `"`)
}

func (w *c14nWriter) instruction(i instruction) {
	w.buf.WriteString("<?" + i.target)
	if i.body != "" {
		w.buf.WriteString(" " + i.body)
	}
	w.buf.WriteString("?>")
}

var (
	textEscaper      = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")
	attributeEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "\t", "&#x9;", "\n", "&#xA;", "\r", "&#xD;")
)

func qualified(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}

// inheritedXMLAttributes is the element's own attributes with those xml: attributes of
// its ancestors that nothing nearer overrides.
func inheritedXMLAttributes(e *element) []attribute {
	attrs := slices.Clone(e.attrs)
	for up := e.parent; up != nil; up = up.parent {
		for _, a := range up.attrs {
			overridden := slices.ContainsFunc(attrs, func(have attribute) bool {
				return have.space == a.space && have.local == a.local
			})
			if a.space == xmlNamespace && !overridden {
				attrs = append(attrs, a)
			}
		}
	}
	return attrs
}
