package workspace

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"batch/internal/mailout"
)

// Workspace is a folder with a batch.toml. Only [Find] and [Workspace.Password] read
// files; the paths are said whether or not something is there.
type Workspace struct {
	Dir    string // absolute
	Config Config

	settings *document // what Config was read from
}

// Find returns the workspace that dir is in: dir itself or the nearest folder above it
// that has a batch.toml. There is none: an *Error for which [IsNone] is true. A
// batch.toml with mistakes: an *Error that tells each.
func Find(dir string) (*Workspace, error) {
	start, err := filepath.Abs(dir)
	if err != nil {
		return nil, &Error{Code: "folder", Message: "the folder " + dir + " cannot be found: " + reason(err), Remedy: "go to a folder that is there", Err: err}
	}
	for at := start; ; at = filepath.Dir(at) {
		path := filepath.Join(at, fileName)
		switch _, err := os.Stat(path); {
		case err == nil:
			c, d, err := readConfig(path)
			if err != nil {
				return nil, err
			}
			return &Workspace{Dir: at, Config: c, settings: d}, nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, &Error{Code: "folder", Message: path + " cannot be looked for: " + reason(err), Remedy: "see that you may read the folder", Err: err}
		case at == filepath.Dir(at):
			return nil, &Error{Code: codeNone, Message: "there is no " + fileName + " in " + start + " or above it",
				Remedy: "go to your workspace, name it with --workspace DIR, or make one with `batch init DIR`"}
		}
	}
}

// Fault is a mistake that somebody else found in a setting of batch.toml, with its place.
// path is the setting's, like "defaults", "title"; the second of an array is "#2".
func (w *Workspace) Fault(path []string, message, remedy string) Fault {
	return w.settings.at(path, message, remedy)
}

// Faulty makes an *Error of such faults, of one at least, as [Find] does of its own.
func (w *Workspace) Faulty(faults []Fault) error { return faulty(w.settings.name, faults) }

// Ledger is the path of the ledger.
func (w *Workspace) Ledger() string { return filepath.Join(w.ledgerFolder(), "ledger.db") }

// SentLog is the path of the log of every Ref ever sent, beside the ledger.
func (w *Workspace) SentLog() string { return filepath.Join(w.ledgerFolder(), "sent.log") }

// Prepared is the folder of merged PDFs.
func (w *Workspace) Prepared() string { return filepath.Join(w.Dir, "prepared") }

// Signed is the folder of a batch's signed PDFs.
func (w *Workspace) Signed(id mailout.BatchID) string {
	return filepath.Join(w.Dir, "signed", string(id))
}

// Reports is the folder of completion reports.
func (w *Workspace) Reports() string { return filepath.Join(w.Dir, "reports") }

// PortalRoot is the service root of the environment, without a slash at its end.
func (w *Workspace) PortalRoot() string {
	switch w.Config.Portal.Environment {
	case "production":
		return productionRoot
	case "test":
		return testRoot
	}
	return w.Config.Portal.URL
}

func (w *Workspace) ledgerFolder() string {
	if f := w.Config.Ledger.Folder; f != "" {
		return f
	}
	return w.Dir
}

// lockPath is the lock's own file: locks on the database would be lost by opening it.
func (w *Workspace) lockPath() string { return filepath.Join(w.ledgerFolder(), "ledger.lock") }
