package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"batch/internal/mailout"
)

var soakTime = flag.Duration("soak.time", 4*time.Second, "how long TestFollowingForAnHour follows")

// A process that follows takes no more memory after an hour than after a third of it, has no
// more files open, and its write-ahead log stays short. People sign all the time, the portal's
// answers are lost now and then, and what was not confirmed comes again.
func TestFollowingForAnHour(t *testing.T) {
	const looks = 120
	rows := 4 + int(*soakTime/(5*time.Second))
	m := newMailout(t, rows+1) // the last one's signer does nothing: there is always something to follow
	m.batch(t, exitOK, "run", m.manifest, "--yes", "--quiet")
	jobs := m.jobs(t)
	m.control(t, http.MethodPut, "/faults", `[{"when": {"call": "confirm", "share": 0.1}, "do": "status-after:503"}, {"when": {"call": "confirm", "share": 0.07}, "do": "drop-before"},
		{"when": {"call": "pades", "share": 0.2}, "do": "truncate"}, {"when": {"call": "poll", "share": 0.01}, "do": "requeue"}]`)
	p := m.start(t, "follow", "--quiet")
	var usage []taken
	for look := range looks {
		for signed := look * rows / looks; signed < (look+1)*rows/looks; signed++ {
			m.control(t, http.MethodPost, fmt.Sprintf("/jobs/%d/sign", jobs[signed].ID), "")
		}
		m.control(t, http.MethodPost, "/clock?advance=11m", "")
		select {
		case <-p.ended:
			t.Fatalf("following has ended: %s%s", p.out, p.err)
		case <-time.After(*soakTime / looks):
		}
		usage = append(usage, takenBy(t, p.cmd.Process.Pid, m.dir))
	}
	early, late := most(usage[looks/3:2*looks/3]), most(usage[2*looks/3:])
	t.Logf("at most, in the second third %+v, in the last %+v", early, late)
	if late.memory > early.memory+early.memory/10+8<<20 || late.files > early.files+8 || late.log > 10<<20 {
		t.Errorf("it grows: %+v, then %+v", early, late)
	}
	p.signal(t, syscall.SIGINT)
	if err := awaitTrue("the end", p.over); err != nil {
		t.Fatal(err)
	}
	m.control(t, http.MethodPut, "/faults", "[]")
	m.control(t, http.MethodPost, "/clock?advance=11m", "")
	m.batch(t, exitOK, "follow", "--once", "--quiet")
	if n := len(m.rowsIn(t, mailout.Signed)); n != rows {
		t.Errorf("%d rows are signed, want %d", n, rows)
	}
}

// taken is what a process takes: bytes, and how many.
type taken struct {
	memory, log int64
	files       int
}

// takenBy looks at a process that follows in a folder.
func takenBy(t *testing.T, pid int, folder string) (u taken) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	for line := range strings.Lines(string(status)) {
		if kilobytes := int64(0); strings.HasPrefix(line, "RssAnon:") {
			_, err := fmt.Sscanf(line, "RssAnon: %d kB", &kilobytes)
			must(t, err)
			u.memory = kilobytes << 10
		}
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	must(t, err)
	u.files = len(files)
	if log, err := os.Stat(filepath.Join(folder, "ledger.db-wal")); err == nil { // else nothing is written yet
		u.log = log.Size()
	}
	return u
}

func most(all []taken) (m taken) {
	for _, u := range all {
		m = taken{max(m.memory, u.memory), max(m.log, u.log), max(m.files, u.files)}
	}
	return m
}
