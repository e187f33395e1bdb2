package workspace

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// diskOf cannot tell whether the folder may be written to: that is a matter of access
// lists.
func diskOf(path string) (Disk, bool, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return Disk{}, false, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return Disk{}, false, err
	}
	return Disk{ID: filepath.VolumeName(path), Free: int64(free), Writable: true}, true, nil
}
