package sandbox

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// process is a sandbox of its own process, that keeps its state.
type process struct {
	*client
	cmd *exec.Cmd
}

// launch starts one on a folder and waits until it serves.
func launch(t *testing.T, dir, listen string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), sandboxDir+"="+dir, sandboxListen+"="+listen)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // ends it, should this process die first
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("the sandbox said %q: %v", line, err)
	}
	keys, err := keptPKI(filepath.Join(dir, stateFolder), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, readyName))
	if err != nil {
		t.Fatal(err)
	}
	var at ready
	if err := json.Unmarshal(text, &at); err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, running: &Running{URL: at.URL, Control: at.Control}, http: httpClient(t, keys.Client), sender: Organization}
	return &process{c, cmd}
}

// kill ends the process as nothing can prepare for.
func (p *process) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
	p.http.CloseIdleConnections()
}

// truth is what a customer was answered, over all deaths of the portal.
type truth struct {
	mu        sync.Mutex
	tried     int
	created   map[string]int64 // reference → the id that was answered
	confirmed map[string]bool  // references whose confirmation was answered
}

// create posts a job under a reference of its own; false when there is no portal.
func (tr *truth) create(c *client, keys *PKI) bool {
	tr.mu.Lock()
	tr.tried++
	reference := fmt.Sprint("ref-", tr.tried)
	tr.mu.Unlock()
	b := newBundle(oneSigner)
	b.pki = keys
	res := c.send(c.createRequest(requestXML(reference, ""), b.build(c.t)))
	var m struct {
		ID int64 `xml:"signature-job-id"`
	}
	if res.err == nil && res.status == 200 && xml.Unmarshal(res.body, &m) == nil {
		tr.mu.Lock()
		tr.created[reference] = m.ID
		tr.mu.Unlock()
	}
	return res.err == nil
}

// follow takes a change, if there is one, with its document, and confirms it; false when
// there is no portal.
func (tr *truth) follow(c *client) bool {
	res := c.get("/portal/signature-jobs")
	if res.err != nil || res.status != 200 {
		return res.err == nil
	}
	var m changed
	if err := xml.Unmarshal(res.body, &m); err != nil {
		c.t.Error(err)
	}
	tr.mu.Lock()
	if tr.confirmed[m.Reference] {
		c.t.Errorf("%s was handed out after its confirmation", m.Reference)
	}
	tr.mu.Unlock()
	if document := c.get(m.PAdES); document.err != nil {
		return false
	} else if document.status != 200 || !strings.Contains(string(document.body[max(0, len(document.body)-10):]), "%%EOF") {
		c.t.Errorf("the document of %s: status %d, %d bytes", m.Reference, document.status, len(document.body))
	}
	if done := c.post(m.Confirm); done.err != nil {
		return false
	} else if done.status != 200 {
		c.t.Errorf("confirming %s: status %d, %s", m.Reference, done.status, done.body)
	}
	tr.mu.Lock()
	tr.confirmed[m.Reference] = true
	tr.mu.Unlock()
	return true
}

// A sandbox is killed again and again while it is spoken to by many. What it has answered
// is there when it is started again: jobs, confirmations, clock, keys, documents.
func TestKilledSandboxGoesOn(t *testing.T) {
	dir := t.TempDir()
	free, err := net.Listen("tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	listen := free.Addr().String()
	free.Close()
	tr := &truth{created: map[string]int64{}, confirmed: map[string]bool{}}
	var url, files string
	var clock time.Time
	for round := range 6 {
		p := launch(t, dir, listen)
		keys, err := keptPKI(filepath.Join(dir, stateFolder), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if round > 0 && (p.running.URL != url || identity(t, dir) != files) {
			t.Fatal("the address or the keys are others")
		}
		url, files = p.running.URL, identity(t, dir)
		var at struct{ Clock time.Time }
		p.control("POST", "/clock?advance=11m", "", 200, &at) // what was handed out comes again
		if at.Clock.Before(clock.Add(11 * time.Minute)) {
			t.Errorf("the clock was at %v, is at %v after eleven minutes", clock, at.Clock)
		}
		clock = at.Clock
		if round == 5 {
			tr.settle(t, p, filepath.Join(dir, stateFolder))
			break
		}
		var callers sync.WaitGroup
		for range 6 {
			callers.Go(func() {
				for tr.create(p.client, keys) && tr.follow(p.client) {
				}
			})
		}
		tr.await(p, 10*(round+1)+rand.IntN(10))
		p.kill()
		callers.Wait()
	}
}

// await returns when so many confirmations were answered in all.
func (tr *truth) await(p *process, n int) {
	for p.get("").err == nil {
		tr.mu.Lock()
		confirmed := len(tr.confirmed)
		tr.mu.Unlock()
		if confirmed >= n {
			return
		}
	}
}

// identity is what makes a sandbox the same one to its customers.
func identity(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	for _, name := range []string{"ca.pem", "server.pem", "client.p12", "client.password"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// settle takes every change that is left and holds what the portal knows against what it
// has answered.
func (tr *truth) settle(t *testing.T, p *process, folder string) {
	var all []JobView
	p.control("GET", "/jobs", "", 200, &all)
	for open := len(all); open > 0 && tr.follow(p.client); open-- {
	}
	p.control("GET", "/jobs", "", 200, &all)
	known := map[string]int64{}
	for _, j := range all {
		if _, twice := known[j.Reference]; twice {
			t.Errorf("%s was created twice", j.Reference)
		}
		known[j.Reference] = j.ID
		if !j.Gone || j.Status != jobCompleted {
			t.Errorf("in the end %s is %s, gone: %v", j.Reference, j.Status, j.Gone)
		}
	}
	for reference, id := range tr.created {
		if known[reference] != id {
			t.Errorf("%s was answered as job %d and is %d", reference, id, known[reference])
		}
	}
	if left, err := filepath.Glob(filepath.Join(folder, "*.asice")); err != nil || len(left) > 0 {
		t.Errorf("after the last confirmation there are %v, %v", left, err)
	}
	t.Logf("%d creates tried, %d answered, %d jobs, %d confirmed", tr.tried, len(tr.created), len(known), len(tr.confirmed))
}
