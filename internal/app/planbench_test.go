package app

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// BenchmarkSecondPlan plans a manifest of so many people with a PDF each a second time, as
// one does after a correction or an interruption, and measures beside it what cannot be
// saved: opening and hashing the same files, on all cores.
//
//	files/s  of the whole second plan: manifest, documents, books, digest
//	ratio    second plan ÷ opening and hashing; limit: at most 2
func BenchmarkSecondPlan(b *testing.B) {
	const rows = 10_000
	r, manifest := letters(b, rows)
	defer r.Close()
	plan := func() (Planned, time.Duration) {
		began := time.Now()
		planned, err := r.Plan(b.Context(), PlanOptions{Manifest: manifest})
		if err != nil || planned.Batch == "" {
			b.Fatalf("planning: %v %v", err, planned.Problems)
		}
		return planned, time.Since(began)
	}
	plan()
	var second, floor time.Duration
	for b.Loop() {
		planned, took := plan()
		if !planned.Known {
			b.Fatal("the second plan is another one")
		}
		second += took
		floor += openAndHash(b, filepath.Dir(manifest))
	}
	b.ReportMetric(float64(rows*b.N)/second.Seconds(), "files/s")
	b.ReportMetric(second.Seconds()/floor.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
}

// letters is a rehearsal with a manifest of so many people, each with a PDF of their own.
func letters(b *testing.B, rows int) (r *Rehearsal, manifest string) {
	b.Helper()
	dir := b.TempDir()
	page, err := os.ReadFile(filepath.Join("..", "..", "samples", "avtaler", "1042.pdf"))
	if err != nil {
		b.Fatal(err)
	}
	var csv strings.Builder
	csv.WriteString("title;email;mobile;document\r\n")
	for n := range rows {
		fmt.Fprintf(&csv, "Avtale %d;person%d@example.com;;%d.pdf\r\n", n, n, n)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.pdf", n)), fmt.Appendf(page, "%% %d\n", n), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	manifest = filepath.Join(dir, "manifest.csv")
	if err := os.WriteFile(manifest, []byte(csv.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	r, err = Rehearse(context.Background(), RehearseOptions{Options: Options{Dir: dir}, Manifest: manifest, Keep: filepath.Join(b.TempDir(), "keep")})
	if err != nil {
		b.Fatal(err)
	}
	return r, manifest
}

func openAndHash(b *testing.B, dir string) time.Duration {
	b.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	began := time.Now()
	names, err := filepath.Glob(filepath.Join(dir, "*.pdf"))
	if err != nil {
		b.Fatal(err)
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, name := range names {
		group.Go(func() error {
			f, err := root.Open(filepath.Base(name))
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.Copy(sha256.New(), f)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
