package app

import (
	"context"
	"crypto/tls"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// crash is where a process dies: at the nth call of a kind, before the portal has applied
// it or after.
type crash struct {
	call  string
	nth   int
	after bool
}

func (c crash) String() string {
	when := "before"
	if c.after {
		when = "after"
	}
	return fmt.Sprintf("%s %s %d", when, c.call, c.nth)
}

// process is one run of the program, from the first line to its death or its end.
type process struct {
	*simulation
	crash crash
	app   *App
	kill  context.CancelFunc
	next  string        // what is on disk when it dies
	wake  chan struct{} // closed when that is copied

	mu     sync.Mutex
	struck bool           // the call has come that it dies at
	calls  map[string]int // that were answered, or are being answered, by kind
	inside sync.WaitGroup // those that are being answered
}

// run starts a process, lets it do something with the batch, and ends it. It reports
// whether the process lived to its end; if not, the folder is afterwards as it was on disk
// at the moment of death.
func (s *simulation) run(c crash, options Options, do func(ctx context.Context, a *App) error) (lived bool) {
	s.t.Helper()
	ctx, kill := context.WithCancel(s.t.Context())
	defer kill()
	p := &process{simulation: s, crash: c, kill: kill, wake: make(chan struct{}), calls: map[string]int{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(s.t, err)
	server := &http.Server{Handler: p}
	served := make(chan struct{})
	go func() { defer close(served); server.Serve(tls.NewListener(listener, s.portal.TLSConfig())) }()
	defer func() { server.Close(); <-served }()
	s.speakTo(listener.Addr().String())
	options.Dir = s.dir
	options.Ask = func(string) bool { // once: the plan was made in the template's folder
		first := !s.moved
		s.moved = true
		return first
	}
	p.app, err = Open(ctx, options)
	must(s.t, err)
	err = do(ctx, p.app)
	if p.dies() {
		<-p.wake
		p.app.Close() // what it says in the folder that it died in is nobody's business
		must(s.t, os.Rename(s.dir, p.next+".dead"))
		must(s.t, os.Rename(p.next, s.dir)) // the ledger knows its folder
		return false
	}
	must(s.t, p.app.Close())
	if err != nil {
		s.t.Fatalf("the process ended with: %v", err)
	}
	return true
}

var portalURL = regexp.MustCompile(`(?m)^url = .*$`)

func (s *simulation) speakTo(address string) {
	s.t.Helper()
	path := filepath.Join(s.dir, "batch.toml")
	raw, err := os.ReadFile(path)
	must(s.t, err)
	toml := portalURL.ReplaceAllString(string(raw), `url = "https://`+address+`/api"`)
	toml = strings.Replace(toml, "calls_per_second = 10", "calls_per_second = 0", 1)
	must(s.t, os.WriteFile(path, []byte(toml), 0o600))
}

func kindOf(r *http.Request) string {
	switch {
	case strings.HasSuffix(r.URL.Path, "/signature-jobs") && r.Method == http.MethodPost:
		return sandbox.CallCreate
	case strings.HasSuffix(r.URL.Path, "/signature-jobs"):
		return sandbox.CallPoll
	case strings.HasSuffix(r.URL.Path, "/complete"):
		return sandbox.CallConfirm
	case strings.HasSuffix(r.URL.Path, "/cancel"):
		return sandbox.CallCancel
	case strings.HasSuffix(r.URL.Path, "/pades"):
		return sandbox.CallPAdES
	}
	return sandbox.CallRoot
}

// ServeHTTP is the portal as this process hears it.
func (p *process) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answered, strikes := p.enter(kindOf(r))
	switch {
	case answered:
		defer p.inside.Done()
		p.portal.Handler().ServeHTTP(w, r)
		return
	case strikes:
		p.inside.Wait()
		if p.crash.after {
			p.portal.Handler().ServeHTTP(httptest.NewRecorder(), r) // an answer that nobody hears
		}
		p.die()
	}
	<-p.wake
	panic(http.ErrAbortHandler)
}

// enter counts a call. From the one that strikes no further is answered: how far the portal
// has come when a process dies is the same every time, however busy the machine is, so that
// the next process has enough left to do that it can come to its own crash.
func (p *process) enter(kind string) (answered, strikes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.struck {
		return false, false
	}
	p.calls[kind]++
	p.struck = kind == p.crash.call && p.calls[kind] == p.crash.nth
	if !p.struck {
		p.inside.Add(1)
	}
	return !p.struck, p.struck
}

func (p *process) dies() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.struck
}

// die copies what is on disk at one moment: the ledger is held still meanwhile, and before
// the copy is made nothing is heard of the process any more. So everything that was ever
// said to the portal was said before that moment.
func (p *process) die() {
	defer p.kill()
	defer close(p.wake)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.dir, "ledger.db")+"?_txlock=immediate&_pragma=busy_timeout(20000)")
	if err != nil {
		p.t.Error(err)
		return
	}
	defer db.Close()
	still, err := db.Begin()
	if err != nil {
		p.t.Error(err)
		return
	}
	defer still.Rollback()
	p.next = filepath.Join(p.t.TempDir(), "copy")
	if err := copyDisk(p.next, p.dir); err != nil {
		p.t.Error(err)
	}
	for rec, err := range p.app.Records(context.Background(), p.batch) {
		if err != nil {
			p.t.Error(err)
			return
		}
		if rec.State == mailout.Sending {
			p.lost[rec.Ref] = true
		}
	}
}
