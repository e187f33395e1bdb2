package bundle

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"batch/internal/mailout"
)

// overheadLimit is the most that a bundle of 300 kB may cost beside its RSA-2048 signature
// and the hashing and copying of its bytes, as a part of that signature.
const overheadLimit = 0.10

// BenchmarkSeal makes jobs of 300 kB and streams their bundles, from files as in earnest.
// In the same run, in turn with that, it measures what no code of ours can do without: the
// bare signature, and the documents once read, hashed (SHA-256, CRC-32) and copied. The
// times reported are those that one run in ten keeps below: the others also hold what the
// rest of the machine was doing.
func BenchmarkSeal(b *testing.B) {
	const size = 300_000
	kit, sealer := newSealer(b)
	for _, n := range []int{1, 5} {
		b.Run(fmt.Sprintf("documents=%d", n), func(b *testing.B) {
			docs, kept := documents(n, size/n)
			open := onDisk(b, docs, kept)
			signing, copying, sealing := stopwatch{}, stopwatch{}, stopwatch{}
			for b.Loop() {
				signing.time(b, func() error { return bareSignature(kit.Identity.Key) })
				copying.time(b, func() error { return bareCopy(docs, open, io.Discard) })
				sealing.time(b, func() error { return wholeBundle(sealer, docs, open, io.Discard) })
			}
			rsa, bare, all := signing.undisturbed(), copying.undisturbed(), sealing.undisturbed()
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(rsa.Microseconds()), "RSA-µs")
			b.ReportMetric(float64(bare.Microseconds()), "copy-µs")
			b.ReportMetric(float64(all.Microseconds()), "bundle-µs")
			b.ReportMetric(float64(all-rsa-bare)/float64(rsa), "overhead/RSA")
			b.ReportMetric(overheadLimit, "limit")
		})
	}
}

type stopwatch []time.Duration

func (s *stopwatch) time(b *testing.B, f func() error) {
	start := time.Now()
	err := f()
	*s = append(*s, time.Since(start))
	if err != nil {
		b.Fatal(err)
	}
}

func (s stopwatch) undisturbed() time.Duration {
	slices.Sort(s)
	return s[len(s)/10]
}

func bareSignature(key crypto.Signer) error {
	digest := sha256.Sum256([]byte("SignedInfo"))
	_, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	return err
}

type opener func(mailout.Document) (io.ReadCloser, error)

func bareCopy(docs []mailout.Document, open opener, w io.Writer) error {
	for _, d := range docs {
		f, err := open(d)
		if err != nil {
			return err
		}
		sum, crc := sha256.New(), crc32.NewIEEE()
		if _, err := io.Copy(io.MultiWriter(w, sum, crc), f); err != nil {
			return err
		}
		if mailout.Digest(sum.Sum(nil)) != d.SHA256 || crc.Sum32() != d.CRC32 {
			return ErrChanged
		}
		f.Close()
	}
	return nil
}

func wholeBundle(sealer *Sealer, docs []mailout.Document, open opener, w io.Writer) error {
	jobXML, err := JobXML(job(lookup(person)), docs, now)
	if err != nil {
		return err
	}
	sealed, err := sealAt(sealer, jobXML, docs, now, open)
	if err != nil {
		return err
	}
	_, err = sealed.WriteTo(w)
	return err
}

// onDisk puts documents into files and opens them from there.
func onDisk(t testing.TB, docs []mailout.Document, kept store) opener {
	t.Helper()
	folder := t.TempDir()
	for _, d := range docs {
		if err := os.WriteFile(filepath.Join(folder, d.Name), kept[d.SHA256], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(d mailout.Document) (io.ReadCloser, error) { return os.Open(filepath.Join(folder, d.Name)) }
}
