package pdfprep

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const parentArg = "__parent"

// runParent is a program with one worker that is stuck. It prints the worker's
// process id and waits to be killed.
func runParent() int {
	s := newStarter()
	w, err := s.start(context.Background(), broken("__hang"))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(w.cmd.Process.Pid)
	select {}
}

// The pipe to the worker is held open by this test, so that only the signal can end it.
func TestWorkersDieWithTheirParent(t *testing.T) {
	parent := exec.Command(os.Args[0], parentArg)
	out, err := parent.StdoutPipe()
	must(t, err)
	must(t, parent.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	must(t, err)
	worker, err := unix.PidfdOpen(pid, 0)
	must(t, err)
	defer unix.Close(worker)
	keep := holdInput(t, pid)
	defer keep.Close()

	must(t, parent.Process.Kill())
	_ = parent.Wait()

	waitForExit(t, worker)
}

// Threads come and go. One that asked for a worker and ended must not take it along.
func TestAWorkerOutlivesTheThreadThatAskedForIt(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("x"), "b.pdf": letter("y")})
	p := f.pool(t, func(o *Options) { o.Workers = 1 })
	(<-p.slots).end()
	p.slots <- nil // the next file starts a worker
	asked := make(chan int)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		if _, err := p.Make(context.Background(), []string{"a.pdf"}); err != nil {
			t.Error(err)
		}
		asked <- unix.Gettid()
	}()
	task := fmt.Sprintf("/proc/self/task/%d", <-asked)
	for {
		if _, err := os.Stat(task); os.IsNotExist(err) {
			break
		}
		runtime.Gosched()
	}
	inspectOne(t, p, "b.pdf")
	w := <-p.slots
	defer func() { p.slots <- w }()
	if w == nil || w.served != 2 {
		t.Error("the worker ended with the thread that asked for it")
	}
}

// holdInput opens the write end of a process's input pipe once more.
func holdInput(t *testing.T, pid int) *os.File {
	t.Helper()
	f, err := os.OpenFile(fmt.Sprintf("/proc/%d/fd/0", pid), os.O_WRONLY, 0)
	must(t, err)
	return f
}

// waitForExit waits until the process has ended, and fails where it lives on.
func waitForExit(t *testing.T, pidfd int) {
	t.Helper()
	const minute = 60_000
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, minute)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n != 1 {
			t.Fatalf("the worker outlived its parent: %d, %v", n, err)
		}
		return
	}
}

func TestAWorkerIsFencedIn(t *testing.T) {
	f := newFolder(t, nil)
	t.Setenv("BATCH_CERTIFICATE_PASSWORD", "secret")
	lock, err := os.Create(filepath.Join(f.docs, "lock"))
	must(t, err)
	defer lock.Close()
	p := f.pool(t, func(o *Options) { o.Workers = 1 })
	w := <-p.slots
	defer func() { p.slots <- w }()
	proc := fmt.Sprintf("/proc/%d/", w.cmd.Process.Pid)

	environ, err := os.ReadFile(proc + "environ")
	must(t, err)
	if len(environ) != 0 {
		t.Errorf("the environment holds %d bytes", len(environ))
	}
	fds, err := os.ReadDir(proc + "fd")
	must(t, err)
	for _, fd := range fds {
		target, err := os.Readlink(proc + "fd/" + fd.Name())
		must(t, err)
		own := strings.HasPrefix(target, "pipe:") || strings.HasPrefix(target, "anon_inode:") || strings.HasPrefix(target, "/sys/fs/cgroup/")
		if !own {
			t.Errorf("descriptor %s was inherited: %s", fd.Name(), target)
		}
	}
	for resource, want := range map[int]uint64{unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: 0} {
		if got := limit(t, w.cmd.Process.Pid, resource); got != want {
			t.Errorf("resource %d is limited to %d, want %d", resource, got, want)
		}
	}
	if got := limit(t, w.cmd.Process.Pid, unix.RLIMIT_AS); got == unix.RLIM_INFINITY || got < memoryCap {
		t.Errorf("the address space is limited to %d", got)
	}
}

func limit(t *testing.T, pid, resource int) uint64 {
	t.Helper()
	var l unix.Rlimit
	must(t, unix.Prlimit(pid, resource, nil, &l))
	return l.Max
}

// A worker that is killed between two files, say by the system for want of memory, costs
// nothing: the next file gets a fresh one.
func TestAWorkerKilledBetweenFiles(t *testing.T) {
	f := newFolder(t, map[string][]byte{"a.pdf": letter("x"), "b.pdf": letter("y")})
	p := f.pool(t, func(o *Options) { o.Workers = 1 })
	inspectOne(t, p, "a.pdf")
	w := <-p.slots
	must(t, w.cmd.Process.Signal(syscall.SIGKILL))
	p.slots <- w
	if found := inspectOne(t, p, "b.pdf"); !found.OK() {
		t.Errorf("found %v", found.Findings)
	}
}

func TestAPipeIsNotOpened(t *testing.T) {
	f := newFolder(t, nil)
	must(t, syscall.Mkfifo(filepath.Join(f.docs, "pipe.pdf"), 0o600))
	p := f.pool(t)
	if got := codes(inspectOne(t, p, "pipe.pdf").Findings); !slices.Equal(got, []string{codeNotAFile}) {
		t.Errorf("found %v, want %s", got, codeNotAFile)
	}
}

// Somebody, or the system, kills workers while they work: every file has its own verdict
// all the same, and every document its pages. One falls for every seven documents.
func TestWorkersKilledUnderLoad(t *testing.T) {
	const documents, share = 210, 7
	files, want := map[string][]byte{"cover.pdf": letter("cover")}, map[string]string{}
	for i := range documents {
		name := fmt.Sprintf("%d.pdf", i)
		switch i % 3 {
		case 0:
			files[name] = letter(fmt.Sprint("page ", i))
		case 1:
			files[name], want[name] = append(signed(), fmt.Sprintf("%% %d\n", i)...), codeSigned
		case 2:
			files[name], want[name] = letter(fmt.Sprint(i))[:200+i], codeCutOff
		}
	}
	p := newFolder(t, files).pool(t, func(o *Options) { o.Workers = 4 })
	done := make(chan string)
	for i := range documents {
		go func() {
			name := fmt.Sprintf("%d.pdf", i)
			defer func() { done <- name }()
			made, wrong := makeOne(t, p, "cover.pdf", name)
			if want[name] == "" && (made.Pages != 2 || wrong != nil) || want[name] != "" && !slices.Equal(wrong, []string{want[name]}) {
				t.Errorf("%s: %d pages, %v, want %q", name, made.Pages, wrong, want[name])
			}
		}()
	}
	kills := 0
	for n := range documents {
		<-done
		if workers := children(t); n%share == 0 && len(workers) > 0 {
			victim := workers[rand.IntN(len(workers))]
			if syscall.Kill(victim, []syscall.Signal{syscall.SIGKILL, syscall.SIGKILL, syscall.SIGTERM}[kills%3]) == nil {
				kills++
			}
		}
	}
	if kills < 5 {
		t.Errorf("%d workers were killed: the test says little", kills)
	}
}

// children lists the processes that this one has started and that live.
func children(t *testing.T) (pids []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	must(t, err)
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		var pid, parent int
		var state string
		_, rest, _ := strings.Cut(string(b), ") ") // the name before it may hold anything
		if _, err := fmt.Sscan(rest, &state, &parent); err != nil || parent != os.Getpid() || state == "Z" {
			continue
		}
		_, err = fmt.Sscan(string(b), &pid)
		must(t, err)
		pids = append(pids, pid)
	}
	return pids
}
