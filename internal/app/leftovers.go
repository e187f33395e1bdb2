package app

import (
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

// sweepRehearsals deletes what rehearsals left that were killed. What cannot be deleted is
// somebody else's.
func sweepRehearsals() {
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && e.IsDir() && strings.HasPrefix(e.Name(), rehearsalPrefix) {
			sweepRehearsal(filepath.Join(os.TempDir(), e.Name()), time.Since(info.ModTime()))
		}
	}
}

func sweepRehearsal(dir string, age time.Duration) {
	path := filepath.Join(dir, ownerLock)
	if _, err := os.Lstat(path); err != nil {
		if age > forgotten { // it died before it could take its lock
			os.RemoveAll(dir)
		}
		return
	}
	if age < beginning {
		return
	}
	owner, err := workspace.Hold(path)
	if err != nil {
		return // it is at work
	}
	owner.Unlock() // an open file cannot be deleted on Windows
	os.RemoveAll(dir)
}
