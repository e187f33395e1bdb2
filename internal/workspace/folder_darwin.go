package workspace

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// diskKind names the file system of a folder where it is one of a network. Where else the
// folder may be seen is not told here.
func diskKind(path string) (network, origin string, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return "", "", fmt.Errorf("asking for the file system: %w", err)
	}
	if st.Flags&unix.MNT_LOCAL == 0 {
		return unix.ByteSliceToString(st.Fstypename[:]), "", nil
	}
	return "", "", nil
}
