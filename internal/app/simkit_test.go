package app

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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
	moved  bool                 // out of the template's folder
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
	return tp.simulateSigning(t, 50*time.Millisecond, faults...)
}

// simulateSigning is simulate with signers who take so long; negative: for ever.
func (tp template) simulateSigning(t *testing.T, signAfter time.Duration, faults ...sandbox.Fault) *simulation {
	t.Helper()
	s := &simulation{t: t, batch: tp.batch, dir: filepath.Join(t.TempDir(), "workspace"), lost: map[mailout.Ref]bool{}}
	must(t, copyDisk(s.dir, tp.dir))
	var err error
	s.portal, err = sandbox.New(sandbox.Options{PKI: tp.pki, NoLimits: true, SignAfter: signAfter, PollInterval: 50 * time.Millisecond,
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
