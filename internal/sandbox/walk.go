package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

// walk reads the child elements of one element in the order its schema demands. The first
// breach is kept in the checker that all walks of a document share, so that a reader can
// be written straight down and asks for the error once, at its end.
type walk struct {
	check *checker
	of    *element
	space string
	rest  []*element
}

// checker keeps the first breach of a document. Breaches name elements, never values.
type checker struct{ err error }

func (c *checker) breach(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// enter begins to read an element that may hold only elements of one namespace and only
// the attributes named.
func (c *checker) enter(e *element, space string, attrs ...string) *walk {
	w := &walk{check: c, of: e, space: space}
	if e == nil {
		return w
	}
	c.attributes(e, attrs...)
	for _, child := range e.children {
		switch child := child.(type) {
		case *element:
			w.rest = append(w.rest, child)
		case string:
			if strings.Trim(child, " \t\r\n") != "" {
				c.breach("%s has text where only elements are allowed", e.local)
			}
		}
	}
	return w
}

func (c *checker) attributes(e *element, allowed ...string) {
	for _, a := range e.attrs {
		if a.space != schemaInstance && (a.space != "" || !slices.Contains(allowed, a.local)) {
			c.breach("%s has an attribute %s, which its schema does not know", e.local, a.local)
		}
	}
}

// next is the next child where it has this name, else nil.
func (w *walk) next(name string) *element {
	if len(w.rest) == 0 || !w.rest[0].is(w.space, name) {
		return nil
	}
	e := w.rest[0]
	w.rest = w.rest[1:]
	return e
}

// must is the next child, which has to have this name.
func (w *walk) must(name string) *element {
	e := w.next(name)
	if e == nil && w.of != nil {
		w.check.breach("%s: %s is expected %s", w.of.local, name, w.here())
	}
	return e
}

// end says that nothing more may follow.
func (w *walk) end() {
	if len(w.rest) > 0 {
		w.check.breach("%s: nothing more is allowed %s", w.of.local, w.here())
	}
}

func (w *walk) here() string {
	if len(w.rest) == 0 {
		return "at its end"
	}
	return "where " + w.rest[0].local + " stands"
}

// text is the text of an element that may hold nothing else, unchanged.
func (c *checker) text(e *element, attrs ...string) string {
	if e == nil {
		return ""
	}
	c.attributes(e, attrs...)
	var b strings.Builder
	for _, child := range e.children {
		switch child := child.(type) {
		case *element:
			c.breach("%s has elements where only text is allowed", e.local)
		case string:
			b.WriteString(child)
		}
	}
	return b.String()
}

// sized is a text whose length in characters must lie between two bounds.
func (c *checker) sized(e *element, least, most int) string {
	text := c.text(e)
	c.length(e, "", text, least, most)
	return text
}

// oneOf is a text that must be one of a few.
func (c *checker) oneOf(e *element, allowed ...string) string {
	text := c.text(e)
	if e != nil && !slices.Contains(allowed, text) {
		c.breach("%s has a value that is not one of %s", e.local, strings.Join(allowed, ", "))
	}
	return text
}

// empty is an element without content or attributes.
func (c *checker) empty(e *element) {
	if e != nil && c.text(e) != "" {
		c.breach("%s must be empty", e.local)
	}
}

// attribute is the value of an attribute and whether it is there.
func (e *element) attribute(name string) (string, bool) {
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

// required is an attribute that must be there, with its length in characters bounded.
func (c *checker) required(e *element, name string, least, most int) string {
	value, present := e.attribute(name)
	if e != nil && !present {
		c.breach("%s lacks its attribute %s", e.local, name)
	}
	c.length(e, "/@"+name, value, least, most)
	return value
}

// length counts characters as XSD does, in code points.
func (c *checker) length(e *element, what, text string, least, most int) {
	if n := utf8.RuneCountInString(text); e != nil && (n < least || n > most) {
		c.breach("%s%s has %d characters; %d to %d are allowed", e.local, what, n, least, most)
	}
}
