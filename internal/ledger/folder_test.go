package ledger_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"batch/internal/mailout"
)

// folder is prepared/: a file a document, named by its digest.
type folder string

func newFolder(t testing.TB) folder { return folder(t.TempDir()) }

func (f folder) put(d mailout.Digest) error {
	return os.WriteFile(filepath.Join(string(f), d.String()), nil, 0o600)
}

func (f folder) has(d mailout.Digest) bool {
	_, err := os.Stat(filepath.Join(string(f), d.String()))
	return err == nil
}

func (f folder) remove(d mailout.Digest) error {
	return os.Remove(filepath.Join(string(f), d.String()))
}

func (f folder) list() (all []mailout.Digest, err error) {
	entries, err := os.ReadDir(string(f))
	for _, e := range entries {
		d, wrong := mailout.ParseDigest(e.Name())
		err = errors.Join(err, wrong)
		all = append(all, d)
	}
	return all, err
}

// make puts documents on disk and into the books, each made by the recipe of its name.
func (f folder) make(b *books, names ...string) (all []mailout.Digest) {
	b.t.Helper()
	for _, name := range names {
		must(b.t, f.put(digest(name)))
		b.keep(nil, madeBy(name, "", name))
		all = append(all, digest(name))
	}
	return all
}

// of gives a row the prepared documents of those names, and a letter of its own.
func of(names ...string) func(*mailout.Row) {
	return func(r *mailout.Row) {
		d := r.Documents[0]
		r.Documents = nil
		for _, name := range names {
			d.Prepared = document(name).Prepared
			r.Documents = append(r.Documents, d)
		}
	}
}

func (b *books) sweep(f folder, files []mailout.Digest) int {
	b.t.Helper()
	removed, err := b.Unneeded(b.t.Context(), files, f.remove)
	must(b.t, err)
	return removed
}

func (f folder) missing(docs []mailout.Digest) (n int) {
	for _, d := range docs {
		if !f.has(d) {
			n++
		}
	}
	return n
}

// findOrMake is what package pdfprep does for a document.
func findOrMake(b *books, f folder, recipe, maker string) (mailout.Prepared, error) {
	had, found, err := b.PreparedBy(b.t.Context(), digest(recipe))
	if err != nil || (found && f.has(had.SHA256)) {
		return had.Prepared, err
	}
	m := madeBy(recipe, "", maker+recipe)
	m.Gone = had.SHA256
	if err := f.put(m.SHA256); err != nil {
		return mailout.Prepared{}, err
	}
	kept, err := b.Keep(b.t.Context(), nil, []mailout.MadeBy{m})
	if err != nil {
		return mailout.Prepared{}, err
	}
	if kept[0].SHA256 != m.SHA256 {
		err = f.remove(m.SHA256)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return kept[0], err
}
