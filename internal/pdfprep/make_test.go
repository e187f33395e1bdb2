package pdfprep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"batch/internal/judgetest"
	"batch/internal/mailout"
)

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

func TestMakeCopiesTheVeryBytes(t *testing.T) {
	pdf := letter("one", "two")
	f := newFolder(t, map[string][]byte{"a.pdf": pdf})
	p := f.pool(t)
	made, wrong := makeOne(t, p, "a.pdf")
	want := mailout.Prepared{SHA256: mailout.SumDigest(pdf), CRC32: crc32.ChecksumIEEE(pdf), Bytes: int64(len(pdf)), Pages: 2}
	if made.Prepared != want || wrong != nil {
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

func TestMakeMergesInOrder(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("alpha", "beta"), "b.pdf": letter("gamma"), "copy of b.pdf": letter("gamma")})
	p := f.pool(t)
	made, _ := makeOne(t, p, "a.pdf", "b.pdf")
	alike, _ := makeOne(t, p, "a.pdf", "copy of b.pdf")
	turned, _ := makeOne(t, p, "b.pdf", "a.pdf")
	if made.Pages != 3 || made.Prepared != alike.Prepared || made.Recipe != alike.Recipe || made.Prepared == turned.Prepared || len(f.stored(t)) != 2 {
		t.Errorf("made %+v, %+v and %+v, stored %v", made, alike, turned, f.stored(t))
	}
	b, err := os.ReadFile(Stored(f.store, made.SHA256))
	must(t, err)
	if mailout.SumDigest(b) != made.SHA256 || crc32.ChecksumIEEE(b) != made.CRC32 || int64(len(b)) != made.Bytes {
		t.Error("what is stored is not what was told")
	}
	if bytes.Contains(b, []byte("b.pdf")) {
		t.Error("the merged PDF holds a file name")
	}
}

// Two plans at one moment make other bytes of the same parts: the first one's stay, for both.
func TestTwoPlansKeepOneDocument(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("alpha"), "b.pdf": letter("beta")})
	books := together{shelf: newShelf(), both: &sync.WaitGroup{}}
	books.both.Add(2)
	results := make([]mailout.Made, 2)
	var wg sync.WaitGroup
	for i := range results {
		p := f.pool(t, func(o *Options) { o.Books = books })
		wg.Go(func() { results[i], _ = makeOne(t, p, "a.pdf", "b.pdf") })
	}
	wg.Wait()
	if results[0].Prepared != results[1].Prepared || !slices.Equal(f.stored(t), []string{results[0].SHA256.String() + ".pdf"}) {
		t.Errorf("the documents are %v, stored are %v", results, f.stored(t))
	}
}

// together are books in which no document is found before both have looked.
type together struct {
	*shelf
	both *sync.WaitGroup
}

func (b together) PreparedBy(ctx context.Context, recipe mailout.Digest) (mailout.Stored, bool, error) {
	had, found, err := b.shelf.PreparedBy(ctx, recipe)
	b.both.Done()
	b.both.Wait()
	return had, found, err
}

// A second run, or another plan, finds what the first one found out and made. Its worker
// would answer nothing.
func TestWhatTheBooksKnowIsNotDoneAgain(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("alpha"), "b.pdf": letter("beta"), "signed.pdf": signed(), "wide.pdf": pdfFile{pages: []string{"x"}, media: "0 0 842 595"}.bytes()})
	books := newShelf()
	withBooks := func(o *Options) { o.Books = books }
	documents := [][]string{{"a.pdf"}, {"a.pdf", "b.pdf"}, {"b.pdf", "signed.pdf"}, {"wide.pdf", "b.pdf"}}
	var first []mailout.Made
	p := f.pool(t, withBooks)
	for _, paths := range documents {
		made, _ := makeOne(t, p, paths...)
		first = append(first, made)
	}
	must(t, p.Close())
	p = f.pool(t, withBooks, command("__hang"))
	for i, paths := range documents {
		made, _ := makeOne(t, p, paths...)
		if fmt.Sprint(made) != fmt.Sprint(first[i]) {
			t.Errorf("%v: the first time %+v, then %+v", paths, first[i], made)
		}
	}
	w := <-p.slots
	defer func() { p.slots <- w }()
	if w == nil || w.served != 0 {
		t.Error("a worker was asked again")
	}
}

