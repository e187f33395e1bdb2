package audit

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"batch/internal/mailout"
)

// Listed is what a report.json says of one report.
type Listed struct {
	mailout.ReportFile
	Digest mailout.Digest // of the batch that the report is of
}

// reports holds the completion reports against what the books, and report.json beside each, say
// of them. Of several that were written under one name the newest counts.
func (a *auditor) reports(ctx context.Context) error {
	all, err := a.books.Reports(ctx, a.o.Batch.ID)
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(x, y mailout.ReportFile) int { return y.At.Compare(x.At) })
	folders := []string{filepath.Join(a.o.Dir, "reports")}
	var done []string
	for _, r := range all {
		if folder := filepath.Dir(r.Path); !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
		if slices.Contains(done, r.Path) {
			continue
		}
		done = append(done, r.Path)
		older := func(d mailout.Digest) bool {
			return slices.ContainsFunc(all, func(o mailout.ReportFile) bool { return o.Path == r.Path && o.SHA256 == d })
		}
		if err := a.report(ctx, r, older); err != nil {
			return err
		}
	}
	for _, folder := range folders {
		if err := a.listed(ctx, folder, done); err != nil {
			return err
		}
	}
	return nil
}

// report looks whether one is as it was written. known says of other contents that an earlier
// report of that name had them.
func (a *auditor) report(ctx context.Context, r mailout.ReportFile, known func(mailout.Digest) bool) error {
	f := Finding{File: r.Path}
	digest, err := digestOf(r.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.Severity, f.Code, f.Message, f.Remedy = Note, "report-missing", "this report is not there any more", "nothing, where somebody moved it; batch report writes a new one"
	case errors.Is(err, errNoFile):
		f.Code, f.Message, f.Remedy = "report-changed", "where a report was written there is something that is no file", "batch report writes a new one, under another name with --out"
	case err != nil:
		a.unreadable(r.Path, err)
		return nil
	case digest == r.SHA256:
		a.Reports++
		return nil
	case known(digest):
		f.Severity, f.Code, f.Message, f.Remedy = Note, "report-older", "this report is an older one than was written there last", "batch report writes a new one"
	default:
		other, err := a.books.ReportOf(ctx, r.Path, digest)
		if err != nil {
			return err
		}
		f = a.another(f, other)
	}
	a.found(f)
	return nil
}

// another tells of a file that has a report's name and is another: that of another batch, if it is
// one.
func (a *auditor) another(f Finding, of mailout.BatchID) Finding {
	f.Code, f.Message, f.Remedy = "report-changed", "this report is not as it was written: its digest is another", "do not rely on it; batch report writes a new one, under another name with --out"
	switch {
	case of != "":
		f.Severity, f.Code, f.Message, f.Remedy = Note, "report-replaced", "the report of batch "+string(of)+" has its place now", "nothing; batch report writes a new one, under another name with --out"
	case a.o.Copied && !within(a.o.Dir, f.File):
		f.Severity, f.Message, f.Remedy = Note, f.Message+"; these books are a copy, and whoever has the others may have written it anew", "nothing, where they did; an audit beside those books tells"
	}
	return f
}

// within reports whether a file lies in a folder or below it.
func within(folder, file string) bool {
	rel, err := filepath.Rel(folder, file)
	return err == nil && filepath.IsLocal(rel)
}

// unreadable tells of what lies where whoever audits may not read, or cannot any more: a person's
// own folder, a disk that is not there. Nothing is wrong with it, as far as is known.
func (a *auditor) unreadable(path string, err error) {
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err // the path stands in the finding
	}
	a.found(Finding{Severity: Note, Code: "report-unreadable", File: path, Message: "it cannot be read, so it is not known whether it is as it was written: " + err.Error(), Remedy: "audit again as somebody who may read it"})
}

// listed looks at what a folder's report.json says: of reports that the books have no word of
// (any more), whether they are unchanged, and of all, whether they are of this very batch.
func (a *auditor) listed(ctx context.Context, folder string, done []string) error {
	all, err := a.o.Listed(folder)
	if err != nil {
		a.unreadable(folder, err)
	}
	for _, l := range all {
		if l.Batch != a.o.Batch.ID {
			continue
		}
		if l.Digest != a.o.Batch.Digest {
			a.found(Finding{Code: "report-of-another-plan", File: l.Path, Message: "report.json says that this report is of a plan with another digest than the one that was approved", Remedy: "do not rely on it; batch report writes a new one"})
		}
		if slices.Contains(done, l.Path) {
			continue
		}
		if err := a.report(ctx, l.ReportFile, func(mailout.Digest) bool { return false }); err != nil {
			return err
		}
	}
	return nil
}

var errNoFile = errors.New("it is no file")

func digestOf(path string) (d mailout.Digest, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return d, err
	}
	if !info.Mode().IsRegular() {
		return d, errNoFile
	}
	f, err := os.Open(path)
	if err != nil {
		return d, err
	}
	defer f.Close()
	return mailout.ReadDigest(f)
}
