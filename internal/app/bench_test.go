package app

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"batch/internal/mailout"
)

// BenchmarkCreates sends batches to the sandbox with its limits off, over real TLS, with
// every sync of the ledger, and measures beside it, in the same run and on the same
// cores, what bounds it: one RSA-2048 signature a bundle. The ratio is what counts; an
// absolute figure on a shared machine means nothing.
//
//	creates/s  rows sent and answered, end to end (planning not counted)
//	rsa/s      bare RSA-2048 signatures on all cores
//	ratio      creates/s ÷ rsa/s; limit: at least 0.5. The sandbox verifies what is sent on
//	           the same cores
func BenchmarkCreates(b *testing.B) {
	const rows = 1000
	var sending, signing float64
	for b.Loop() {
		b.StopTimer()
		r, id := rehearsalOf(b, rows)
		before := signaturesPerSecond(b)
		b.StartTimer()
		began := time.Now()
		sent, err := r.Send(b.Context(), SendOptions{Batch: id, ApprovedBy: "benchmark", Soft: b.Context()})
		took := time.Since(began)
		b.StopTimer()
		if err != nil || sent.Books.Totals[mailout.Created] != rows {
			b.Fatalf("sending: %v, %v %s", sent.Books.Totals, err, sent.Reason)
		}
		sending += rows / took.Seconds()
		signing += (before + signaturesPerSecond(b)) / 2 // others may use the machine, too
		r.Close()
		b.StartTimer()
	}
	b.ReportMetric(sending/float64(b.N), "creates/s")
	b.ReportMetric(signing/float64(b.N), "rsa/s")
	b.ReportMetric(sending/signing, "ratio")
	b.ReportMetric(0, "ns/op")
}

// rehearsalOf plans a manifest of so many people, each with a title of their own, one
// shared page, and signers who never sign while the benchmark lasts.
func rehearsalOf(b *testing.B, rows int) (*Rehearsal, mailout.BatchID) {
	b.Helper()
	dir := b.TempDir()
	var csv strings.Builder
	csv.WriteString("title;email;mobile;document\r\n")
	for n := range rows {
		fmt.Fprintf(&csv, "Avtale %d;person%d@example.com;;side.pdf\r\n", n, n)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "samples", "avtaler", "1042.pdf"))
	if err != nil {
		b.Fatal(err)
	}
	for name, content := range map[string][]byte{"manifest.csv": []byte(csv.String()), "side.pdf": page} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	r, err := Rehearse(context.Background(), RehearseOptions{Options: Options{Dir: dir}, Manifest: filepath.Join(dir, "manifest.csv"), Keep: filepath.Join(dir, "keep")})
	if err != nil {
		b.Fatal(err)
	}
	planned, err := r.Plan(b.Context(), PlanOptions{Manifest: filepath.Join(dir, "manifest.csv")})
	if err != nil || planned.Batch == "" {
		b.Fatalf("planning: %v %v", err, planned.Problems)
	}
	return r, planned.Batch
}

func signaturesPerSecond(b *testing.B) float64 {
	b.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256([]byte("SignedInfo"))
	var n atomic.Int64
	var group sync.WaitGroup
	const window = time.Second
	end := time.Now().Add(window)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for time.Now().Before(end) {
				if _, err := key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
					b.Error(err)
					return
				}
				n.Add(1)
			}
		})
	}
	group.Wait()
	return float64(n.Load()) / window.Seconds()
}