// A prepared file that is damaged or gone is made anew, a touched one is read.
func TestADamagedPreparedFileIsMadeAnew(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("alpha"), "b.pdf": letter("beta")})
	books := newShelf()
	p := f.pool(t, func(o *Options) { o.Books = books })
	before, _ := makeOne(t, p, "a.pdf", "b.pdf")
	path := Stored(f.store, before.SHA256)
	whole, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, whole, 0o600))
	if again, _ := makeOne(t, p, "a.pdf", "b.pdf"); again.SHA256 != before.SHA256 {
		t.Error("a file that was only touched was made anew")
	}
	if there, same, err := have(f.store, books.made[before.Recipe]); !there || !same || err != nil {
		t.Error("the books do not know the file's new time")
	}
	for name, damage := range map[string]func() error{
		"cut":     func() error { return os.WriteFile(path, whole[:100], 0o600) },
		"changed": func() error { return os.WriteFile(path, bytes.ToUpper(whole), 0o600) },
		"gone":    func() error { return os.Remove(path) },
	} {
		must(t, damage())
		made, _ := makeOne(t, p, "a.pdf", "b.pdf")
		path = Stored(f.store, made.SHA256)
		if whole, err = os.ReadFile(path); err != nil || mailout.SumDigest(whole) != made.SHA256 {
			t.Errorf("%s: what was made is not there: %v", name, err)
		}
	}
}

// Other readers than the one that merged see all pages, in order.
func TestMergedPDFsAreReadByOthers(t *testing.T) {
	qpdf, pdftotext := judgetest.Find(t, "qpdf"), judgetest.Find(t, "pdftotext")
	f := newFolder(t, map[string][]byte{"a.pdf": letter("alpha", "beta"), "b.pdf": letter("gamma"),
		"form.pdf": pdfFile{pages: []string{"delta"}, catalog: "/AcroForm<</Fields[3 0 R]>>", page: "/Annots[3 0 R]",
			extra: []string{"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/Rect[0 0 99 20]/F 4/DA(/Helv 0 Tf 0 g)>>"}}.bytes()})
	p := f.pool(t)
	made, wrong := makeOne(t, p, "b.pdf", "a.pdf", "form.pdf", "b.pdf")
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

func TestMakeNamesEveryBadPart(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("x"), "signed.pdf": signed(), "empty.pdf": nil})
	p := f.pool(t)
	made, wrong := makeOne(t, p, "signed.pdf", "a.pdf", "empty.pdf", "none.pdf")
	if !slices.Equal(wrong, []string{codeSigned, codeNotPDF, codeMissing}) || !made.Recipe.IsZero() {
		t.Errorf("problems %v of %+v", wrong, made)
	}
	for i, at := range map[int]string{0: "signed.pdf", 2: "empty.pdf", 3: "none.pdf"} {
		if made.Parts[i].Findings[0].File != at {
			t.Errorf("part %d: %v", i, made.Parts[i].Findings)
		}
	}
	if _, err := p.Make(t.Context(), nil); err == nil {
		t.Error("a document of nothing was made")
	}
	if made, err := p.Make(t.Context(), make([]string, maxParts+1)); err != nil || !slices.Equal(codes(made.Findings), []string{codeManyParts}) {
		t.Errorf("%d parts: %v, %v", maxParts+1, made.Findings, err)
	}
	if got := f.stored(t); len(got) != 0 {
		t.Errorf("stored all the same: %v", got)
	}
}

// A shared file is read once, whatever happens to it later.
func TestASharedFileIsReadOnce(t *testing.T) {
	f := newFolder(t, map[string][]byte{"cover.pdf": letter("cover"), "a.pdf": letter("a"), "b.pdf": letter("b")})
	p := f.pool(t)
	before, _ := makeOne(t, p, "cover.pdf", "a.pdf")
	must(t, os.Remove(filepath.Join(f.docs, "cover.pdf")))
	after, wrong := makeOne(t, p, "cover.pdf", "b.pdf")
	if wrong != nil || after.Parts[0].Source != before.Parts[0].Source || after.Pages != 2 {
		t.Errorf("after it was removed: %+v, %v", after, wrong)
	}
}

