package pdfprep

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"batch/internal/mailout"
)

// corporaVariable names the folder of public PDFs that TestCorpora runs over.
const corporaVariable = "PDF_CORPORA"

// compared is one file as we and the judges see it.
type compared struct {
	path string
	ours mailout.Inspection
	took time.Duration // to inspect it

	judged judged

	// Of a file that we take, merged behind a cover:
	unmerged  string // the code of what stopped it
	wordsLost int
	redrawn   bool // its pages look different
}

// disagreement is a class of files about which we and the judges differ.
type disagreement struct {
	name  string
	never bool // a file of this class is a fault of ours
}

// settled are files that are in a class that should be empty, for a reason that docs/pdf.md
// gives.
var settled = []string{
	"broken-objstream1.pdf", "minimal-startxref-obo6.pdf", "issue-99b.pdf",
}

// disagreements are the classes that a file belongs to.
func (c compared) disagreements() []disagreement {
	if code := c.refusal(); code != "" {
		return c.refusedWrongly(code)
	}
	var out []disagreement
	note := func(holds, never bool, name string) {
		if holds {
			out = append(out, disagreement{name, never})
		}
	}
	note(c.judged.encrypted, true, "taken, but encrypted")
	note(c.judged.signed, true, "taken, but signed")
	note(c.judged.unreadable(), true, "taken, but no judge can read it")
	note(c.judged.damaged, false, "taken, but qpdf cannot mend it")
	note(c.judged.pages > 0 && c.ours.Pages != c.judged.pages, true, "taken, but pdfinfo counts other pages")
	note(c.judged.qpdfPages > 0 && c.ours.Pages != c.judged.qpdfPages, true, "taken, but qpdf counts other pages")
	note(c.unmerged != "", false, "taken, but not merged: "+c.unmerged)
	note(c.wordsLost > 0, true, "taken, but merging loses words")
	note(c.redrawn, !c.judged.mended && !c.judged.damaged, "taken, but merging changes its looks")
	return out
}

func (c compared) refusal() string {
	if wrong := mailout.Stopping(c.ours.Findings); len(wrong) > 0 {
		return wrong[0].Code
	}
	return ""
}

func (c compared) refusedWrongly(code string) []disagreement {
	j := c.judged
	switch {
	case code == codeCrash, code == codeTimeout, code == codeMemory:
		return []disagreement{{name: "refused: " + code}}
	case j.encrypted && code != codeEncrypted:
		return []disagreement{{name: "encrypted, but refused as " + code}}
	case j.signed && code != codeSigned:
		return []disagreement{{name: "signed, but refused as " + code}}
	case justified(code, j):
		return nil
	case j.readable() && !j.mended:
		return []disagreement{{name: "refused as " + code + ", but no judge objects"}}
	case j.readable():
		return []disagreement{{name: "refused as " + code + ", but qpdf mends it"}}
	}
	return nil
}

// justified says that a judge gives the same reason for refusing a file, or that the
// reason is not for judges.
func justified(code string, j judged) bool {
	switch code {
	case codeEncrypted:
		return j.encrypted
	case codeSigned:
		return j.signed
	case codeVersion:
		return j.version < "1.1" || j.version > "1.7"
	case codeHeader, codeTooLarge:
		return true
	}
	return false
}

// TestCorpora compares our verdicts about a folder of public PDFs with the judges', and
// prints the classes in which they differ. It fails on what must never be: see
// docs/pdf.md, which says what each class is.
func TestCorpora(t *testing.T) {
	dir := os.Getenv(corporaVariable)
	if dir == "" {
		t.Skipf("not run: it needs public PDFs. Fetch them as docs/pdf.md says, and run make corpora %s=FOLDER", corporaVariable)
	}
	files := corpora(t, dir)
	c := comparison{t: t, dir: dir, judges: findJudges(t), folder: newFolder(t, map[string][]byte{cover: letter("cover")})}
	c.pool = c.folder.pool(t, func(o *Options) { o.Workers, o.Deadline = 0, 0 }) // as the program has them
	var table table
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(runtime.NumCPU())
	for i, path := range files {
		group.Go(func() error {
			seen, err := c.compare(ctx, fmt.Sprintf("%d.pdf", i), path)
			if err != nil {
				return fmt.Errorf("comparing %s: %w", path, err)
			}
			for _, d := range table.add(seen) {
				t.Logf("%d/%d %s: %s (%v)", i+1, len(files), path, d.name, seen.took.Round(time.Millisecond))
			}
			return nil
		})
	}
	must(t, group.Wait())
	t.Logf("files by our verdict:\n%s\ndisagreements:\n%s", &table.verdicts, &table.classes)
	for _, name := range table.faults {
		t.Errorf("there must be no file of the class %q", name)
	}
}

