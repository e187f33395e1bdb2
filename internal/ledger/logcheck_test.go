package ledger_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// untrusted holds that a log that does not fit proves nothing, and that nothing is sent
// beside it: by the process that found it so or by the next.
func (b *books) untrusted(name string, id mailout.BatchID, sending, planned int) {
	b.t.Helper()
	if got := b.recover(); got != (mailout.Recovered{Unknown: 1}) {
		b.t.Errorf("%s: recovered %+v", name, got)
	}
	b.wantState(id, sending, mailout.Unknown)
	b.wantAlarms("sent-log 0 0")
	for _, handle := range []*books{b, b.again()} {
		if _, err := handle.BeginAttempt(b.t.Context(), id, planned, "queue", jobXML); err == nil {
			b.t.Errorf("%s: line %d is sent", name, planned)
		}
		b.wantState(id, planned, mailout.Planned)
	}
}

// sendingOne has a row answered, one under way and one planned.
func sendingOne(t testing.TB) (*books, mailout.BatchID) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4), row(5))
	b.created(id, 2, 7)
	b.begin(id, 3)
	return b, id
}

func TestALogThatDoesNotFitProvesNothing(t *testing.T) {
	b, id := sendingOne(t)
	log := b.sentLog()
	last := log[strings.LastIndex(log[:len(log)-1], "\n")+1 : len(log)-1]
	other := newBooks(t)
	other.begin(other.approved(row(2)), 2)
	for cut := 0; cut < len(log); cut += 1 + cut%7 {
		b.crashWith(log[:cut]).untrusted(fmt.Sprint("cut after ", cut), id, 3, 4)
	}
	for name, content := range map[string]string{
		"one byte short":                 log[:len(log)-1],
		"another workspace's":            other.sentLog(),
		"another workspace's, as long":   (other.sentLog() + strings.Repeat("\n", len(log)))[:len(log)],
		"its last line another":          strings.Replace(log, last, strings.Repeat("x", len(last)), 1),
		"its own behind another's":       other.sentLog() + log,
		"as long, and empty":             strings.Repeat("\x00", len(log)),
		"cut, and written over as it is": log[:40] + strings.Repeat("\x00", len(log)-40),
	} {
		b.crashWith(content).untrusted(name, id, 3, 4)
	}
	gone := b.crash()
	must(t, os.Remove(filepath.Join(gone.dir, "sent.log")))
	gone.again().untrusted("deleted", id, 3, 4)
}

// The copy of a log is as old as any step of sending; only the newest proves anything.
func TestAnOlderCopyOfTheLogProvesNothing(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4), row(5))
	var copies []string
	keep := func() { copies = append(copies, b.sentLog()) }
	keep()
	b.created(id, 2, 7)
	keep()
	b.settle(b.begin(id, 3), notSent)
	keep()
	b.begin(id, 3) // with its old Ref, which every copy but two has a line of
	for n, older := range copies {
		b.crashWith(older).untrusted(fmt.Sprint("copy ", n), id, 3, 4)
	}
	b.crash().wantBegun(id, 4)
}

// wantBegun takes up what was left, and sends one more.
func (b *books) wantBegun(id mailout.BatchID, line int) {
	b.t.Helper()
	b.recover()
	b.wantAlarms()
	b.begin(id, line)
}

// An older ledger beside a log that was cut to less than it had noted, or to another moment:
// the ledger may have rows planned that went out, and none of them goes out again.
func TestAnOlderLedgerBesideALogThatWasCut(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4))
	b.created(id, 2, 7)
	older, noted := b.crash(), b.sentLog()
	b.created(id, 3, 8)
	b.created(id, 4, 9)
	newest := b.sentLog()
	for cut := 0; cut < len(newest); cut += 3 {
		if cut == len(noted) {
			continue // both put back from one moment: nothing on disk tells
		}
		old := older.crashWith(newest[:cut])
		_, err := old.Recover(t.Context())
		if err == nil && cut > len(noted) && !strings.Contains(newest[len(noted):cut], "\n") {
			continue // what is behind was torn: the same
		}
		if _, begun := old.BeginAttempt(t.Context(), id, 3, "queue", jobXML); begun == nil {
			t.Errorf("with %d bytes of a log of %d, of which %d are noted, line 3 is sent again (recovering: %v)", cut, len(newest), len(noted), err)
		}
	}
}

// A line behind the note that a ledger does not know makes it an older copy, for readers and
// for who sends without looking first.
func TestLinesThatTheLedgerDoesNotKnow(t *testing.T) {
	b, id := sendingOne(t)
	older := b.crash()
	b.begin(id, 4)
	older.putLog(b.sentLog())
	wantErr(t, older.Whole(t.Context()), ledger.ErrOlderLedger)
	_, err := older.BeginAttempt(t.Context(), id, 4, "queue", jobXML)
	wantErr(t, err, ledger.ErrOlderLedger)
	older.wantState(id, 4, mailout.Planned)
	must(t, b.Whole(t.Context()))
}

