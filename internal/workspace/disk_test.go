package workspace

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDiskOfAFolderThatIsNotThereYet(t *testing.T) {
	dir := t.TempDir()
	there, ok, err := DiskOf(dir)
	if err != nil || !ok || there.Free <= 0 || !there.Writable || there.ID == "" {
		t.Fatalf("got %+v, %v, %v", there, ok, err)
	}
	below := filepath.Join(dir, "signed", "2026-11-21-a7")
	if got, ok, err := DiskOf(below); err != nil || !ok || got.ID != there.ID {
		t.Errorf("below it: %+v, %v, %v", got, ok, err)
	}
	if _, err := os.Stat(filepath.Dir(below)); err == nil {
		t.Error("looking made the folder")
	}
}

func TestDiskThatMayNotBeWritten(t *testing.T) {
	if os.Geteuid() <= 0 {
		t.Skip("root may write anywhere, and Windows does not say: run the tests as an ordinary user")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if d, ok, err := DiskOf(dir); err != nil || !ok || d.Writable {
		t.Errorf("got %+v, %v, %v", d, ok, err)
	}
}
