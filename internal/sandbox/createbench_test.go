//go:build unix

package sandbox

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"
)

// BenchmarkCreate measures what a create costs the sandbox, from the request's first byte
// to its answer, the bundle verified and kept, without TLS and the network, beside what no
// code can make cheaper for the one who sends it: the RSA-2048 signature and the hash of its
// bytes. All is CPU of the process, system calls and garbage collection among it.
//
//	creates/s  that one core makes
//	µs         of CPU a create costs
//	RSA-µs     of CPU a bare RSA-2048 signature costs
//	SHA-µs     of CPU a bare SHA-256 of the bytes costs
//	ratio      of a create to half the signature and the hash; limit: 1
func BenchmarkCreate(b *testing.B) {
	for _, size := range []int{30_000, 300_000} {
		b.Run(fmt.Sprintf("%dkB", size/1000), func(b *testing.B) { benchmarkCreate(b, size) })
	}
}

// benchBatch is how many creates are measured at a time: the CPU of one is below what the
// system counts.
const benchBatch = 200

func benchmarkCreate(b *testing.B, size int) {
	at := time.Now()
	s, err := New(Options{PKI: authorityOfTests().PKI, NoLimits: true, SignAfter: -1, Now: func() time.Time { return at }})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	portal, body := s.Handler(), benchBody(b, size, at)
	key, sum := authorityOfTests().Client.PrivateKey.(*rsa.PrivateKey), sha256.Sum256(body)
	var creates, signing, hashing time.Duration
	for b.Loop() {
		creates += cpuOf(func() {
			for range benchBatch {
				if answer := createDirectly(portal, body); answer.Code != http.StatusOK {
					b.Fatalf("refused: %s", answer.Body)
				}
			}
		})
		signing += cpuOf(func() {
			for range benchBatch {
				if _, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:]); err != nil {
					b.Fatal(err)
				}
			}
		})
		hashing += cpuOf(func() {
			for range benchBatch {
				sum = sha256.Sum256(body)
			}
		})
		dropBundles(s)
	}
	each := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(b.N*benchBatch) }
	b.ReportMetric(1e6/each(creates), "creates/s")
	b.ReportMetric(each(creates), "µs")
	b.ReportMetric(each(signing), "RSA-µs")
	b.ReportMetric(each(hashing), "SHA-µs")
	b.ReportMetric(each(creates)/(each(signing)/2+each(hashing)), "ratio")
	b.ReportMetric(0, "ns/op")
}

// benchBody is the body of a create with one document of so many bytes that, as the bytes of
// packed pages do, hardly shrink. Like the project's own client's, its ZIP is stored.
func benchBody(b *testing.B, size int, at time.Time) []byte {
	noise := make([]byte, size)
	rand.Read(noise) // never fails
	a := newAttempt()
	a.bundle.at, a.bundle.noDeflate = at, true
	a.bundle.documents[0].Content = rawPDF("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 0/Kids[]>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(noise), noise))
	return a.body(b)
}

func createDirectly(portal http.Handler, body []byte) *httptest.ResponseRecorder {
	r, err := http.NewRequest("POST", "https://portal.test/api/"+Organization+"/portal/signature-jobs", bytes.NewReader(body))
	must(err)
	r.Header = newHeader()
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{authorityOfTests().Client.Leaf}}
	w := httptest.NewRecorder()
	portal.ServeHTTP(w, r)
	return w
}

// dropBundles makes room: so many as are made at a time are held in memory.
func dropBundles(s *Sandbox) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.jobs {
		s.dropBundle(j)
	}
}

// cpuOf is the CPU that this process spends while do runs.
func cpuOf(do func()) time.Duration {
	before := cpuUsed()
	do()
	return cpuUsed() - before
}

func cpuUsed() time.Duration {
	var u syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
