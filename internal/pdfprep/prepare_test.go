package pdfprep

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"batch/internal/mailout"
)

// sources inspects paths and returns them as sources.
func sources(t *testing.T, p *Pool, paths ...string) []mailout.Source {
	t.Helper()
	var out []mailout.Source
	for _, path := range paths {
		out = append(out, inspectOne(t, p, path).Source)
	}
	return out
}

func prepare(t *testing.T, p *Pool, from []mailout.Source) (mailout.Prepared, []string) {
	t.Helper()
	made, problems, err := p.Prepare(t.Context(), from)
	must(t, err)
	return made, codes(problems)
}

// stored lists the store's files.
func (f folder) stored(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(f.store)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestPrepareCopiesTheVeryBytes(t *testing.T) {
	pdf := letter("one", "two")
	f := newFolder(t, map[string][]byte{"a.pdf": pdf})
	p := f.pool(t)
	made, wrong := prepare(t, p, sources(t, p, "a.pdf"))
	want := mailout.Prepared{SHA256: mailout.SumDigest(pdf), CRC32: crc32.ChecksumIEEE(pdf), Bytes: int64(len(pdf)), Pages: 2}
	if made != want || wrong != nil {
		t.Fatalf("made %+v %v, want %+v", made, wrong, want)
	}
	path := Stored(f.store, made.SHA256)
	got, err := os.ReadFile(path)
	must(t, err)
	info, err := os.Stat(path)
	must(t, err)
	if !bytes.Equal(got, pdf) || info.Mode().Perm() != 0o600 || !slices.Equal(f.stored(t), []string{made.SHA256.String() + ".pdf"}) {
		t.Errorf("stored %d bytes with mode %v as %v", len(got), info.Mode(), f.stored(t))
	}
}

func TestPrepareMergesInOrderOnce(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("alpha", "beta"), "b.pdf": letter("gamma"), "copy of b.pdf": letter("gamma")})
	p := f.pool(t)
	from := sources(t, p, "a.pdf", "b.pdf")
	var wg sync.WaitGroup
	results := make([]mailout.Prepared, 8)
	for i := range results {
		wg.Go(func() {
			made, problems, err := p.Prepare(t.Context(), from)
			if err != nil || problems != nil || made.Pages != 3 {
				t.Errorf("made %+v, %v, %v", made, problems, err)
			}
			results[i] = made
		})
	}
	wg.Wait()
	alike, _ := prepare(t, p, sources(t, p, "a.pdf", "copy of b.pdf"))
	if len(slices.Compact(append(results, alike))) != 1 || len(f.stored(t)) != 1 {
		t.Errorf("merged more than once: %v", f.stored(t))
	}
	b, err := os.ReadFile(Stored(f.store, alike.SHA256))
	must(t, err)
	if mailout.SumDigest(b) != alike.SHA256 || crc32.ChecksumIEEE(b) != alike.CRC32 || int64(len(b)) != alike.Bytes {
		t.Error("what is stored is not what was told")
	}
	if bytes.Contains(b, []byte("b.pdf")) {
		t.Error("the merged PDF holds a file name")
	}
}

// Other readers than the one that merged see all pages, in order.
func TestMergedPDFsAreReadByOthers(t *testing.T) {
	qpdf, pdftotext := judge(t, "qpdf"), judge(t, "pdftotext")
	f := newFolder(t, map[string][]byte{"a.pdf": letter("alpha", "beta"), "b.pdf": letter("gamma"),
		"form.pdf": pdfFile{pages: []string{"delta"}, catalog: "/AcroForm<</Fields[3 0 R]>>", page: "/Annots[3 0 R]",
			extra: []string{"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/Rect[0 0 99 20]/F 4/DA(/Helv 0 Tf 0 g)>>"}}.bytes()})
	p := f.pool(t)
	made, wrong := prepare(t, p, sources(t, p, "b.pdf", "a.pdf", "form.pdf", "b.pdf"))
	if wrong != nil || made.Pages != 5 {
		t.Fatalf("made %+v, %v", made, wrong)
	}
	path := Stored(f.store, made.SHA256)
	if out, err := exec.Command(qpdf, "--check", path).CombinedOutput(); err != nil {
		t.Errorf("qpdf --check: %v\n%s", err, out)
	}
	text, err := exec.Command(pdftotext, path, "-").Output()
	must(t, err)
	if got := strings.Fields(string(text)); !slices.Equal(got, []string{"gamma", "alpha", "beta", "delta", "gamma"}) {
		t.Errorf("the pages read %v", got)
	}
}