// corpora lists the PDFs below dir, slash-separated, in order; of equal ones the first.
func corpora(t *testing.T, dir string) []string {
	var out []string
	seen := map[mailout.Digest]bool{}
	must(t, fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.EqualFold(filepath.Ext(path), ".pdf") {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		if digest := mailout.SumDigest(b); err == nil && !seen[digest] {
			seen[digest] = true
			out = append(out, path)
		}
		return err
	}))
	if len(out) == 0 {
		t.Fatalf("%s=%s: there is no PDF below this folder", corporaVariable, dir)
	}
	return out
}

// cover is the file that every other one is merged behind.
const cover = "cover.pdf"

// comparison is one run: the folder that our pool reads and the judges.
type comparison struct {
	t      *testing.T
	dir    string // of the public files
	folder folder
	pool   *Pool
	judges judges
}

// compare has the file at path judged, and us judge a copy of it.
func (c comparison) compare(ctx context.Context, name, path string) (compared, error) {
	full := filepath.Join(c.dir, filepath.FromSlash(path))
	b, err := os.ReadFile(full)
	if err != nil {
		return compared{}, err
	}
	c.folder.write(c.t, name, b)
	defer os.Remove(filepath.Join(c.folder.docs, name))

	out := compared{path: path, judged: c.judges.judge(full)}
	begun := time.Now()
	alone, err := c.pool.Make(ctx, []string{name})
	out.took = time.Since(begun)
	if err != nil {
		return compared{}, err
	}
	defer os.Remove(Stored(c.folder.store, alone.SHA256))
	out.ours = alone.Parts[0]
	if out.refusal() != "" {
		return out, nil
	}
	made, err := c.pool.Make(ctx, []string{cover, name})
	out.unmerged = strings.Join(codes(mailout.Stopping(made.Findings)), " ")
	if err == nil && out.unmerged == "" {
		merged := Stored(c.folder.store, made.SHA256)
		defer os.Remove(merged)
		out.wordsLost, out.redrawn = c.judges.differ(full, merged)
	}
	return out, err
}

// table counts files by our verdict and by class of disagreement.
type table struct {
	mu       sync.Mutex
	verdicts tally
	classes  tally
	faults   []string
}

// add counts a file and returns the classes that it is in.
func (t *table) add(c compared) []disagreement {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.verdicts.add(cmp.Or(c.refusal(), "taken"), c.path)
	found := c.disagreements()
	for _, d := range found {
		t.classes.add(d.name, c.path)
		if d.never && !slices.Contains(settled, path.Base(c.path)) && !slices.Contains(t.faults, d.name) {
			t.faults = append(t.faults, d.name)
		}
	}
	return found
}

// tally lists the files of each kind.
type tally map[string][]string

func (t *tally) add(kind, path string) {
	if *t == nil {
		*t = tally{}
	}
	(*t)[kind] = append((*t)[kind], path)
}

// examples are how many files of each kind are named.
const examples = 3

// String is a table in Markdown.
func (t *tally) String() string {
	var b strings.Builder
	b.WriteString("| class | files | for example |\n|---|---|---|\n")
	for _, kind := range slices.Sorted(maps.Keys(*t)) {
		files := (*t)[kind]
		slices.Sort(files)
		fmt.Fprintf(&b, "| %s | %d | %s |\n", kind, len(files), strings.Join(files[:min(examples, len(files))], ", "))
	}
	return b.String()
}
