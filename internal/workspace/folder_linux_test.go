package workspace

import (
	"strings"
	"testing"
)

// mounts is /proc/self/mountinfo of a machine with everything.
const mounts = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:40 / /mnt/far rw - fuse.sshfs kari@server:/ rw
41 22 0:41 / /mnt/my\040drive rw - fuse.rclone drive: rw
42 40 8:2 / /mnt/far/near rw - ext4 /dev/sdb1 rw
43 22 8:3 / /mnt/ntfs rw - fuseblk /dev/sdc1 rw
44 22 0:44 / /mnt/covered rw - fuse.fuse-overlayfs one rw
45 22 0:45 / /mnt/covered rw - fuse.sshfs two rw
46 22 8:1 /home/kari/OneDrive\040-\040Fjordvik /srv/bound rw - ext4 /dev/sda1 rw
cut off
`

func TestMounted(t *testing.T) {
	for path, want := range map[string]string{
		"/srv/post":            "ext4 /srv/post",
		"/mnt/far":             "fuse.sshfs /",
		"/mnt/far/post":        "fuse.sshfs /post",
		"/mnt/farther":         "ext4 /mnt/farther",
		"/mnt/my drive/x":      "fuse.rclone /x",
		"/mnt/far/near/x":      "ext4 /x",
		"/mnt/ntfs":            "fuseblk /",
		"/mnt/covered/x":       "fuse.sshfs /x",
		"/srv/bound/post":      "ext4 /home/kari/OneDrive - Fjordvik/post",
		"relative/to/nowhere/": "unknown ",
	} {
		if kind, origin := mounted(strings.NewReader(mounts), path); kind+" "+origin != want {
			t.Errorf("%s: got %s %s, want %s", path, kind, origin, want)
		}
	}
}

// TestDiskKind holds the magic numbers against statfs(2): SMB's first one is not
// the one in use since.
func TestDiskKind(t *testing.T) {
	for magic, want := range map[uint32]string{0x6969: "NFS", 0xFF534D42: "CIFS", 0xFE534D42: "SMB", 0x517B: "SMB", 0x00C36400: "Ceph", 0xEF53: ""} {
		if got := networkSystems[magic]; got != want {
			t.Errorf("%#x: got %q, want %q", magic, got, want)
		}
	}
	if kind, _, err := diskKind(t.TempDir()); kind != "" || err != nil {
		t.Errorf("the temporary folder: %q, %v", kind, err)
	}
	if _, _, err := diskKind("/there/is/no/such/folder"); err == nil {
		t.Error("a folder that is not there has a file system")
	}
}
