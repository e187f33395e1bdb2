package strictxml

import (
	"iter"
	"regexp"
)

// Element is one element of a document with everything canonicalization needs.
type Element struct {
	prefix, local string
	space         string            // the namespace its prefix stands for
	scope         map[string]string // every prefix in scope, "" is the default namespace
	declares      bool              // scope is not its parent's
	attrs         []attribute       // without namespace declarations
	children      []any             // *Element, string (text) or instruction
	parent        *Element
}

// attribute is one attribute; space is empty where it has no prefix.
type attribute struct {
	prefix, local, space, value string
}

// instruction is a processing instruction, which canonical XML keeps.
type instruction struct{ target, body string }

// Is says whether the element has this name.
func (e *Element) Is(space, local string) bool {
	return e.space == space && e.local == local
}

// Name is the element's name without its namespace, as a message may repeat it.
func (e *Element) Name() string { return shown(e.local) }

// schemaName is what every name of our schemas looks like, and no personal data.
var schemaName = regexp.MustCompile(`^(X509)?[A-Za-z-]{1,40}$`)

// shown is a name as a message may repeat it. What looks like no name of a schema was made
// up by the caller and might be anything.
func shown(name string) string {
	if schemaName.MatchString(name) {
		return name
	}
	return "of a strange name"
}

// Attribute is the value of an attribute without namespace, and whether it is there; it is not
// where there is no element (nil).
func (e *Element) Attribute(name string) (string, bool) {
	if e == nil {
		return "", false
	}
	for _, a := range e.attrs {
		if a.space == "" && a.local == name {
			return a.value, true
		}
	}
	return "", false
}

// All yields the element and every element below it, in the order of the document.
func (e *Element) All() iter.Seq[*Element] {
	return func(yield func(*Element) bool) { e.visit(yield) }
}

func (e *Element) visit(yield func(*Element) bool) bool {
	if !yield(e) {
		return false
	}
	for _, child := range e.children {
		if inner, is := child.(*Element); is && !inner.visit(yield) {
			return false
		}
	}
	return true
}
