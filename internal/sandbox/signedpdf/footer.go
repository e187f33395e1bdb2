package signedpdf

import (
	"fmt"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// The footer's line: its size, how far above the lower edge it stands, and what is left
// free beside it, in points.
const (
	footerSize = 7.0
	footerRise = 12.0
	footerSide = 10.0
)

func footerText(job int64, page, of int) string {
	return fmt.Sprintf("Signed through the signing portal sandbox · job %d · page %d of %d", job, page, of)
}

// stamper puts the footer on pages.
type stamper struct {
	ctx       *model.Context
	face      *typeface
	resources types.Object       // the fonts, from the front page
	before    *types.IndirectRef // saves the graphics state
}

// stampFooter puts a line at the foot of every page, in the front page's typeface.
func stampFooter(ctx *model.Context, face *typeface, job int64) error {
	before, err := newStream(ctx, types.Dict{}, "q\n")
	if err != nil {
		return fmt.Errorf("preparing the footer: %w", err)
	}
	pages, err := pagesOf(ctx)
	if err != nil {
		return fmt.Errorf("listing the pages: %w", err)
	}
	s := &stamper{ctx: ctx, face: face, resources: pages[0].inherited["Resources"], before: before}
	for i, p := range pages {
		if err := s.stamp(p.page, p.inherited, footerText(job, i+1, len(pages))); err != nil {
			return fmt.Errorf("stamping page %d: %w", i+1, err)
		}
	}
	return nil
}

func (s *stamper) stamp(page, inherited types.Dict, text string) error {
	v := viewOf(s.ctx, page, inherited)
	form, err := s.form(v, text)
	if err != nil {
		return err
	}
	name, err := s.addXObject(page, inherited, form)
	if err != nil {
		return err
	}
	after, err := newStream(s.ctx, types.Dict{}, fmt.Sprintf("\nQ\nq /Artifact BMC %s cm /%s Do EMC Q\n", v.matrix(), name))
	if err != nil {
		return err
	}
	contents := types.Array{*s.before}
	switch old, err := s.ctx.Dereference(page["Contents"]); o := old.(type) {
	case types.Array:
		contents = append(contents, o...)
	case types.StreamDict:
		contents = append(contents, page["Contents"])
	default:
		if err != nil {
			return err
		}
	}
	page["Contents"] = append(contents, *after)
	return nil
}

// form is the footer as a form of its own, so that the page's own fonts stay apart from it. It
// is laid out on the page as a reader sees it.
func (s *stamper) form(v pageView, text string) (*types.IndirectRef, error) {
	size := footerSize / v.unit
	side := min(footerSide/v.unit, v.width/20)
	width := s.face.width(regular, size, text)
	if room := v.width - 2*side; width > room {
		size, width = size*room/width, room
	}
	rise := min(footerRise/v.unit, v.height/10)
	content := fmt.Sprintf("BT 0.3 g %.3f %.3f Td %sET", (v.width-width)/2, rise, s.face.show(regular, size, text))
	return newStream(s.ctx, types.Dict{
		"Type":      types.Name("XObject"),
		"Subtype":   types.Name("Form"),
		"BBox":      types.NewNumberArray(0, 0, v.width, v.height),
		"Resources": s.resources,
	}, content)
}

// newStream adds a stream that is too short to be worth packing.
func newStream(ctx *model.Context, d types.Dict, content string) (*types.IndirectRef, error) {
	stream := types.NewStreamDict(d, 0, nil, nil, nil)
	stream.Content = []byte(content)
	if err := stream.Encode(); err != nil {
		return nil, err
	}
	return ctx.IndRefForNewObject(stream)
}

// addXObject gives the page a resource of a name that is free. What it had may be shared with other
// pages and stays as it is.
func (s *stamper) addXObject(page, inherited types.Dict, form *types.IndirectRef) (name string, err error) {
	resources, err := s.copyOf(inherited["Resources"])
	if err != nil {
		return "", err
	}
	objects, err := s.copyOf(resources["XObject"])
	if err != nil {
		return "", err
	}
	name = "PortalFooter"
	for n := 2; objects[name] != nil; n++ {
		name = fmt.Sprintf("PortalFooter%d", n)
	}
	objects[name] = *form
	resources["XObject"] = objects
	page["Resources"] = resources
	return name, nil
}

// copyOf is a dictionary that may be changed; none becomes an empty one.
func (s *stamper) copyOf(o types.Object) (types.Dict, error) {
	d, err := s.ctx.DereferenceDict(o)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return types.Dict{}, nil
	}
	return d.Clone().(types.Dict), nil
}
