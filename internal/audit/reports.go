package audit

import (
	"context"
	"errors"
	"fmt"
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
		if err := a.report(r, older); err != nil {
			return err
		}
	}
	for _, folder := range folders {
		if err := a.listed(folder, done); err != nil {
			return err
		}
	}
	return nil
}

// report looks whether one is as it was written. known says of other contents that an earlier
// report of that name had them.
func (a *auditor) report(r mailout.ReportFile, known func(mailout.Digest) bool) error {
	f := Finding{File: r.Path}
	digest, err := digestOf(r.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.Severity, f.Code, f.Message, f.Remedy = Note, "report-missing", "this report is not there any more", "nothing, where somebody moved it; batch report writes a new one"
	case errors.Is(err, errNoFile):
		f.Code, f.Message, f.Remedy = "report-changed", "where a report was written there is something that is no file", "batch report writes a new one, under another name with --out"
	case err != nil:
		return fmt.Errorf("reading a report: %w", err)
	case digest == r.SHA256:
		a.Reports++
		return nil
	case known(digest):
		f.Severity, f.Code, f.Message, f.Remedy = Note, "report-older", "this report is an older one than was written there last", "batch report writes a new one"
	default:
		f.Code, f.Message, f.Remedy = "report-changed", "this report is not as it was written: its digest is another", "do not rely on it; batch report writes a new one, under another name with --out"
	}
	a.found(f)
	return nil
}

// listed looks at what a folder's report.json says: of reports that the books have no word of
// (any more), whether they are unchanged, and of all, whether they are of this very batch.
func (a *auditor) listed(folder string, done []string) error {
	all, err := a.o.Listed(folder)
	if err != nil {
		return err
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
		if err := a.report(l.ReportFile, func(mailout.Digest) bool { return false }); err != nil {
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
