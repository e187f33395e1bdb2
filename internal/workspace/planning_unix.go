//go:build unix

package workspace

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// shareFile takes the system's lock on an open file beside others who share it. It waits
// while somebody has it alone; its own lock, where it has it alone, becomes a shared one.
func shareFile(f *os.File, _ bool) error {
	for {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_SH); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
