package workspace

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// networkSystems are file systems that another machine keeps (statfs(2)).
var networkSystems = map[uint32]string{
	unix.NFS_SUPER_MAGIC:  "NFS",
	unix.SMB_SUPER_MAGIC:  "SMB",
	unix.CIFS_SUPER_MAGIC: "CIFS",
	unix.SMB2_SUPER_MAGIC: "SMB",
	unix.AFS_SUPER_MAGIC:  "AFS",
	unix.CODA_SUPER_MAGIC: "Coda",
	unix.CEPH_SUPER_MAGIC: "Ceph",
	0x0BD00BD0:            "Lustre",
	0x47504653:            "GPFS",
}

// localFUSE are file systems in user space that keep their files on this machine. Every
// other one, sshfs and cloud drives above all, is taken for a network.
var localFUSE = map[string]bool{"fuseblk": true, "fuse.fuse-overlayfs": true, "fuse.ntfs-3g": true, "virtiofs": true}

// networkKind names the file system of a folder where it is one of a network.
func networkKind(path string) (string, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return "", fmt.Errorf("asking for the file system: %w", err)
	}
	magic := uint32(st.Type)
	if magic != unix.FUSE_SUPER_MAGIC {
		return networkSystems[magic], nil
	}
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return "", fmt.Errorf("asking for the mounts: %w", err)
	}
	defer f.Close()
	if kind := mountedType(f, path); !localFUSE[kind] {
		return "FUSE, " + kind, nil
	}
	return "", nil
}

// mountedType finds the type of the file system that a path is on, in the kernel's list
// of mounts (proc(5), /proc/pid/mountinfo). Later mounts cover earlier ones.
func mountedType(mounts io.Reader, path string) string {
	found, kind := "", "unknown"
	for lines := bufio.NewScanner(mounts); lines.Scan(); {
		before, after, ok := strings.Cut(lines.Text(), " - ")
		fields := strings.Fields(before)
		if !ok || len(fields) < 5 {
			continue
		}
		point := unescaped(fields[4])
		if isBelow(path, point) && len(point) >= len(found) {
			found = point
			kind, _, _ = strings.Cut(after, " ")
		}
	}
	return kind
}

func isBelow(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, strings.TrimSuffix(folder, "/")+"/")
}

// unescaped reads \040 for a space, as the kernel writes mount points.
func unescaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
