package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// syscalls is what strace saw of a process and its children, in the order in which they were
// begun. begun and done count the lines of its output: a call that was done before another
// began, by these, was done before it began in truth.
type syscalls []systemCall

type systemCall struct {
	name, file  string  // file: the path behind the descriptor, or what the socket connects
	args        string  // with what was written, as strace escapes it
	at          float64 // seconds
	begun, done int
}

func (c systemCall) syncs() bool { return c.name == "fsync" || c.name == "fdatasync" }
func (c systemCall) writes() bool {
	return strings.HasPrefix(c.name, "write") || strings.HasPrefix(c.name, "pwrite") || strings.HasPrefix(c.name, "send")
}

// straceFlags show every call that the order on disk is made of, with all that it writes.
var straceFlags = []string{"-f", "-yy", "-ttt", "-s", "20000", "--seccomp-bpf", "-e", "signal=none",
	"-e", "trace=write,writev,pwrite64,pwritev,sendto,sendmsg,read,readv,recvfrom,recvmsg,fsync,fdatasync,/^rename,close"}

var (
	straceLine = regexp.MustCompile(`^(\d+) +(\d+\.\d+) (.*)$`)
	onFile     = regexp.MustCompile(`^(\w+)\((?:\d+<(TCP:\[[^\]]*\]|[^>]*)>)?(.*)$`)
)

// readStrace reads strace's output.
func readStrace(t *testing.T, path string) (all syscalls) {
	t.Helper()
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	waiting := map[string]int{} // process → its call that is not done yet
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	for n := 1; lines.Scan(); n++ {
		parts := straceLine.FindStringSubmatch(lines.Text())
		if parts == nil {
			t.Fatalf("line %d is not strace's: %.200s", n, lines.Text())
		}
		pid, what := parts[1], parts[3]
		if strings.HasPrefix(what, "<... ") {
			if i, ok := waiting[pid]; ok {
				all[i].done = n
				all[i].args += what
				delete(waiting, pid)
			}
			continue
		}
		call := onFile.FindStringSubmatch(what)
		if call == nil {
			continue // a process ended
		}
		at, err := strconv.ParseFloat(parts[2], 64)
		must(t, err)
		all = append(all, systemCall{name: call[1], file: call[2], args: call[3], at: at, begun: n, done: n})
		if strings.HasSuffix(what, "<unfinished ...>") {
			waiting[pid] = len(all) - 1
		}
	}
	must(t, lines.Err())
	return all
}

// find is the last of the calls that fit and that began after one line and were done before
// another.
func (s syscalls) find(after, before int, fits func(systemCall) bool) (found systemCall, ok bool) {
	for _, c := range s {
		if c.begun > after && c.done < before && fits(c) {
			found, ok = c, true
		}
	}
	return found, ok
}

// then is find for a call that must be there.
func (s syscalls) then(t *testing.T, what string, after, before int, fits func(systemCall) bool) systemCall {
	t.Helper()
	c, ok := s.find(after, before, fits)
	if !ok {
		t.Errorf("%s is not between lines %d and %d of the trace", what, after, before)
	}
	return c
}

// request is one call to the portal: the lines of its first and last byte, either way.
type request struct{ first, last int }

// quiet is what lies, in seconds, between an answer and the next call at one call a second; a
// little less, for clocks differ.
const quiet = 0.9

// requests are the calls to a port, where one at a time is made, and no more than one a second:
// each begins with the first byte that is written after a second of silence. What TLS says
// when it closes a connection belongs to none.
func (s syscalls) requests(port int) (all []request) {
	to := fmt.Sprintf("->127.0.0.1:%d]", port)
	last := 0.0
	for i, c := range s {
		if !strings.HasSuffix(c.file, to) || c.name == "close" {
			continue
		}
		if c.writes() {
			if s.closes(i, to) {
				continue
			}
			if c.at-last > quiet {
				all = append(all, request{first: c.begun})
			}
		} else if strings.Contains(c.args, "EAGAIN") || len(all) == 0 {
			continue
		}
		last = c.at
		all[len(all)-1].last = c.done
	}
	return all
}

// closes reports whether nothing but the end of the connection follows a write.
func (s syscalls) closes(i int, to string) bool {
	for _, c := range s[i+1:] {
		if strings.HasSuffix(c.file, to) {
			return c.name == "close"
		}
	}
	return false
}