func TestPrepareRefusesWhatChanged(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("x"), "b.pdf": letter("y"), "gone.pdf": letter("z")})
	p := f.pool(t)
	a, b, gone := sources(t, p, "a.pdf")[0], sources(t, p, "b.pdf")[0], sources(t, p, "gone.pdf")[0]
	f.write(t, "a.pdf", letter("somebody edited it"))
	must(t, os.Remove(filepath.Join(f.docs, "gone.pdf")))
	lied := mailout.Source{Path: "b.pdf", SHA256: a.SHA256}

	for name, c := range map[string]struct {
		from []mailout.Source
		want string
	}{
		"edited after the check":  {[]mailout.Source{a}, codeChanged},
		"edited, one of two":      {[]mailout.Source{b, a}, codeChanged},
		"other than planned":      {[]mailout.Source{lied}, codeChanged},
		"removed after the check": {[]mailout.Source{gone}, codeMissing},
		"never there":             {[]mailout.Source{b, {Path: "never.pdf"}}, codeMissing},
	} {
		if made, wrong := prepare(t, p, c.from); made != (mailout.Prepared{}) || !slices.Equal(wrong, []string{c.want}) {
			t.Errorf("%s: made %+v, problems %v, want %s", name, made, wrong, c.want)
		}
	}
	if got := f.stored(t); len(got) != 0 {
		t.Errorf("stored all the same: %v", got)
	}
	f.write(t, "a.pdf", letter("x"))
	if _, wrong := prepare(t, p, []mailout.Source{a}); wrong != nil {
		t.Errorf("restored as it was, it is still refused: %v", wrong)
	}
}

func TestPrepareNamesEveryBadSource(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("x"), "signed.pdf": signed(), "empty.pdf": nil})
	p := f.pool(t)
	_, problems, err := p.Prepare(t.Context(), []mailout.Source{{Path: "signed.pdf"}, sources(t, p, "a.pdf")[0], {Path: "empty.pdf"}})
	must(t, err)
	if !slices.Equal(codes(problems), []string{codeSigned, codeNotPDF}) || problems[0].File != "signed.pdf" || problems[1].File != "empty.pdf" {
		t.Errorf("problems %v", problems)
	}
	if _, _, err := p.Prepare(t.Context(), nil); err == nil {
		t.Error("a document of nothing was made")
	}
	if _, wrong := prepare(t, p, make([]mailout.Source, maxParts+1)); !slices.Equal(wrong, []string{codeManyParts}) {
		t.Errorf("%d sources: %v", maxParts+1, wrong)
	}
}

// heavy is a PDF with so many bytes that do not shrink.
func heavy(n int, seed byte) []byte {
	noise := make([]byte, n)
	state := uint32(seed) + 1
	for i := range noise {
		state = state*1664525 + 1013904223
		noise[i] = byte(state >> 24)
	}
	return pdfFile{pages: []string{"picture"},
		page:  "/Group<</S/Transparency/X 3 0 R>>",
		extra: []string{stream("", noise)}}.bytes()
}

func TestPrepareRefusesAMergeTooLargeToSend(t *testing.T) {
	const six = 6 << 20
	f := newFolder(t, map[string][]byte{"a.pdf": heavy(six, 1), "b.pdf": heavy(six, 2), "small.pdf": letter("x")})
	p := f.pool(t)
	if _, wrong := prepare(t, p, sources(t, p, "a.pdf", "b.pdf")); !slices.Equal(wrong, []string{codeMergedTooLarge}) {
		t.Errorf("twelve megabytes: %v, want %s", wrong, codeMergedTooLarge)
	}
	if made, wrong := prepare(t, p, sources(t, p, "a.pdf", "small.pdf")); wrong != nil || made.Bytes < six {
		t.Errorf("six megabytes: %+v, %v", made, wrong)
	}
	many := slices.Repeat(sources(t, p, "a.pdf"), 7)
	if _, wrong := prepare(t, p, many); !slices.Equal(wrong, []string{codeMergedTooLarge}) {
		t.Errorf("the same file seven times: %v, want %s", wrong, codeMergedTooLarge)
	}
}

