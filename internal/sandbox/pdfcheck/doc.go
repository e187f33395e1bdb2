// Package pdfcheck says whether the portal takes a document: a PDF of version 1.1 to 1.7, or
// PDF/A, whose end is there, and without encryption (portal-api.md, "Documents").
//
//	if err := pdfcheck.Check(content); err != nil {
//		// err says what is wrong, and nothing of the content
//	}
//
// [Check] reads what tells of these and nothing else: the first line and the end, the trailers
// from the newest to the oldest in tables of either kind, the catalogue where a plain table
// leads to it, and metadata that claims PDF/A-4. Version and encryption count wherever a reader
// would find them: a newer version in the catalogue, a trailer of an older revision, and in a
// file whose trailers are not all found, which readers repair, any place at all. A document's
// objects are not read: whether its pages can be shown is not asked here.
//
// Documents come from strangers. Every search is bounded, and a check takes time by the size
// of the document, whatever stands in it.
package pdfcheck
