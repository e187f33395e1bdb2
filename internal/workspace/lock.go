package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// Lock is held by the one process that talks to the portal for a ledger. The operating
// system lets go of it when the process ends, however it ends.
type Lock struct {
	file *os.File
	log  *os.File // sent.log, locked too; nil where there was none
}

// Held says that another process has the lock.
type Held struct {
	Path  string    // of the lock file
	PID   int       // the holder's; 0: it could not be read
	Since time.Time // when the holder took the lock; zero: it could not be read
}

func (h *Held) Error() string {
	if h.PID == 0 {
		return "another process holds the ledger (lock file " + h.Path + ")"
	}
	return fmt.Sprintf("another process holds the ledger: process %d, since %s (lock file %s)", h.PID, h.Since.Format("2006-01-02 15:04"), h.Path)
}

// errHeld is what the system's lock says where another has it.
var errHeld = errors.New("the lock is held")

// Lock takes the lock, or returns a *Held. It does not wait. The lock file is never
// deleted. Who deletes it all the same takes nothing from the holder: whoever locks checks
// that the file he locked is the one that is there, and has to lock sent.log too, without
// which nobody would get far.
func (w *Workspace) Lock() (*Lock, error) {
	lock, err := take(w.lockPath(), lockFile)
	if err == nil {
		err = lock.also(w.SentLog())
	}
	var held *Held
	switch {
	case err == nil:
		return lock, nil
	case errors.As(err, &held):
		held.Since = held.Since.In(w.Config.Location)
		return nil, held
	}
	return nil, &Error{Code: "lock", Message: "the ledger's lock " + w.lockPath() + " cannot be taken: " + reason(err), Err: err,
		Remedy: "see that you may write there; the folder must be on a local disk, which [ledger] folder can name"}
}

// replacements bounds how often a lock file may vanish under us before it is somebody's
// doing and no accident.
const replacements = 5

func take(path string, lock func(*os.File) error) (*Lock, error) {
	for range replacements {
		// Go opens files O_CLOEXEC (on Windows: not inheritable), so a worker process
		// started later cannot keep the lock alive.
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := lock(f); err != nil {
			f.Close()
			if errors.Is(err, errHeld) {
				return nil, holder(path)
			}
			return nil, err
		}
		if isAt(f, path) {
			return sign(f)
		}
		f.Close() // it was replaced between opening and locking: this lock guards nothing
	}
	return nil, errors.New("the lock file is being replaced again and again")
}

// also locks a file that is there beside the lock's own, or lets go of that.
func (l *Lock) also(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was ever sent: the speaker's ledger makes it
	}
	if l.log = f; err == nil {
		err = lockFile(f)
	}
	if err == nil {
		return nil
	}
	l.Unlock()
	if errors.Is(err, errHeld) {
		return &Held{Path: l.file.Name()}
	}
	return err
}

// isAt reports whether the open file is the one at path.
func isAt(f *os.File, path string) bool {
	open, err1 := f.Stat()
	there, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(open, there)
}

// sign writes who holds the lock. A crash in between leaves half a line or an old one,
// and no lock.
func sign(f *os.File) (*Lock, error) {
	line := fmt.Sprintf("%d %s\n", os.Getpid(), time.Now().UTC().Format(time.RFC3339))
	_, err := f.WriteAt([]byte(line), 0)
	if err := errors.Join(err, f.Truncate(int64(len(line)))); err != nil {
		f.Close()
		return nil, err
	}
	return &Lock{file: f}, nil
}

// holder reads who holds the lock. What cannot be read is left out: the lock is held
// all the same.
func holder(path string) *Held {
	h := &Held{Path: path}
	text, err := os.ReadFile(path)
	if err != nil {
		return h
	}
	pid, since, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	n, err1 := strconv.Atoi(pid)
	at, err2 := time.Parse(time.RFC3339, since)
	if err1 == nil && err2 == nil && n > 0 {
		h.PID, h.Since = n, at
	}
	return h
}

// Unlock lets go of the lock. It may be called again.
func (l *Lock) Unlock() error {
	for _, f := range []*os.File{l.log, l.file} {
		if f == nil {
			continue
		}
		if err := f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			return fmt.Errorf("closing the ledger's lock: %w", err)
		}
	}
	return nil
}

// Spoken reports whether a process holds the lock now. A reader asks it to tell rows that
// are being sent from rows that a killed process left.
func (w *Workspace) Spoken() bool {
	return isHeld(w.lockPath()) || isHeld(w.SentLog())
}

func isHeld(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false // nobody has ever taken it
	}
	defer f.Close() // lets go of the lock, where this process got it
	return errors.Is(lockFile(f), errHeld)
}
