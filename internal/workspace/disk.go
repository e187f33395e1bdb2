package workspace

import "fmt"

// Disk is what there is to know of the disk that a folder is on.
type Disk struct {
	ID       string // the same for folders on one disk
	Free     int64  // bytes that this user may still fill
	Writable bool   // this user may make files in the folder
}

// DiskOf looks at the disk of a folder, or, where it is not there yet, of the nearest one
// above it. It creates nothing. ok is false on a system where it cannot be told.
func DiskOf(folder string) (d Disk, ok bool, err error) {
	if d, ok, err = diskOf(nearest(folder)); err != nil {
		return d, false, fmt.Errorf("looking at the disk of %s: %w", folder, err)
	}
	return d, ok, nil
}