// What is remembered of files is bounded. A shared one stays as long as it is used; one that
// comes again after long is read anew, as it is then.
func TestRecentFilesAreBounded(t *testing.T) {
	files := map[string][]byte{"cover.pdf": letter("cover"), "old.pdf": letter("old")}
	for i := range 40 {
		files[fmt.Sprintf("%d.pdf", i)] = heavy(1<<20, byte(i))
	}
	f := newFolder(t, files)
	p := f.pool(t)
	makeOne(t, p, "old.pdf")
	for i := range 40 {
		if made, wrong := makeOne(t, p, "cover.pdf", fmt.Sprintf("%d.pdf", i)); wrong != nil {
			t.Fatal(made, wrong)
		}
		if i == 0 {
			must(t, os.Remove(filepath.Join(f.docs, "cover.pdf")))
		}
	}
	if p.files.bytes > recentBytes || p.files.order.Len() != len(p.files.files) || p.files.order.Len() > 20 {
		t.Errorf("%d bytes of %d files are remembered", p.files.bytes, p.files.order.Len())
	}
	f.write(t, "old.pdf", letter("new"))
	if made, _ := makeOne(t, p, "old.pdf"); made.SHA256 != mailout.SumDigest(letter("new")) {
		t.Error("a file was not read again after long")
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

func TestMakeRefusesAMergeTooLargeToSend(t *testing.T) {
	const six = 6 << 20
	f := newFolder(t, map[string][]byte{"a.pdf": heavy(six, 1), "b.pdf": heavy(six, 2), "small.pdf": letter("x"), "fat.pdf": heavy(2*six, 3)})
	p := f.pool(t)
	if _, wrong := makeOne(t, p, "a.pdf", "b.pdf"); !slices.Equal(wrong, []string{codeMergedTooLarge}) {
		t.Errorf("twelve megabytes: %v, want %s", wrong, codeMergedTooLarge)
	}
	if made, wrong := makeOne(t, p, "a.pdf", "small.pdf"); wrong != nil || made.Bytes < six {
		t.Errorf("six megabytes: %+v, %v", made, wrong)
	}
	if _, wrong := makeOne(t, p, slices.Repeat([]string{"a.pdf"}, 7)...); !slices.Equal(wrong, []string{codeMergedTooLarge}) {
		t.Errorf("the same file seven times: %v, want %s", wrong, codeMergedTooLarge)
	}
	if made, wrong := makeOne(t, p, "fat.pdf", "small.pdf"); !slices.Equal(wrong, []string{codeTooLarge}) || made.Parts[0].Pages != 1 {
		t.Errorf("a part of twelve megabytes: %v, %+v", wrong, made.Parts)
	}
}

func TestMergingAHundredFiles(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("one", "two")})
	p := f.pool(t)
	if made, wrong := makeOne(t, p, slices.Repeat([]string{"a.pdf"}, 100)...); wrong != nil || made.Pages != 200 {
		t.Errorf("made %+v, %v", made, wrong)
	}
}

// The part that kills the worker is named; the others have verdicts of their own, and only
// those are for the books.
func TestAPartThatKillsTheWorkerIsNamed(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("x"), "wide.pdf": pdfFile{pages: []string{"x"}, media: "0 0 842 595"}.bytes(),
		"memory.pdf": mortal("fatal error: runtime: out of memory"), "stack.pdf": mortal("runtime: goroutine stack exceeds 67108864-byte limit"), "panic.pdf": mortal("panic: oops")})
	books := newShelf()
	p := f.pool(t, func(o *Options) { o.Command, o.Books = broken("__mortal"), books })
	made, err := p.Make(t.Context(), []string{"a.pdf", "memory.pdf", "wide.pdf", "stack.pdf", "panic.pdf"})
	must(t, err)
	var got [][]string
	for _, part := range made.Parts {
		got = append(got, codes(part.Findings))
	}
	if fmt.Sprint(got) != fmt.Sprint([][]string{nil, {codeMemory}, {codeNotA4}, {codeNesting}, {codeCrash}}) {
		t.Errorf("verdicts %v", got)
	}
	must(t, p.Close())
	if len(books.verdicts) != 2 {
		t.Errorf("%d verdicts are in the books, want those of the two that the worker survived", len(books.verdicts))
	}
}

