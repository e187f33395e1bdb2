package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// names is how many entries of a folder are looked at together.
const names = 512

// folder looks for what lies beside the signed documents and is none of them: whoever takes the
// files of the folder takes it for one.
func (a *auditor) folder(ctx context.Context) error {
	home := strings.TrimSuffix(a.home(), "/")
	return errors.Join(a.extras(ctx, home), a.extras(ctx, path.Join(home, doubtful)))
}

// doubtful is the folder of documents that did not pass their check.
const doubtful = "doubtful"

// extras looks at every entry of one folder. One that is not there has none.
func (a *auditor) extras(ctx context.Context, folder string) error {
	dir, err := a.root.Open(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("opening the folder of signed documents: %w", err)
	}
	defer dir.Close()
	for {
		entries, err := dir.ReadDir(names)
		for _, e := range entries {
			if err := a.extra(ctx, path.Join(folder, e.Name()), e); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the folder of signed documents: %w", err)
		}
	}
}

func (a *auditor) extra(ctx context.Context, name string, e fs.DirEntry) error {
	if e.IsDir() && name == a.home()+doubtful {
		return nil
	}
	known, err := a.books.Keeps(ctx, name)
	if err != nil || known {
		return err
	}
	f := Finding{Code: "file-extra", File: masked(name), Message: "it lies with the signed documents, and the books do not know it", Remedy: "find out where it comes from, and take it away: whoever takes the folder's files takes it for a signed document"}
	if ok, _ := path.Match(".fetch-*.part", e.Name()); ok {
		f.Severity, f.Code, f.Message, f.Remedy = Note, "file-leftover", "a download was broken off; its document is fetched once more", "the next batch follow removes it"
	}
	a.unsettled(f)
	return nil
}
