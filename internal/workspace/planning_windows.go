package workspace

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// shareFile takes the system's lock on an open file beside others who share it. It waits
// while somebody has it alone; its own lock, where it has it alone, is let go of first.
func shareFile(f *os.File, alone bool) error {
	at := &windows.Overlapped{OffsetHigh: 1} // the byte of lockFile
	var err error
	if alone {
		err = windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, at)
	}
	return errors.Join(err, windows.LockFileEx(windows.Handle(f.Fd()), 0, 0, 1, 0, at))
}
