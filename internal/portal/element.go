package portal

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// namespace of every element of the portal (common.xsd, portal.xsd).
const namespace = "http://signering.posten.no/schema/v1"

// Bounds of a document; the deepest of the portal's has five levels, the longest fewer
// than a hundred elements.
const (
	maxDepth    = 8
	maxElements = 500
)

// element is one element of an answer.
type element struct {
	name     string
	attrs    map[string]string // without those that are harmless
	text     strings.Builder
	children []*element
}

// parse reads a whole document strictly: one root of the given name, all elements in the
// portal's namespace, no DOCTYPE, no processing instructions, nothing behind the root.
// Errors name elements, never their content.
func parse(document []byte, root string) (*element, error) {
	e, err := parseAny(document)
	if err == nil && e.name != root {
		err = fmt.Errorf("reading XML: %s stands where %s is expected", e.name, root)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// parseAny is parse for a root of any name.
func parseAny(document []byte) (*element, error) {
	p := &parser{decoder: xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(document, []byte("\ufeff"))))}
	for {
		token, err := p.decoder.Token()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = p.take(token)
		}
		var broken *xml.SyntaxError
		switch {
		case errors.As(err, &broken): // its own words quote the document
			return nil, fmt.Errorf("reading XML: line %d is not well-formed", broken.Line)
		case err != nil:
			return nil, fmt.Errorf("reading XML: %w", err)
		}
	}
	if p.root == nil {
		return nil, errors.New("reading XML: there is no element")
	}
	return p.root, nil
}

type parser struct {
	decoder *xml.Decoder
	root    *element
	open    []*element
	seen    int
	begun   bool // anything but the XML declaration was met
}

func (p *parser) take(token xml.Token) error {
	first := !p.begun
	p.begun = true
	switch t := token.(type) {
	case xml.StartElement:
		return p.start(t)
	case xml.EndElement:
		p.open = p.open[:len(p.open)-1]
	case xml.CharData:
		if len(p.open) > 0 {
			p.open[len(p.open)-1].text.Write(t)
		} else if len(bytes.TrimSpace(t)) > 0 {
			return errors.New("text stands outside the document")
		}
	case xml.Directive:
		return errors.New("a DOCTYPE is not accepted")
	case xml.ProcInst:
		if t.Target != "xml" || !first {
			return errors.New("a processing instruction is not accepted")
		}
	}
	return nil
}

func (p *parser) start(t xml.StartElement) error {
	p.seen++
	switch {
	case t.Name.Space != namespace:
		return errors.New("an element is not in the portal's namespace")
	case len(p.open) >= maxDepth || p.seen > maxElements:
		return errors.New("the document is deeper or longer than any of the portal's")
	case len(p.open) == 0 && p.root != nil:
		return errors.New("a second document follows the first")
	}
	e := &element{name: t.Name.Local, attrs: map[string]string{}}
	seen := map[xml.Name]bool{}
	for _, a := range t.Attr {
		switch {
		case seen[a.Name] || a.Name.Space != "" && !harmlessAttribute(a.Name):
			return fmt.Errorf("an attribute of %s is doubled or foreign", e.name)
		case !harmlessAttribute(a.Name):
			e.attrs[a.Name.Local] = a.Value
		}
		seen[a.Name] = true
	}
	if len(p.open) == 0 {
		p.root = e
	} else {
		parent := p.open[len(p.open)-1]
		parent.children = append(parent.children, e)
	}
	p.open = append(p.open, e)
	return nil
}

// harmlessAttribute reports whether an attribute says nothing about its element: a
// namespace's declaration, or where a schema is to be found.
func harmlessAttribute(name xml.Name) bool {
	return name.Space == "xmlns" || name == xml.Name{Local: "xmlns"} ||
		name == xml.Name{Space: "http://www.w3.org/2001/XMLSchema-instance", Local: "schemaLocation"}
}

// fields hands out the children of an element in the order of an xs:sequence. The first
// thing that does not fit is kept as err; what follows then is nil or empty.
type fields struct {
	of   *element
	rest []*element
	err  error
}

func (e *element) fields() *fields {
	f := &fields{of: e, rest: e.children}
	if strings.TrimSpace(e.text.String()) != "" {
		f.fail("text stands between the elements of " + e.name)
	}
	f.attributes(e, "")
	return f
}

// next is the next child if it has this name, else nil.
func (f *fields) next(name string) *element {
	if f.err != nil || len(f.rest) == 0 || f.rest[0].name != name {
		return nil
	}
	e := f.rest[0]
	f.rest = f.rest[1:]
	return e
}

// need is the next child, which must have this name.
func (f *fields) need(name string) *element {
	e := f.next(name)
	if e == nil {
		f.fail(fmt.Sprintf("%s is missing in %s, or not in its place", name, f.of.name))
	}
	return e
}

// text is the text of the next child, which must have this name and hold nothing else.
func (f *fields) text(name string) string { return f.leaf(f.need(name), "") }

// optional is the text of the next child if it has this name.
func (f *fields) optional(name string) string { return f.leaf(f.next(name), "") }

// leaf is the text of a child without children and with at most one attribute.
func (f *fields) leaf(e *element, attribute string) string {
	if e == nil {
		return ""
	}
	if len(e.children) > 0 {
		f.fail(e.name + " holds elements")
	}
	f.attributes(e, attribute)
	return strings.TrimSpace(e.text.String())
}

// attribute is a required attribute of a child that need or next gave.
func (f *fields) attribute(e *element, name string) string {
	if e == nil {
		return ""
	}
	value, ok := e.attrs[name]
	if !ok {
		f.fail(fmt.Sprintf("%s has no attribute %s", e.name, name))
	}
	return value
}

func (f *fields) attributes(e *element, known string) {
	for name := range e.attrs {
		if name != known {
			f.fail(fmt.Sprintf("%s has an attribute that the XSD does not know", e.name))
		}
	}
}

// end is the first thing that did not fit; a child that nobody asked for is one.
func (f *fields) end() error {
	if len(f.rest) > 0 {
		f.fail(fmt.Sprintf("%s in %s is doubled, unknown or not in its place", f.rest[0].name, f.of.name))
	}
	return f.err
}

func (f *fields) fail(what string) {
	if f.err == nil {
		f.err = errors.New("reading XML: " + what)
	}
}
