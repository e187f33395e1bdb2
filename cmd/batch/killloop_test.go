package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"batch/internal/mailout"
)

var (
	killRuns = flag.Int("kill.runs", 20, "how many processes the kill loop kills")
	killSeed = flag.Uint64("kill.seed", 0, "what the dice of the kill loop begin with; 0: anything")
)

const (
	killsEach = 5  // so many processes are killed in one mail-out, if it lasts so long
	killLanes = 2  // mail-outs side by side
	killRows  = 24 // rows of one
)

// Processes are killed at random moments, whatever they are doing: planning, sending,
// following, keeping, confirming, cancelling, taking up what the one before left. Now and then
// the portal goes down with them. After each death, and at the end, the portal's own list of
// jobs is held against the books. A seed repeats the choices; what a process has come to at a
// moment, no seed repeats.
func TestKillLoop(t *testing.T) {
	seed := newKillSeed()
	var killed tally
	t.Cleanup(func() { t.Logf("killed: %s", killed.String()) })
	for lane := range killLanes {
		t.Run(fmt.Sprint("lane ", lane), func(t *testing.T) {
			t.Parallel()
			for kills, n := 0, 0; kills < (*killRuns+killLanes-1)/killLanes && !t.Failed(); n++ {
				seed := seed + uint64(killLanes*n+lane)
				t.Logf("seed %d; again with: go test ./cmd/batch -run '^TestKillLoop$' -kill.runs 1 -kill.seed %d", seed, seed)
				kills += newKillLoop(t, seed, &killed).run(t)
				if n > *killRuns {
					t.Fatalf("only %d processes could be killed in %d mail-outs", kills, n)
				}
			}
		})
	}
}

func newKillSeed() uint64 {
	if *killSeed != 0 {
		return *killSeed
	}
	return rand.Uint64N(1_000_000) + 1
}

// tally counts what was killed, by its command.
type tally struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *tally) add(command string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[command]++
}

func (c *tally) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.n)
}

// killLoop is one mail-out whose processes are killed.
type killLoop struct {
	*mailoutKit
	dice   *rand.Rand
	flags  []string // of the sandbox
	killed *tally
	id     string // of the batch, once it is approved

	longest time.Duration // how long a process lives at most
}

func newKillLoop(t *testing.T, seed uint64, killed *tally) *killLoop {
	t.Helper()
	k := &killLoop{dice: rand.New(rand.NewPCG(seed, 0)), killed: killed}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, free.Close())
	k.flags = []string{"--state", "file", "--listen", free.Addr().String(), "--sign-after", []string{"0s", "1h"}[k.dice.IntN(2)]}
	k.mailoutKit = newMailout(t, killRows, k.flags...)
	began := time.Now()
	k.batch(t, exitOK, "version")
	// Sending all rows takes about thirty times as long, on a machine that is busy too.
	k.longest = min(500*time.Millisecond+30*time.Since(began), 10*time.Second)
	return k
}

// run kills until it has killed enough, or all is over, and finishes the mail-out.
func (k *killLoop) run(t *testing.T) (kills int) {
	t.Helper()
	for range k.dice.IntN(3) {
		kills += k.kill1(t, "plan", k.manifest)
	}
	for tries := 0; tries < 3*killsEach && kills < killsEach && !t.Failed(); tries++ {
		kills += k.kill1(t, k.command1(t)...)
		if k.id != "" && k.holds(t) {
			break
		}
	}
	k.finish(t)
	return kills
}

// command1 is what is run next. Nothing else happens before the first rows are sent.
func (k *killLoop) command1(t *testing.T) []string {
	t.Helper()
	if k.id == "" {
		return []string{"run", k.manifest, "--yes", "--follow"}
	}
	if k.dice.IntN(3) == 0 {
		k.control(t, http.MethodPost, "/clock?advance=31m", "")
	}
	row := func() string { return fmt.Sprintf("r%03d", 1+k.dice.IntN(killRows)) }
	all := [][]string{
		{"resume", k.id, "--yes", "--follow"}, {"resume", k.id, "--yes", "--follow"}, {"resume", k.id, "--yes"},
		{"run", k.manifest, "--yes", "--follow"}, {"follow", k.id}, {"follow", "--once"},
		{"cancel", k.id, row(), row(), row(), row(), row(), row(), "--yes", "--reason", "wrong attachment"},
		{"plan", k.manifest},
	}
	return all[k.dice.IntN(len(all))]
}

