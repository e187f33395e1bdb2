package workspace

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// networkKind names the file system of a folder where it is one of a network.
func networkKind(path string) (string, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return "", fmt.Errorf("asking for the file system: %w", err)
	}
	if st.Flags&unix.MNT_LOCAL == 0 {
		return unix.ByteSliceToString(st.Fstypename[:]), nil
	}
	return "", nil
}
