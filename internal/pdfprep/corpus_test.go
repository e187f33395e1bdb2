package pdfprep

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"batch/internal/mailout"
)

// corpusFolder holds PDFs that independent programs or a script made, and facts.csv: what
// the judges say of each, and what our verdict must be (see its README.md).
var corpusFolder = filepath.Join("testdata", "corpus")

// fact is a row of facts.csv, by the names of its columns.
type fact map[string]string

func (f fact) file() string  { return f["file"] }
func (f fact) monster() bool { return strings.HasPrefix(f.file(), "monsters/") }
func (f fact) damaged() bool { return strings.HasPrefix(f.file(), "damaged/") }
func (f fact) number(t *testing.T, column string) int {
	t.Helper()
	n, err := strconv.Atoi(f[column])
	if err != nil {
		t.Fatalf("facts.csv, %s: %s is no number: %v", f.file(), column, err)
	}
	return n
}

// sendable reports whether the file is whole and may be sent, whatever it is warned of.
func (f fact) sendable() bool {
	codes := strings.FieldsFunc(f["expected"], func(r rune) bool { return r == '+' || r == '|' })
	return !f.monster() && !f.damaged() && !slices.ContainsFunc(codes, func(code string) bool {
		return code != "ok" && catalogue[code].severity != mailout.Warn
	})
}

// allows reports whether a verdict is among those expected.
func (f fact) allows(verdict string, refused bool) bool {
	for _, want := range strings.Split(f["expected"], "|") {
		if want == verdict || want == "any" || want == "refused" && refused {
			return true
		}
	}
	return false
}

func corpusFacts(t *testing.T, want func(fact) bool) []fact {
	t.Helper()
	f, err := os.Open(filepath.Join(corpusFolder, "facts.csv"))
	must(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	must(t, err)
	var out []fact
	for _, row := range rows[1:] {
		one := fact{}
		for i, column := range rows[0] {
			one[column] = row[i]
		}
		if want(one) {
			out = append(out, one)
		}
	}
	if len(out) == 0 {
		t.Fatal("no file of the corpus is meant")
	}
	return out
}

// corpusPool is a pool over a folder of PDFs that is there already.
func corpusPool(t *testing.T, dir string, deadline time.Duration) *Pool {
	t.Helper()
	root, err := os.OpenRoot(dir)
	must(t, err)
	t.Cleanup(func() { root.Close() })
	f := folder{root: root, store: filepath.Join(t.TempDir(), "prepared")}
	return f.pool(t, func(o *Options) { o.Deadline = deadline })
}

// corpusVerdict has one file judged: its codes in order, joined by "+" ("ok" where there are none),
// and its pages, 0 where it is refused.
func corpusVerdict(ctx context.Context, p *Pool, path string) (verdict string, pages int, err error) {
	made, err := p.Make(ctx, []string{path})
	if err != nil {
		return "", 0, err
	}
	all := codes(made.Parts[0].Findings)
	slices.Sort(all)
	return cmp.Or(strings.Join(all, "+"), "ok"), made.Parts[0].Pages, nil
}

// forAll does one thing with all files of the corpus, as many at once as the pool has
// workers and some more that wait.
func forAll(t *testing.T, facts []fact, do func(fact) error) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(8)
	for _, f := range facts {
		group.Go(func() error { return do(f) })
	}
	must(t, group.Wait())
}

// checkVerdict compares one verdict with what is expected of the file.
func checkVerdict(t *testing.T, p *Pool, f fact) error {
	got, pages, err := corpusVerdict(t.Context(), p, f.file())
	if err != nil {
		return fmt.Errorf("%s: %w", f.file(), err)
	}
	if !f.allows(got, pages == 0) {
		t.Errorf("%s: %s, expected %s (%s)", f.file(), got, f["expected"], f["reason"])
	}
	if n := strconv.Itoa(pages); pages > 0 && n != f["qpdf_pages"] && n != f["poppler_pages"] {
		t.Errorf("%s: taken with %d pages, qpdf counts %q, poppler %q", f.file(), pages, f["qpdf_pages"], f["poppler_pages"])
	}
	return nil
}

// Ordinary, odd and damaged files: the verdict is the one that follows from what qpdf, poppler and
// pyHanko say.
func TestCorpusVerdicts(t *testing.T) {
	p := corpusPool(t, corpusFolder, 5*time.Minute)
	forAll(t, corpusFacts(t, func(f fact) bool { return !f.monster() }), func(f fact) error {
		return checkVerdict(t, p, f)
	})
}
