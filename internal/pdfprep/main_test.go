package pdfprep

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"batch/internal/mailout"
)

// TestMain makes the test binary the worker of its own pools, as main does, and the
// broken workers that some tests need.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 {
		switch os.Args[1] {
		case WorkerArg:
			os.Exit(RunWorker(os.Stdin, os.Stdout))
		case parentArg:
			os.Exit(runParent())
		}
		if run, ok := brokenWorkers[os.Args[1]]; ok {
			os.Exit(run())
		}
	}
	goleak.VerifyTestMain(m)
}

// broken is the command of a worker that misbehaves.
func broken(kind string) []string { return []string{os.Args[0], kind} }

var brokenWorkers = map[string]func() int{
	// Says that it is ready, then hangs on the first request for good.
	"__hang": func() int {
		writeFrame(os.Stdout, reply{Protocol: protocol})
		readRequest(os.Stdin)
		readRequest(os.Stdin) // the parent sends one request and keeps the pipe open
		return 0
	},
	// Answers its first request well and dies in every later one: the neighbours' fault.
	"__second": func() int {
		writeFrame(os.Stdout, reply{Protocol: protocol})
		req, _, _ := readRequest(os.Stdin)
		writeFrame(os.Stdout, reply{ID: req.ID, Verdict: verdict{Pages: 1}})
		readRequest(os.Stdin)
		os.Stderr.WriteString("fatal error: runtime: out of memory\n")
		return 2
	},
	// Claims more than a reply may hold.
	"__flood": func() int {
		writeFrame(os.Stdout, reply{Protocol: protocol})
		req, _, _ := readRequest(os.Stdin)
		writeFrame(os.Stdout, reply{ID: req.ID, Verdict: verdict{Pages: 1}, Bytes: 1 << 40})
		return 0
	},
	// Says yes without a page, as one that a file took over might.
	"__yes": func() int {
		writeFrame(os.Stdout, reply{Protocol: protocol})
		req, _, _ := readRequest(os.Stdin)
		writeFrame(os.Stdout, reply{ID: req.ID})
		readRequest(os.Stdin)
		return 0
	},
	// Does its work well, but dies of a file that says how (see mortal).
	"__mortal": func() int {
		writeFrame(os.Stdout, reply{Protocol: protocol})
		for {
			req, files, err := readRequest(os.Stdin)
			if err != nil {
				return 0
			}
			for i, pdf := range files {
				if _, words, ok := bytes.Cut(pdf, []byte("%dies of ")); ok {
					respond(os.Stdout, request{ID: req.ID, Files: req.Files[:i]}, files[:i])
					os.Stderr.Write(words)
					return 2
				}
			}
			respond(os.Stdout, req, files)
		}
	},
	// Judges well and brings a merged PDF with too few pages.
	"__liar": func() int {
		writeFrame(os.Stdout, reply{Protocol: protocol})
		req, _, _ := readRequest(os.Stdin)
		pdf := []byte("%PDF-1.7")
		for i := range 2 {
			writeFrame(os.Stdout, reply{ID: req.ID, Part: i, Verdict: verdict{Pages: 1}})
		}
		writeFrame(os.Stdout, reply{ID: req.ID, Part: 2, Verdict: verdict{Pages: 1}, Bytes: int64(len(pdf))}, pdf)
		readRequest(os.Stdin)
		return 0
	},
	// Does its work well, but says one verdict too many after each request.
	"__extra": func() int {
		writeFrame(os.Stdout, reply{Protocol: protocol})
		for {
			req, files, err := readRequest(os.Stdin)
			if err != nil {
				return 0
			}
			respond(os.Stdout, req, files)
			writeFrame(os.Stdout, reply{ID: req.ID, Part: len(req.Files), Verdict: verdict{Pages: 1}})
		}
	},
	"__stranger": func() int { os.Stdout.WriteString("Usage: batch …\n"); return 2 },
	"__old":      func() int { writeFrame(os.Stdout, reply{Protocol: "batch-pdf-worker/0"}); return 0 },
}

// mortal is a good PDF that ends a worker of kind "__mortal" with these last words.
func mortal(words string) []byte { return append(letter("x"), "%dies of "+words...) }

// folder is a documents' folder with a store beside it.
type folder struct {
	docs, store string
	root        *os.Root
}

func newFolder(t *testing.T, files map[string][]byte) folder {
	t.Helper()
	dir := t.TempDir()
	f := folder{docs: filepath.Join(dir, "docs"), store: filepath.Join(dir, "prepared")}
	must(t, os.Mkdir(f.docs, 0o700))
	for name, b := range files {
		f.write(t, name, b)
	}
	root, err := os.OpenRoot(f.docs)
	must(t, err)
	t.Cleanup(func() { root.Close() })
	f.root = root
	return f
}

func (f folder) write(t *testing.T, name string, b []byte) {
	t.Helper()
	path := filepath.Join(f.docs, name)
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(t, os.WriteFile(path, b, 0o600))
}

// pool opens a pool over the folder. The deadline is long: no test depends on its time
// but those whose worker hangs for ever.
func (f folder) pool(t *testing.T, change ...func(*Options)) *Pool {
	t.Helper()
	o := Options{Documents: f.root, Store: f.store, Books: newShelf(), Workers: 2, Deadline: 5 * time.Minute}
	for _, c := range change {
		c(&o)
	}
	p, err := Open(context.Background(), o)
	must(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inspectOne has one file judged.
func inspectOne(t *testing.T, p *Pool, path string) mailout.Inspection {
	t.Helper()
	made, err := p.Make(t.Context(), []string{path})
	must(t, err)
	return made.Parts[0]
}

// makeOne makes one document, and returns the codes of what is wrong with it or its parts.
func makeOne(t *testing.T, p *Pool, paths ...string) (mailout.Made, []string) {
	t.Helper()
	made, err := p.Make(t.Context(), paths)
	must(t, err)
	wrong := made.Findings
	for _, part := range made.Parts {
		wrong = append(wrong, mailout.Stopping(part.Findings)...)
	}
	if (len(wrong) > 0) != (made.Prepared == mailout.Prepared{}) {
		t.Errorf("made %+v in spite of %v", made.Prepared, wrong)
	}
	return made, codes(wrong)
}

// shelf is the books in memory.
type shelf struct {
	mu       sync.Mutex
	verdicts map[string][]byte
	made     map[mailout.Digest]mailout.Stored
	keeps    int   // transactions
	broken   error // of Keep
}

func newShelf() *shelf {
	return &shelf{verdicts: map[string][]byte{}, made: map[mailout.Digest]mailout.Stored{}}
}

func (s *shelf) Verdict(_ context.Context, tool string, file mailout.Digest) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.verdicts[tool+file.String()]
	return v, ok, nil
}

func (s *shelf) PreparedBy(_ context.Context, recipe mailout.Digest) (mailout.Stored, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.made[recipe]
	return d, ok, nil
}

func (s *shelf) Keep(_ context.Context, verdicts []mailout.PDFVerdict, made []mailout.MadeBy) (kept []mailout.Prepared, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return nil, s.broken
	}
	s.keeps++
	for _, v := range verdicts {
		s.verdicts[v.Tool+v.File.String()] = v.JSON
	}
	for _, m := range made {
		if had := s.made[m.Recipe].SHA256; had == m.Gone || had == m.SHA256 {
			s.made[m.Recipe] = m.Stored
		}
		kept = append(kept, s.made[m.Recipe].Prepared)
	}
	return kept, nil
}

// codes are the codes of findings, in order.
func codes(ps []mailout.Problem) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.Code)
	}
	return out
}
