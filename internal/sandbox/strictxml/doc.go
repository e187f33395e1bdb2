// Package strictxml reads XML that strangers have written, as strictly as its standards
// allow: XML 1.0 (fifth edition) with Namespaces, and the part of XML Schema that the
// portal's schemas use.
//
//	root, err := strictxml.Parse(document)
//	...
//	var c strictxml.Checker
//	w := c.Enter(root, namespace)
//	title := c.Sized(w.Must("title"), 1, 80)
//	note := c.Text(w.Next("note")) // empty where there is none
//	w.End()
//	return c.Err()
//
// # The text
//
// [Parse] takes what is well-formed with namespaces, in UTF-8 or UTF-16, ASCII or Latin-1, and
// lays out the whole of it as a tree of [Element]. There is no DOCTYPE, and so no entity but
// the five that need no declaration; and bounds of bytes ([MaxBytes]), depth, elements and
// attributes hold before anything is built. It takes time and memory by the size of the
// document, whatever stands in it.
//
// [Element.Canonical] is the form in which elements are hashed and signed.
//
// # The schema
//
// [Checker.Enter] begins a [Walk] over the children of an element, which must come in the order
// in which they are asked for; a [Checker] reads texts, attributes, numbers and dates as the
// types of XSD 1.0 want them. What does not fit is a breach, and the first breach of a
// document is its error: a reader asks for it once, at its end. Until then what is missing is
// nil, and reading nil gives nothing.
//
// # Errors
//
// They are sentences for the one who wrote the document and say where it is wrong. They repeat
// nothing of it but the names of elements and attributes, and these only where they look like
// names of a schema; so they hold no personal data.
package strictxml
