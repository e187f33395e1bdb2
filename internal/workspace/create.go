package workspace

import (
	_ "embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"batch/internal/mailout"
)

//go:embed template/batch.toml
var templateSettings string

//go:embed template/manifest.csv
var templateCSV []byte

// templateWorkbook says the same as templateCSV; TestTemplateWorkbook -update makes it,
// and keeps the two alike.
//
//go:embed template/manifest.xlsx
var templateWorkbook []byte

//go:embed template/gitignore
var templateIgnore []byte

// freshQueue stands in the template for the name of a queue that no other workspace has.
const freshQueue = "FRESH-QUEUE"

// Init makes dir a workspace: batch.toml with a polling queue of its own, a manifest to
// fill in, as workbook and as CSV, and a .gitignore. It never overwrites: made are the
// names of the files it wrote, kept those that were there already.
func Init(dir string) (made, kept []string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, notMade(dir, err)
	}
	settings := strings.ReplaceAll(templateSettings, freshQueue, "batch-"+mailout.NewWorkspaceID())
	for _, f := range []struct {
		name    string
		content []byte
	}{
		{fileName, []byte(settings)},
		{"manifest.xlsx", templateWorkbook},
		{"manifest.csv", templateCSV},
		{".gitignore", templateIgnore},
	} {
		switch err := create(filepath.Join(dir, f.name), f.content); {
		case err == nil:
			made = append(made, f.name)
		case errors.Is(err, fs.ErrExist):
			kept = append(kept, f.name)
		default:
			return made, kept, notMade(filepath.Join(dir, f.name), err)
		}
	}
	return made, kept, nil
}

// create writes a file that must not be there yet, for its owner only. A file that could
// not be written whole is taken away again: half a batch.toml would be kept for ever.
func create(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func notMade(path string, err error) error {
	return &Error{Code: "init", Message: path + " cannot be made: " + reason(err), Err: err,
		Remedy: "see that you may write there and that the disk is not full; what was made is kept, and the same command goes on"}
}
