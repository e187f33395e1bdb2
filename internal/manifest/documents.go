package manifest

import (
	"io/fs"
	"path"
	"strings"

	"batch/internal/mailout"
	"batch/internal/rules"
	"batch/internal/table"
)

// documents reads document1 … document20. Gaps are fine.
func (w *row) documents() {
	for _, n := range w.papers {
		f, titled := w.job(field{fDocument, n}), w.job(field{fDocumentTitle, n})
		title, hasTitle := value(w, titled, parseLine)
		names, ok := w.paths(f)
		if !ok {
			if _, own := w.layout.column(titled.field); hasTitle && own && !w.faulty[f] {
				w.stop(titled, "document-title-alone", "there is a title, but no document that it belongs to", "name the document, or empty the cell")
			}
			continue
		}
		if rules.TooLong(mailout.Text(title), mailout.MaxTitle) {
			w.stop(titled, "title-too-long", "the document's title has more than 80 characters", "shorten it")
		}
		w.entry.Inputs = append(w.entry.Inputs, mailout.Input{Title: mailout.Text(title), Parts: w.parts(f, names), Place: w.place(f)})
	}
}

// paths returns the names that a document is made of, as written: cut at "+" in the
// cell, or in the default's own text.
func (w *row) paths(f spot) ([]string, bool) {
	if w.faulty[f] {
		return nil, false
	}
	if i, ok := w.layout.column(f.field); ok && !w.lines[f.line].At(i).Blank() {
		s, ok := value(w, f, parseLine)
		if strings.IndexByte(s, '+') < 0 {
			w.single[0] = s
			return w.single[:], ok
		}
		return strings.Split(s, "+"), ok
	}
	t := w.presets[f.field.index()]
	if t == nil {
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
func (w *row) parts(f spot, names []string) []string {
	if len(names) > 1 && w.files.exists(strings.Join(names, "+")) {
		w.stop(f, "document-plus", "a file of exactly this name exists, but + between names merges files", "rename the file so that its name has no +")
		return nil
	}
	parts := make([]string, 0, len(names))
	for _, name := range names {
		p, err := documentPath(table.Clean(name))
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

// Limits of a path, in bytes: what Linux, macOS and Windows all take of one name, and
// what a message can show of a whole path.
const (
	maxName = 255
	maxPath = 1000
)

var (
	pathEmpty = bad("document-name-empty", "a file name is missing beside a +", "write a name on both sides of every +, or none")
	pathFixed = bad("document-path-fixed", "the path leads to a fixed place on a disk or server", "write it from the documents' folder on, such as avtaler/1042.pdf")
	pathURL   = bad("document-path-url", "that is an address, not the path of a file", "save the file in the documents' folder and write its path from there, such as avtaler/1042.pdf")
	pathOut   = bad("document-outside", "the path leads out of the documents' folder", "put the file into that folder and write its path from there")
	pathLong  = bad("document-name-long", "the name is longer than file names can be", "give the file a name of at most 255 characters; look whether several names stand in one cell")
	pathEnd   = bad("document-name-end", "a name in the path ends in a full stop or a space, which Windows takes away", "write the name as the file has it; rename the file if it really ends so")
	pathKept  = bad("document-name-reserved", "a name in the path is one that Windows keeps for a device, such as CON, NUL or COM1", "rename the file")
)

// onDrive tells paths such as C:\avtaler\1042.pdf.
func onDrive(p string) bool {
	p = strings.TrimPrefix(p, `"`)
	return len(p) >= 2 && p[1] == ':' && (p[0]|0x20 >= 'a' && p[0]|0x20 <= 'z')
}

// documentPath makes a slash-separated path below the documents' folder of what an
// office writes, with either kind of slash. A path means the same on every system: what
// Windows would take for something else is refused everywhere.
func documentPath(s string) (string, error) {
	p := strings.ReplaceAll(s, `\`, "/")
	if p == "" {
		return "", pathEmpty
	}
	if err := elsewhere(p); err != nil {
		return "", err
	}
	p = path.Clean(p)
	switch {
	case p == ".":
		return "", notAFile(s)
	case !fs.ValidPath(p) || strings.IndexByte(p, 0) >= 0:
		return "", pathOut
	case len(p) > maxPath:
		return "", pathLong
	}
	if err := elsewhere(p); err != nil { // ./C:/a.pdf
		return "", err
	}
	return p, checkNames(p)
}

// elsewhere refuses what leads to a fixed place, or is no path at all.
func elsewhere(p string) error {
	switch {
	case onDrive(p), strings.HasPrefix(strings.TrimPrefix(p, `"`), "/"):
		return pathFixed
	case strings.Contains(p, "://"), begins(p, "file:"), begins(p, "mailto:"):
		return pathURL
	}
	return nil
}

func begins(p, scheme string) bool {
	return len(p) > len(scheme) && strings.EqualFold(p[:len(scheme)], scheme)
}

// checkNames judges each name in a path.
func checkNames(p string) error {
	for more := true; more; {
		var name string
		name, p, more = strings.Cut(p, "/")
		switch last := name[len(name)-1]; {
		case len(name) > maxName:
			return pathLong
		case last == '.' || last == ' ':
			return pathEnd
		case isDevice(name):
			return pathKept
		}
	}
	return nil
}

var devices = []string{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}

// isDevice reports whether Windows takes a name, whatever its ending, for a device
// (Microsoft, "Naming Files, Paths, and Namespaces").
func isDevice(name string) bool {
	if name == "" || strings.IndexByte("acnplACNPL", name[0]) < 0 {
		return false // nearly all
	}
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.TrimRight(stem, " ")
	for _, d := range devices {
		if strings.EqualFold(stem, d) {
			return true
		}
	}
	if !begins(stem, "COM") && !begins(stem, "LPT") {
		return false
	}
	n := stem[len("COM"):]
	return len(n) == 1 && n[0] >= '0' && n[0] <= '9' || n == "¹" || n == "²" || n == "³"
}

func notAFile(p string) error {
	return bad("document-not-a-file", "that is not an ordinary file: "+mailout.ShownPath(p), "name the PDF itself, not its folder")
}
