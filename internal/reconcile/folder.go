package reconcile

import (
	"fmt"
	"path/filepath"
)

// makeFolder makes a folder below the workspace, 0700, and syncs its parents so that a
// power cut cannot lose it together with what is put into it. One that is there already is
// synced all the same, once a run: whoever made it may have been killed before it came to
// that, and what is confirmed is gone from the portal.
func (f *follower) makeFolder(folder string) error {
	f.mu.Lock()
	done := f.folders[folder]
	f.mu.Unlock()
	if done {
		return nil
	}
	full := filepath.Join(f.o.Folder, filepath.FromSlash(folder))
	if err := f.disk.MkdirAll(full, 0o700); err != nil {
		return fmt.Errorf("making a folder for signed documents: %w", err)
	}
	for dir := full; dir != filepath.Clean(f.o.Folder); {
		dir = filepath.Dir(dir)
		if err := f.disk.SyncFolder(dir); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.folders[folder] = true
	return nil
}
