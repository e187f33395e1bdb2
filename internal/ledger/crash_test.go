package ledger_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// At each step of sending a copy is taken of what is on disk at that moment, which is what
// the next process finds.
func TestRecoverAtEveryStep(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	before := b.sentLog()

	t.Run("before the intent", func(t *testing.T) {
		b.crash().wantRecovered(id, mailout.Recovered{}, mailout.Planned)
	})
	var ref mailout.Ref
	intended := b.atTheLine(false, func() { ref = b.begin(id, 2) })
	begun := b.sentLog()
	line := begun[len(before):]
	for _, cut := range []int{1, len(ref) / 2, len(ref), len(ref) + 1, len(line) - 2, len(line) - 1} {
		if intended.crashWith(before+line[:cut]).recover() != (mailout.Recovered{NotSent: 1}) {
			t.Errorf("torn after %q, the line counts as sent", line[:cut])
		}
	}
	t.Run("after sent.log, before it is noted", func(t *testing.T) {
		intended.crashWith(begun).wantRecovered(id, mailout.Recovered{Unknown: 1}, mailout.Unknown)
	})
	t.Run("after the intent, before sent.log", func(t *testing.T) {
		intended.wantRecovered(id, mailout.Recovered{NotSent: 1}, mailout.Planned)
	})
	t.Run("while the bytes are on their way", func(t *testing.T) {
		b.crash().wantRecovered(id, mailout.Recovered{Unknown: 1}, mailout.Unknown)
	})
	b.settle(ref, accepted(7))
	t.Run("after the answer", func(t *testing.T) {
		b.crash().wantRecovered(id, mailout.Recovered{}, mailout.Created)
	})
}

// wantRecovered recovers twice: the second time finds nothing to do.
func (b *books) wantRecovered(id mailout.BatchID, want mailout.Recovered, state mailout.State) {
	b.t.Helper()
	if got := b.recover(); got != want {
		b.t.Errorf("recovered %+v, want %+v", got, want)
	}
	b.wantState(id, 2, state)
	if got := b.recover(); got != (mailout.Recovered{}) {
		b.t.Errorf("a second time %+v was recovered", got)
	}
	b.wantState(id, 2, state)
	b.wantState(id, 3, mailout.Planned)
}

// An attempt that was proved not sent is begun again with its old Ref, which sent.log has
// a line of already. That old line proves nothing about the new try.
func TestRecoverOfAnAttemptBegunAgain(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	b.settle(b.begin(id, 2), notSent)
	b.crash().wantRecovered(id, mailout.Recovered{}, mailout.Planned)
	var ref mailout.Ref
	intended := b.atTheLine(false, func() { ref = b.begin(id, 2) })
	torn := intended.crashWith(b.sentLog()[:len(b.sentLog())-1])
	intended.wantRecovered(id, mailout.Recovered{NotSent: 1}, mailout.Planned)
	torn.wantRecovered(id, mailout.Recovered{NotSent: 1}, mailout.Planned)
	sent := b.crash()
	sent.wantRecovered(id, mailout.Recovered{Unknown: 1}, mailout.Unknown)
	if got := sent.record(id, 2).Ref; got != ref {
		t.Errorf("the unknown row waits for %s, want %s", got, ref)
	}
	if got := sent.history(id, 2); got[len(got)-1] != "lose sending>unknown" {
		t.Errorf("the history is %q", got)
	}
}

// What a torn line leaves must not swallow the line after it.
func TestATornLineIsRepaired(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	before := b.sentLog()
	var ref mailout.Ref
	intended := b.atTheLine(false, func() { ref = b.begin(id, 2) })
	line := b.sentLog()[len(before):]
	for _, torn := range []string{line[:3], line[:len(ref)], line[:len(ref)+5], line[:len(line)-1]} {
		next := intended.crashWith(before + torn)
		next.recover()
		again := next.begin(id, 2)
		next.begin(id, 3)
		if again != ref {
			t.Errorf("torn after %q, the Ref was not kept", torn)
		}
		if got := next.crash().recover(); got != (mailout.Recovered{Unknown: 2}) {
			t.Errorf("torn after %q, two rows begun after it are recovered as %+v", torn, got)
		}
	}
}

func TestALedgerOlderThanSentLog(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	b.begin(id, 2)
	old := b.sentLog()
	copied := b.crash()
	b.begin(id, 3)
	newest := b.sentLog()
	if _, err := b.crashWith(newest).Recover(t.Context()); err != nil {
		t.Errorf("ledger and log of one moment: %v", err)
	}

	must(t, os.WriteFile(filepath.Join(copied.dir, "sent.log"), []byte(newest), 0o600))
	_, err := copied.Recover(t.Context())
	wantErr(t, err, ledger.ErrOlderLedger)
	copied.wantState(id, 2, mailout.Sending) // nothing is concluded
	copied.wantState(id, 3, mailout.Planned)

	// A torn last line was never synced: nothing was sent under it.
	must(t, os.WriteFile(filepath.Join(copied.dir, "sent.log"), []byte(newest[:len(newest)-1]), 0o600))
	if newest[:len(old)] != old {
		t.Fatal("sent.log was rewritten")
	}
	if got := copied.recover(); got != (mailout.Recovered{Unknown: 1}) {
		t.Errorf("recovered %+v", got)
	}
}

