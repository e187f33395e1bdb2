package disktest

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// change is one write, or cut, of a file that was not synced since.
type change struct {
	step   Step
	size   int64  // of the file before
	at     int64  // where it was written, or cut
	before []byte // what stood there
	after  []byte // nil: the file was cut
}

func (c *change) undo(content []byte) []byte {
	content = resize(content, c.size)
	copy(content[min(c.at, c.size):], c.before)
	return content
}

func (c *change) redo(content []byte) []byte {
	if c.after == nil {
		return resize(content, c.at)
	}
	content = resize(content, max(int64(len(content)), c.at+int64(len(c.after))))
	copy(content[c.at:], c.after)
	return content
}

func resize(b []byte, n int64) []byte {
	if missing := n - int64(len(b)); missing > 0 {
		return append(b, make([]byte, missing)...)
	}
	return b[:n]
}

// naming is a name that was made, changed or removed in a folder that was not synced since.
type naming struct {
	step   Step
	folder string
	undo   func(*tree)
}

// tree is a folder on its way to being what a crash leaves.
type tree struct {
	files   map[string][]byte
	modes   map[string]fs.FileMode
	folders map[string]bool
}

func (t *tree) move(from, to string) {
	content, there := t.files[from]
	if delete(t.files, from); there {
		t.files[to], t.modes[to] = content, t.modes[from]
	}
}

// drop forgets a folder with all that is in it.
func (t *tree) drop(folder string) {
	inside := func(path string) bool { return strings.HasPrefix(path, folder+string(filepath.Separator)) }
	for path := range t.files {
		if inside(path) {
			delete(t.files, path)
		}
	}
	for path := range t.folders {
		if path == folder || inside(path) {
			delete(t.folders, path)
		}
	}
}

// The following are called while mu is held.

func (d *Disk) wrote(path string, c *change) {
	c.after = bytes.Clone(c.after)
	d.dirty[path] = append(d.dirty[path], c)
}

func (d *Disk) named(s Step, path string, undo func(*tree)) {
	d.names = append(d.names, &naming{s, filepath.Dir(path), undo})
}

func (d *Disk) created(s Step, path string) {
	delete(d.dirty, path)
	d.named(s, path, func(t *tree) { delete(t.files, path) })
}

// removed: what comes back of a file whose removal is lost is what was synced of it.
func (d *Disk) removed(s Step, path string, had []byte) {
	for _, c := range slices.Backward(d.dirty[path]) {
		had = c.undo(had)
	}
	delete(d.dirty, path)
	d.named(s, path, func(t *tree) { t.files[path], t.modes[path] = had, 0o600 })
}

func (d *Disk) synced(folder string) {
	d.names = slices.DeleteFunc(d.names, func(n *naming) bool { return n.folder == folder })
}

// Nothing is what a power cut keeps at its worst of what was not synced.
func Nothing(Step) bool { return false }

// Leave copies to the new folder to what a crash at this moment leaves of the folder from.
// keep decides about each step that was not made durable yet, in their order: the bytes of a
// write may reach the disk without those of an earlier one, while names that are lost take
// all later names with them. A nil keep keeps all: the process is killed, and the system
// lives on.
//
// It opens the files past SQLite: SQLite's locks against other processes are gone
// afterwards, those within this process are not.
func (d *Disk) Leave(from, to string, keep func(Step) bool) error {
	from, to, err := absolute(from, to)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t := &tree{map[string][]byte{}, map[string]fs.FileMode{}, map[string]bool{}}
	if err := t.read(from); err != nil {
		return fmt.Errorf("reading what is there: %w", err)
	}
	if keep != nil {
		d.lose(t, keep)
	}
	return t.write(from, to)
}

func (d *Disk) lose(t *tree, keep func(Step) bool) {
	for path, changes := range d.dirty {
		content, there := t.files[path]
		if !there {
			continue
		}
		for _, c := range slices.Backward(changes) {
			content = c.undo(content)
		}
		for _, c := range changes {
			if keep(c.step) {
				content = c.redo(content)
			}
		}
		t.files[path] = content
	}
	lost := slices.IndexFunc(d.names, func(n *naming) bool { return !keep(n.step) })
	if lost < 0 {
		return
	}
	for _, n := range slices.Backward(d.names[lost:]) {
		n.undo(t)
	}
}

func (t *tree) read(from string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			t.folders[path] = true
			return nil
		case !e.Type().IsRegular() || strings.HasSuffix(path, "-shm"):
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		t.modes[path] = info.Mode().Perm()
		t.files[path], err = os.ReadFile(path)
		return err
	})
}

func (t *tree) write(from, to string) error {
	moved := func(path string) string { return to + strings.TrimPrefix(path, from) }
	for folder := range t.folders {
		if err := os.MkdirAll(moved(folder), 0o700); err != nil {
			return err
		}
	}
	for path, content := range t.files {
		if !strings.HasPrefix(path, from) {
			continue // of another folder of the same disk
		}
		if err := os.WriteFile(moved(path), content, t.modes[path]); err != nil {
			return err
		}
	}
	return nil
}
