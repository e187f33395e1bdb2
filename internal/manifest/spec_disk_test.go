//go:build unix

package manifest

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What lies in the folder, besides files.
func TestDocumentsOnDisk(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret.pdf")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	must(os.WriteFile(outside, nil, 0o600))
	must(os.Mkdir(in("avtaler"), 0o700))
	must(os.WriteFile(in("avtaler/1042.pdf"), nil, 0o600))
	must(os.Symlink("avtaler/1042.pdf", in("within.pdf")))
	must(os.Symlink("avtaler", in("folder")))
	must(os.Symlink(outside, in("outside.pdf")))
	must(os.Symlink("../"+filepath.Base(dir)+"x", in("beside")))
	must(os.Symlink("gone.pdf", in("broken.pdf")))
	must(os.Symlink("loop.pdf", in("loop.pdf")))
	must(os.Symlink("/dev/zero", in("device.pdf")))
	must(syscall.Mkfifo(in("pipe.pdf"), 0o600))
	socket, err := net.Listen("unix", in("socket.pdf"))
	must(err)
	defer socket.Close()

	root, err := os.OpenRoot(dir)
	must(err)
	defer root.Close()
	for _, c := range []specCase{
		{"avtaler/1042.pdf", "avtaler/1042.pdf", ""},
		{"within.pdf", "within.pdf", ""},
		{"folder/1042.pdf", "folder/1042.pdf", ""},
		{"folder", "", "document-not-a-file"},
		{"outside.pdf", "", "document-link-outside"},
		{"beside/a.pdf", "", "document-link-outside"},
		{"device.pdf", "", "document-link-outside"},
		{"broken.pdf", "", "document-link-broken"},
		{"loop.pdf", "", "document-unreadable"},
		{"pipe.pdf", "", "document-not-a-file"},
		{"socket.pdf", "", "document-not-a-file"},
		{"avtaler/1043.pdf", "", "document-missing"},
	} {
		got, err := newFolder(root.FS()).find(c.cell)
		if code := faultCode(err); got != c.value || code != c.findings {
			t.Errorf("%s: %q, %q; want %q, %q", c.cell, got, code, c.value, c.findings)
		}
	}
}
