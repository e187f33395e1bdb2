package pdfprep

import (
	"errors"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// layers gathers the optional content (ISO 32000-1, 8.11) of the parts of a merged PDF. The
// library keeps that of the first part only, and what is hidden in another one would show.
type layers struct {
	groups  types.Array            // of all parts
	lists   map[string]types.Array // of the default configuration
	present bool
}

// errLayers says that a part hides its layers in a way that cannot be joined with others.
var errLayers = errors.New("the layers cannot be merged")

// layerLists are the entries of a configuration that list groups and can be joined by
// putting one behind the other (ISO 32000-1, table 101).
var layerLists = []string{"OFF", "ON", "Order", "RBGroups", "Locked", "AS"}

// add notes the layers of doc, whose objects have the numbers that they will have in the
// merged PDF.
func (l *layers) add(doc *model.Context) error {
	root, err := doc.Catalog()
	if err != nil {
		return err
	}
	properties, err := doc.DereferenceDict(root["OCProperties"])
	if err != nil || properties == nil {
		return err
	}
	l.present = true
	groups, err := doc.DereferenceArray(properties["OCGs"])
	if err != nil {
		return err
	}
	l.groups = append(l.groups, groups...)
	usual, err := doc.DereferenceDict(properties["D"])
	if err != nil {
		return err
	}
	if state := name(usual, "BaseState"); state != "" && state != "ON" {
		return errLayers
	}
	for _, key := range layerLists {
		list, err := doc.DereferenceArray(usual[key])
		if err != nil {
			return err
		}
		if l.lists == nil {
			l.lists = map[string]types.Array{}
		}
		l.lists[key] = append(l.lists[key], list...)
	}
	return nil
}

// set gives the merged PDF the layers of all its parts.
func (l *layers) set(doc *model.Context) error {
	if !l.present {
		return nil
	}
	root, err := doc.Catalog()
	if err != nil {
		return err
	}
	usual := types.NewDict()
	for key, list := range l.lists {
		if len(list) > 0 {
			usual[key] = list
		}
	}
	root["OCProperties"] = types.Dict{"OCGs": l.groups, "D": usual}
	return nil
}