// A ledger that was lost is made anew beside the sent.log that is left: its Refs are
// still ours, and nothing is sent.
func TestALostLedger(t *testing.T) {
	b := newBooks(t)
	b.begin(b.approved(row(2)), 2)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "sent.log"), []byte(b.sentLog()), 0o600))
	fresh := openBooks(t, dir, b.clock)
	if fresh.Workspace() != b.Workspace() {
		t.Errorf("the workspace was %s and is %s", b.Workspace(), fresh.Workspace())
	}
	_, err := fresh.Recover(t.Context())
	wantErr(t, err, ledger.ErrOlderLedger)
}

func TestOtherLinesInSentLogAreNotOurs(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	b.begin(id, 2)
	stranger := mailout.NewRef(mailout.RefParts{Workspace: "zzzzz0", Batch: id, Line: 3, Attempt: 1})
	noise := string(stranger) + " 2026-11-21T12:00:00.000000Z\n\n# a note\n\x00\x00\n" + strings.Repeat("x", 100_000) + "\n"
	next := b.crashWith(b.sentLog() + noise)
	next.wantRecovered(id, mailout.Recovered{Unknown: 1}, mailout.Unknown)
}

// Without the sent.log that belongs to the ledger nothing is proved: a row that was
// sending may have been sent.
func TestALostSentLogProvesNothing(t *testing.T) {
	b := newBooks(t)
	b.begin(b.approved(row(2), row(3), row(4)), 2)
	if got := b.crashWith("").recover(); got != (mailout.Recovered{Unknown: 1}) {
		t.Errorf("with an empty sent.log: %+v", got)
	}
	if got := b.crashWith("something else\n").recover(); got != (mailout.Recovered{Unknown: 1}) {
		t.Errorf("with another file for sent.log: %+v", got)
	}
	must(t, os.Remove(filepath.Join(b.dir, "sent.log")))
	lost := b.again() // a command that only reads makes the file anew …
	must(t, lost.Close())
	if got := b.again().recover(); got != (mailout.Recovered{Unknown: 1}) { // … which proves nothing either
		t.Errorf("with the file deleted: %+v", got)
	}

	// A log that lacks what was certainly sent is an older copy.
	c := newBooks(t)
	id := c.approved(row(2), row(3), row(4))
	empty := c.sentLog()
	c.created(id, 2, 7)
	c.begin(id, 3)
	if got := c.crashWith(empty).recover(); got != (mailout.Recovered{Unknown: 1}) {
		t.Errorf("with an older sent.log: %+v", got)
	}
}

// Nothing may be said to the portal when sent.log cannot be written, and the next
// speaker knows that nothing was.
func TestSentLogThatCannotBeWritten(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	must(t, ledger.BreakSentLog(b.Ledger))
	if ref, err := b.BeginAttempt(t.Context(), id, 2, "queue", jobXML); err == nil {
		t.Fatalf("%s may be sent without its line in sent.log", ref)
	} else if !strings.Contains(err.Error(), "sent.log") {
		t.Errorf("the error does not name sent.log: %v", err)
	}
	b.wantState(id, 2, mailout.Sending)
	b.crash().wantRecovered(id, mailout.Recovered{NotSent: 1}, mailout.Planned)
}

// Every statement of every step can fail: the step is then not there at all, or the error
// is that of a database.
func TestAStepThatFailsIsNotThere(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	ref := b.created(id, 2, 7)
	change := b.change(ref, 7, mailout.Completed, mailout.SignerSigned)
	must(t, b.raw(`CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT raise(ABORT, 'no space'); END`))
	steps := map[string]func() error{
		"begin":   func() error { _, err := b.BeginAttempt(t.Context(), id, 3, "queue", jobXML); return err },
		"take":    func() error { _, err := b.TakeChange(t.Context(), change); return err },
		"stop":    func() error { return b.StopBatch(t.Context(), id, "why") },
		"confirm": func() error { return b.Confirmed(t.Context(), mailout.Taken{Batch: id, Line: 2}, 7) },
		"conclude": func() error {
			_, err := b.Conclude(t.Context(), mailout.Taken{Kind: mailout.TakenOurs, Batch: id, Line: 2, State: mailout.Created}, change)
			return err
		},
	}
	log := b.sentLog()
	for name, step := range steps {
		var le *ledger.Error
		if err := step(); !errors.As(err, &le) {
			t.Errorf("%s: the error is %v, want a *ledger.Error", name, err)
		}
	}
	must(t, b.raw(`DROP TRIGGER full`))
	b.wantState(id, 2, mailout.Created)
	b.wantState(id, 3, mailout.Planned)
	b.wantBatch(id, mailout.Approved)
	if b.sentLog() != log {
		t.Error("sent.log has a line of an attempt whose intent was not committed")
	}
	if n := len(b.attempts(id, 3)); n != 0 {
		t.Errorf("%d attempts are left of a step that failed", n)
	}
}

// A Ref is used again after a call that was proved not sent: an older copy knows the Ref,
// and not that it went out later. It must not go out from there.
func TestALedgerThatIsOlderByARefBegunAgain(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	ref := b.begin(id, 2)
	sending := b.crash()
	b.settle(ref, notSent)
	planned := b.crash()
	if again := b.begin(id, 2); again != ref {
		t.Fatalf("the Ref was %s and is %s", ref, again)
	}
	b.settle(ref, accepted(7))
	for name, old := range map[string]*books{"sending": sending, "planned": planned} {
		must(t, os.WriteFile(filepath.Join(old.dir, "sent.log"), []byte(b.sentLog()), 0o600))
		if _, err := old.Recover(t.Context()); !errors.Is(err, ledger.ErrOlderLedger) {
			t.Errorf("%s: the error is %v, want that the ledger is older", name, err)
		}
	}
}
