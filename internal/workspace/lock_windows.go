package workspace

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile takes the system's lock on an open file without waiting. Locked bytes cannot
// be read by others, so it is one far behind the holder's line that is locked.
func lockFile(f *os.File) error {
	const farBehind = 1 // the upper half of the offset: 4 GB
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{OffsetHigh: farBehind})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errHeld
	}
	return err
}
