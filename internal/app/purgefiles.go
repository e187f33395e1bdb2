package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"batch/internal/disk"
	"batch/internal/mailout"
	"batch/internal/pdfprep"
)

// purgeFiles deletes what a batch has on the disk. Files are deleted by their names alone, of
// the program's own making; what else lies beside them stays, and is listed.
type purgeFiles struct {
	*App
	ctx  context.Context
	soft context.Context // ends when a person asks to stop
	disk disk.Disk
	id   mailout.BatchID
	w    *Wiped
	all  bool // signed documents go too
}

// each does steps one after another, until a person asks to stop.
func (f *purgeFiles) each(steps ...func() error) error {
	for _, step := range steps {
		if err := f.soft.Err(); err != nil {
			return err
		}
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// rows takes what is personal out of the ledger, and stops between two transactions where a
// person asks for it.
func (f *purgeFiles) rows() error {
	ctx, stop := context.WithCancel(f.ctx)
	defer stop()
	defer context.AfterFunc(f.soft, stop)()
	return f.ledger.PurgeRows(ctx, f.id)
}

// books wipes the ledger, and its copies.
func (f *purgeFiles) books() (err error) {
	n, err := f.ledger.Wipe(f.ctx)
	f.w.Copies += n
	return err
}

// remove deletes an ordinary file, or a link; gone before is no error. was tells whether
// there was one. A folder of that name is somebody's own.
func (f *purgeFiles) remove(path string) (was bool, err error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err == nil && info.IsDir():
		return false, nil
	case err == nil:
		err = f.disk.Remove(path)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("deleting %s: %w", mailout.BarePath(path), bare(err))
	}
	return true, nil
}

// bare is an error of the system without the path that it names.
func bare(err error) error {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// sync makes deletions in a folder last: what is noted as gone after it does not come back
// with a power cut.
func (f *purgeFiles) sync(folder string) error {
	err := f.disk.SyncFolder(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// entriesOf lists a folder; there may be none.
func entriesOf(folder string) ([]fs.DirEntry, error) {
	all, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", mailout.BarePath(folder), bare(err))
	}
	return all, nil
}

// signedChunk is how many signed files are deleted before it is noted.
const signedChunk = 500

// signed deletes the kept files of the batch, some at a time: deleted, synced, noted. A crash
// in between leaves some that are gone and not noted as such: they are noted the next time.
// Whatever is in doubtful, noted or not, goes with them.
func (f *purgeFiles) signed() error {
	folder := f.ws.Signed(f.id)
	for {
		files, err := f.ledger.KeptFiles(f.ctx, f.id, signedChunk)
		if err != nil || len(files) == 0 {
			return errors.Join(err, f.emptied(filepath.Join(folder, "doubtful"), folder))
		}
		for _, file := range files {
			if !ownName(file.Path) {
				return fmt.Errorf("the books name a signed file outside signed/: it is not deleted (job %d)", file.Job)
			}
			was, err := f.remove(filepath.Join(f.ws.Dir, filepath.FromSlash(file.Path)))
			if err != nil {
				return err
			}
			if was {
				f.w.Signed++
			}
		}
		for _, dir := range []string{folder, filepath.Join(folder, "doubtful")} {
			if err := f.sync(dir); err != nil {
				return err
			}
		}
		if err := f.ledger.ForgetFiles(f.ctx, f.id, files); err != nil {
			return err
		}
	}
}

// ownName reports whether a path of the books is below signed/.
func ownName(p string) bool {
	return filepath.IsLocal(filepath.FromSlash(p)) && path.Clean(p) == p && strings.HasPrefix(p, "signed/")
}

// emptied deletes what is left in doubtful, and then the folders, where nothing of a person's
// own is in them.
func (f *purgeFiles) emptied(doubtful, folder string) error {
	entries, err := entriesOf(doubtful)
	if err != nil {
		return err
	}
	for _, e := range entries {
		was, err := f.remove(filepath.Join(doubtful, e.Name()))
		if err != nil {
			return err
		}
		if was {
			f.w.Signed++
		}
	}
	if err := f.sync(doubtful); err != nil {
		return err
	}
	if os.Remove(doubtful); os.Remove(folder) != nil { // not empty, or not there
		return nil
	}
	return f.sync(filepath.Dir(folder))
}

// broken deletes what killed processes left: downloads that nobody counts on, and reports,
// prepared files and lists for another attempt that were being written. Another command's of
// this moment may be among them: it says that it could not be written.
func (f *purgeFiles) broken() error {
	wanted, err := f.ledger.TempFiles(f.ctx)
	if err != nil {
		return err
	}
	if f.all {
		clear(wanted)
	}
	places := []struct{ folder, begins string }{
		{f.ws.Signed(f.id), ".fetch-"}, {f.ws.Reports(), unfinishedReport}, {f.ws.Dir, unfinishedReport}, {f.ws.Prepared(), pdfprep.Unfinished},
	}
	if list := f.w.Books.ManifestPath; list != "" { // it is, of books that were rebuilt without their list
		places = append(places, struct{ folder, begins string }{filepath.Dir(list), nextTemp})
	}
	for _, left := range places {
		if err := f.sweep(left.folder, left.begins, wanted); err != nil {
			return err
		}
	}
	return nil
}

// sweep deletes files, and below the workspace folders where a large workbook was spooled.
func (f *purgeFiles) sweep(folder, begins string, wanted map[string]bool) error {
	entries, err := entriesOf(folder)
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		return !strings.HasPrefix(e.Name(), begins) || wanted[path.Join("signed", string(f.id), e.Name())] || e.IsDir() && !within(f.ws.Dir, folder)
	})
	for _, e := range entries {
		at := filepath.Join(folder, e.Name())
		if e.IsDir() {
			err = os.RemoveAll(at)
		} else {
			_, err = f.remove(at)
		}
		if err != nil {
			return err
		}
		f.w.Left++
	}
	if len(entries) == 0 {
		return nil
	}
	return f.sync(folder)
}

// prepared deletes the prepared files that no other batch needs, and forgets which recipes
// made them.
func (f *purgeFiles) prepared() error {
	store := f.ws.Prepared()
	if entries, err := entriesOf(store); err != nil || len(entries) == 0 {
		return err
	}
	files, err := pdfprep.List(store)
	if err != nil {
		return err
	}
	n, err := f.ledger.Unneeded(f.ctx, files, func(d mailout.Digest) error {
		_, err := f.remove(pdfprep.Stored(store, d))
		return err
	})
	f.w.Prepared += n
	if err != nil {
		return err
	}
	if f.w.Shared, err = f.ledger.Needed(f.ctx, f.id, files); err != nil {
		return err
	}
	return f.sync(store)
}