// A worker that claims another number of pages than its sources have is not believed.
func TestMakeCountsPages(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("x"), "b.pdf": letter("y")})
	p := f.pool(t, command("__liar"))
	if _, wrong := makeOne(t, p, "a.pdf", "b.pdf"); !slices.Equal(wrong, []string{codeMerge}) {
		t.Errorf("problems %v, want %s", wrong, codeMerge)
	}
}

func TestRecipe(t *testing.T) {
	a, b := mailout.Digest{1}, mailout.Digest{2}
	seen := map[mailout.Digest]string{}
	for _, from := range [][]mailout.Digest{{}, {a}, {b}, {a, b}, {b, a}, {a, a}, {a, b, b}} {
		r, name := Recipe(from), fmt.Sprint(from)
		if other, ok := seen[r]; ok {
			t.Errorf("%s and %s have one recipe", name, other)
		}
		seen[r] = name
	}
}

func TestAStoreThatCannotBeWrittenIsAnError(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("x")})
	p := f.pool(t)
	must(t, os.RemoveAll(f.store))
	if _, err := p.Make(t.Context(), []string{"a.pdf"}); err == nil {
		t.Fatal("a document was made without a store")
	}
	must(t, os.Mkdir(f.store, 0o700))
	if _, wrong := makeOne(t, p, "a.pdf"); wrong != nil {
		t.Errorf("with the store back: %v", wrong)
	}
	blocked := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(blocked, nil, 0o600))
	if _, err := Open(context.Background(), Options{Documents: f.root, Store: blocked, Books: newShelf()}); err == nil {
		t.Error("a file was taken for a store")
	}
}

func TestBooksThatCannotBeWrittenAreAnError(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("x")})
	books := newShelf()
	books.broken = errors.New("the disk is on fire")
	p := f.pool(t, func(o *Options) { o.Books = books })
	if _, err := p.Make(t.Context(), []string{"a.pdf"}); !errors.Is(err, books.broken) {
		t.Errorf("error %v, want %v", err, books.broken)
	}
}

// Many rows with the same documents, side by side: one merge, one transaction, one file.
func TestADocumentIsMadeOnce(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("alpha"), "b.pdf": letter("beta"), "copy of b.pdf": letter("beta")})
	p := f.pool(t, func(o *Options) { o.Workers = 1 })
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() { makeOne(t, p, "a.pdf", []string{"b.pdf", "copy of b.pdf"}[i%2]) })
	}
	wg.Wait()
	w := <-p.slots
	defer func() { p.slots <- w }()
	if w == nil || w.served != 1 {
		t.Errorf("the worker was not asked once only: %+v", w)
	}
}

// stale are books that were changed by another plan since they were asked.
type stale struct {
	*shelf
	had mailout.Stored
}

func (s stale) PreparedBy(context.Context, mailout.Digest) (mailout.Stored, bool, error) {
	return s.had, true, nil
}

// A file that was there before is somebody's: it is never removed, whatever the books say
// meanwhile, and the books' word holds.
func TestAFileThatWasThereIsNotRemoved(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("a"), "b.pdf": letter("b")})
	books := newShelf()
	made, _ := makeOne(t, f.pool(t, func(o *Options) { o.Books = books }), "a.pdf", "b.pdf")
	had := books.made[made.Recipe]
	path := Stored(f.store, made.SHA256)
	pdf, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, pdf, 0o600)) // a new time: the books are told
	other := had
	other.SHA256 = mailout.SumDigest([]byte("another plan's"))
	books.made[made.Recipe] = other
	again, _ := makeOne(t, f.pool(t, func(o *Options) { o.Books = stale{books, had} }), "a.pdf", "b.pdf")
	if again.SHA256 != other.SHA256 {
		t.Errorf("made is %s, in the books is %s", again.SHA256, other.SHA256)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the file of another is gone: %v", err)
	}
}

