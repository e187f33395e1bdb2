package sandbox

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Bounds of any XML document read here. Real ones have some two hundred elements.
const (
	maxXMLBytes    = 1 << 20
	maxXMLDepth    = 32
	maxXMLElements = 2000
)

const xmlNamespace = "http://www.w3.org/XML/1998/namespace"

// element is one element of a parsed document with everything canonicalization needs.
type element struct {
	prefix, local string
	space         string            // the namespace its prefix stands for
	scope         map[string]string // every prefix in scope, "" is the default namespace
	attrs         []attribute       // without namespace declarations
	children      []any             // *element, string (text) or instruction
	parent        *element
}

// attribute is one attribute; space is empty where it has no prefix.
type attribute struct {
	prefix, local, space, value string
}

// instruction is a processing instruction, which canonical XML keeps.
type instruction struct{ target, body string }

// is says whether the element has this name.
func (e *element) is(space, local string) bool {
	return e.space == space && e.local == local
}

// parseXML reads one whole document: UTF-8, no DOCTYPE, well-formed with namespaces. Its
// errors name elements but never their content.
func parseXML(document []byte) (*element, error) {
	if len(document) > maxXMLBytes {
		return nil, fmt.Errorf("the XML is larger than %d bytes", maxXMLBytes)
	}
	document = bytes.TrimPrefix(document, []byte("\xef\xbb\xbf"))
	p := &xmlParser{decoder: xml.NewDecoder(bytes.NewReader(document))}
	for {
		token, err := p.decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return p.finish()
		}
		if err != nil {
			line, _ := p.decoder.InputPos()
			return nil, fmt.Errorf("the XML is not well-formed at line %d", line)
		}
		if err := p.take(token); err != nil {
			return nil, err
		}
		p.started = true
	}
}

type xmlParser struct {
	decoder      *xml.Decoder
	root, open   *element
	depth, count int
	started      bool // something was read before
}

func (p *xmlParser) take(token xml.Token) error {
	switch token := token.(type) {
	case xml.StartElement:
		return p.start(token)
	case xml.EndElement:
		return p.end(token)
	case xml.CharData:
		return p.text(string(token))
	case xml.ProcInst:
		return p.instruction(token)
	case xml.Directive:
		return errors.New("the XML has a DOCTYPE; none is allowed")
	}
	return nil // comments are no part of the canonical form
}

func (p *xmlParser) finish() (*element, error) {
	if p.open != nil || p.root == nil {
		return nil, errors.New("the XML ends before its root element does")
	}
	return p.root, nil
}

func (p *xmlParser) start(token xml.StartElement) error {
	p.depth++
	p.count++
	if p.depth > maxXMLDepth || p.count > maxXMLElements {
		return fmt.Errorf("the XML is nested deeper than %d or has more than %d elements", maxXMLDepth, maxXMLElements)
	}
	if p.open == nil && p.root != nil {
		return errors.New("the XML has a second root element")
	}
	e := &element{prefix: token.Name.Space, local: token.Name.Local, parent: p.open}
	if err := e.resolve(token.Attr); err != nil {
		return err
	}
	if p.open == nil {
		p.root = e
	} else {
		p.open.children = append(p.open.children, e)
	}
	p.open = e
	return nil
}

func (p *xmlParser) end(token xml.EndElement) error {
	if p.open == nil || p.open.prefix != token.Name.Space || p.open.local != token.Name.Local {
		return fmt.Errorf("the XML closes an element %q that is not open", token.Name.Local)
	}
	p.open = p.open.parent
	p.depth--
	return nil
}

func (p *xmlParser) text(text string) error {
	if p.open == nil {
		if strings.TrimSpace(text) != "" {
			return errors.New("the XML has text outside its root element")
		}
		return nil
	}
	p.open.children = append(p.open.children, text)
	return nil
}

func (p *xmlParser) instruction(token xml.ProcInst) error {
	if token.Target == "xml" {
		if p.started {
			return errors.New("the XML declaration is not at the start")
		}
		return nil
	}
	if p.open != nil {
		p.open.children = append(p.open.children, instruction{token.Target, string(token.Inst)})
	}
	return nil
}

// resolve sorts declarations from attributes and looks every prefix up.
func (e *element) resolve(attrs []xml.Attr) error {
	e.scope = map[string]string{"xml": xmlNamespace}
	if e.parent != nil {
		e.scope = e.parent.scope // shared until a declaration changes it
	}
	if err := e.declare(attrs); err != nil {
		return err
	}
	space, declared := e.scope[e.prefix]
	if !declared && e.prefix != "" {
		return fmt.Errorf("the element %q has a prefix that is not declared", e.local)
	}
	e.space = space
	for _, a := range attrs {
		if isDeclaration(a) {
			continue
		}
		if err := e.addAttribute(a); err != nil {
			return err
		}
	}
	return nil
}

// addAttribute adds one attribute. Line breaks and tabs in its value would have to be
// normalized in two ways, by how they were written, which the decoder does not tell: they
// are refused, and nobody writes them.
func (e *element) addAttribute(a xml.Attr) error {
	space := ""
	if a.Name.Space != "" {
		if space = e.scope[a.Name.Space]; space == "" {
			return fmt.Errorf("an attribute of %q has a prefix that is not declared", e.local)
		}
	}
	if slices.ContainsFunc(e.attrs, func(have attribute) bool { return have.space == space && have.local == a.Name.Local }) {
		return fmt.Errorf("the element %q has an attribute twice", e.local)
	}
	if strings.ContainsAny(a.Value, "\t\r\n") {
		return fmt.Errorf("an attribute of %q has a line break or tab", e.local)
	}
	e.attrs = append(e.attrs, attribute{a.Name.Space, a.Name.Local, space, a.Value})
	return nil
}

func isDeclaration(a xml.Attr) bool {
	return a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns"
}

// declare adds the element's own namespace declarations to a scope of its own.
func (e *element) declare(attrs []xml.Attr) error {
	own := map[string]string{}
	for _, a := range attrs {
		if !isDeclaration(a) {
			continue
		}
		prefix := ""
		if a.Name.Space == "xmlns" {
			prefix = a.Name.Local
		}
		if _, twice := own[prefix]; twice || prefix == "xml" || prefix == "xmlns" || prefix != "" && a.Value == "" {
			return fmt.Errorf("the element %q declares a namespace in a way that is not allowed", e.local)
		}
		own[prefix] = a.Value
	}
	if len(own) == 0 {
		return nil
	}
	e.scope = maps.Clone(e.scope)
	maps.Copy(e.scope, own)
	return nil
}
