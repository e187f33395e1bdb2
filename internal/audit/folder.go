package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
)

// names is how many entries of a folder are looked at together.
const names = 512

// home is where the batch's signed documents lie, relative to the workspace.
func (a *auditor) home() string { return "signed/" + string(a.o.Batch.ID) + "/" }

// openHome opens that folder, which the office may have put on another disk, with a link in its
// place. No link below it is followed out of it.
func (a *auditor) openHome() (err error) {
	a.root, err = os.OpenRoot(filepath.Join(a.o.Dir, filepath.FromSlash(a.home())))
	if noFolder(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("opening the folder of signed documents: %w", err)
	}
	return nil
}

// noFolder says of an error that there is no such folder.
func noFolder(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// lstat looks at what has a name, which is relative to the workspace, in that folder.
func (a *auditor) lstat(name string) (fs.FileInfo, error) {
	if a.root == nil {
		return nil, fs.ErrNotExist
	}
	return a.root.Lstat(strings.TrimPrefix(name, a.home()))
}

// open opens what lstat has found.
func (a *auditor) open(name string) (*os.File, error) {
	return a.root.Open(strings.TrimPrefix(name, a.home()))
}

// folder looks for what lies beside the signed documents and is none of them: whoever takes the
// files of the folder takes it for one.
func (a *auditor) folder(ctx context.Context) error {
	if a.root == nil {
		return nil
	}
	return errors.Join(a.extras(ctx, "."), a.extras(ctx, doubtful))
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
			if err := a.extra(ctx, path.Join(a.home(), folder, e.Name()), e); err != nil {
				return err
			}
		}
		if err == io.EOF || noFolder(err) {
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
