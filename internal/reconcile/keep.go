package reconcile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"batch/internal/mailout"
	"batch/internal/pades"
)

// fetchTries is how often a download that breaks off is begun again for one poll.
const fetchTries = 3

const tempPattern = ".fetch-*.part"

// keep brings the signed document of a final change to its place. safe is true when
// everything that the portal offers is kept, so that the change may be confirmed.
func (f *follower) keep(ctx context.Context, t mailout.Taken, c mailout.Change) (safe bool, err error) {
	if c.PAdESURL == "" {
		if c.Status != mailout.Completed {
			return true, nil // a failed job without a document has nothing to lose
		}
		return false, f.ledger.Doubt(ctx, t, c.JobID, "the job is signed by all, but the portal offers no signed document; the change is left unconfirmed")
	}
	for _, known := range t.Files {
		there := known.Path != "" // fetched and kept when the change came before
		if !there {
			if there, err = f.finish(ctx, t, c, known); err != nil {
				return false, err
			}
		}
		if there && known.Doubt == "" {
			return true, nil
		}
	}
	return f.fetch(ctx, t, c)
}

// fetch downloads the document, checks it and puts it in its place.
func (f *follower) fetch(ctx context.Context, t mailout.Taken, c mailout.Change) (safe bool, err error) {
	folder := signedFolder(t)
	if err := makeFolder(f.o.Folder, folder); err != nil {
		return false, err
	}
	for try := range fetchTries {
		kept, broken, err := f.download(ctx, folder, c)
		if err != nil {
			return false, err
		}
		if broken != nil {
			if err := f.callFailed(broken); err != nil || f.polling.Err() != nil {
				return false, err
			}
			if try == fetchTries-1 {
				return false, f.ledger.Doubt(ctx, t, c.JobID, "the signed document could not be fetched: "+broken.Error())
			}
			continue
		}
		// The bytes are synced under their temporary name. From this commit on they are
		// found again, whatever crashes.
		if err := f.ledger.Fetched(ctx, t, c.JobID, kept); err != nil {
			return false, err
		}
		return kept.Doubt == "", f.place(ctx, t, c, kept)
	}
	return false, nil
}

// download fetches once. broken says that it must be tried again; err is of the disk.
func (f *follower) download(ctx context.Context, folder string, c mailout.Change) (kept mailout.KeptFile, broken, err error) {
	done, err := f.pace.Acquire(ctx, string(c.Sender))
	if err != nil {
		return kept, nil, err
	}
	w := &tempFile{sum: sha256.New()}
	if w.f, err = os.CreateTemp(filepath.Join(f.o.Folder, folder), tempPattern); err != nil {
		done(false, false)
		return kept, nil, fmt.Errorf("making a file for the signed document: %w", err)
	}
	defer w.f.Close()
	n, announced, speed, broken := f.portal.Fetch(ctx, c.Sender, c.PAdESURL, w)
	done(speed.TimedOut, speed.Blocked)
	if w.err != nil || broken != nil {
		return kept, broken, errors.Join(w.err, os.Remove(w.f.Name()))
	}
	if err := w.f.Sync(); err != nil {
		return kept, nil, fmt.Errorf("syncing the signed document: %w", err)
	}
	kept = mailout.KeptFile{SHA256: mailout.Digest(w.sum.Sum(nil)), Bytes: n, Temp: path.Join(folder, filepath.Base(w.f.Name()))}
	if _, err := pades.Check(w.f, n); err != nil {
		kept.Doubt = err.Error()
	}
	if announced >= 0 && n != announced {
		kept.Doubt = fmt.Sprintf("%d bytes came of the %d announced", n, announced)
	}
	return kept, nil, nil
}

// tempFile writes and hashes, and remembers an error of the disk, which must not be
// taken for one of the network.
type tempFile struct {
	f   *os.File
	sum hash.Hash
	err error
}

func (t *tempFile) Write(b []byte) (int, error) {
	n, err := t.f.Write(b)
	t.sum.Write(b[:n])
	if err != nil {
		t.err = fmt.Errorf("writing the signed document: %w", err)
	}
	return n, err
}

// place renames a fetched document to its name, never over another file, syncs the
// folder and commits. A crash after the rename leaves the file at its name with the books
// still naming the temporary one: finish finds it.
func (f *follower) place(ctx context.Context, t mailout.Taken, c mailout.Change, kept mailout.KeptFile) error {
	folder := folderOf(t, kept)
	if err := makeFolder(f.o.Folder, folder); err != nil {
		return err
	}
	name, there, err := f.nameFor(t, c, kept)
	if err != nil {
		return err
	}
	temp := filepath.Join(f.o.Folder, kept.Temp)
	if there { // the very same bytes
		if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing a second copy: %w", err)
		}
	} else if err := os.Rename(temp, filepath.Join(f.o.Folder, name)); err != nil {
		return fmt.Errorf("putting the signed document in its place: %w", err)
	}
	if err := syncFolder(filepath.Join(f.o.Folder, folder)); err != nil {
		return err
	}
	kept.Path = name
	return f.ledger.KeepSigned(ctx, t, c.JobID, kept)
}

// nameFor finds the first name of a document that is free, or that has its very bytes
// already (there). Another document that has a name keeps it.
func (f *follower) nameFor(t mailout.Taken, c mailout.Change, kept mailout.KeptFile) (name string, there bool, err error) {
	for n := 1; ; n++ {
		name = path.Join(folderOf(t, kept), fileName(t, c.JobID, n))
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
		if err := os.Remove(filepath.Join(f.o.Folder, name)); err != nil {
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

// fileName is ROW-JOBID.pdf, with a number behind from the second on. The owner's key
// stands only where it is plain and no identity number; else the line does.
func fileName(t mailout.Taken, job mailout.JobID, n int) string {
	row := t.Key
	if !plainKey.MatchString(row) || elevenDigits.MatchString(row) {
		row = fmt.Sprint(t.Line)
	}
	if n > 1 {
		return fmt.Sprintf("%s-%d.%d.pdf", row, job, n)
	}
	return fmt.Sprintf("%s-%d.pdf", row, job)
}
