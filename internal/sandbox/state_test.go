package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// snapshot is all that a sandbox must not forget, as text.
func (s *Sandbox) snapshot(t *testing.T) string {
	t.Helper()
	s.mu.Lock()
	defer s.unlock()
	s.catchUp()
	var all strings.Builder
	fmt.Fprintf(&all, "clock %v, %d created\n", s.offset, s.created)
	for _, j := range byID(s.jobs) {
		b, line := *j.birth(), j.entry()
		b.Manifest, line.Birth = nil, &b // the manifest itself is in the journal only
		text, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s\n\tfrom %+v, at %v\n\tlooked at %v\n", text, *j.manifest, j.documents, j.scheduled.UTC())
	}
	var queues []string
	for key, q := range s.queues {
		line := fmt.Sprintf("queue %v:", key)
		for _, j := range q.jobs {
			line += fmt.Sprint(" ", j.id)
		}
		if q.permitted.After(s.now()) {
			line += fmt.Sprint(" not before ", q.permitted.UTC())
		} else if len(q.jobs) == 0 {
			continue // as good as none
		}
		queues = append(queues, line)
	}
	slices.Sort(queues)
	return all.String() + strings.Join(queues, "\n")
}

// reloaded is a sandbox made of what this one would leave if it were killed now.
func (c *client) reloaded(o Options) *Sandbox {
	c.t.Helper()
	o.Dir = c.t.TempDir()
	if err := os.CopyFS(filepath.Join(o.Dir, stateFolder), os.DirFS(c.running.Sandbox.folder.path)); err != nil {
		c.t.Fatal(err)
	}
	s, err := New(o)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { s.Close() })
	return s
}

func (c *client) wantReloadedEqual(o Options) {
	c.t.Helper()
	want, got := strings.Split(c.running.Sandbox.snapshot(c.t), "\n"), strings.Split(c.reloaded(o).snapshot(c.t), "\n")
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			c.t.Errorf("line %d was\n%s\nand is reloaded as\n%s", i+1, want[i], got[i])
		}
	}
	if len(want) != len(got) {
		c.t.Errorf("%d lines were reloaded as %d", len(want), len(got))
	}
}

// A sandbox that is started again goes on: its keys, its clock, what it handed out and
// what it did not, its documents.
func TestStateOutlivesTheSandbox(t *testing.T) {
	o := Options{Dir: t.TempDir(), State: StateFile, NoLimits: true, SignAfter: time.Minute, PollInterval: time.Hour}
	o.PKI = testPKI()
	c := start(t, o)
	kept := c.create("handed-out", newBundle(oneSigner))
	waiting := c.create("activated-later", newBundle(activated(signers(1, 2), 2*day)))
	c.advance(day)
	m := c.poll()
	before := c.get(m.PAdES).want(t, 200).body
	c.get("/portal/signature-jobs").want(t, 204)
	clock := c.running.Sandbox.Clock()
	c.again(o)

	c.get("/portal/signature-jobs").want(t, 429) // the permitted time
	c.running.Sandbox.allowPolls()
	c.wantEmpty() // the change is still handed out
	if now := c.running.Sandbox.Clock(); now.Before(clock) || now.After(clock.Add(time.Hour)) {
		t.Errorf("the clock is at %v, was at %v", now, clock)
	}
	c.advance(redelivery)
	again := c.poll()
	if again.ID != kept || string(c.get(again.PAdES).want(t, 200).body) != string(before) {
		t.Errorf("came again as %+v, or with another document", again)
	}
	c.confirm(again)
	c.again(o)

	c.post(again.Confirm).want(t, 410)
	c.advance(2 * day)
	if next := c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED"); next.ID != waiting {
		t.Errorf("the next change is %+v", next)
	}
	if id := c.create("new", newBundle(oneSigner)); id <= waiting {
		t.Errorf("job %d came after job %d", id, waiting)
	}
}

// again ends the sandbox and starts another on the same folder, at the same address.
func (c *client) again(o Options) {
	c.t.Helper()
	if err := c.running.Close(); err != nil {
		c.t.Fatal(err)
	}
	c.http.CloseIdleConnections()
	address := strings.TrimSuffix(strings.TrimPrefix(c.running.URL, "https://"), "/api")
	r, err := Start(c.t.Context(), StartOptions{Listen: address, Options: o})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { r.Close() })
	c.running = r
}

// A confirmation that the portal has forgotten (a fault) is forgotten for good.
func TestGivenBackChangesAreKept(t *testing.T) {
	o := Options{Dir: t.TempDir(), State: StateFile, NoLimits: true, PKI: testPKI(), Faults: []Fault{{When{Call: CallConfirm}, requeue}}}
	c := start(t, o)
	c.create("ref-1", newBundle(oneSigner))
	c.confirm(c.poll())
	c.again(o)
	c.confirm(c.poll())
}

// What a killed sandbox has half done is neither told of nor kept.
func TestHalfDoneFilesAreSwept(t *testing.T) {
	o := Options{Dir: t.TempDir(), State: StateFile, NoLimits: true, PKI: testPKI()}
	c := start(t, o)
	id := c.create("ref-1", newBundle(oneSigner))
	c.get(c.poll().PAdES).want(t, 200)
	folder := c.running.Sandbox.folder.path
	for _, name := range []string{"17.asice", "17-1.pdf", ".sandbox-123", fmt.Sprint(id, "0.asice"), "-"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("%PDF-"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.again(o)
	var left []string
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		left = append(left, f.Name())
	}
	if want := []string{fmt.Sprint(id, "-"), fmt.Sprint(id, ".asice"), journalName}; !slices.EqualFunc(left, want, strings.HasPrefix) {
		t.Errorf("there are %v, want names that begin as %v", left, want)
	}
}

// The state holds the signers' numbers and addresses, and keys.
func TestStateIsPrivate(t *testing.T) {
	o := Options{Dir: filepath.Join(t.TempDir(), "new"), State: StateFile, NoLimits: true}
	c := start(t, o)
	c.create("ref-1", newBundle(oneSigner))
	c.get(c.poll().PAdES).want(t, 200)
	if _, err := keptPKI(c.running.Sandbox.folder.path, time.Now()); err != nil {
		t.Fatal(err)
	}
	err := filepath.Walk(o.Dir, func(path string, info os.FileInfo, err error) error {
		if want := map[bool]os.FileMode{true: 0o700, false: 0o600}[info.IsDir()]; err == nil && info.Mode().Perm() != want {
			t.Errorf("%s may be read by %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The keys are those of before, and the customer's file the same byte for byte.
func TestKeysAreKept(t *testing.T) {
	dir := t.TempDir()
	made, err := keptPKI(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := keptPKI(dir, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if !kept.Root.Equal(made.Root) || !kept.Issuing.Equal(made.Issuing) || !kept.Server.Leaf.Equal(made.Server.Leaf) || !kept.Client.Leaf.Equal(made.Client.Leaf) ||
		string(kept.ClientP12) != string(made.ClientP12) || kept.ClientPassword != made.ClientPassword {
		t.Error("another certificate came back")
	}
	r, err := Start(t.Context(), StartOptions{Options: Options{PKI: kept}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c := &client{t: t, running: r, http: httpClient(t, made.Client), sender: Organization}
	c.get("").want(t, 200)
	if err := os.WriteFile(filepath.Join(dir, keysName), []byte(`{"root":"AAAA"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keptPKI(dir, time.Now()); err == nil {
		t.Error("damaged keys were replaced in silence")
	}
}
