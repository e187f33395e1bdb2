package sandbox

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Many callers at once: every job is told of exactly once, and every document is sealed.
func TestParallelCallers(t *testing.T) {
	const jobs, callers = 24, 6
	c := start(t, Options{NoLimits: true})
	var created sync.WaitGroup
	for i := range jobs {
		b := newBundle(oneSigner).build(t)
		created.Go(func() {
			if r := c.send(c.createRequest(requestXML(fmt.Sprintf("ref-%d", i), ""), b)); r.status != http.StatusOK {
				t.Errorf("create: status %d, %v", r.status, r.err)
			}
		})
	}
	created.Wait()
	var mu sync.Mutex
	seen := map[string]int{}
	var taken sync.WaitGroup
	for range callers {
		taken.Go(func() {
			for r := c.get("/portal/signature-jobs"); r.status == http.StatusOK; r = c.get("/portal/signature-jobs") {
				var m changed
				if err := xml.Unmarshal(r.body, &m); err != nil {
					t.Error(err)
				}
				if p := c.get(m.PAdES); p.status != http.StatusOK {
					t.Errorf("fetching: status %d, %s", p.status, p.body)
				}
				if done := c.post(m.Confirm); done.status != http.StatusOK {
					t.Errorf("confirming: status %d, %s", done.status, done.body)
				}
				mu.Lock()
				seen[m.Reference]++
				mu.Unlock()
			}
		})
	}
	taken.Wait()
	for i := range jobs {
		if n := seen[fmt.Sprintf("ref-%d", i)]; n != 1 {
			t.Errorf("job %d was told of %d times", i, n)
		}
	}
}

func FuzzReadBundle(f *testing.F) {
	files := []namedFile{{"document.pdf", []byte("%PDF-1.4 %%EOF")}, {"manifest.xml", []byte("<a/>")}, {"META-INF/signatures.xml", []byte("<b/>")}}
	f.Add(zipped(files, true))
	f.Add(zipped(files, false))
	f.Add(storedStreaming(files))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := readBundle(data)
		if err == nil && (a.manifest == nil || a.signatures == nil) {
			t.Error("a bundle without manifest or signatures is taken")
		}
	})
}

// BenchmarkCreate is what a create costs the server, without the network.
func BenchmarkCreate(b *testing.B) {
	t := &testing.T{}
	s, err := New(Options{PKI: testPKI(), NoLimits: true, Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	built := newBundle(oneSigner)
	now := built.at
	s.options.Now = func() time.Time { return now }
	data := built.build(t)
	for b.Loop() {
		c := &call{caller: Organization, sender: Organization, create: creation{request: &jobRequest{}, bundle: data}}
		m, documents, err := s.inspect(c)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.addJob(c, m, documents); err != nil {
			b.Fatal(err)
		}
	}
}