// Books that were damaged, or written by somebody else, do not decide what is sent.
func TestAVerdictThatIsNoneIsMadeAnew(t *testing.T) {
	good, bad := letter("good"), signed()
	f := newFolder(t, map[string][]byte{"good.pdf": good, "bad.pdf": bad})
	for _, verdict := range []string{"null", "{}", `{"pages":-3}`, `{"pages":1,"pdfa":"\u001b[2J"}`, `{"pages":1,"findings":[{"code":"pdf-signed"}]}`,
		`{"pages":4611686018427387904}`, `{"pages":1,"images":4611686018427387904}`, `{"findings":[{"code":"of nobody"}]}`, "what"} {
		books := newShelf()
		for _, pdf := range [][]byte{good, bad} {
			books.verdicts[tool+mailout.SumDigest(pdf).String()] = []byte(verdict)
		}
		p := f.pool(t, func(o *Options) { o.Books = books })
		if made, wrong := makeOne(t, p, "good.pdf"); wrong != nil || made.Pages != 1 {
			t.Errorf("%s: the good one has %d pages, %v", verdict, made.Pages, wrong)
		}
		if _, wrong := makeOne(t, p, "bad.pdf"); !slices.Equal(wrong, []string{codeSigned}) {
			t.Errorf("%s: the bad one: %v", verdict, wrong)
		}
	}
}

// A disk that does not answer says nothing about a file: the document stays what it is.
func TestADiskThatDoesNotAnswerIsAnError(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("a"), "b.pdf": letter("b")})
	p := f.pool(t)
	made, _ := makeOne(t, p, "a.pdf", "b.pdf")
	path := Stored(f.store, made.SHA256)
	must(t, os.Rename(path, path+".away"))
	must(t, os.Symlink(path, path)) // to follow it is an error, and not that it is not there
	if _, err := p.Make(t.Context(), []string{"a.pdf", "b.pdf"}); err == nil {
		t.Error("the document was taken for gone")
	}
	must(t, os.Remove(path))
	must(t, os.Rename(path+".away", path))
	if again, _ := makeOne(t, p, "a.pdf", "b.pdf"); again.SHA256 != made.SHA256 {
		t.Error("the document is another one")
	}
}

// The part that cannot be merged is named, wherever it stands.
func TestAPartThatCannotBeMergedIsNamed(t *testing.T) {
	claim := "<x xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\"><pdfaid:part>4</pdfaid:part></x>"
	f := newFolder(t, map[string][]byte{"a.pdf": letter("a"), "four.pdf": pdfFile{version: "2.0", pages: []string{"x"}, catalog: "/Metadata 3 0 R",
		extra: []string{stream("/Type/Metadata/Subtype/XML", []byte(claim))}}.bytes(), "base.pdf": layered("base", "/BaseState/OFF")})
	p := f.pool(t)
	for want, paths := range map[string][]string{"four.pdf": {"a.pdf", "four.pdf"}, "base.pdf": {"a.pdf", "a.pdf", "base.pdf"}} {
		for range 2 { // the second time its verdict is known
			made, _ := makeOne(t, p, paths...)
			if len(made.Findings) != 1 || made.Findings[0].File != want {
				t.Errorf("%v: %v, want it at %s", paths, made.Findings, want)
			}
		}
	}
}

// A file that was damaged and looks as it was is found when it is compared, before anything
// is sent; the next plan makes it anew.
func TestADamageThatDoesNotShowHeals(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("a")})
	p := f.pool(t)
	made, _ := makeOne(t, p, "a.pdf")
	path := Stored(f.store, made.SHA256)
	info, err := os.Stat(path)
	must(t, err)
	must(t, os.WriteFile(path, bytes.ToUpper(letter("a")), 0o600))
	must(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
	compared, err := OpenStored(f.store, made.SHA256)
	must(t, err)
	_, err = io.Copy(io.Discard, compared)
	must(t, errors.Join(err, compared.Close()))
	makeOne(t, p, "a.pdf")
	if healed, err := os.ReadFile(path); err != nil || !bytes.Equal(healed, letter("a")) {
		t.Errorf("the file is still damaged: %v", err)
	}
}
