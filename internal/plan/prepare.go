package plan

import (
	"context"
	"fmt"
	"slices"

	"batch/internal/mailout"
	"batch/internal/rules"
)

// prepare has a row's documents checked and made. What is wrong with one becomes a problem
// of the row, at the cell that named it. A row that has other problems is prepared too, so
// that all are told at once; what is made is found again.
func (m *maker) prepare(ctx context.Context, w *work) error {
	ins := m.o.inputs(w.entry)
	m.checkCount(w, ins)
	for n, in := range ins {
		if len(in.Parts) == 0 { // the cell was refused
			continue
		}
		made, err := m.docs.Make(ctx, in.Parts)
		if err != nil {
			return err
		}
		for _, part := range made.Parts {
			w.addFindings(part.Findings, in.Place)
		}
		w.addFindings(made.Findings, in.Place)
		w.docs = append(w.docs, document{made, in.Place})
		if made.SHA256.IsZero() {
			if !made.Refused() {
				return fmt.Errorf("preparing document %d: it was neither made nor refused", n+1)
			}
			continue
		}
		w.recipes = append(w.recipes, made.Recipe)
		w.entry.Documents = append(w.entry.Documents, mailout.Document{
			Title: documentTitle(w.entry, in, n, len(ins)), Name: fmt.Sprintf("document%d.pdf", n+1), Sources: sourcesOf(made), Prepared: made.Prepared})
	}
	w.checkSize()
	w.checkPDFA()
	return nil
}

// document is one document of a row with the cell that asked for it.
type document struct {
	mailout.Made
	place mailout.Place
}

func sourcesOf(made mailout.Made) []mailout.Source {
	all := make([]mailout.Source, len(made.Parts))
	for i, part := range made.Parts {
		all[i] = part.Source
	}
	return all
}

// inputs are the documents a row is to have: its own, with those in front of and behind
// the first, merged or one by one.
func (o Options) inputs(e mailout.Entry) []mailout.Input {
	if len(e.Inputs) == 0 {
		return nil
	}
	ins := slices.Clone(e.Inputs)
	if !o.Separate {
		ins[0].Parts = slices.Concat(o.Before, ins[0].Parts, o.After)
		return ins
	}
	var all []mailout.Input
	add := func(in mailout.Input, paths []string) {
		for _, p := range paths {
			all = append(all, mailout.Input{Title: in.Title, Parts: []string{p}, Place: in.Place})
		}
	}
	common := mailout.Input{Place: ins[0].Place}
	add(common, o.Before)
	add(ins[0], ins[0].Parts)
	add(common, o.After)
	for _, in := range ins[1:] {
		add(in, in.Parts)
	}
	return all
}

// checkCount holds the row against the portal's rules once more where documents that go to
// every row come on top of its own: the manifest's reader has judged only the latter.
func (m *maker) checkCount(w *work, ins []mailout.Input) {
	own := len(w.entry.Inputs)
	if own == 0 || len(ins) == own {
		return
	}
	kind := m.o.Kind(w.entry.Job.Sender)
	before := rules.Job(w.entry.Job, kind, own)
	for _, b := range rules.Job(w.entry.Job, kind, len(ins)) {
		if slices.Contains(before, b) {
			continue
		}
		w.problems = append(w.problems, mailout.Problem{Severity: mailout.Stop, Code: b.Code, Place: ins[0].Place,
			Message: fmt.Sprintf("with those that go to every row there are %d documents: %s", len(ins), b.Message),
			Remedy:  "set as = \"merge\" under [documents] in batch.toml, or name fewer documents"})
	}
}

// addFindings makes findings in documents problems of the row, at the cell that named them.
func (w *work) addFindings(findings []mailout.Problem, at mailout.Place) {
	for _, f := range findings {
		found := f.Place
		f.Place = at
		if found.File != "" {
			f.Document, f.Page, f.Object = found.File, found.Page, found.Object
			f.Message = mailout.BarePath(found.File) + ": " + f.Message
		}
		w.problems = append(w.problems, f)
	}
}

// documentTitle is the title a document has at the portal: its own, else the job's,
// numbered when there are several (manifest.md, Columns).
func documentTitle(e mailout.Entry, in mailout.Input, n, of int) mailout.Text {
	if in.Title != "" {
		return in.Title
	}
	title := e.Job.Title.Reveal()
	if of == 1 {
		return mailout.Text(title)
	}
	suffix := fmt.Sprintf(" (%d)", n+1)
	if runes := []rune(title); len(runes)+len(suffix) > mailout.MaxTitle {
		title = string(runes[:mailout.MaxTitle-len(suffix)])
	}
	return mailout.Text(title + suffix)
}
