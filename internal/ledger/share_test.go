package ledger_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"batch/internal/disk/disktest"
	"batch/internal/ledger"
	"batch/internal/mailout"
)

// waitBehind does steps at the same moment: the first, an intent, holds everybody up in the
// middle of its append to sent.log, until the others wait.
func (b *books) waitBehind(intent func(), others ...func()) {
	held, goOn := make(chan struct{}), make(chan struct{})
	hold := sync.OnceFunc(func() { close(held); <-goOn })
	look := b.disk.look
	b.disk.look = func(after bool) { look(after); hold() }
	var group sync.WaitGroup
	group.Go(intent)
	<-held
	for _, step := range others {
		group.Go(step)
	}
	synctest.Wait()
	close(goOn)
	group.Wait()
	b.disk.look = look
}

// together begins rows at the same moment. What became of each is in the order of lines.
func (b *books) together(id mailout.BatchID, lines ...int) (refs []mailout.Ref, errs []error) {
	refs, errs = make([]mailout.Ref, len(lines)), make([]error, len(lines))
	var begin []func()
	for i, line := range lines {
		begin = append(begin, func() { refs[i], errs[i] = b.BeginAttempt(b.t.Context(), id, line, "queue", jobXML) })
	}
	b.waitBehind(begin[0], begin[1:]...)
	return refs, errs
}

// Intents that wait are committed together and appended in one write, after each of which
// everything is synced: no Ref is given out before its line is on disk.
func TestIntentsThatWaitShareCommitAndAppend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooks(t)
		id := b.approved(row(2), row(3), row(4), row(5), row(6))
		var writes []string
		b.disk.look = func(after bool) {
			if after {
				writes = append(writes, b.sentLog())
			}
		}
		refs, errs := b.together(id, 2, 3, 4, 5, 6)
		must(t, errors.Join(errs...))
		if len(writes) != 2 || !strings.Contains(writes[0], string(refs[0])) {
			t.Errorf("%d writes to sent.log, want one of the first intent and one of the other four", len(writes))
		}
		next := b.crash() // everything is on disk when the last one returns
		for i, line := range []int{2, 3, 4, 5, 6} {
			if got := next.record(id, line); got.State != mailout.Sending || got.Ref != refs[i] || !strings.Contains(writes[1], "\n"+string(refs[i])+" ") {
				t.Errorf("line %d is %s with the Ref %q, want sending with %q, and its line", line, got.State, got.Ref, refs[i])
			}
		}
		b.wantSum(id)
	})
}

// What is wrong with one row is that row's alone.
func TestOneRowsFailureIsNoneOfTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBooks(t)
		id := b.approved(row(2), row(3), row(4, sameLetter), row(5, skipped), row(6))
		refs, errs := b.together(id, 2, 3, 4, 5, 6, 99, 3)
		for i, want := range map[int]error{0: nil, 2: mailout.ErrRepeat, 3: mailout.ErrNotPlanned, 4: nil, 5: ledger.ErrNoRow} {
			wantErr(t, errs[i], want)
			if (refs[i] == "") != (want != nil) {
				t.Errorf("intent %d has the Ref %q with the error %v", i, refs[i], errs[i])
			}
		}
		if twice := []error{errs[1], errs[6]}; (twice[0] == nil) == (twice[1] == nil) || !errors.Is(errors.Join(twice...), mailout.ErrNotPlanned) {
			t.Errorf("line 3 was begun twice, with %v", twice)
		}
		b.wantState(id, 4, mailout.Planned)
		b.wantState(id, 6, mailout.Sending)
		if left := b.attempts(id, 4); len(left) > 0 {
			t.Errorf("what was refused left %+v", left)
		}
		if n := strings.Count(b.sentLog(), "\n"); n != 4 {
			t.Errorf("sent.log has %d lines, want its first and three Refs:\n%s", n, b.sentLog())
		}
	})
}

// failing are books on a disk of which the operations that a test picks fail.
func failing(t *testing.T, fails func(disktest.Step) bool) (*books, func(on bool)) {
	t.Helper()
	d, c, dir := disktest.New(t), &clock{at: noon}, t.TempDir()
	l, err := ledger.Open(t.Context(), ledger.Options{Path: filepath.Join(dir, "ledger.db"), SentLog: filepath.Join(dir, "sent.log"), Now: c.now, Disk: d, VFS: d.VFS()})
	must(t, err)
	t.Cleanup(func() { l.Close() })
	return &books{Ledger: l, t: t, dir: dir, clock: c}, func(on bool) {
		d.OnStep = nil
		if on {
			d.OnStep = func(s disktest.Step) error {
				if fails(s) {
					return syscall.EIO
				}
				return nil
			}
		}
	}
}

// After a commit or an append that failed, in either way, no intent is written any more by
// this process, whatever the disk does then; what was said already is still written down.
func TestALedgerThatFailedSaysNoMore(t *testing.T) {
	syncOf := func(file string, after bool) func(disktest.Step) bool {
		return func(s disktest.Step) bool {
			return s.Op == disktest.Sync && strings.HasSuffix(s.Path, file) && s.After == after
		}
	}
	syncs := 0
	for _, c := range []struct {
		name  string
		fails func(disktest.Step) bool
		found []mailout.Recovered // what the next process may find
	}{
		{"the commit, not applied", syncOf("-wal", false), []mailout.Recovered{{}, {NotSent: 1}}},
		{"the commit, applied", syncOf("-wal", true), []mailout.Recovered{{}, {NotSent: 1}}},
		{"sent.log, not applied", syncOf("sent.log", false), []mailout.Recovered{{NotSent: 1}, {Unknown: 1}}},
		{"sent.log, applied", syncOf("sent.log", true), []mailout.Recovered{{Unknown: 1}}},
		{"a write to sent.log", func(s disktest.Step) bool {
			return s.Op == disktest.Write && strings.HasSuffix(s.Path, "sent.log") && !s.After
		}, []mailout.Recovered{{NotSent: 1}}},
		{"the note", func(s disktest.Step) bool {
			if syncOf("-wal", false)(s) {
				syncs++
				return syncs == 2
			}
			return false
		}, []mailout.Recovered{{Unknown: 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, fail := failing(t, c.fails)
			id := b.approved(row(2), row(3), row(4))
			open := b.begin(id, 2)
			fail(true)
			ref, err := b.BeginAttempt(t.Context(), id, 3, "queue", jobXML)
			if err == nil {
				t.Fatalf("%s was given out", ref)
			}
			fail(false)
			if _, again := b.BeginAttempt(t.Context(), id, 4, "queue", jobXML); again == nil || again.Error() != err.Error() {
				t.Errorf("the next intent: %v, want what went wrong before: %v", again, err)
			}
			if _, err := b.BeginCancel(t.Context(), mailout.Wish{Batch: id, Line: 2}); err == nil {
				t.Error("a cancellation is begun")
			}
			b.settle(open, accepted(7))
			next := openBooks(t, b.crashFolder(), b.clock)
			next.wantState(id, 2, mailout.Created)
			if got := next.recover(); !slices.Contains(c.found, got) {
				t.Errorf("the next process finds %+v, want one of %+v", got, c.found)
			}
			next.wantAlarms()
			next.begin(id, 4)
		})
	}
}
