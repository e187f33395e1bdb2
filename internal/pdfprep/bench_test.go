package pdfprep

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"golang.org/x/sync/errgroup"

	"batch/internal/judgetest"
	"batch/internal/mailout"
)

// benchLetters are what lands on an office's desk: letters of seven programs, and a scan.
var benchLetters = []string{
	"../../samples/avtaler/1042.pdf", "testdata/corpus/libreoffice/plain.pdf", "testdata/corpus/libreoffice/tagged.pdf", "testdata/corpus/libreoffice/pdfa-2b.pdf",
	"testdata/corpus/chromium/portrait.pdf", "testdata/corpus/cairo/portrait.pdf", "testdata/corpus/ghostscript/1-7.pdf", "testdata/corpus/python/reportlab.pdf",
	"testdata/corpus/python/weasyprint.pdf", "testdata/corpus/mupdf/clean.pdf", "testdata/corpus/scans/jpeg-grey.pdf",
}

// benchFolder holds so many letters, no two of the same bytes, and a cover that goes in
// front of each.
func benchFolder(b *testing.B, files int) (folder, [][]string) {
	b.Helper()
	dir := b.TempDir()
	f := folder{docs: filepath.Join(dir, "docs"), store: filepath.Join(dir, "prepared")}
	write := func(name string, pdf []byte) {
		if err := os.WriteFile(filepath.Join(f.docs, name), pdf, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	read := func(path string) []byte {
		pdf, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		return pdf
	}
	if err := os.Mkdir(f.docs, 0o700); err != nil {
		b.Fatal(err)
	}
	write("cover.pdf", read(filepath.Join("..", "..", "samples", "vilkår.pdf")))
	var rows [][]string
	for n := range files {
		name := fmt.Sprintf("%d.pdf", n)
		write(name, fmt.Appendf(read(benchLetters[n%len(benchLetters)]), "%% %d\n", n))
		rows = append(rows, []string{"cover.pdf", name})
	}
	var err error
	if f.root, err = os.OpenRoot(f.docs); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.root.Close() })
	return f, rows
}

// throughPool checks and merges all rows as a plan does, and returns the time it took.
func (f folder) throughPool(b *testing.B, rows [][]string, books Books) time.Duration {
	b.Helper()
	f.store = b.TempDir()
	p, err := Open(b.Context(), Options{Documents: f.root, Store: f.store, Books: books})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	began := time.Now()
	var group errgroup.Group
	group.SetLimit(maxGroup)
	for _, paths := range rows {
		group.Go(func() error {
			made, err := p.Make(b.Context(), paths)
			if err == nil && made.SHA256.IsZero() {
				err = fmt.Errorf("%v: refused: %v %v", paths, made.Parts, made.Findings)
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// directly calls the library in this process, on all cores: every file is validated once, as
// its own command does it, and merged with the cover; the results are written, not synced.
func (f folder) directly(b *testing.B, rows [][]string) time.Duration {
	b.Helper()
	out := b.TempDir()
	began := time.Now()
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for n, paths := range rows {
		group.Go(func() error {
			var parts []io.ReadSeeker
			for i, path := range paths {
				pdf, err := os.ReadFile(filepath.Join(f.docs, path))
				if err != nil {
					return err
				}
				if i > 0 || n == 0 {
					if err := api.Validate(bytes.NewReader(pdf), config()); err != nil {
						return err
					}
				}
				parts = append(parts, bytes.NewReader(pdf))
			}
			var merged bytes.Buffer
			if err := api.MergeRaw(parts, &merged, false, config()); err != nil {
				return err
			}
			return os.WriteFile(Stored(out, mailout.SumDigest(merged.Bytes())), merged.Bytes(), 0o600)
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// BenchmarkPool measures files a second through the pool, with verdicts, synced and in the
// books, beside the library called directly in this process on the same files and cores.
//
//	files/s  own letters checked and merged behind a shared cover
//	ratio    of the time it takes directly; limit: at least 0.9
func BenchmarkPool(b *testing.B) {
	f, rows := benchFolder(b, 1500)
	var pool, direct time.Duration
	for b.Loop() {
		pool += f.throughPool(b, rows, newShelf())
		direct += f.directly(b, rows)
	}
	b.ReportMetric(float64(b.N*len(rows))/pool.Seconds(), "files/s")
	b.ReportMetric(direct.Seconds()/pool.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkAgainstShell measures the pool beside what an office would script: for each file
// `qpdf --check`, then `qpdf --empty --pages` behind the cover.
//
//	ratio  files a second, pool ÷ shell; limit: at least 8
func BenchmarkAgainstShell(b *testing.B) {
	judgetest.Find(b, "qpdf")
	f, rows := benchFolder(b, 1500)
	few := rows[:50]
	var pool, shell time.Duration
	for b.Loop() {
		pool += f.throughPool(b, rows, newShelf())
		began := time.Now()
		script := `for f in "$@"; do qpdf --check "$f" >/dev/null && qpdf --empty --pages cover.pdf "$f" -- "$OUT/$f" || exit 1; done`
		args := []string{"-c", script, "sh"}
		for _, paths := range few {
			args = append(args, paths[1])
		}
		cmd := exec.Command("sh", args...)
		cmd.Dir, cmd.Env = f.docs, append(os.Environ(), "OUT="+b.TempDir())
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		shell += time.Since(began)
	}
	b.ReportMetric((float64(len(rows))/pool.Seconds())/(float64(len(few))/shell.Seconds()), "ratio")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkMemory measures how the parent's peak memory grows when there are five times as
// many files.
//
//	MiB    resident at most with 5 000 files
//	ratio  of that with 1 000, by when what is bounded is full; limit: 1.1
func BenchmarkMemory(b *testing.B) {
	if runtime.GOOS != "linux" {
		b.Skip("the peak of a process's memory is read from /proc, which only Linux has")
	}
	var few, many float64
	for b.Loop() {
		few += peakOf(b, 1000)
		many += peakOf(b, 5000)
	}
	b.ReportMetric(many/float64(b.N), "MiB")
	b.ReportMetric(many/few, "ratio")
	b.ReportMetric(0, "ns/op")
}

// nobody are books that remember nothing: what they take would be counted too.
type nobody struct{}

func (nobody) Verdict(context.Context, string, mailout.Digest) ([]byte, bool, error) {
	return nil, false, nil
}

func (nobody) PreparedBy(context.Context, mailout.Digest) (s mailout.Stored, found bool, err error) {
	return s, false, nil
}

func (nobody) Keep(_ context.Context, _ []mailout.PDFVerdict, made []mailout.MadeBy) (kept []mailout.Prepared, err error) {
	for _, m := range made {
		kept = append(kept, m.Prepared)
	}
	return kept, nil
}

func peakOf(b *testing.B, files int) float64 {
	b.Helper()
	f, rows := benchFolder(b, files)
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Skipf("the peak of a process's memory cannot be reset: %v", err)
	}
	f.throughPool(b, rows, nobody{})
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib float64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
