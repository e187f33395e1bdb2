package app

import (
	"context"
	"crypto/tls"
	"database/sql"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// A simulation is one batch on its way through a real sandbox over real TLS. The process
// that carries it can die at any call: what is on disk at that moment is copied, nothing
// that the old process says afterwards is heard, and another App goes on from there.
type simulation struct {
	t      *testing.T
	portal *sandbox.Sandbox
	dir    string // the workspace of the living process
	batch  mailout.BatchID
	lost   map[mailout.Ref]bool // calls that a crash cut off
}

const simRows = 6

// lines of the manifest: 2–7; 3 and 5 have two signers in order, 4 will refuse.
const refusing = 4

// template is a workspace with a planned batch, made once: planning is not what is
// simulated.
type template struct {
	dir   string
	batch mailout.BatchID
	pki   *sandbox.PKI
}

func newTemplate(t *testing.T) template {
	t.Helper()
	dir := t.TempDir()
	var csv strings.Builder
	csv.WriteString("title;email;order;signer2_email;signer2_order;document\r\n")
	for line := 2; line < 2+simRows; line++ {
		second := ";"
		if line%2 == 1 && line < 7 {
			second = fmt.Sprintf("leder%d@example.com;2", line)
		}
		fmt.Fprintf(&csv, "Avtale %d;person%d@example.com;1;%s;side.pdf\r\n", line, line, second)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "samples", "avtaler", "1042.pdf"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "manifest.csv"), []byte(csv.String()), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "side.pdf"), page, 0o600))
	pki, err := sandbox.NewPKI(time.Now())
	must(t, err)
	portal, err := sandbox.New(sandbox.Options{PKI: pki})
	must(t, err)
	defer portal.Close()
	must(t, (&sandbox.Running{Sandbox: portal, URL: "https://127.0.0.1:1/api"}).WriteFiles(dir))
	a, err := Open(t.Context(), Options{Dir: dir})
	must(t, err)
	planned, err := a.Plan(t.Context(), PlanOptions{Manifest: filepath.Join(dir, "manifest.csv")})
	if err != nil || planned.Batch == "" {
		t.Fatalf("planning: %v %v", err, planned.Problems)
	}
	must(t, a.Close())
	return template{dir, planned.Batch, pki}
}

func (tp template) simulate(t *testing.T, faults ...sandbox.Fault) *simulation {
	t.Helper()
	s := &simulation{t: t, batch: tp.batch, dir: filepath.Join(t.TempDir(), "workspace"), lost: map[mailout.Ref]bool{}}
	must(t, copyDisk(s.dir, tp.dir))
	var err error
	s.portal, err = sandbox.New(sandbox.Options{PKI: tp.pki, NoLimits: true, SignAfter: 50 * time.Millisecond, PollInterval: 50 * time.Millisecond,
		Faults: faults, Outcome: func(_ int, reference string) sandbox.Outcome {
			if parts, _ := mailout.Ref(reference).Parse(); parts.Line == refusing {
				return sandbox.Rejected
			}
			return sandbox.Signed
		}})
	must(t, err)
	t.Cleanup(func() { s.portal.Close() })
	s.timePasses()
	return s
}

// timePasses moves the portal's clock by ten minutes again and again, so that what was not
// confirmed comes again.
func (s *simulation) timePasses() {
	ctx, stop := context.WithCancel(context.Background())
	var moving sync.WaitGroup
	moving.Go(func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				s.portal.Advance(10*time.Minute + time.Second)
			}
		}
	})
	s.t.Cleanup(func() { stop(); moving.Wait() })
}

// copyDisk copies what a crash leaves of a folder: everything but SQLite's index of the
// write-ahead log, which lives in memory.
func copyDisk(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		switch {
		case err != nil || d.Name() == "ledger.db-shm":
			return err
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		raw, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil // a temporary file that got its name meanwhile
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), raw, info.Mode().Perm())
	})
}

// crash is where a process dies: at the nth call of a kind, before the portal has applied
// it or after.
type crash struct {
	call  string
	nth   int32
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
	calls atomic.Int32
	dead  atomic.Bool
	next  string        // what is on disk when it dies
	wake  chan struct{} // closed when that is copied
}

// run starts a process, lets it do something with the batch, and ends it. It reports
// whether the process lived to its end; if not, the folder is afterwards as it was on disk
// at the moment of death.
func (s *simulation) run(c crash, options Options, do func(ctx context.Context, a *App) error) (lived bool) {
	s.t.Helper()
	ctx, kill := context.WithCancel(s.t.Context())
	defer kill()
	p := &process{simulation: s, crash: c, kill: kill, wake: make(chan struct{})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(s.t, err)
	server := &http.Server{Handler: p}
	served := make(chan struct{})
	go func() { defer close(served); server.Serve(tls.NewListener(listener, s.portal.TLSConfig())) }()
	defer func() { server.Close(); <-served }()
	s.speakTo(listener.Addr().String())
	options.Dir = s.dir
	p.app, err = Open(ctx, options)
	must(s.t, err)
	err = do(ctx, p.app)
	if p.dead.Load() {
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
	case strings.HasSuffix(r.URL.Path, "/pades"):
		return sandbox.CallPAdES
	}
	return sandbox.CallRoot
}

// ServeHTTP is the portal as this process hears it.
func (p *process) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	strikes := kindOf(r) == p.crash.call && p.calls.Add(1) == p.crash.nth
	if p.dead.Load() {
		panic(http.ErrAbortHandler)
	}
	if strikes {
		if p.crash.after {
			p.portal.Handler().ServeHTTP(httptest.NewRecorder(), r) // an answer that nobody hears
		}
		p.die()
		panic(http.ErrAbortHandler)
	}
	p.portal.Handler().ServeHTTP(w, r)
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
	p.dead.Store(true)
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

// send goes on with the batch as `batch resume --follow` does.
func (s *simulation) send(c crash) (sent Sent, lived bool) {
	s.t.Helper()
	lived = s.run(c, Options{}, func(ctx context.Context, a *App) (err error) {
		soft, stop := context.WithTimeout(ctx, 30*time.Second)
		defer stop()
		sent, err = a.Send(ctx, SendOptions{Batch: s.batch, ApprovedBy: "--yes", Follow: true, Soft: soft})
		return err
	})
	return sent, lived
}

// look opens the books without speaking to anybody.
func (s *simulation) look(options Options, do func(a *App)) {
	s.t.Helper()
	options.Dir = s.dir
	a, err := Open(s.t.Context(), options)
	must(s.t, err)
	defer a.Close()
	do(a)
}

// jobs are those of the batch at the portal, by line.
func (s *simulation) jobs() map[int][]sandbox.JobView {
	all := map[int][]sandbox.JobView{}
	for _, j := range s.portal.Jobs("") {
		if parts, ok := mailout.Ref(j.Reference).Parse(); ok && !j.Foreign {
			all[parts.Line] = append(all[parts.Line], j)
		}
	}
	return all
}

// struck are the references of creates that a fault struck.
func (s *simulation) struck() map[mailout.Ref]bool {
	all := map[mailout.Ref]bool{}
	for _, c := range s.portal.Calls() {
		if c.Kind == sandbox.CallCreate && (c.Fault != "" || c.Status != http.StatusOK) {
			all[mailout.Ref(c.Reference)] = true
		}
	}
	return all
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func hasJob(jobs []sandbox.JobView, id mailout.JobID) (sandbox.JobView, bool) {
	n := slices.IndexFunc(jobs, func(j sandbox.JobView) bool { return j.ID == int64(id) })
	if n < 0 {
		return sandbox.JobView{}, false
	}
	return jobs[n], true
}
