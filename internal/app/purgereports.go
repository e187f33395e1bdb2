package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"batch/internal/mailout"
	"batch/internal/report"
)

// reportFormats are what follows BATCH-report. in reports/.
var reportFormats = []string{"csv", "xlsx", "json", "html"}

// reports deletes the batch's completion reports: whatever has the name of one in reports/,
// and those that were written elsewhere in the workspace and are as they were written. What
// lies outside the workspace, or was changed, is a person's own: it is listed.
func (f *purgeFiles) reports() error {
	gone := map[string]bool{}
	for _, format := range reportFormats {
		gone[filepath.Join(f.ws.Reports(), string(f.id)+"-report."+format)] = true
	}
	noted, err := f.ledger.Reports(f.ctx, f.id)
	if err != nil {
		return err
	}
	for _, r := range noted {
		if within(f.ws.Reports(), r.Path) || within(f.ws.Dir, r.Path) && isStill(r) {
			gone[r.Path] = true
		}
	}
	folders := map[string]bool{}
	for at := range gone {
		was, err := f.remove(at)
		if err != nil {
			return err
		}
		if was {
			f.w.Reports++
		}
		folders[filepath.Dir(at)] = true
	}
	for folder := range folders {
		if err := f.unlist(folder, gone); err != nil {
			return err
		}
	}
	return f.ledger.ForgetReports(f.ctx, f.id, func(r mailout.ReportFile) bool { return gone[r.Path] || within(f.ws.Dir, r.Path) && isGone(r) })
}

// unlist takes deleted reports out of the report.json of their folder. Somebody else's is left
// as it is.
func (f *purgeFiles) unlist(folder string, gone map[string]bool) error {
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	b, err := readBeside(folder)
	if errors.Is(err, report.ErrNotOurs) {
		return f.sync(folder)
	}
	if err != nil {
		return err
	}
	raw, changed, err := b.Without(func(name string, e report.Entry) bool { return e.Batch == f.id && gone[filepath.Join(folder, name)] })
	if err == nil && changed {
		err = replace(f.disk, filepath.Join(folder, report.BesideName), raw)
	}
	return errors.Join(err, f.sync(folder))
}

// within reports whether a file lies in a folder or below it.
func within(folder, file string) bool {
	rel, err := filepath.Rel(folder, file)
	return err == nil && filepath.IsLocal(rel)
}

// isStill reports whether a report is there as it was written.
func isStill(r mailout.ReportFile) bool {
	info, err := os.Lstat(r.Path)
	if err != nil || !info.Mode().IsRegular() || info.Size() != r.Bytes {
		return false
	}
	in, err := os.Open(r.Path)
	if err != nil {
		return false
	}
	defer in.Close()
	d, err := mailout.ReadDigest(in)
	return err == nil && d == r.SHA256
}

func isGone(r mailout.ReportFile) bool {
	_, err := os.Lstat(r.Path)
	return errors.Is(err, fs.ErrNotExist)
}
