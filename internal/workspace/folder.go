package workspace

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// CheckFolder refuses a ledger's folder where the books could not be kept safe: on a
// network, where locks and syncs do not hold what they promise, and in a folder that a
// cloud synchronizes, where a ledger is copied in the middle of a change and an older
// one may be put back. The folder need not exist yet. It creates nothing.
func (w *Workspace) CheckFolder() error {
	folder := w.ledgerFolder()
	places := []string{folder}
	for _, path := range []string{w.Ledger(), w.SentLog(), w.lockPath()} {
		if real := filepath.Dir(nearest(path)); isLink(path) {
			places = append(places, real)
		}
	}
	for _, place := range places {
		if err := checkPlace(place, diskKind); err != nil {
			return err
		}
	}
	return nil
}

// checkPlace judges a folder by the names on its path, as it is written and as it really is,
// and by its disk, of which diskOf tells what diskKind does.
func checkPlace(folder string, diskOf func(path string) (network, origin string, err error)) error {
	real := nearest(folder)
	kind, origin, err := diskOf(real)
	for _, path := range []string{folder, real, origin} {
		if name := cloudFolder(path); name != "" {
			return refusedFolder(folder, "is synchronized by "+name)
		}
	}
	switch {
	case err != nil:
		return &Error{Code: "ledger-folder", Message: "what disk the ledger's folder " + folder + " is on cannot be told: " + reason(err), Err: err,
			Remedy: "see that you may read the folder"}
	case kind != "":
		return refusedFolder(folder, "is not on a local disk ("+kind+")")
	}
	return nil
}

// isLink reports whether a file is a link to one that may be in another folder.
func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func refusedFolder(folder, why string) error {
	return &Error{Code: "ledger-folder", Message: "the ledger cannot be kept in " + folder + ": the folder " + why + ", where its records could be lost or put back",
		Remedy: `name a folder on this machine's own disk in batch.toml: [ledger] folder = "…"; manifest, PDFs and signed files may stay where they are`}
}

// nearest is the real path of the folder, or of the nearest one above it that is there.
func nearest(path string) string {
	for {
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			return real
		}
		up := filepath.Dir(path)
		if !errors.Is(err, fs.ErrNotExist) || up == path {
			return path
		}
		if _, err := os.Lstat(path); err == nil {
			return path // a link to nowhere
		}
		path = up
	}
}

// clouds are the folder names that programs give to what they synchronize, in lower
// case; "OneDrive - Fjordvik kommune" and "Dropbox (Personal)" begin with one.
var clouds = map[string]string{
	"onedrive":         "OneDrive",
	"dropbox":          "Dropbox",
	"google drive":     "Google Drive",
	"googledrive":      "Google Drive",
	"icloud drive":     "iCloud",
	"iclouddrive":      "iCloud",
	"mobile documents": "iCloud",
	"cloudstorage":     "a cloud (CloudStorage)",
	"nextcloud":        "Nextcloud",
	"owncloud":         "ownCloud",
	"jottacloud":       "Jottacloud",
}

// cloudFolder names the program that synchronizes a folder, by the names on its path.
func cloudFolder(path string) string {
	for part := range strings.SplitSeq(filepath.ToSlash(path), "/") {
		part = strings.ToLower(part)
		for name, program := range clouds {
			rest, begins := strings.CutPrefix(part, name)
			if begins && (rest == "" || strings.ContainsAny(rest[:1], " -(")) {
				return program
			}
		}
	}
	return ""
}
