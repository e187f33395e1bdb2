package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"batch/internal/mailout"
)

// place renames a fetched document to its name, never over another file, syncs the
// folder and commits. A crash after the rename leaves the file at its name with the books
// still naming the temporary one: finish finds it.
func (f *follower) place(ctx context.Context, t mailout.Taken, c mailout.Change, kept mailout.KeptFile) error {
	folder := folderOf(t, kept)
	if err := f.makeFolder(folder); err != nil {
		return err
	}
	name, there, err := f.nameFor(t, c, kept)
	if err != nil {
		return err
	}
	temp := filepath.Join(f.o.Folder, kept.Temp)
	if there { // the very same bytes
		if err := f.disk.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing a second copy: %w", err)
		}
	} else if err := f.disk.Rename(temp, filepath.Join(f.o.Folder, name)); err != nil {
		return fmt.Errorf("putting %s in its place: %w", kept.What(), err)
	}
	if err := f.disk.SyncFolder(filepath.Join(f.o.Folder, folder)); err != nil {
		return err
	}
	kept.Path = name
	return f.ledger.KeepSigned(ctx, t, c.JobID, kept)
}

// nameFor finds the first name of a document that is free, or that has its very bytes
// already (there). Another document that has a name keeps it.
func (f *follower) nameFor(t mailout.Taken, c mailout.Change, kept mailout.KeptFile) (name string, there bool, err error) {
	for n := 1; ; n++ {
		name = path.Join(folderOf(t, kept), fileName(t, c, kept.Signer, n))
		digest, err := f.digestAt(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return name, false, nil
		case err != nil:
			return "", false, err
		case digest == kept.SHA256:
			return name, true, nil
		}
	}
}

// finish goes on with a document that an earlier try had fetched: its bytes are under
// the temporary name, or, when the crash came after the rename, in their place.
func (f *follower) finish(ctx context.Context, t mailout.Taken, c mailout.Change, known mailout.KeptFile) (found bool, err error) {
	digest, err := f.digestAt(known.Temp)
	switch {
	case err == nil:
		found = digest == known.SHA256
	case errors.Is(err, fs.ErrNotExist):
		_, found, err = f.nameFor(t, c, known)
	}
	if err != nil || !found {
		return false, err
	}
	return true, f.place(ctx, t, c, known)
}

// holds reports whether a file that is kept lies in its place, with the bytes of the books.
func (f *follower) holds(known mailout.KeptFile) (bool, error) {
	if known.Path == "" {
		return false, nil
	}
	digest, err := f.digestAt(known.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return digest == known.SHA256, err
}

func (f *follower) digestAt(name string) (mailout.Digest, error) {
	file, err := os.Open(filepath.Join(f.o.Folder, name))
	if err != nil {
		return mailout.Digest{}, err
	}
	defer file.Close()
	d, err := mailout.ReadDigest(file)
	if err != nil {
		return d, fmt.Errorf("reading %s: %w", name, err)
	}
	return d, nil
}

// sweep deletes temporary files that the books do not name: a crash left them before
// their bytes were safe, and their changes come again.
func (f *follower) sweep(ctx context.Context) error {
	wanted, err := f.ledger.TempFiles(ctx)
	if err != nil {
		return err
	}
	// The folder's own name is no pattern: people name folders "mail-out [november]".
	left, err := fs.Glob(os.DirFS(f.o.Folder), "signed/*/"+tempPattern)
	if err != nil {
		return err
	}
	for _, name := range left {
		if wanted[name] {
			continue
		}
		if err := f.disk.Remove(filepath.Join(f.o.Folder, name)); err != nil {
			return fmt.Errorf("removing a broken download: %w", err)
		}
	}
	return nil
}

func signedFolder(t mailout.Taken) string { return path.Join("signed", string(t.Batch)) }

func folderOf(t mailout.Taken, kept mailout.KeptFile) string {
	if kept.Doubt != "" {
		return path.Join(signedFolder(t), "doubtful")
	}
	return signedFolder(t)
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
var elevenDigits = regexp.MustCompile(`\d{11}`)

// fileName is ROW-JOBID.pdf, and ROW-JOBID-signer-N.xml for a XAdES, with a number behind
// from the second on. Of a job that failed it is ROW-JOBID-failed…, for whoever takes the
// files of a folder takes them for signed. The owner's key stands only where it is plain and
// no identity number; else the line does.
func fileName(t mailout.Taken, c mailout.Change, signer, n int) string {
	row := t.Key
	if !plainKey.MatchString(row) || elevenDigits.MatchString(row) {
		row = fmt.Sprint(t.Line)
	}
	name, ending := fmt.Sprintf("%s-%d", row, c.JobID), "pdf"
	if c.Status != mailout.Completed {
		name += "-failed"
	}
	if signer > 0 {
		name, ending = fmt.Sprintf("%s-signer-%d", name, signer), "xml"
	}
	if n > 1 {
		name = fmt.Sprintf("%s.%d", name, n)
	}
	return name + "." + ending
}
