package pdfprep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func command(kind string) func(*Options) {
	return func(o *Options) { o.Command, o.Workers = broken(kind), 1 }
}

func TestAHangCostsItsFileAVerdictOnly(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("x"), "b.pdf": letter("y")})
	p := f.pool(t, command("__hang"), func(o *Options) { o.Deadline = 20 * time.Millisecond })
	for _, name := range []string{"a.pdf", "b.pdf"} {
		if got := codes(inspectOne(t, p, name).Findings); !slices.Equal(got, []string{codeTimeout}) {
			t.Errorf("%s: found %v, want %s", name, got, codeTimeout)
		}
	}
	// The same pool with workers that answer goes on as if nothing had been.
	p.o.Command, p.o.Deadline = broken(WorkerArg), time.Minute
	f.write(t, "c.pdf", letter("z"))
	if found := inspectOne(t, p, "c.pdf"); !found.OK() {
		t.Errorf("after two hangs a good file was refused: %v", found.Findings)
	}
}

// A worker that dies at its second file may be dying of the first: the second gets a
// fresh one.
func TestAVerdictDoesNotDependOnTheNeighbours(t *testing.T) {
	files := map[string][]byte{}
	for i := range 5 {
		files[fmt.Sprintf("%d.pdf", i)] = letter("x")
	}
	p := newFolder(t, files).pool(t, command("__second"))
	for name := range files {
		if found := inspectOne(t, p, name); !found.OK() {
			t.Errorf("%s: %v", name, found.Findings)
		}
	}
}

func TestAWorkerThatWasTakenOverIsNotBelieved(t *testing.T) {
	for _, kind := range []string{"__flood", "__yes"} {
		p := newFolder(t, map[string][]byte{"a.pdf": letter("x")}).pool(t, command(kind))
		if got := codes(inspectOne(t, p, "a.pdf").Findings); !slices.Equal(got, []string{codeCrash}) {
			t.Errorf("%s: found %v, want %s", kind, got, codeCrash)
		}
	}
}

// A verdict too many must not become that of the next file.
func TestAReplyOutOfPlaceIsNobodys(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("a"), "signed.pdf": signed(), "b.pdf": letter("b")})
	books := newShelf()
	p := f.pool(t, command("__extra"), func(o *Options) { o.Books = books })
	for name, want := range map[string][]string{"a.pdf": nil, "signed.pdf": {codeSigned}, "b.pdf": nil} {
		if got := codes(inspectOne(t, p, name).Findings); !slices.Equal(got, want) {
			t.Errorf("%s: found %v, want %v", name, got, want)
		}
	}
}

func TestOpenSaysWhenNoWorkerStarts(t *testing.T) {
	for name, argv := range map[string][]string{
		"stranger":    broken("__stranger"),
		"old program": broken("__old"),
		"missing":     {filepath.Join(t.TempDir(), "nothing")},
	} {
		f := newFolder(t, nil)
		_, err := Open(t.Context(), Options{Documents: f.root, Store: f.store, Books: newShelf(), Command: argv})
		if err == nil || !strings.Contains(err.Error(), "starting a PDF worker") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The bomb needs more memory than a worker has; what comes after it does not suffer.
func TestABombEndsInAVerdict(t *testing.T) {
	f := newFolder(t, map[string][]byte{"bomb.pdf": bomb(2000), "good.pdf": letter("x")})
	p := f.pool(t, func(o *Options) { o.Workers = 1 })
	if got := codes(inspectOne(t, p, "bomb.pdf").Findings); !slices.Equal(got, []string{codeMemory}) && !slices.Equal(got, []string{codeExpansion}) {
		t.Errorf("the bomb: found %v, want %s or %s", got, codeMemory, codeExpansion)
	}
	if found := inspectOne(t, p, "good.pdf"); !found.OK() {
		t.Errorf("the file after the bomb: %v", found.Findings)
	}
}

func TestAnEndedContextIsNoVerdict(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("x")})
	p := f.pool(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Make(ctx, []string{"a.pdf"}); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want canceled", err)
	}
	if found := inspectOne(t, p, "a.pdf"); !found.OK() {
		t.Errorf("asked again: %v", found.Findings)
	}
}

// Close ends workers at work, and the calls that wait for them or for a free one.
func TestCloseEndsCallsGoingOn(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("x"), "b.pdf": letter("y")})
	p := f.pool(t, command("__hang"))
	errs := make(chan error)
	for _, name := range []string{"a.pdf", "b.pdf"} {
		go func() {
			_, err := p.Make(context.Background(), []string{name})
			errs <- err
		}()
	}
	must(t, p.Close())
	must(t, p.Close())
	for range 2 {
		if err := <-errs; !errors.Is(err, errClosed) {
			t.Errorf("error %v, want %v", err, errClosed)
		}
	}
	if _, err := p.Make(t.Context(), []string{"a.pdf"}); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestManyAskAtOnce(t *testing.T) {
	files := map[string][]byte{}
	for i := range 20 {
		files[fmt.Sprintf("%d.pdf", i)] = letter(fmt.Sprint(i))
	}
	files["hurt.pdf"] = files["1.pdf"][:300]
	p := newFolder(t, files).pool(t, func(o *Options) { o.Workers = 3 })
	var wg sync.WaitGroup
	for range 5 {
		for name := range files {
			wg.Go(func() {
				made, err := p.Make(t.Context(), []string{name})
				if err != nil || made.Parts[0].OK() == (name == "hurt.pdf") {
					t.Errorf("%s: %v, %v", name, made.Parts, err)
				}
			})
		}
	}
	wg.Wait()
}

func TestPathsStayInTheFolder(t *testing.T) {
	f := newFolder(t, map[string][]byte{"Brev.pdf": letter("x"), "sub/in.pdf": letter("y")})
	outside := filepath.Join(filepath.Dir(f.docs), "outside.pdf")
	must(t, os.WriteFile(outside, letter("secret"), 0o600))
	must(t, os.Symlink(outside, filepath.Join(f.docs, "link.pdf")))
	must(t, os.Symlink("../outside.pdf", filepath.Join(f.docs, "up.pdf")))
	must(t, os.Symlink("sub/in.pdf", filepath.Join(f.docs, "inside.pdf")))
	must(t, os.Symlink("loop.pdf", filepath.Join(f.docs, "loop.pdf")))
	p := f.pool(t)
	for path, want := range map[string]string{
		"missing.pdf":        codeMissing,
		"no/such/folder.pdf": codeMissing,
		"Brev.pdf/x.pdf":     codeMissing,
		"brev.PDF":           codeMissing,
		"link.pdf":           codeOutside,
		"up.pdf":             codeOutside,
		"../outside.pdf":     codeOutside,
		outside:              codeOutside,
		"sub/../../x.pdf":    codeOutside,
		"":                   codeOutside,
		"sub":                codeNotAFile,
		".":                  codeNotAFile,
		"loop.pdf":           codeUnreadable,
		"a\x00.pdf":          codeUnreadable,
	} {
		if got := codes(inspectOne(t, p, path).Findings); !slices.Equal(got, []string{want}) {
			t.Errorf("%q: found %v, want %s", path, got, want)
		}
	}
	if found := inspectOne(t, p, "inside.pdf"); !found.OK() {
		t.Errorf("a link inside the folder was refused: %v", found.Findings)
	}
}
