package pdfprep

import (
	"fmt"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// valid validates what was read and refuses it where a page or text is lost. The library
// is strict with much that is not on the pages (forms, bookmarks, associated files) and that
// no reader minds; what it finds there is no reason to refuse a letter.
func valid(doc *model.Context, pages []page, heard *ear) error {
	err := validate(doc)
	if err != nil {
		restore := setAside(doc, pages)
		err = validate(doc)
		restore()
	}
	switch {
	case err != nil:
		return fmt.Errorf("validating: %w", err)
	case doc.PageCount == 0:
		return refusal{Code: codeNoPages}
	}
	if err := heard.verdict(); err != nil {
		return err
	}
	if doc.PageCount != len(pages) {
		return refusal{Code: codeDamaged}
	}
	return nil
}

// validate holds a document to the newest version, whatever it says: many use what is
// newer than the version in their header.
func validate(doc *model.Context) error {
	header, newest := doc.HeaderVersion, model.V17
	if *header < newest {
		doc.HeaderVersion = &newest
		defer func() { doc.HeaderVersion = header }()
	}
	return api.ValidateContext(doc)
}

// setAside takes everything but the pages and what is drawn on them out of a document,
// until restore is called.
func setAside(doc *model.Context, pages []page) (restore func()) {
	var undo []func()
	take := func(d types.Dict, key string) {
		if value, ok := d[key]; ok {
			delete(d, key)
			undo = append(undo, func() { d[key] = value })
		}
	}
	root, _ := doc.Catalog()
	for key := range root {
		if key != "Type" && key != "Pages" && key != "Version" {
			take(root, key)
		}
	}
	for _, p := range pages {
		take(p.dict, "Annots")
		take(p.dict, "AA")
	}
	return func() {
		for _, f := range undo {
			f()
		}
	}
}
