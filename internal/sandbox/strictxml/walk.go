package strictxml

import (
	"fmt"
	"slices"
	"strings"
)

const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

// Checker keeps the first breach of a document, which all its walks and values share, so that
// a reader can be written straight down and asks for the error once, at its end. The zero
// value is ready for use.
type Checker struct{ err error }

// Err is the first breach.
func (c *Checker) Err() error { return c.err }

// Breach says what is wrong. It may name elements ([Element.Name]), never values.
func (c *Checker) Breach(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// Walk reads the child elements of one element in the order its schema demands. What is not
// there is nil, and so is everything in it.
type Walk struct {
	check *Checker
	of    *Element
	space string // of the children
	rest  []*Element
}

// Enter begins to read an element that may hold only elements, of one namespace, and only
// the attributes named, and hints to where its schema is (XSD 1.0 part 1, section 2.6; of
// the others, xsi:nil fits no element here, and nobody needs xsi:type).
func (c *Checker) Enter(e *Element, space string, attrs ...string) *Walk {
	w := &Walk{check: c, of: e, space: space}
	if e == nil {
		return w
	}
	c.attributes(e, attrs...)
	for _, child := range e.children {
		switch child := child.(type) {
		case *Element:
			w.rest = append(w.rest, child)
		case string:
			if strings.Trim(child, Blanks) != "" {
				c.Breach("%s has text where only elements are allowed", e.local)
			}
		}
	}
	return w
}

func (c *Checker) attributes(e *Element, allowed ...string) {
	for _, a := range e.attrs {
		known := a.space == "" && slices.Contains(allowed, a.local) ||
			a.space == schemaInstance && (a.local == "schemaLocation" || a.local == "noNamespaceSchemaLocation")
		if !known {
			c.Breach("%s has an attribute %s, which its schema does not know", e.local, shown(a.local))
		}
	}
}

// Next is the next child where it has this name, else nil.
func (w *Walk) Next(name string) *Element {
	if len(w.rest) == 0 || !w.rest[0].Is(w.space, name) {
		return nil
	}
	e := w.rest[0]
	w.rest = w.rest[1:]
	return e
}

// Must is the next child, which has to have this name.
func (w *Walk) Must(name string) *Element {
	e := w.Next(name)
	if e == nil && w.of != nil {
		w.check.Breach("%s: %s is expected %s", w.of.local, name, w.here())
	}
	return e
}

// End says that nothing more may follow.
func (w *Walk) End() {
	if len(w.rest) > 0 {
		w.check.Breach("%s: nothing more is allowed %s", w.of.local, w.here())
	}
}

func (w *Walk) here() string {
	if len(w.rest) == 0 {
		return "at its end"
	}
	return "where the element " + shown(w.rest[0].local) + " stands"
}

// Text is the text of an element that may hold nothing else, unchanged, with only the
// attributes named.
func (c *Checker) Text(e *Element, attrs ...string) string {
	if e == nil {
		return ""
	}
	c.attributes(e, attrs...)
	var b strings.Builder
	for _, child := range e.children {
		switch child := child.(type) {
		case *Element:
			c.Breach("%s has elements where only text is allowed", e.local)
		case string:
			b.WriteString(child)
		}
	}
	return b.String()
}
