package reconcile

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// makeFolder makes a folder below root, 0700, and syncs its parents so that a crash
// cannot lose it together with what is put into it.
func makeFolder(root, folder string) error {
	full := filepath.Join(root, filepath.FromSlash(folder))
	if _, err := os.Stat(full); err == nil {
		return nil
	}
	if err := os.MkdirAll(full, 0o700); err != nil {
		return fmt.Errorf("making a folder for signed documents: %w", err)
	}
	for dir := filepath.Dir(full); ; dir = filepath.Dir(dir) {
		if err := syncFolder(dir); err != nil {
			return err
		}
		if rel, err := filepath.Rel(root, dir); err != nil || rel == "." {
			return nil
		}
	}
}

// syncFolder makes the names in a folder durable. Windows has no such call and needs none.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("syncing a folder: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("syncing a folder: %w", err)
	}
	return nil
}
