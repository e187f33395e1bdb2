package workspace

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// diskKind names the drive of a folder where it is one of a network. Where else the folder
// may be seen is not told here.
func diskKind(path string) (network, origin string, err error) {
	root, err := windows.UTF16PtrFromString(filepath.VolumeName(path) + `\`)
	if err != nil {
		return "", "", fmt.Errorf("asking for the drive: %w", err)
	}
	if windows.GetDriveType(root) == windows.DRIVE_REMOTE {
		return "network drive", "", nil
	}
	return "", "", nil
}