func TestMergingAHundredFiles(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("one", "two")})
	p := f.pool(t)
	if made, wrong := prepare(t, p, slices.Repeat(sources(t, p, "a.pdf"), 100)); wrong != nil || made.Pages != 200 {
		t.Errorf("made %+v, %v", made, wrong)
	}
}

// Only object numbers that are used are counted up to; a trailer's boast costs nothing.
func TestAHugeSizeInTheTrailerIsHarmless(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": hugeSize(), "b.pdf": letter("y")})
	p := f.pool(t)
	if made, wrong := prepare(t, p, sources(t, p, "a.pdf", "b.pdf")); wrong != nil || made.Pages != 2 {
		t.Errorf("made %+v, %v", made, wrong)
	}
}

// A worker that claims another number of pages than its sources have is not believed.
func TestPrepareCountsPages(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("x"), "b.pdf": letter("y")})
	p := f.pool(t, func(o *Options) { o.Workers = 1 })
	from := sources(t, p, "a.pdf", "b.pdf")
	(<-p.slots).end()
	p.o.Command = broken("__second") // says one page, and brings no PDF
	p.slots <- nil
	if _, wrong := prepare(t, p, from); !slices.Equal(wrong, []string{codeMerge}) {
		t.Errorf("problems %v, want %s", wrong, codeMerge)
	}
}

func TestRecipe(t *testing.T) {
	p := &Pool{}
	a, b := mailout.Source{Path: "a", SHA256: mailout.Digest{1}}, mailout.Source{Path: "b", SHA256: mailout.Digest{2}}
	seen := map[mailout.Digest]string{}
	for _, from := range [][]mailout.Source{{}, {a}, {b}, {a, b}, {b, a}, {a, a}, {a, b, b}} {
		r, name := p.Recipe(from), fmt.Sprint(from)
		if other, ok := seen[r]; ok {
			t.Errorf("%s and %s have one recipe", name, other)
		}
		seen[r] = name
	}
	if renamed := (mailout.Source{Path: "elsewhere", SHA256: a.SHA256}); p.Recipe([]mailout.Source{renamed}) != p.Recipe([]mailout.Source{a}) {
		t.Error("the recipe depends on the file's name")
	}
}

func TestStoreMendsAndSweeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "avtaler [2026", "prepared") // no pattern, whatever it looks like
	must(t, openStore(dir))
	pdf := letter("x")
	d := mailout.SumDigest(pdf)
	must(t, os.WriteFile(Stored(dir, d), pdf[:100], 0o600))
	must(t, store(dir, d, pdf))
	got, err := os.ReadFile(Stored(dir, d))
	must(t, err)
	if !bytes.Equal(got, pdf) {
		t.Error("a damaged prepared file was kept")
	}

	old, young := filepath.Join(dir, unfinished+"1"), filepath.Join(dir, unfinished+"2")
	for _, path := range []string{old, young} {
		must(t, os.WriteFile(path, nil, 0o600))
	}
	past := time.Now().Add(-2 * leftOver)
	must(t, os.Chtimes(old, past, past))
	must(t, openStore(dir))
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("what a killed process left was kept: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("what may be another process's was removed: %v", err)
	}
}

func TestAStoreThatCannotBeWrittenIsAnError(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("x")})
	p := f.pool(t)
	from := sources(t, p, "a.pdf")
	must(t, os.RemoveAll(f.store))
	if _, problems, err := p.Prepare(t.Context(), from); err == nil || problems != nil {
		t.Fatalf("problems %v, error %v", problems, err)
	}
	must(t, os.Mkdir(f.store, 0o700))
	if _, wrong := prepare(t, p, from); wrong != nil {
		t.Errorf("with the store back: %v", wrong)
	}
	blocked := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(blocked, nil, 0o600))
	if _, err := Open(context.Background(), Options{Documents: f.root, Store: blocked}); err == nil {
		t.Error("a file was taken for a store")
	}
}