// kill1 runs a command and kills it at a moment. It returns how many it killed: none where the
// command had ended before.
func (k *killLoop) kill1(t *testing.T, args ...string) int {
	t.Helper()
	portalToo := k.id != "" && k.dice.IntN(6) == 0
	moment := k.moment(t, args[0])
	p := k.start(t, args...)
	for end := time.Now().Add(k.longest); !p.over() && !moment() && time.Now().Before(end); {
		time.Sleep(200 * time.Microsecond)
	}
	if portalToo && !p.over() {
		k.restart(t)
	}
	p.cmd.Process.Kill()
	<-p.ended
	if said := p.err.String(); strings.Contains(said, "DATA RACE") || strings.Contains(said, "panic:") || p.cmd.ProcessState.ExitCode() == exitInternal {
		t.Fatalf("batch %s:\n%s%s", strings.Join(args, " "), p.out, said)
	}
	if k.id == "" && args[0] == "run" && len(k.sentLog(t)) > 0 {
		k.id = k.batchID(t)
	}
	if p.cmd.ProcessState.ExitCode() != -1 {
		return 0
	}
	k.killed.add(args[0])
	return 1
}

// moment is when a process dies: after some time, or after some calls, rows begun, documents
// kept or made ready.
func (k *killLoop) moment(t *testing.T, command string) (has func() bool) {
	t.Helper()
	n, longest, kinds := 1+k.dice.IntN(killRows/2), k.longest, 5
	if command == "cancel" { // it makes few calls, nothing else, and is soon over
		n, longest, kinds = 1+n/3, k.longest/10, 2
	}
	sent := func() int { return len(k.sentLog(t)) }
	count := [...]func() int{
		nil,
		k.calls,
		sent,
		func() int { kept, _ := filepath.Glob(filepath.Join(k.dir, "signed", "*", "*.pdf")); return len(kept) },
		func() int { made, _ := filepath.Glob(filepath.Join(k.dir, "prepared", "*.pdf")); return len(made) },
	}[k.dice.IntN(kinds)]
	if k.id == "" && command == "run" && k.dice.IntN(3) > 0 {
		count = sent // most die when something was sent
	}
	if count == nil {
		until := time.Now().Add(time.Duration(k.dice.Int64N(int64(longest))))
		return func() bool { return !time.Now().Before(until) }
	}
	before := count()
	return func() bool { return count() >= before+n }
}

// restart kills the portal and starts it again on its disk.
func (k *killLoop) restart(t *testing.T) {
	t.Helper()
	k.mailoutKit.kill()
	again, err := startPortal(k.dir, k.flags...)
	must(t, err)
	must(t, changeSettings(filepath.Join(k.dir, "batch.toml"), `send.absent_after="0s"`))
	t.Cleanup(func() { again.stop() })
	k.portal = again
	k.killed.add("sandbox")
}

// sentLog are the Refs that may have reached the portal.
func (k *killLoop) sentLog(t *testing.T) (refs []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(k.dir, "sent.log"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if ref, _, ok := strings.Cut(line, " "); ok && ref != "sent.log" {
			refs = append(refs, ref)
		}
	}
	return refs
}

// holds compares what is known on both sides, after every death. over is true when nothing is
// left to do.
func (k *killLoop) holds(t *testing.T) (over bool) {
	t.Helper()
	rows, jobs := k.rows(t), k.jobs(t)
	compare(t, rows, jobs)
	refs := k.sentLog(t)
	for _, j := range jobs {
		if !slices.Contains(refs, string(j.Reference)) {
			t.Errorf("job %d has a reference that sent.log does not know", j.ID)
		}
	}
	return !slices.ContainsFunc(rows, func(r row) bool { return r.State != mailout.Signed && r.State != mailout.Cancelled })
}

// finish brings the mail-out to its end, as a person would: go on, and look for what is
// unknown in the sender portal.
func (k *killLoop) finish(t *testing.T) {
	for range 8 {
		k.control(t, http.MethodPost, "/clock?advance=61m", "") // what was taken and not confirmed comes again
		if k.id == "" {
			k.goOn(t, "run", k.manifest, "--yes")
			k.id = k.batchID(t)
		}
		k.goOn(t, "resume", k.id, "--yes")
		k.goOn(t, "follow", k.id, "--once")
		if k.holds(t) || t.Failed() {
			break
		}
		for _, r := range k.rowsIn(t, mailout.Unknown) {
			if !slices.ContainsFunc(k.jobs(t), func(j job) bool { return j.Reference == r.Ref }) {
				k.goOn(t, "resolve", k.id, r.Key, "--absent", "--yes")
			}
		}
	}
	if open := k.rowsIn(t, mailout.Planned, mailout.Sending, mailout.Unknown, mailout.Created); len(open) > 0 {
		t.Errorf("%d rows are not over: %+v", len(open), open)
	}
	k.signedWhole(t)
}

// goOn runs a command to its end. Whatever the books say, it has not failed.
func (k *killLoop) goOn(t *testing.T, args ...string) {
	t.Helper()
	p := k.start(t, args...)
	must(t, awaitTrue("the end of batch "+strings.Join(args, " "), p.over))
	if code := p.cmd.ProcessState.ExitCode(); !slices.Contains([]int{exitOK, exitRows, exitLook, exitStopped}, code) {
		t.Fatalf("batch %s: exit code %d\n%s%s", strings.Join(args, " "), code, p.out, p.err)
	}
}
