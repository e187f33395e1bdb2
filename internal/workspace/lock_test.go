package workspace

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// childJob makes the test binary a child process of a test: "hold DIR" takes the lock and
// says so, "wait" does nothing; both live until their input ends.
const childJob = "BATCH_WORKSPACE_TEST_CHILD"

func TestMain(m *testing.M) {
	if job := os.Getenv(childJob); job != "" {
		os.Exit(child(job))
	}
	os.Exit(m.Run())
}

func child(job string) int {
	if dir, hold := strings.CutPrefix(job, "hold "); hold {
		w, err := Find(dir)
		if err != nil {
			panic(err)
		}
		if _, err := w.Lock(); err != nil {
			panic(err)
		}
	}
	os.Stdout.WriteString("ready\n")
	io.Copy(io.Discard, os.Stdin)
	return 0
}

// start runs this test binary as a child that has reached its work.
func start(t *testing.T, job string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childJob+"="+job)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
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
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	return cmd
}

func mustLock(t *testing.T, w *Workspace) *Lock {
	t.Helper()
	lock, err := w.Lock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lock.Unlock() })
	return lock
}

func TestLockIsHeldOnce(t *testing.T) {
	w := made(t)
	lock := mustLock(t, w)
	_, err := w.Lock()
	var held *Held
	if !errors.As(err, &held) || held.PID != os.Getpid() || held.Path != w.lockPath() {
		t.Fatalf("got %v, want a *Held with pid %d", err, os.Getpid())
	}
	if held.Since.Location() != w.Config.Location || held.Since.After(time.Now()) || held.Since.Before(time.Now().Add(-time.Hour)) {
		t.Errorf("held since %s", held.Since)
	}
	if err := errors.Join(lock.Unlock(), lock.Unlock()); err != nil {
		t.Error(err)
	}
	mustLock(t, w)
	if info, err := os.Stat(w.lockPath()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the lock file: %v, %v", info, err)
	}
}

func TestHeldMessage(t *testing.T) {
	h := &Held{Path: "/w/ledger.lock", PID: 4711, Since: time.Date(2026, 11, 21, 14, 3, 0, 0, time.UTC)}
	if got, want := h.Error(), "another process holds the ledger: process 4711, since 2026-11-21 14:03 (lock file /w/ledger.lock)"; got != want {
		t.Errorf("got %s", got)
	}
	h.PID = 0
	if got, want := h.Error(), "another process holds the ledger (lock file /w/ledger.lock)"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestKilledHolderHoldsNothing(t *testing.T) {
	w := made(t)
	holder := start(t, "hold "+w.Dir)
	_, err := w.Lock()
	var held *Held
	if !errors.As(err, &held) || held.PID != holder.Process.Pid {
		t.Fatalf("got %v, want a *Held with the child's pid %d", err, holder.Process.Pid)
	}
	if err := holder.Process.Kill(); err != nil { // SIGKILL: nothing of the child runs any more
		t.Fatal(err)
	}
	holder.Wait()
	if _, err := os.Stat(w.lockPath()); err != nil {
		t.Errorf("the lock file went with its holder: %v", err)
	}
	mustLock(t, w)
	if h := holderOf(w); h.PID != os.Getpid() {
		t.Errorf("the lock file names process %d, want %d", h.PID, os.Getpid())
	}
}

func holderOf(w *Workspace) *Held { return holder(w.lockPath()) }

func TestChildrenDoNotInherit(t *testing.T) {
	w := made(t)
	lock := mustLock(t, w)
	start(t, "wait") // a worker, say, that lives on
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	mustLock(t, w)
}

// TestReplacedLockFile has somebody delete the lock file just before it is locked: a
// lock on the deleted file would keep nobody out.
func TestReplacedLockFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.lock")
	left := 2
	lock, err := take(path, func(f *os.File) error {
		if left > 0 {
			left--
			if err := os.Remove(path); err != nil {
				return err
			}
		}
		return lockFile(f)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	if !isAt(lock.file, path) {
		t.Error("the locked file is not the one that is there")
	}
	if _, err := take(path, lockFile); !errors.As(err, new(*Held)) {
		t.Errorf("got %v, want a *Held", err)
	}
}

// Somebody deletes the lock file while it is held.
func TestADeletedLockFileIsStillHeld(t *testing.T) {
	w := made(t)
	if err := os.WriteFile(w.SentLog(), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, "hold "+w.Dir)
	if err := os.Remove(w.lockPath()); err != nil {
		t.Skipf("the system does not let it happen: %v", err)
	}
	for range 2 { // the first has made the file anew
		if _, err := w.Lock(); !errors.As(err, new(*Held)) {
			t.Errorf("got %v, want a *Held", err)
		}
		if !w.Spoken() {
			t.Error("readers think that nobody speaks")
		}
	}
}

// The lock is refused at once: nobody who asks for it waits.
func TestAHeldLockIsRefusedAtOnce(t *testing.T) {
	w := made(t)
	mustLock(t, w)
	refused := make(chan error)
	go func() {
		_, err := w.Lock()
		refused <- err
	}()
	select {
	case err := <-refused:
		if !errors.As(err, new(*Held)) {
			t.Errorf("got %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it waits for the holder")
	}
}

func TestLockFileThatKeepsVanishing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.lock")
	_, err := take(path, func(*os.File) error { return os.Remove(path) })
	if err == nil || errors.As(err, new(*Held)) {
		t.Errorf("got %v", err)
	}
}

func TestUnreadableHolder(t *testing.T) {
	w := made(t)
	mustLock(t, w)
	for _, text := range []string{"", "soon", "-3 2026-11-21T14:03:00Z", "4711", "4711 yesterday"} {
		if err := os.WriteFile(w.lockPath(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := w.Lock()
		var held *Held
		if !errors.As(err, &held) || held.PID != 0 {
			t.Errorf("%q: got %v, want a *Held without a pid", text, err)
		}
	}
}

func TestLockWithoutFolder(t *testing.T) {
	w := made(t)
	w.Config.Ledger.Folder = filepath.Join(w.Dir, "not-there")
	_, err := w.Lock()
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Message, w.lockPath()) || e.Remedy == "" {
		t.Errorf("got %v", err)
	}
}
