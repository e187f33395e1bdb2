package manifest

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"batch/internal/mailout"

	"batch/internal/table"
)

// folder is where documents are looked up. Each folder below it is listed once, however
// many rows name files in it, and its list is the truth: a name is found as it is
// spelled there, on disks too that do not tell a.pdf from A.PDF. Several goroutines may
// look up at once.
type folder struct {
	fs   fs.FS // nil: nothing is looked up
	room atomic.Int64

	mu     sync.RWMutex
	listed map[string]*listing // by path
}

// maxListed bounds the names that are remembered, of all folders together: some 50 MB.
// What is beyond them is asked for one by one.
const maxListed = 300_000

func newFolder(f fs.FS) *folder {
	d := &folder{fs: f, listed: map[string]*listing{}}
	d.room.Store(maxListed)
	return d
}

// find returns the path of an ordinary file as the disk spells it.
func (d *folder) find(p string) (string, error) {
	if d.fs == nil {
		return p, nil
	}
	dir, rest := ".", p
	for {
		name, below, deeper := strings.Cut(rest, "/")
		e, err := d.entry(dir, name, p)
		if err != nil {
			return "", err
		}
		at := e.name
		if dir != "." {
			at = dir + "/" + at
		}
		if e.mode&(fs.ModeSymlink|fs.ModeIrregular) != 0 {
			if e.mode, err = d.follow(at); err != nil {
				return "", err
			}
		}
		switch {
		case !deeper && e.mode.IsRegular():
			return at, nil
		case !deeper:
			return "", notAFile(p)
		case !e.mode.IsDir():
			return "", missing(p, "check the spelling: "+mailout.ShownPath(at)+" is a file, not a folder")
		}
		dir, rest = at, below
	}
}

func (d *folder) exists(name string) bool {
	p, err := documentPath(table.Clean(name))
	if d.fs == nil || err != nil {
		return false
	}
	_, err = d.find(p)
	return err == nil
}

// entry is one name in a folder, as the disk spells it.
type entry struct {
	name string
	mode fs.FileMode // its type
	twin bool        // there is another that looks the same
}

// entry finds a name in a folder, p being the whole path that is looked for.
func (d *folder) entry(dir, name, p string) (entry, error) {
	l := d.list(dir)
	e, ok := l.names[name]
	switch {
	case ok && e.twin:
		return entry{}, bad("document-name-twins", "there are two files whose names look the same as "+mailout.ShownPath(p)+": their letters are stored in two ways", "rename one of them")
	case ok:
		return e, nil
	case l.whole:
		return entry{}, l.absent(name, p)
	}
	for _, spelling := range []string{name, norm.NFD.String(name)} {
		info, err := fs.Lstat(d.fs, join(dir, spelling))
		switch {
		case err == nil:
			return entry{name: spelling, mode: info.Mode().Type()}, nil
		case !errors.Is(err, fs.ErrNotExist):
			return entry{}, unreadableFile(p)
		}
	}
	return entry{}, missing(p, checkSpelling)
}

func join(dir, name string) string {
	if dir == "." {
		return name
	}
	return dir + "/" + name
}

// follow returns what a link leads to.
func (d *folder) follow(p string) (fs.FileMode, error) {
	info, err := fs.Stat(d.fs, p)
	switch {
	case err == nil:
		return info.Mode().Type(), nil
	case errors.Is(err, fs.ErrNotExist):
		return 0, bad("document-link-broken", mailout.ShownPath(p)+" is a link to a file that is not there", "put the file itself in its place")
	case strings.Contains(err.Error(), "escapes from parent"): // os.Root has no value to compare with
		return 0, bad("document-link-outside", mailout.ShownPath(p)+" is a link that leads out of the documents' folder", "put the file itself in its place")
	}
	return 0, unreadableFile(p)
}

func unreadableFile(p string) error {
	return bad("document-unreadable", "the file cannot be opened: "+mailout.ShownPath(p), "check that you may read it and that the disk or network drive is there")
}

const checkSpelling = "check the spelling and that the file lies in the documents' folder"

func missing(p, remedy string) error {
	return bad("document-missing", "there is no file "+mailout.ShownPath(p), remedy)
}

// list returns a folder's names, reading them the first time it is asked.
func (d *folder) list(dir string) *listing {
	d.mu.RLock()
	l, ok := d.listed[dir]
	d.mu.RUnlock()
	if !ok {
		d.mu.Lock()
		if l, ok = d.listed[dir]; !ok {
			l = &listing{}
			d.listed[dir] = l
		}
		d.mu.Unlock()
	}
	l.once.Do(func() { l.read(d.fs, dir, &d.room) })
	return l
}

// listing is the names in one folder.
type listing struct {
	once  sync.Once
	names map[string]entry // by their NFC form
	whole bool             // all names are here

	likeOnce sync.Once
	like     map[string]string // names by what a slip leaves of them
}

// read lists a folder as long as there is room. A folder that cannot be listed may still
// let its files be opened: then they are asked for one by one.
func (l *listing) read(f fs.FS, dir string, room *atomic.Int64) {
	l.names = map[string]entry{}
	file, err := f.Open(dir)
	if err != nil {
		return
	}
	defer file.Close()
	lister, ok := file.(fs.ReadDirFile)
	for ok && room.Load() > 0 {
		entries, err := lister.ReadDir(1024)
		for _, e := range entries {
			name := norm.NFC.String(e.Name())
			_, twin := l.names[name]
			l.names[name] = entry{name: e.Name(), mode: e.Type(), twin: twin}
		}
		room.Add(-int64(len(entries)))
		if l.whole = errors.Is(err, io.EOF); err != nil {
			return
		}
	}
}

// absent says that a name is not in the folder, and which is likely to be meant.
func (l *listing) absent(name, p string) error {
	near, ok := l.nearly(name)
	switch {
	case ok && strings.EqualFold(near, name):
		return bad("document-name-case", "there is no file "+mailout.ShownPath(p)+", but one whose name differs in capital and small letters",
			"write "+mailout.ShownPath(near)+", as the file is named")
	case strings.ContainsAny(name, "*?"):
		return bad("document-wildcard", "there is no file "+mailout.ShownPath(p)+": * and ? do not stand for other letters here", "write the name of one file in full; + between names merges files")
	case ok:
		return missing(p, "there is "+mailout.ShownPath(near)+": write the name exactly so if that file is meant")
	}
	return missing(p, checkSpelling)
}

// nearly finds the name that differs in capitals, spaces, hyphens, invisible characters
// or a lacking .pdf only.
func (l *listing) nearly(name string) (string, bool) {
	l.likeOnce.Do(func() {
		l.like = make(map[string]string, len(l.names))
		for _, e := range l.names {
			key := slipless(e.name)
			if before, ok := l.like[key]; !ok || e.name < before {
				l.like[key] = e.name
			}
		}
	})
	near, ok := l.like[slipless(name)]
	return near, ok
}

// slipless is what remains of a name without what people slip in.
func slipless(name string) string {
	name = strings.TrimSuffix(strings.ToLower(norm.NFC.String(name)), ".pdf")
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || slices.Contains([]rune("-_."), r) || isHyphen(r) {
			return -1
		}
		return r
	}, name)
}

// unused counts the PDFs beside those that were looked up, as far as nobody has a use
// for them.
func (d *folder) unused(used func(path string) bool) int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	n := 0
	for dir, l := range d.listed {
		for _, e := range l.names {
			if e.mode.IsRegular() && strings.EqualFold(path.Ext(e.name), ".pdf") && !used(join(dir, e.name)) {
				n++
			}
		}
	}
	return n
}
