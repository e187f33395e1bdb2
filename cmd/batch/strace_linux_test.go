package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"batch/internal/judgetest"
)

// What is on the disk before what is said to the portal, as the kernel saw it (design.md, "The
// life of a row" and "Following a job"): for every create the intent in the ledger, synced, then
// its line in sent.log, synced, and only then the first byte; for every file that is fetched its
// bytes, synced, then the ledger, synced, then its name, the folder synced, then the ledger,
// synced, and only then the confirmation. One call is made at a time and no more than one a
// second, so the portal's own log tells which call each one is, although nobody can read it.
func TestOrderOnDisk(t *testing.T) {
	t.Parallel()
	strace := judgetest.Find(t, "strace")
	const rows = 2
	m := newStrictMailout(t, rows, "--sign-after", "0s", "--poll-interval", "1s")
	must(t, changeSettings(filepath.Join(m.dir, "batch.toml"), "portal.calls_per_second=1", "documents.xades=true"))
	m.batch(t, exitOK, "plan", m.manifest)
	trace := filepath.Join(t.TempDir(), "trace")
	args := append(append([]string{}, straceFlags...), "-o", trace, "batch", "--workspace", m.dir, "run", m.manifest, "--yes", "--follow")
	p := begin(t, exec.Command(strace, args...))
	p.ends(t, exitOK)
	o := &order{syscalls: readStrace(t, trace), calls: m.callLog(t)}
	if o.requests = o.syscalls.requests(m.port(t)); len(o.requests) != len(o.calls) {
		t.Fatalf("%d calls are in the trace, and %d in the portal's log", len(o.requests), len(o.calls))
	}
	creates, files := o.checkCreates(t), o.checkFiles(t)
	if creates != rows || files != 2*rows {
		t.Errorf("%d creates and %d files were checked, want %d and %d", creates, files, rows, 2*rows)
	}
}

// order is what happened on disk and on the way to the portal.
type order struct {
	syscalls
	calls    []portalCall
	requests []request // as calls
}

// portalCall is a call in the portal's own log.
type portalCall struct {
	Kind, Reference string
	Job             int64
}

func (m *mailoutKit) callLog(t *testing.T) (all []portalCall) {
	t.Helper()
	for line := range strings.Lines(string(m.control(t, http.MethodGet, "/calls", ""))) {
		var c portalCall
		must(t, json.Unmarshal([]byte(line), &c))
		all = append(all, c)
	}
	return all
}

// port is where the portal listens.
func (m *mailoutKit) port(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(m.dir, "sandbox.json"))
	must(t, err)
	var ready struct{ URL string }
	must(t, json.Unmarshal(text, &ready))
	address, err := url.Parse(ready.URL)
	must(t, err)
	port, err := strconv.Atoi(address.Port())
	must(t, err)
	return port
}

func writesTo(file, what string) func(systemCall) bool {
	return func(c systemCall) bool {
		return c.writes() && strings.HasSuffix(c.file, file) && strings.Contains(c.args, what)
	}
}

func syncs(file string) func(systemCall) bool {
	return func(c systemCall) bool { return c.syncs() && strings.HasSuffix(c.file, file) }
}

const walFile = "/ledger.db-wal"

// checkCreates checks every create, and counts them.
func (o *order) checkCreates(t *testing.T) (n int) {
	for i, c := range o.calls {
		if c.Kind != "create" {
			continue
		}
		n++
		firstByte := o.requests[i].first
		said := o.then(t, c.Reference+" in sent.log", o.requests[i-1].last, firstByte, writesTo("/sent.log", c.Reference))
		intent := o.then(t, c.Reference+" in the ledger", 0, said.begun, writesTo(walFile, c.Reference))
		o.then(t, "syncing the ledger", intent.done, said.begun, syncs(walFile))
		o.then(t, "syncing sent.log", said.done, firstByte, syncs("/sent.log"))
	}
	return n
}

var renamed = regexp.MustCompile(`"([^"]*)", .*"([^"]*/([^/"]*-(\d{9,})(?:-signer-\d+)?\.(?:pdf|xml)))"`)

// checkFiles checks every file that was put into the folder of signed documents, and counts
// them.
func (o *order) checkFiles(t *testing.T) (n int) {
	for _, c := range o.syscalls {
		to := renamed.FindStringSubmatch(c.args)
		if !strings.HasPrefix(c.name, "rename") || to == nil {
			continue
		}
		n++
		temp, folder, name := filepath.Base(to[1]), "/"+filepath.Base(filepath.Dir(to[2])), to[3]
		fetched := o.then(t, "the bytes of "+name, 0, c.begun, writesTo("/"+temp, ""))
		safe := o.then(t, "syncing the bytes of "+name, fetched.done, c.begun, syncs("/"+temp))
		noted := o.then(t, temp+" in the ledger", safe.done, c.begun, writesTo(walFile, temp))
		o.then(t, "syncing the ledger", noted.done, c.begun, syncs(walFile))

		confirmed := o.confirmation(t, to[4])
		lasting := o.first(c.done, syncs(folder))
		kept := o.then(t, name+" in the ledger", lasting, confirmed, writesTo(walFile, name))
		o.then(t, "syncing the ledger", kept.done, confirmed, syncs(walFile))
	}
	return n
}

// first is the line at which the first call after another is done that fits; 1<<62 where none
// does.
func (o *order) first(after int, fits func(systemCall) bool) int {
	for _, c := range o.syscalls {
		if c.begun > after && fits(c) {
			return c.done
		}
	}
	return 1 << 62
}

// confirmation is the line of the first byte of a job's confirmation.
func (o *order) confirmation(t *testing.T, job string) int {
	t.Helper()
	for i, c := range o.calls {
		if c.Kind == "confirm" && fmt.Sprint(c.Job) == job {
			return o.requests[i].first
		}
	}
	t.Errorf("job %s was not confirmed", job)
	return 0
}
