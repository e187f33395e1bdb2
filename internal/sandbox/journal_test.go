package sandbox

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A journal that ends anywhere is read up to the last whole line: the sandbox was killed
// in the middle of a write, which nobody had been answered for.
func TestTornJournal(t *testing.T) {
	o := Options{Dir: t.TempDir(), State: StateFile, NoLimits: true, PKI: testPKI()}
	c := start(t, o)
	c.create("ref-1", newBundle(oneSigner))
	c.confirm(c.poll())
	c.create("ref-2", newBundle(signers(1, 2)))
	whole, err := os.ReadFile(filepath.Join(c.running.Sandbox.folder.path, journalName))
	if err != nil {
		t.Fatal(err)
	}
	for end := 0; end <= len(whole); end += 1 + end%7*40 {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, stateFolder), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, stateFolder, journalName), whole[:end], 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := New(Options{Dir: dir, State: StateFile, PKI: testPKI()})
		if err != nil {
			t.Fatalf("cut after %d bytes: %v", end, err)
		}
		if got, want := len(s.Jobs("")), bytes.Count(whole[:lastLine(whole[:end])], []byte(`"birth"`)); got != want {
			t.Errorf("cut after %d bytes: %d jobs, want %d", end, got, want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		s, err = New(Options{Dir: dir, State: StateFile, PKI: testPKI()}) // and what it wrote is whole
		if err != nil {
			t.Fatalf("cut after %d bytes, the second time: %v", end, err)
		}
		s.Close()
	}
}

func lastLine(text []byte) int { return bytes.LastIndexByte(text, '\n') + 1 }

// Damage that no kill makes is not read over: nobody could tell what is missing.
func TestDamagedJournalIsRefused(t *testing.T) {
	const first = `{"format":1}` + "\n"
	for name, text := range map[string]string{
		"a line in the middle": first + `{"clock":1` + "\n" + `{"clock":2}` + "\n",
		"another version":      `{"format":2}` + "\n",
		"no version":           `{"clock":2}` + "\n",
		"a job without birth":  first + `{"job":{"id":1,"status":"FAILED","signers":[]}}` + "\n",
		"another manifest":     first + `{"birth":{"id":1,"manifest":"PGEvPg==","documents":[]}}` + "\n",
		"documents missing":    first + `{"birth":{"id":1,"manifest":"","documents":["AA=="]}}` + "\n",
	} {
		dir := t.TempDir()
		folder := filepath.Join(dir, stateFolder)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, journalName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := New(Options{Dir: dir, State: StateFile, PKI: testPKI()})
		if err == nil {
			s.Close()
			t.Errorf("%s: read", name)
			continue
		}
		if !strings.Contains(err.Error(), journalName) || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := os.ReadFile(filepath.Join(folder, journalName)); string(left) != text {
			t.Errorf("%s: the journal was changed", name)
		}
	}
}

// A call whose effect cannot be kept is not answered as done; when it can be again, what
// was missing is kept, with nothing torn in between.
func TestStateThatCannotBeKept(t *testing.T) {
	o := Options{Dir: t.TempDir(), State: StateFile, NoLimits: true, SignAfter: -1, PKI: testPKI()}
	c := start(t, o)
	s := c.running.Sandbox
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip("there is no /dev/full")
	}
	defer full.Close()
	id := c.create("kept", newBundle(oneSigner))
	s.mu.Lock()
	disk := s.journal.file
	s.journal.file = full
	s.mu.Unlock()
	lost := c.tryCreate("lost").want(t, 500)
	if lost.code() != codeInternal || !strings.Contains(string(lost.body), "no space left") {
		t.Errorf("told %s", lost.body)
	}
	c.get("").want(t, 500) // nothing is, until the disk has room again
	s.mu.Lock()
	s.journal.file = disk
	much := strings.Repeat(`{"clock":1}`+"\n", 1000) + `{"job":{"id":17,"sta`
	if _, err := disk.WriteAt([]byte(much), s.journal.size); err != nil { // some of it got through
		t.Error(err)
	}
	s.mu.Unlock()
	c.act(id, 1, "sign", 200)
	c.get("").want(t, 200)
	c.wantReloadedEqual(o)
}

// At a start the journal is written anew, without what was replaced since.
func TestJournalIsCompacted(t *testing.T) {
	o := Options{Dir: t.TempDir(), State: StateFile, NoLimits: true, SignAfter: -1, PKI: testPKI()}
	c := start(t, o)
	c.create("ref-1", newBundle(oneSigner))
	for range 100 {
		c.advance(day / 10)
		c.wantEmpty()
	}
	path := filepath.Join(c.running.Sandbox.folder.path, journalName)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c.again(o)
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(after, []byte("\n")); lines != 3 || bytes.Count(before, []byte("\n")) < 200 { // version, clock, job
		t.Errorf("%d bytes became\n%s", len(before), after)
	}
}
