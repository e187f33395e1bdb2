package app

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"batch/internal/disk/disktest"
	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// office is a workspace with a planned batch of three rows, in front of a real sandbox over
// real TLS. Line 3's signer refuses.
type office struct {
	t      *testing.T
	dir    string
	batch  mailout.BatchID
	portal *sandbox.Sandbox
	server string // the address where it listens
}

const officeRows = 3

// plannedOffice is the folder of one, to be copied: planning is not what is tested.
type plannedOffice struct {
	dir   string
	batch mailout.BatchID
	pki   *sandbox.PKI
}

func planOffice(t *testing.T) plannedOffice {
	t.Helper()
	p := plannedOffice{dir: t.TempDir()}
	page, err := os.ReadFile(filepath.Join("..", "..", "samples", "avtaler", "1042.pdf"))
	must(t, err)
	manifest := filepath.Join(p.dir, "manifest.csv")
	must(t, os.WriteFile(manifest, []byte("title;email;document\r\nEn;a@example.com;side.pdf\r\nTo;b@example.com;side.pdf\r\nTre;c@example.com;side.pdf\r\n"), 0o600))
	must(t, os.WriteFile(filepath.Join(p.dir, "side.pdf"), page, 0o600))
	p.pki, err = sandbox.NewPKI(time.Now())
	must(t, err)
	portal, err := sandbox.New(sandbox.Options{PKI: p.pki})
	must(t, err)
	defer portal.Close()
	must(t, (&sandbox.Running{Sandbox: portal, URL: "https://127.0.0.1:1/api"}).WriteFiles(p.dir))
	settings, err := os.ReadFile(filepath.Join(p.dir, "batch.toml"))
	must(t, err)
	settings = []byte(strings.Replace(string(settings), "calls_per_second = 10", "calls_per_second = 0", 1))
	must(t, os.WriteFile(filepath.Join(p.dir, "batch.toml"), settings, 0o600))
	a, err := Open(t.Context(), Options{Dir: p.dir})
	must(t, err)
	planned, err := a.Plan(t.Context(), PlanOptions{Manifest: manifest})
	if err != nil || planned.Batch == "" {
		t.Fatalf("planning: %v %v", err, planned.Problems)
	}
	must(t, a.Close())
	p.batch = planned.Batch
	return p
}

// open is a copy of the planned office, with a portal of its own.
func (p plannedOffice) open(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, dir: filepath.Join(t.TempDir(), "office"), batch: p.batch}
	must(t, disktest.New(t).Leave(p.dir, o.dir, nil))
	var err error
	o.portal, err = sandbox.New(sandbox.Options{PKI: p.pki, NoLimits: true, PollInterval: 10 * time.Millisecond, Outcome: func(_ int, reference string) sandbox.Outcome {
		if parts, _ := mailout.Ref(reference).Parse(); parts.Line == 3 {
			return sandbox.Rejected
		}
		return sandbox.Signed
	}})
	must(t, err)
	t.Cleanup(func() { o.portal.Close() })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	o.server = listener.Addr().String()
	server := &http.Server{Handler: o.portal.Handler(), ErrorLog: log.New(io.Discard, "", 0)}
	served := make(chan struct{})
	go func() { defer close(served); server.Serve(tls.NewListener(listener, o.portal.TLSConfig())) }()
	t.Cleanup(func() { server.Close(); <-served })
	return o
}

// options are those of a process at the office.
func (o *office) options() Options {
	return Options{Dir: o.dir, Ask: func(string) bool { return true }, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, o.server)
	}}
}

