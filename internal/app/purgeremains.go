package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"batch/internal/mailout"
	"batch/internal/report"
)

// Remains is what purging has left alone and may hold the same people's data: nobody but a
// person can know whether it is still needed.
type Remains struct {
	What  string // "manifest", "documents", "signed", "report", "settings", "plan" or "file"
	Path  string // absolute; a plan's id
	Files int    // how many, of a folder
	More  bool   // … and there are more than were counted
}

// mostRemains bounds how many files of a folder are looked at, and how many single ones told.
const mostRemains = 10_000

// remains lists what is left.
func (a *App) remains(ctx context.Context, b mailout.BatchInfo) (all []Remains, err error) {
	for _, path := range append([]string{b.ManifestPath}, nextLists(b.ManifestPath)...) {
		if isFile(path) {
			all = append(all, Remains{What: "manifest", Path: path, Files: 1})
		}
	}
	if folder := a.documentsFolder(b.ManifestPath); folder != "" {
		own := []string{a.ws.Prepared(), filepath.Join(a.ws.Dir, "signed"), a.ws.Reports()}
		all = add(all, "documents", folder, func(path string) bool {
			return strings.EqualFold(filepath.Ext(path), ".pdf") && !slices.ContainsFunc(own, func(o string) bool { return within(o, path) })
		})
	}
	all = add(all, "signed", a.ws.Signed(b.ID), func(string) bool { return true })
	noted, err := a.ledger.Reports(ctx, b.ID)
	if err != nil {
		return nil, err
	}
	for i, r := range noted {
		if isFile(r.Path) && !slices.ContainsFunc(noted[:i], func(o mailout.ReportFile) bool { return o.Path == r.Path }) {
			all = append(all, Remains{What: "report", Path: r.Path, Files: 1})
		}
	}
	if c := a.ws.Config; len(c.Signers)+len(c.Defaults.Signers)+len(c.Test.Persons) > 0 {
		all = append(all, Remains{What: "settings", Path: filepath.Join(a.ws.Dir, "batch.toml"), Files: 1})
	}
	plans, err := a.ledger.OtherPlans(ctx, b.ID)
	for _, id := range plans {
		all = append(all, Remains{What: "plan", Path: string(id)})
	}
	return append(all, a.strays(b, all)...), err
}

// documentsFolder is where the input files of a manifest lie.
func (a *App) documentsFolder(manifest string) string {
	switch {
	case a.ws.Config.Documents.Folder != "":
		return a.ws.Config.Documents.Folder
	case manifest != "":
		return filepath.Dir(manifest)
	}
	return ""
}

// add counts the ordinary files of a folder that are wanted, and lists it where it has one.
func add(all []Remains, what, folder string, wanted func(path string) bool) []Remains {
	r := Remains{What: what, Path: folder}
	seen := 0
	filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil // what cannot be read is not counted
		}
		if seen++; seen > mostRemains {
			r.More = true
			return filepath.SkipAll
		}
		if e.Type().IsRegular() && wanted(path) {
			r.Files++
		}
		return nil
	})
	if r.Files == 0 {
		return all
	}
	return append(all, r)
}

// strays are files in the workspace, beside its own, and in reports/, that nobody here has
// made, or that belong to another batch: a copy of a list, or of the books.
func (a *App) strays(b mailout.BatchInfo, listed []Remains) (all []Remains) {
	for _, folder := range []string{a.ws.Dir, filepath.Dir(a.ws.Ledger()), a.ws.Reports()} {
		entries, err := entriesOf(folder)
		if err != nil {
			continue
		}
		for _, e := range entries {
			path := filepath.Join(folder, e.Name())
			known := slices.ContainsFunc(slices.Concat(listed, all), func(r Remains) bool { return r.Path == path })
			if e.Type().IsRegular() && !known && !a.ownFile(path) && len(all) < mostRemains {
				all = append(all, Remains{What: "file", Path: path, Files: 1})
			}
		}
	}
	return all
}

// ownFiles are the names of files that batch itself puts beside batch.toml and the ledger, and
// of what holds nobody's data.
var ownFiles = []string{"batch.toml", ".gitignore", "ledger.db", "ledger.db-wal", "ledger.db-shm", "sent.log", "ledger.lock", "planning.lock",
	report.BesideName, "ca.pem", "server.pem", "client.p12", "client.password", "sandbox.json"}

// ownFile reports whether a file is one of those, a document that is counted with its folder, or
// another batch's report.
func (a *App) ownFile(path string) bool {
	name := filepath.Base(path)
	if slices.Contains(ownFiles, name) || strings.EqualFold(filepath.Ext(name), ".pdf") || path == a.ws.Config.Identity.Certificate {
		return true
	}
	id, _, isReport := strings.Cut(name, "-report.")
	_, err := mailout.ParseBatchID(id)
	return isReport && err == nil && filepath.Dir(path) == a.ws.Reports()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return path != "" && !errors.Is(err, fs.ErrNotExist) && err == nil && info.Mode().IsRegular()
}
