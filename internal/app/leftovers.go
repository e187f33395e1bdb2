package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"batch/internal/workspace"
)

// A rehearsal's temporary folder holds the rows that are rehearsed. A process that is killed
// leaves it; the next rehearsal deletes it, and knows by a lock that nobody is at work there.
const (
	rehearsalPrefix = "batch-rehearsal-"
	ownerLock       = "rehearsal.lock"

	beginning = time.Minute    // a younger folder may be about to be locked
	forgotten = 24 * time.Hour // one without a lock is somebody's no more
)

// temporaryRehearsal makes a folder and locks it for the life of this process.
func temporaryRehearsal() (dir string, owner *workspace.Lock, err error) {
	if dir, err = os.MkdirTemp("", rehearsalPrefix+"*"); err != nil {
		return "", nil, err
	}
	if owner, err = workspace.Hold(filepath.Join(dir, ownerLock)); err != nil {
		os.RemoveAll(dir)
	}
	return dir, owner, err
}

// sweepRehearsals deletes what rehearsals left that were killed. All users of a machine may
// share the folder for temporary files, and whoever likes may make one there by the name of a
// rehearsal's: what is not ours is left alone.
func sweepRehearsals() {
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), rehearsalPrefix) && workspace.IsPrivate(info) {
			sweepRehearsal(filepath.Join(os.TempDir(), e.Name()), time.Since(info.ModTime()))
		}
	}
}

func sweepRehearsal(dir string, age time.Duration) {
	owner, err := workspace.Inherit(dir, ownerLock)
	switch {
	case errors.Is(err, fs.ErrNotExist) && age > forgotten: // it died before it could take its lock
		os.RemoveAll(dir)
	case err != nil: // it is at work, or about to be
	case age < beginning:
		owner.Unlock()
	default:
		owner.Unlock() // an open file cannot be deleted on Windows
		os.RemoveAll(dir)
	}
}
