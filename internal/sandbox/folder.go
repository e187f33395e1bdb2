package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Folders of a sandbox's own, below Options.Dir.
const (
	memoryFolder = ".sandbox-documents" // documents, until the sandbox ends
	stateFolder  = ".sandbox-state"     // documents, journal and keys, for the next one
)

// tempPrefix begins the name of the folder of a sandbox without Options.Dir.
const tempPrefix = "batch-sandbox-"

// lockName is the file that a sandbox holds locked while it uses a folder.
const lockName = ".sandbox.lock"

// errHeld is what openAlone says of a file that another process holds.
var errHeld = errors.New("another process holds it")

// folder is where a sandbox keeps documents and state, for itself alone.
type folder struct {
	path      string
	lock      *os.File
	temporary bool // nothing in it is for a later sandbox
}

// openFolder takes the folder that the options ask for. Two sandboxes never share one:
// they would take each other's documents and write over each other's batch.toml.
func openFolder(o Options) (*folder, error) {
	if o.Dir == "" {
		return tempFolder()
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the sandbox's folder: %w", err)
	}
	lock, err := openAlone(filepath.Join(o.Dir, lockName))
	if errors.Is(err, errHeld) {
		return nil, fmt.Errorf("another sandbox is serving from %s; end it, or give this one a folder of its own", o.Dir)
	}
	if err != nil {
		return nil, fmt.Errorf("locking the sandbox's folder: %w", err)
	}
	f := &folder{path: filepath.Join(o.Dir, memoryFolder), lock: lock, temporary: true}
	if o.State == StateFile {
		f.path, f.temporary = filepath.Join(o.Dir, stateFolder), false
	}
	if err := errors.Join(removeReady(o.Dir), f.prepare()); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return f, nil
}

// prepare makes the folder, empty where nothing in it may be needed: what a killed sandbox
// left there.
func (f *folder) prepare() error {
	if f.temporary {
		if err := os.RemoveAll(f.path); err != nil {
			return fmt.Errorf("clearing the folder of documents: %w", err)
		}
	}
	if err := os.MkdirAll(f.path, 0o700); err != nil {
		return fmt.Errorf("making a folder for documents: %w", err)
	}
	return nil
}

func tempFolder() (*folder, error) {
	sweepTempFolders()
	path, err := os.MkdirTemp("", tempPrefix)
	if err != nil {
		return nil, fmt.Errorf("making a folder for documents: %w", err)
	}
	lock, err := openAlone(filepath.Join(path, lockName))
	if err != nil {
		return nil, fmt.Errorf("locking the folder of documents: %w", err)
	}
	return &folder{path, lock, true}, nil
}

// sweepTempFolders deletes what killed sandboxes left: the folders whose lock nobody holds
// any more. One made within the last minute may be about to be locked. What cannot be
// deleted is somebody else's.
func sweepTempFolders() {
	found, err := filepath.Glob(filepath.Join(os.TempDir(), tempPrefix+"*"))
	if err != nil {
		return // the name of the folder of temporary files is no pattern
	}
	for _, path := range found {
		info, err := os.Lstat(path)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		lock, err := openAlone(filepath.Join(path, lockName))
		if err != nil {
			continue
		}
		lock.Close() // first: some systems delete no open file
		os.RemoveAll(path)
	}
}

// close lets the folder go, after deleting what nobody needs any more. A lock inside what
// is deleted is let go first, for some systems delete no open file; that one cannot be
// wanted by another sandbox, for its folder's name is no other's.
func (f *folder) close() error {
	if !f.temporary {
		return f.lock.Close()
	}
	if filepath.Dir(f.lock.Name()) == f.path {
		f.lock.Close()
	}
	defer f.lock.Close()
	if err := os.RemoveAll(f.path); err != nil {
		return fmt.Errorf("removing the documents: %w", err)
	}
	return nil
}
