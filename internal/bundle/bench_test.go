package bundle

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"testing"
	"time"
)

// BenchmarkSeal makes a bundle of one document and streams it, for documents of
// ordinary sizes. In the same run, in turn, it makes bare RSA-2048 signatures: the part
// that no code of ours can make faster. "×RSA" is the whole as a multiple of that.
func BenchmarkSeal(b *testing.B) {
	kit, sealer := newSealer(b)
	digest := sha256.Sum256([]byte("SignedInfo"))
	for _, size := range []int{50_000, 1_000_000} {
		b.Run(fmt.Sprintf("%dkB", size/1000), func(b *testing.B) {
			docs, kept := documents(1, size)
			j := job(lookup(person))
			var bare time.Duration
			for b.Loop() {
				jobXML, err := JobXML(j, docs, now)
				if err != nil {
					b.Fatal(err)
				}
				sealed, err := sealer.Seal(jobXML, docs, now, kept.open)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := sealed.WriteTo(io.Discard); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				start := time.Now()
				if _, err := kit.Identity.Key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
					b.Fatal(err)
				}
				bare += time.Since(start)
				b.StartTimer()
			}
			b.ReportMetric(float64(bare)/float64(b.N), "RSA-ns/op")
			b.ReportMetric(float64(b.Elapsed())/float64(bare), "×RSA")
		})
	}
}
