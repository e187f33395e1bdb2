package workspace

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
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

// diskKind names the file system of a folder where it is one of a network, and tells what
// the folder is called in its file system: one that is mounted at a second place (mount
// --bind) may be in a cloud's folder at the first.
func diskKind(path string) (network, origin string, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return "", "", fmt.Errorf("asking for the file system: %w", err)
	}
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return "", "", fmt.Errorf("asking for the mounts: %w", err)
	}
	defer f.Close()
	kind, origin := mounted(f, path)
	network = networkSystems[uint32(st.Type)]
	if st.Type == unix.FUSE_SUPER_MAGIC && !localFUSE[kind] {
		network = "FUSE, " + kind
	}
	return network, origin, nil
}

// mounted finds the type of the file system that a path is on, and the path in it, in the
// kernel's list of mounts (proc(5), /proc/pid/mountinfo). Later mounts cover earlier ones.
func mounted(mounts io.Reader, path string) (kind, origin string) {
	kind = "unknown"
	found := ""
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
			origin = filepath.Join(unescaped(fields[3]), strings.TrimPrefix(path, strings.TrimSuffix(point, "/")))
		}
	}
	return kind, origin
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
