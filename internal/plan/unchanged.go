package plan

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path/filepath"

	"batch/internal/mailout"
)

// Opener opens a file by the name the batch knows it under.
type Opener func(name string) (io.ReadCloser, error)

// Unchanged compares manifest, input documents and prepared documents with what was
// frozen, and reports every one that differs or is gone. Each file is read once.
func Unchanged(b mailout.BatchInfo, rows iter.Seq2[mailout.Record, error], manifest, input Opener, prepared func(mailout.Digest) (io.ReadCloser, error)) ([]mailout.Problem, error) {
	var ps []mailout.Problem
	check := func(open func() (io.ReadCloser, error), want mailout.Digest, at mailout.Place, what string) error {
		got, err := digestOf(open)
		if err == nil && got == want {
			return nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		how := "was changed"
		if err != nil {
			how = "is gone"
		}
		ps = append(ps, mailout.Problem{Severity: mailout.Stop, Code: "changed-since-plan", Place: at,
			Message: what + " " + how + " after it was planned", Remedy: "plan again with `batch plan` and approve the new digest"})
		return nil
	}
	name := filepath.Base(b.ManifestPath)
	err := check(func() (io.ReadCloser, error) { return manifest(b.ManifestPath) }, b.ManifestSHA256, mailout.Place{File: name}, "the manifest")
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		at := mailout.Place{File: name, Line: r.Line, Row: r.Key}
		for _, d := range r.Documents {
			if err := checkDocument(d, at, seen, check, input, prepared); err != nil {
				return nil, err
			}
		}
	}
	return ps, nil
}

func checkDocument(d mailout.Document, at mailout.Place, seen map[string]bool,
	check func(func() (io.ReadCloser, error), mailout.Digest, mailout.Place, string) error, input Opener, prepared func(mailout.Digest) (io.ReadCloser, error)) error {
	for _, src := range d.Sources {
		if seen[src.Path] {
			continue
		}
		seen[src.Path] = true
		if err := check(func() (io.ReadCloser, error) { return input(src.Path) }, src.SHA256, at, "the document "+mailout.ShownPath(src.Path)); err != nil {
			return err
		}
	}
	if seen[d.SHA256.String()] {
		return nil
	}
	seen[d.SHA256.String()] = true
	return check(func() (io.ReadCloser, error) { return prepared(d.SHA256) }, d.SHA256, at, "the prepared document "+d.SHA256.String()[:12])
}

func digestOf(open func() (io.ReadCloser, error)) (mailout.Digest, error) {
	f, err := open()
	if err != nil {
		return mailout.Digest{}, err
	}
	defer f.Close()
	d, err := mailout.ReadDigest(f)
	if err != nil {
		return d, fmt.Errorf("reading: %w", err)
	}
	return d, nil
}
