package ledger

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"batch/internal/disk"
)

// patience is how long it is waited for another program that has the ledger in use: a
// planner's transactions take milliseconds, a backup program's look at the file seconds.
const patience = 20 * time.Second

// filled are the options with what stands for their zero values.
func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Patience == 0 {
		o.Patience = patience
	}
	o.Disk = disk.Or(o.Disk)
	return o
}

// dsn is the data source name. All pragmas stand in it: an Exec would reach one pooled
// connection only.
func (o Options) dsn(extra string) string {
	if o.VFS != "" {
		extra += "&vfs=" + url.QueryEscape(o.VFS)
	}
	// A path with ? or # would end early: escape it as a URI.
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(o.Path)}).EscapedPath()}
	return fmt.Sprintf("%s?%s&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(%d)&_pragma=secure_delete(1)", &u, extra, o.Patience.Milliseconds())
}

// makeFile makes the ledger's folder and an empty file in it where there is none, closed to
// others: the driver would take the umask's mode. The names of a new one are synced before
// anything is written, the folder's own too, so that no power cut can take away the books
// together with their sent.log. A crash in between leaves a file that is empty: then they
// are synced once more. One that is there is never opened but by SQLite: to close it again
// would take SQLite's locks away.
func makeFile(o Options) error {
	folder := filepath.Dir(o.Path)
	if info, err := os.Lstat(o.Path); err == nil {
		closeToOthers(o)
		if info.Size() > 0 {
			return nil
		}
	} else if err := putFile(o, folder); err != nil {
		return err
	}
	for _, dir := range []string{folder, filepath.Dir(folder)} {
		if err := o.Disk.SyncFolder(dir); err != nil {
			return fmt.Errorf("making the ledger: %w", err)
		}
	}
	return nil
}

func putFile(o Options, folder string) error {
	if err := o.Disk.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("making the ledger's folder: %w", err)
	}
	f, err := o.Disk.OpenFile(o.Path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("making the ledger: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("making the ledger: %w", err)
	}
	return nil
}

// closeToOthers takes other users' rights to the books away, which a copy that was put back
// may have brought. Whose files are somebody else's keeps them as they are: he may be meant
// to share them. The folder is a person's own business: it may hold more than the books.
func closeToOthers(o Options) {
	for _, path := range []string{o.Path, o.Path + "-wal", o.Path + "-shm", o.SentLog} {
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
			os.Chmod(path, info.Mode().Perm()&0o700)
		}
	}
}
