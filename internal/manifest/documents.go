package manifest

import (
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"batch/internal/mailout"
	"batch/internal/rules"
)

// documents reads document1 … document20. Gaps are fine.
func (w *row) documents() {
	for n := 1; n <= mailout.MaxDocuments; n++ {
		f := field{fDocument, n}
		title, hasTitle := value(w, field{fDocumentTitle, n}, parseLine)
		names, ok := w.paths(f)
		if !ok {
			if _, own := w.layout.fields[field{fDocumentTitle, n}]; hasTitle && own && !w.faulty[f] {
				w.stop(field{fDocumentTitle, n}, "document-title-alone", "there is a title, but no document that it belongs to", "name the document, or empty the cell")
			}
			continue
		}
		if rules.TooLong(mailout.Text(title), mailout.MaxTitle) {
			w.stop(field{fDocumentTitle, n}, "title-too-long", "the document's title has more than 80 characters", "shorten it")
		}
		w.entry.Inputs = append(w.entry.Inputs, mailout.Input{Title: mailout.Text(title), Parts: w.parts(f, names), Place: w.place(f)})
	}
}

// paths returns the names that a document is made of, as written: cut at "+" in the
// cell, or in the default's own text.
func (w *row) paths(f field) ([]string, bool) {
	if w.faulty[f] {
		return nil, false
	}
	if i, ok := w.layout.fields[f]; ok && !w.line.at(i).blank() {
		s, ok := value(w, f, parseLine)
		return strings.Split(s, "+"), ok
	}
	t, ok := w.defaults[f]
	if !ok {
		return nil, false
	}
	var names []string
	for _, part := range t.split("+") {
		s, ok := w.fill(f, part)
		if !ok {
			return nil, false
		}
		names = append(names, s)
	}
	return names, true
}

// parts checks each name and returns those that can be used.
func (w *row) parts(f field, names []string) []string {
	if len(names) > 1 && w.files.exists(strings.Join(names, "+")) {
		w.stop(f, "document-plus", "a file of exactly this name exists, but + between names merges files", "rename the file so that its name has no +")
		return nil
	}
	var parts []string
	for _, name := range names {
		p, err := documentPath(clean(name))
		if err == nil {
			p, err = w.files.find(p)
		}
		if err != nil {
			w.fault(f, err)
			continue
		}
		parts = append(parts, p)
	}
	return parts
}

var drive = regexp.MustCompile(`^[A-Za-z]:`)

// documentPath makes a slash-separated path below the documents' folder of what an
// office writes, with either kind of slash.
func documentPath(s string) (string, error) {
	p := strings.ReplaceAll(s, `\`, "/")
	switch {
	case p == "":
		return "", bad("document-path", "a file name is missing beside a +", "write a name on both sides of every +, or none")
	case drive.MatchString(p), strings.HasPrefix(p, "/"):
		return "", bad("document-path", "the path leads to a fixed place on a disk or server", "write it from the documents' folder on, such as avtaler/1042.pdf")
	}
	p = path.Clean(p)
	if !fs.ValidPath(p) || p == "." || len(p) > 1000 || strings.ContainsRune(p, 0) {
		return "", bad("document-path", "the path leads out of the documents' folder", "put the file into that folder and write its path from there")
	}
	return p, nil
}

// folder is where documents are looked up, each once however many rows name it.
type folder struct {
	fs    fs.FS // nil: nothing is looked up
	found map[string]lookup
}

// lookup is what was found under a path: its name as the disk spells it, or why not.
type lookup struct {
	path string
	err  error
}

func newFolder(f fs.FS) *folder { return &folder{fs: f, found: map[string]lookup{}} }

func (d *folder) find(p string) (string, error) {
	if d.fs == nil {
		return p, nil
	}
	l, ok := d.found[p]
	if !ok {
		l = d.lookUp(p)
		d.found[p] = l
	}
	return l.path, l.err
}

// lookUp tries both ways in which file systems spell accented letters.
func (d *folder) lookUp(p string) lookup {
	for _, spelling := range []string{p, norm.NFD.String(p)} {
		info, err := fs.Stat(d.fs, spelling)
		if err != nil {
			continue
		}
		if !info.Mode().IsRegular() {
			return lookup{err: bad("document-not-a-file", "that is not an ordinary file: "+shown(p), "name the PDF itself")}
		}
		return lookup{path: spelling}
	}
	remedy := "check the spelling and that the file lies in the documents' folder"
	if near, ok := d.nearly(p); ok {
		remedy = "there is " + shown(near) + ": capital and small letters must agree"
	}
	return lookup{err: bad("document-missing", "there is no file "+shown(p), remedy)}
}

// nearly finds the file that differs in capital and small letters only.
func (d *folder) nearly(p string) (string, bool) {
	entries, err := fs.ReadDir(d.fs, path.Dir(p))
	if err != nil {
		return "", false
	}
	for _, e := range entries {
		if strings.EqualFold(e.Name(), path.Base(p)) {
			return path.Join(path.Dir(p), e.Name()), true
		}
	}
	return "", false
}

func (d *folder) exists(name string) bool {
	p, err := documentPath(clean(name))
	if d.fs == nil || err != nil {
		return false
	}
	_, err = d.find(p)
	return err == nil
}

var personalRun = regexp.MustCompile(`[0-9]{6}[ -]?[0-9]{5}`)

// shown is a path for a message, without what may be somebody's number.
func shown(p string) string {
	return strconv.Quote(personalRun.ReplaceAllString(p, "…"))
}
