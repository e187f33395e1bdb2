//go:build linux || darwin

package workspace

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func diskOf(path string) (Disk, bool, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return Disk{}, false, err
	}
	return Disk{
		ID:       fmt.Sprint(st.Fsid),
		Free:     int64(st.Bavail) * int64(st.Bsize),
		Writable: unix.Access(path, unix.W_OK|unix.X_OK) == nil,
	}, true, nil
}
