package strictxml

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Canonical writes the element with all below it as Canonical XML 1.0, without comments, does
// for a document subset (REC-xml-c14n-20010315, sections 2.3 and 2.4): the element carries
// every namespace in scope, used or not, and the xml: attributes of its ancestors.
func (e *Element) Canonical() []byte {
	var w canonicalWriter
	w.element(e, nil, inheritedXMLAttributes(e))
	return w.buf.Bytes()
}

type canonicalWriter struct{ buf bytes.Buffer }

// element writes e. rendered is what the parent in the output has in scope.
func (w *canonicalWriter) element(e *Element, rendered map[string]string, attrs []attribute) {
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
		case *Element:
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
func (w *canonicalWriter) namespaces(scope, rendered map[string]string) {
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

func (w *canonicalWriter) attribute(name, value string) {
	w.buf.WriteString(" " + name + `="` + attributeEscaper.Replace(value) + `"`)
}

func (w *canonicalWriter) instruction(i instruction) {
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

// Escape writes a text as it stands in the canonical form of an element. What is no UTF-8
// becomes "?".
func Escape(text string) string {
	return textEscaper.Replace(strings.ToValidUTF8(text, "?"))
}

func qualified(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}

// inheritedXMLAttributes is the element's own attributes with those xml: attributes of
// its ancestors that nothing nearer overrides.
func inheritedXMLAttributes(e *Element) []attribute {
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
