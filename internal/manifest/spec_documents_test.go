package manifest

import (
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// Paths of documents. What Windows would take for something else is refused everywhere.
var documentCells = []columnTable{
	{"document", []specCase{
		{"a.pdf", "a.pdf", ""},
		{" a.pdf ", "a.pdf", ""},
		{"./a.pdf", "a.pdf", ""},
		{"avtaler/1042.pdf", "avtaler/1042.pdf", ""},
		{`avtaler\1042.pdf`, "avtaler/1042.pdf", ""},
		{`avtaler\..\a.pdf`, "a.pdf", ""},
		{"avtale 7.pdf", "avtale 7.pdf", ""},
		{"følgebrev.pdf", "følgebrev.pdf", ""},
		{"fo\u0308lgebrev.pdf", "", "document-missing@C2"}, // another letter
		{"G\u00e5rd.pdf", "Ga\u030ard.pdf", ""},            // as the disk stores it
		{"Ga\u030ard.pdf", "Ga\u030ard.pdf", ""},
		{"Hva?.pdf", "Hva?.pdf", ""},
		{"a.pdf + b.pdf", "a.pdf | b.pdf", ""},
		{"a.pdf+b.pdf+a.pdf", "a.pdf | b.pdf | a.pdf", ""},

		{"", "", "no-document@C2"},
		{"x.pdf", "", "document-missing@C2"},
		{"a", "", "document-missing@C2"},
		{"avtale7.pdf", "", "document-missing@C2"},
		{"a.pdf/b.pdf", "", "document-missing@C2"},
		{"A.PDF", "", "document-name-case@C2"},
		{"Avtaler/1042.pdf", "", "document-name-case@C2"},
		{"\u00c5s.pdf", "", "document-name-twins@C2"}, // stored in both ways
		{"avtaler", "", "document-not-a-file@C2"},
		{"avtaler/", "", "document-not-a-file@C2"},
		{".", "", "document-not-a-file@C2"},
		{"*.pdf", "", "document-wildcard@C2"},
		{"avtaler/104?.pdf", "", "document-wildcard@C2"},
		{"a.pdf + x.pdf", "", "document-missing@C2"},
		{"x.pdf + y.pdf", "", "document-missing@C2 document-missing@C2"},
		{"a.pdf +", "", "document-name-empty@C2"},
		{"+ a.pdf", "", "document-name-empty@C2"},
		{"c+d.pdf", "", "document-plus@C2"},
		{"../a.pdf", "", "document-outside@C2"},
		{`..\..\a.pdf`, "", "document-outside@C2"},
		{"avtaler/../../a.pdf", "", "document-outside@C2"},
		{"/etc/passwd", "", "document-path-fixed@C2"},
		{`\\server\felles\a.pdf`, "", "document-path-fixed@C2"},
		{`C:\avtaler\a.pdf`, "", "document-path-fixed@C2"},
		{"c:a.pdf", "", "document-path-fixed@C2"},
		{"./C:/a.pdf", "", "document-path-fixed@C2"},
		{`"C:\avtaler\a.pdf"`, "", "document-path-fixed@C2"}, // as Windows copies a path
		{`\\?\C:\a.pdf`, "", "document-path-fixed@C2"},
		{"file:///C:/a.pdf", "", "document-path-url@C2"},
		{"https://example.com/a.pdf", "", "document-path-url@C2"},
		{"a.pdf.", "", "document-name-end@C2"},
		{"avtaler /1042.pdf", "", "document-name-end@C2"},
		{"avtaler./1042.pdf", "", "document-name-end@C2"},
		{"...", "", "document-name-end@C2"},
		{"CON", "", "document-name-reserved@C2"},
		{"nul.pdf", "", "document-name-reserved@C2"},
		{"avtaler/COM1.pdf", "", "document-name-reserved@C2"},
		{"lpt9 .pdf", "", "document-name-reserved@C2"},
		{"CONTRACT.pdf", "", "document-missing@C2"},
		{strings.Repeat("a", 252) + ".pdf", "", "document-name-long@C2"},
		{strings.Repeat("avtaler/", 130) + "a.pdf", "", "document-name-long@C2"},
		{"a\u202efdp.exe", "", "text-direction@C2"},
		{"a\nb.pdf", "", "line-break@C2"},
		{"a\x01.pdf", "", "text-not-xml@C2"},
		{"fÃ¸lgebrev.pdf", "", "text-damaged@C2"},
	}},
}

func TestSpecificationOfDocuments(t *testing.T) { runText(t, documentCells) }

// A name that is nearly right is answered with the one that is there.
func TestHintsOfFileNames(t *testing.T) {
	d := newFolder(fstest.MapFS{"Avtale.pdf": {}, "avtaler/1042.pdf": {}, "Kari  Nordmann.pdf": {}, "a_b.pdf": {}, "a-b.pdf": {}})
	for name, want := range map[string]string{
		"avtale.PDF":         `write "Avtale.pdf", as the file is named`,
		"AVTALER/1042.pdf":   `write "avtaler", as the file is named`,
		"Avtale":             `there is "Avtale.pdf": write the name exactly so if that file is meant`,
		"avtaler/1042":       `there is "1042.pdf": write the name exactly so if that file is meant`,
		"Kari Nordmann.pdf":  `there is "Kari  Nordmann.pdf": write the name exactly so if that file is meant`,
		"a b.pdf":            `there is "a-b.pdf": write the name exactly so if that file is meant`,
		"Avtale.pdf/x.pdf":   `check the spelling: "Avtale.pdf" is a file, not a folder`,
		"noe ganske annet":   checkSpelling,
		"avtaler/ukjent.pdf": checkSpelling,
	} {
		_, err := d.find(name)
		if got := remedyOf(err); got != want {
			t.Errorf("%s: %s; want %s", name, got, want)
		}
	}
}

// A folder that holds more than is remembered is asked for one name after the other, and
// one that cannot be listed likewise.
func TestFoldersBeyondTheBound(t *testing.T) {
	files := fstest.MapFS{"link.pdf": {Mode: fs.ModeSymlink, Data: []byte("file0.pdf")}, "A\u030a.pdf": {}}
	for i := range 3000 {
		files[fmt.Sprintf("file%d.pdf", i)] = &fstest.MapFile{}
	}
	for what, d := range map[string]*folder{"full": newFolder(files), "not listable": newFolder(statOnly{files})} {
		if what == "full" {
			d.room.Store(1500)
		}
		for _, name := range []string{"file0.pdf", "file2999.pdf", "link.pdf"} {
			if got, err := d.find(name); err != nil || got != name {
				t.Errorf("%s: %s: %q, %v", what, name, got, err)
			}
		}
		if got, err := d.find("\u00c5.pdf"); err != nil || got != "A\u030a.pdf" {
			t.Errorf("%s: the other spelling: %q, %v", what, got, err)
		}
		if _, err := d.find("x.pdf"); faultCode(err) != "document-missing" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// statOnly is a file system whose folders cannot be listed.
type statOnly struct{ fstest.MapFS }

func (s statOnly) Open(name string) (fs.File, error) {
	if info, err := s.MapFS.Stat(name); err == nil && info.IsDir() {
		return nil, fs.ErrPermission
	}
	return s.MapFS.Open(name)
}

// Each folder is listed once, whoever asks and however often.
func TestFoldersAreListedOnce(t *testing.T) {
	counted := &countedFS{FS: fstest.MapFS{"a.pdf": {}, "avtaler/b.pdf": {}}, opened: map[string]int{}}
	d := newFolder(counted)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 200 {
				for name, code := range map[string]string{"a.pdf": "", "avtaler/b.pdf": "", fmt.Sprintf("x%d.pdf", i): "document-missing"} {
					if _, err := d.find(name); faultCode(err) != code {
						t.Errorf("%s: %v", name, err)
					}
				}
			}
		})
	}
	all.Wait()
	if counted.opened["."] != 1 || counted.opened["avtaler"] != 1 || len(counted.opened) != 2 {
		t.Errorf("opened: %v", counted.opened)
	}
}

type countedFS struct {
	fs.FS
	mu     sync.Mutex
	opened map[string]int
}

func (c *countedFS) Open(name string) (fs.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened[name]++
	return c.FS.Open(name)
}