// run does what `batch run --follow` does with the batch, from opening to closing.
func (o *office) run(options Options) (sent Sent, err error) {
	ctx, stop := context.WithTimeout(o.t.Context(), time.Minute)
	defer stop()
	a, err := Open(ctx, options)
	if err != nil {
		return sent, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return a.Send(ctx, SendOptions{Batch: o.batch, ApprovedBy: "--yes", Follow: true, Soft: ctx})
}

// runOn is run on a disk of a test's.
func (o *office) runOn(d *disktest.Disk) (Sent, error) {
	options := o.options()
	options.Disk, options.VFS = d, d.VFS()
	return o.run(options)
}

// jobs are those at the portal, by line.
func (o *office) jobs() map[int][]sandbox.JobView {
	all := map[int][]sandbox.JobView{}
	for _, j := range o.portal.Jobs("") {
		parts, _ := mailout.Ref(j.Reference).Parse()
		all[parts.Line] = append(all[parts.Line], j)
	}
	return all
}

// look opens the books, at a moment, without speaking to anybody.
func (o *office) look(at time.Time, do func(a *App)) {
	o.t.Helper()
	options := o.options()
	options.Now = func() time.Time { return at }
	a, err := Open(o.t.Context(), options)
	if err != nil {
		o.t.Fatalf("the ledger does not open: %v", err)
	}
	defer a.Close()
	do(a)
}

// truth holds the books against the portal, while nobody speaks.
func (o *office) truth() (books mailout.BatchInfo) {
	o.t.Helper()
	o.look(time.Now(), func(a *App) {
		var err error
		books, err = a.Books(o.t.Context(), o.batch)
		must(o.t, err)
		rows := 0
		for r, err := range a.Records(o.t.Context(), o.batch) {
			must(o.t, err)
			rows++
			o.trueRow(a, r)
		}
		if rows != officeRows || books.Totals.Sum() != officeRows {
			o.t.Errorf("%d rows, and the totals %v", rows, books.Totals)
		}
		if alarms, err := a.Alarms(o.t.Context()); err != nil || len(alarms) > 0 {
			o.t.Errorf("the alarms are %v, %v", alarms, err)
		}
	})
	return books
}

// trueRow holds one row, as a reader sees it, against the portal's jobs.
func (o *office) trueRow(a *App, r mailout.Record) {
	o.t.Helper()
	jobs := o.jobs()[r.Line]
	if len(jobs) > 1 {
		o.t.Errorf("line %d has %d jobs", r.Line, len(jobs))
	}
	attempts, err := a.ledger.Attempts(o.t.Context(), o.batch, r.Line)
	must(o.t, err)
	for _, j := range jobs {
		intended := false
		for _, at := range attempts {
			intended = intended || string(at.Ref) == j.Reference
		}
		if !intended {
			o.t.Errorf("line %d has job %d without an intent in the books", r.Line, j.ID)
		}
		o.keptOrThere(r, j)
	}
	switch r.State {
	case mailout.Planned:
		if len(jobs) > 0 {
			o.t.Errorf("line %d is planned, and the portal has job %d", r.Line, jobs[0].ID)
		}
	case mailout.Unknown:
		if len(attempts) == 0 {
			o.t.Errorf("line %d is unknown and was never tried", r.Line)
		}
	default:
		want := map[mailout.State]string{mailout.Signed: "COMPLETED_SUCCESSFULLY", mailout.Rejected: "FAILED"}[r.State]
		if len(jobs) != 1 || jobs[0].ID != int64(r.JobID) || want != "" && jobs[0].Status != want {
			o.t.Errorf("line %d is %s with job %d, and the portal has %v", r.Line, r.State, r.JobID, jobs)
		}
	}
}

// keptOrThere: what the portal gave up is here, whole, and in the books.
func (o *office) keptOrThere(r mailout.Record, j sandbox.JobView) {
	o.t.Helper()
	if j.Gone && !r.State.Final() {
		o.t.Errorf("line %d is %s, and the portal has job %d no more", r.Line, r.State, j.ID)
	}
	if j.Status != "COMPLETED_SUCCESSFULLY" || r.State != mailout.Signed && !j.Gone {
		return
	}
	raw, err := os.ReadFile(filepath.Join(o.dir, filepath.FromSlash(r.Signed.Path)))
	if err != nil || mailout.SumDigest(raw) != r.Signed.SHA256 || r.Doubtful {
		o.t.Errorf("line %d: the signed document is not what the books say (%v)", r.Line, err)
	}
}

// absent declares what is unknown and has no job absent, half an hour later.
func (o *office) absent() {
	o.t.Helper()
	o.look(time.Now().Add(31*time.Minute), func(a *App) {
		for r, err := range a.Records(o.t.Context(), o.batch) {
			must(o.t, err)
			if r.State == mailout.Unknown && len(o.jobs()[r.Line]) == 0 {
				must(o.t, a.ledger.Resolve(o.t.Context(), o.batch, r.Line, mailout.Finding{Verdict: mailout.VerdictAbsent, Ref: r.Ref, By: "a test"}, a.ws.Config.Send.AbsentAfter))
			}
		}
	})
}

// finish goes on until all is over, while the portal's time passes: what was handed out and
// not confirmed comes again after ten minutes.
func (o *office) finish() {
	o.t.Helper()
	defer o.timePasses()()
	options := o.options()
	options.Now = o.later
	for range 2 {
		if _, err := o.run(options); err != nil {
			o.t.Fatalf("going on: %v", err)
		}
		if books := o.truth(); books.Totals[mailout.Unknown] == 0 {
			o.over(books)
			return
		}
		o.absent()
	}
	o.t.Error("rows are unknown at the end")
}

// later is the clock of a process that has nothing left to sign: a quarter of an hour on,
// an empty queue tells it what was confirmed with an answer that nobody wrote down.
func (o *office) later() time.Time {
	if len(o.jobs()) == officeRows {
		return time.Now().Add(15 * time.Minute)
	}
	return time.Now()
}

func (o *office) timePasses() (stop func()) {
	ctx, cancel := context.WithCancel(o.t.Context())
	var moving sync.WaitGroup
	moving.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			o.portal.Advance(10*time.Minute + time.Second)
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
	})
	return func() { cancel(); moving.Wait() }
}

func (o *office) over(books mailout.BatchInfo) {
	o.t.Helper()
	if books.State != mailout.Done || books.Totals[mailout.Signed] != officeRows-1 || books.Totals[mailout.Rejected] != 1 {
		o.t.Errorf("at the end the batch is %s with %v", books.State, books.Totals)
	}
	left, err := filepath.Glob(filepath.Join(o.dir, "signed", "*", "*"))
	must(o.t, err)
	kept, err := filepath.Glob(filepath.Join(o.dir, "signed", "*", ".fetch-*"))
	must(o.t, err)
	if len(left) != officeRows-1 || len(kept) != 0 {
		o.t.Errorf("the folder of signed documents holds %q and %q", left, kept)
	}
	if problems := o.audited(); problems != "" {
		o.t.Errorf("an audit finds %s", problems)
	}
}