// The right log put back ends the alarm by itself.
func TestTheRightLogPutBack(t *testing.T) {
	b, id := sendingOne(t)
	log := b.sentLog()
	cut := b.crashWith(log[:50])
	cut.untrusted("cut", id, 3, 4)
	cut.putLog(log)
	cut.wantBegun(id, 4)
}

// Once a person has said that the ledger is the newest, the log gets back what it lacks; a
// ledger that is lost later is then known from it, and the next cut is another alarm.
func TestALogIsMendedAtAPersonsWord(t *testing.T) {
	for name, left := range map[string]func(log string) string{
		"cut":                   func(log string) string { return log[:80] },
		"nothing":               func(string) string { return "" },
		"something":             func(string) string { return "another file\n" },
		"all but its beginning": func(log string) string { return log[60:] },
	} {
		t.Run(name, func(t *testing.T) {
			b, id := sendingOne(t)
			cut := b.crashWith(left(b.sentLog()))
			cut.untrusted(name, id, 3, 4)
			cut.untrustedAgain(id)
			found, err := cut.LayAlarm(t.Context(), cut.alarm(), "the ledger is the newest")
			if err != nil || !found {
				t.Fatalf("laying the alarm to rest: %v, %v", found, err)
			}
			cut.wantBegun(id, 4)
			if got := cut.compareLog(); !got.Fits || got.Missing > 0 {
				t.Errorf("the log that was mended: %+v", got)
			}
			for _, line := range []int{2, 3, 4} {
				if ref := cut.record(id, line).Ref; !strings.Contains("\n"+cut.sentLog(), "\n"+string(ref)+" ") {
					t.Errorf("the Ref of line %d is not in the log", line)
				}
			}
			fresh := openBooks(t, t.TempDir(), b.clock)
			must(t, fresh.Close())
			must(t, os.Remove(filepath.Join(fresh.dir, "ledger.db")))
			fresh.putLog(cut.sentLog())
			_, err = fresh.again().Recover(t.Context())
			wantErr(t, err, ledger.ErrOlderLedger)
			cut.crashWith(cut.sentLog()[:90]).untrusted("cut once more", id, 4, 5)
		})
	}
}

// untrustedAgain holds that starting once more finds the same, and one alarm.
func (b *books) untrustedAgain(id mailout.BatchID) {
	b.t.Helper()
	if got := b.recover(); got != (mailout.Recovered{}) {
		b.t.Errorf("a second time %+v was recovered", got)
	}
	b.wantAlarms("sent-log 0 0")
}

func (b *books) alarm() int64 {
	b.t.Helper()
	all, err := b.Alarms(b.t.Context())
	must(b.t, err)
	if len(all) == 0 {
		b.t.Fatal("there is no alarm")
	}
	return all[0].ID
}

// A log that begins with its ledger is found gone even before anything was sent: the
// ledger may be a copy of then.
func TestALogThatIsGoneBeforeAnythingWasSent(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	older := b.crash()
	b.begin(id, 2)
	must(t, os.Remove(filepath.Join(older.dir, "sent.log")))
	next := older.again()
	next.recover()
	next.wantAlarms("sent-log 0 0")
	_, err := next.BeginAttempt(t.Context(), id, 2, "queue", jobXML)
	wantErr(t, err, ledger.ErrSentLog)
}

// The clock was put back between two attempts under one Ref: the ledger knows the second,
// which the log names last, and that it is earlier than the first means nothing.
func TestAClockThatWasPutBack(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	b.settle(b.begin(id, 2), notSent)
	b.clock.pass(-time.Hour)
	b.begin(id, 2)
	if got := b.compareLog(); got.Missing != 0 || !got.Fits {
		t.Errorf("beside its own log the ledger finds %+v", got)
	}
	for name, noted := range map[string]string{"noted": "", "never noted": "DELETE FROM sent_log; UPDATE attempts SET turn = 0"} {
		next := b.crash()
		must(t, next.raw(noted))
		if got := next.recover(); got != (mailout.Recovered{Unknown: 1}) {
			t.Errorf("%s: recovered %+v", name, got)
		}
		next.wantBegun(id, 3)
	}
}

// Books of a program that noted nothing have all of their log compared once, and then no
// more than its end.
func TestALogThatWasNeverNoted(t *testing.T) {
	b, id := sendingOne(t)
	before := b.crash()
	must(t, before.raw(`DELETE FROM sent_log; UPDATE attempts SET turn = 0`))
	first, _, _ := strings.Cut(b.sentLog(), "\n")
	for name, log := range map[string]string{
		"without an answered attempt": strings.Replace(b.sentLog(), "\n", "\nx", 1),
		"without any":                 first + "\n",
		"without its first line":      strings.TrimPrefix(b.sentLog(), first+"\n"),
		"empty":                       "",
	} {
		before.crashWith(log).untrusted(name, id, 3, 4)
	}
	same := before.crash()
	if got := same.recover(); got != (mailout.Recovered{Unknown: 1}) {
		t.Errorf("recovered %+v", got)
	}
	same.wantBegun(id, 4)
	same.crashWith(same.sentLog()[:len(b.sentLog())-1]).untrusted("cut later", id, 4, 5)
}
