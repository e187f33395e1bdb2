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
	gone, err := f.ownReports()
	if err != nil {
		return err
	}
	for at := range gone {
		was, err := f.remove(at)
		if err != nil {
			return err
		}
		if was {
			f.w.Reports++
		}
	}
	folders := map[string]bool{}
	for at := range gone {
		folders[filepath.Dir(at)] = true
	}
	for folder := range folders {
		if err := f.unlist(folder, gone); err != nil {
			return err
		}
	}
	return f.ledger.ForgetReports(f.ctx, f.id, func(r mailout.ReportFile) bool { return gone[r.Path] || within(f.ws.Dir, r.Path) && isGone(r) })
}

// ownReports are the paths of the reports that reports deletes.
func (f *purgeFiles) ownReports() (map[string]bool, error) {
	gone := map[string]bool{}
	for _, format := range reportFormats {
		gone[filepath.Join(f.ws.Reports(), string(f.id)+"-report."+format)] = true
	}
	known, err := f.ledger.Reports(f.ctx, f.id)
	if err != nil {
		return nil, err
	}
	for _, folder := range []string{f.ws.Reports(), f.ws.Dir} {
		listed, err := listedReports(folder) // where the workspace was moved, only it tells where they are
		if err != nil {
			return nil, err
		}
		for _, l := range listed {
			if l.Batch == f.id {
				known = append(known, l.ReportFile)
			}
		}
	}
	for _, r := range known {
		anothers, err := f.anothers(r.Path)
		if err != nil {
			return nil, err
		}
		if within(f.ws.Reports(), r.Path) && !anothers || within(f.ws.Dir, r.Path) && isStill(r) {
			gone[r.Path] = true
		}
	}
	return gone, nil
}

// anothers reports whether another batch's report has taken the place of one of this batch.
func (f *purgeFiles) anothers(path string) (is bool, err error) {
	in, err := os.Open(path)
	if err != nil {
		return false, nil // to delete it says why
	}
	defer in.Close()
	d, err := mailout.ReadDigest(in)
	if err != nil {
		return false, nil
	}
	of, err := f.ledger.ReportOf(f.ctx, path, d)
	return of != "" && of != f.id, err
}

// unlist takes deleted reports out of the report.json of their folder. Somebody else's is left
// as it is.
func (f *purgeFiles) unlist(folder string, gone map[string]bool) error {
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	err := editBeside(f.disk, folder, func(b report.Beside) (raw []byte, needed bool, err error) {
		return b.Without(func(name string, e report.Entry) bool { return e.Batch == f.id && gone[filepath.Join(folder, name)] })
	})
	if errors.Is(err, report.ErrNotOurs) {
		err = nil
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
