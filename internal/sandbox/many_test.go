package sandbox

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"sync"
	"testing"
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
