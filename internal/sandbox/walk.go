package sandbox

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
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

// checker keeps the first breach of a document. Breaches name elements, never values.
type checker struct{ err error }

func (c *checker) breach(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// enter begins to read an element that may hold only elements of one namespace and only
// the attributes named, and hints to where its schema is (XSD 1.0 part 1, section 2.6; of
// the others, xsi:nil fits no element here, and nobody needs xsi:type).
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
		known := a.space == "" && slices.Contains(allowed, a.local) ||
			a.space == schemaInstance && (a.local == "schemaLocation" || a.local == "noNamespaceSchemaLocation")
		if !known {
			c.breach("%s has an attribute %s, which its schema does not know", e.local, shown(a.local))
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
	return "where the element " + shown(w.rest[0].local) + " stands"
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
