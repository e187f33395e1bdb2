package strictxml

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// MaxBytes is how large a document may be.
const MaxBytes = 1 << 20

// The other bounds of a document. Real ones have some two hundred elements with two or three
// attributes and declarations each.
const (
	maxDepth      = 32
	maxElements   = 2000
	maxAttributes = 32 // of one element, declarations of namespaces among them
)

// Namespaces that need no declaration (Namespaces in XML 1.0, section 3).
const (
	xmlNamespace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsNamespace = "http://www.w3.org/2000/xmlns/"
)

// Parse reads one whole document without DOCTYPE that is well-formed with namespaces. Its
// errors name elements but never their content.
func Parse(document []byte) (*Element, error) {
	if len(document) > MaxBytes {
		return nil, fmt.Errorf("the XML is larger than %d bytes", MaxBytes)
	}
	text, err := asUTF8(document)
	if err != nil {
		return nil, err
	}
	var t tree
	s := scanner{text: string(text), tree: &t}
	if err := s.scan(); err != nil {
		return nil, err
	}
	if t.open != nil || t.root == nil {
		return nil, errors.New("the XML ends before its root element does")
	}
	return t.root, nil
}

// tree is a document that is being read.
type tree struct {
	root, open   *Element
	depth, count int
}

// start opens an element with these attributes, declarations of namespaces among them.
func (t *tree) start(prefix, local string, attrs []attribute) error {
	t.depth++
	t.count++
	if t.depth > maxDepth || t.count > maxElements || len(attrs) > maxAttributes {
		return fmt.Errorf("the XML is nested deeper than %d, has more than %d elements, or one with more than %d attributes",
			maxDepth, maxElements, maxAttributes)
	}
	if t.open == nil && t.root != nil {
		return errors.New("the XML has a second root element")
	}
	e := &Element{prefix: prefix, local: local, parent: t.open}
	if err := e.resolve(attrs); err != nil {
		return err
	}
	if t.open == nil {
		t.root = e
	} else {
		t.open.children = append(t.open.children, e)
	}
	t.open = e
	return nil
}

func (t *tree) end(prefix, local string) error {
	if t.open == nil || t.open.prefix != prefix || t.open.local != local {
		return fmt.Errorf("the XML closes an element %s that is not open", shown(local))
	}
	t.open = t.open.parent
	t.depth--
	return nil
}

// undeclared is the scope outside the root element.
var undeclared = map[string]string{"xml": xmlNamespace}

// resolve sorts declarations from attributes and looks every prefix up.
func (e *Element) resolve(attrs []attribute) error {
	e.scope = undeclared
	if e.parent != nil {
		e.scope = e.parent.scope // shared until a declaration changes it
	}
	if err := e.declare(attrs); err != nil {
		return err
	}
	space, declared := e.scope[e.prefix]
	if !declared && e.prefix != "" {
		return fmt.Errorf("the element %s has a prefix that is not declared", shown(e.local))
	}
	e.space = space
	for _, a := range attrs {
		if a.declares() {
			continue
		}
		if err := e.addAttribute(a); err != nil {
			return err
		}
	}
	return nil
}

func (e *Element) addAttribute(a attribute) error {
	if a.prefix != "" {
		if a.space = e.scope[a.prefix]; a.space == "" {
			return fmt.Errorf("an attribute of %s has a prefix that is not declared", shown(e.local))
		}
	}
	if slices.ContainsFunc(e.attrs, func(have attribute) bool { return have.space == a.space && have.local == a.local }) {
		return fmt.Errorf("the element %s has an attribute twice", shown(e.local))
	}
	e.attrs = append(e.attrs, a)
	return nil
}

func (a attribute) declares() bool {
	return a.prefix == "xmlns" || a.prefix == "" && a.local == "xmlns"
}

// declare adds the element's own namespace declarations to a scope of its own.
func (e *Element) declare(attrs []attribute) error {
	var own map[string]string
	for _, a := range attrs {
		if !a.declares() {
			continue
		}
		prefix := ""
		if a.prefix == "xmlns" {
			prefix = a.local
		}
		if _, twice := own[prefix]; twice || !mayDeclare(prefix, a.value) {
			return fmt.Errorf("the element %s declares a namespace in a way that is not allowed", shown(e.local))
		}
		if own == nil {
			own = map[string]string{}
		}
		own[prefix] = a.value
	}
	if own == nil {
		return nil
	}
	e.declares = true
	e.scope = maps.Clone(e.scope)
	maps.Copy(e.scope, own)
	return nil
}

// mayDeclare: xml and xmlns stand for their own namespaces and nothing else does, and a
// prefix cannot be taken away (Namespaces in XML 1.0, section 3).
func mayDeclare(prefix, space string) bool {
	if prefix == "xml" || space == xmlNamespace {
		return prefix == "xml" && space == xmlNamespace
	}
	return prefix != "xmlns" && space != xmlnsNamespace && (prefix == "" || space != "")
}
