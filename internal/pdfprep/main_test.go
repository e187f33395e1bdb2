package pdfprep

import (
	"context"
	"os"
	"path/filepath"
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
		readRequest(os.Stdin)
		writeFrame(os.Stdout, reply{Pages: 1})
		readRequest(os.Stdin)
		os.Stderr.WriteString("fatal error: runtime: out of memory\n")
		return 2
	},
	// Claims more than a reply may hold.
	"__flood": func() int {
		writeFrame(os.Stdout, reply{Protocol: protocol})
		readRequest(os.Stdin)
		writeFrame(os.Stdout, reply{Pages: 1, Bytes: 1 << 40})
		return 0
	},
	// Says yes without a page, as one that a file took over might.
	"__yes": func() int {
		writeFrame(os.Stdout, reply{Protocol: protocol})
		readRequest(os.Stdin)
		writeFrame(os.Stdout, reply{})
		readRequest(os.Stdin)
		return 0
	},
	"__stranger": func() int { os.Stdout.WriteString("Usage: batch …\n"); return 2 },
	"__old":      func() int { writeFrame(os.Stdout, reply{Protocol: "batch-pdf-worker/0"}); return 0 },
}

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
	o := Options{Documents: f.root, Store: f.store, Workers: 2, Deadline: 5 * time.Minute}
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

func inspectOne(t *testing.T, p *Pool, path string) mailout.Inspection {
	t.Helper()
	found, err := p.Inspect(t.Context(), path)
	must(t, err)
	return found
}

// codes are the codes of findings, in order.
func codes(ps []mailout.Problem) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.Code)
	}
	return out
}
