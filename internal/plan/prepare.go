package plan

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"batch/internal/mailout"
	"batch/internal/rules"
)

// prepare inspects a row's documents and has them made ready. What is wrong with a
// document becomes a problem of the row, at the cell that named it. A row that has other
// problems is prepared too, so that all are told at once; what is made is found again.
func (m *maker) prepare(ctx context.Context, w *work) error {
	ins := m.o.inputs(w.entry)
	m.checkCount(w, ins)
	var places []mailout.Place // of each document
	for n, in := range ins {
		sources, err := m.inspect(ctx, w, in)
		if err != nil {
			return err
		}
		if sources == nil {
			continue
		}
		recipe := m.docs.Recipe(sources)
		made := m.merged.get(recipe, func() preparation { return m.make(ctx, recipe, sources) })
		if made.err != nil {
			return made.err
		}
		w.addFindings(made.findings, in.Place)
		w.recipes, places = append(w.recipes, recipe), append(places, in.Place)
		w.entry.Documents = append(w.entry.Documents, mailout.Document{
			Title: documentTitle(w.entry, in, n, len(ins)), Name: fmt.Sprintf("document%d.pdf", n+1), Sources: sources, Prepared: made.prepared})
	}
	checkSize(w, places)
	return nil
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

// inspect returns the sources of one document, or nil where one of them is refused.
func (m *maker) inspect(ctx context.Context, w *work, in mailout.Input) ([]mailout.Source, error) {
	var sources []mailout.Source
	ok := true
	for _, path := range in.Parts {
		seen, err := m.docs.Inspect(ctx, path)
		if err != nil {
			return nil, err
		}
		w.addFindings(seen.Findings, in.Place)
		ok = ok && seen.OK()
		sources = append(sources, seen.Source)
	}
	if !ok {
		return nil, nil
	}
	return sources, nil
}

func (w *work) addFindings(findings []mailout.Problem, at mailout.Place) {
	for _, f := range findings {
		document := f.File
		f.Place = at
		if document != "" {
			f.Message = mailout.BarePath(document) + ": " + f.Message
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

// checkSize holds the job's documents against the portal's limit for all of them together
// and names the fattest, at the cell that asked for it.
func checkSize(w *work, places []mailout.Place) {
	var sum int64
	fattest := -1
	for i, d := range w.entry.Documents {
		sum += d.Bytes
		if fattest < 0 || d.Bytes > w.entry.Documents[fattest].Bytes {
			fattest = i
		}
	}
	if sum <= mailout.MaxDocumentBytes {
		return
	}
	d := w.entry.Documents[fattest]
	w.problems = append(w.problems, mailout.Problem{Severity: mailout.Stop, Code: "documents-too-large", Place: places[fattest],
		Message: fmt.Sprintf("the row's documents are %d bytes together, %d more than the portal takes; the largest, made of %s, is %d bytes",
			sum, sum-mailout.MaxDocumentBytes, names(d.Sources), d.Bytes),
		Remedy: "save the PDF with smaller images (\"reduce file size\"), or split the row"})
}

func names(sources []mailout.Source) string {
	s := ""
	for i, src := range sources {
		if i > 0 {
			s += " + "
		}
		s += mailout.BarePath(src.Path)
	}
	return s
}

// preparation is a document made ready, or why it was not.
type preparation struct {
	prepared mailout.Prepared
	findings []mailout.Problem
	err      error
}

// make finds the prepared document of a recipe, or has it made. It is noted in the store
// only after it is on disk: a crash between the two costs one merge more. Where another
// plan was first with the same recipe, its document is taken, so that two plans of one
// manifest, made at the same moment, have one digest and are one batch.
func (m *maker) make(ctx context.Context, recipe mailout.Digest, sources []mailout.Source) (p preparation) {
	had, found, err := m.store.PreparedBy(ctx, recipe)
	if err != nil || (found && m.docs.Have(had)) {
		return preparation{prepared: had, err: err}
	}
	p.prepared, p.findings, p.err = m.docs.Prepare(ctx, sources)
	if p.err == nil && len(mailout.Stopping(p.findings)) == 0 {
		p.prepared, p.err = m.store.KeepPrepared(ctx, recipe, had.SHA256, p.prepared)
	}
	return p
}

// memo computes each key's value once, however many ask for it at the same time.
type memo[K comparable, V any] struct {
	mu   sync.Mutex
	once map[K]func() V
}

func (m *memo[K, V]) get(key K, compute func() V) V {
	m.mu.Lock()
	f, ok := m.once[key]
	if !ok {
		f = sync.OnceValue(compute)
		if m.once == nil {
			m.once = map[K]func() V{}
		}
		m.once[key] = f
	}
	m.mu.Unlock()
	return f()
}
