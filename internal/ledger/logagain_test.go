package ledger_test

import (
	"os"
	"path/filepath"
	"testing"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// startWith ends the process, puts another sent.log beside its ledger, and starts anew.
func (b *books) startWith(log string) *books {
	b.t.Helper()
	must(b.t, b.Close())
	b.putLog(log)
	next := b.again()
	next.recover()
	return next
}

// wantHeld wants the alarm about sent.log, and no intent.
func (b *books) wantHeld(id mailout.BatchID, line int, why string) {
	b.t.Helper()
	b.wantAlarms("sent-log 0 0")
	if ref, err := b.BeginAttempt(b.t.Context(), id, line, "queue", jobXML); err == nil {
		b.t.Errorf("%s: nobody was asked, and %s may be sent", why, ref)
	}
}

// twoSent are books of which two rows of four were sent, with their log, whole and cut.
func twoSent(t *testing.T) (b *books, id mailout.BatchID, whole, cut string) {
	t.Helper()
	b = newBooks(t)
	id = b.approved(row(2), row(3), row(4), row(5))
	b.recover()
	b.created(id, 2, 7)
	b.created(id, 3, 8)
	whole = b.sentLog()
	return b, id, whole, whole[:len(whole)-100]
}

// A log that is cut, put back and cut again is an alarm again: nobody has said anything of it.
func TestALogThatIsCutTwice(t *testing.T) {
	b, id, whole, cut := twoSent(t)
	b = b.startWith(cut)
	b.wantHeld(id, 4, "cut once")
	b = b.startWith(whole)
	b.wantAlarms()
	b = b.startWith(cut)
	b.wantHeld(id, 4, "cut again")
}

// What a person said of a log is used up when it was whole again, and when it was mended.
func TestAPersonsWordAboutALogCountsOnce(t *testing.T) {
	b, id, whole, cut := twoSent(t)
	b = b.startWith(cut)
	b.say("the ledger is the newest")
	b = b.startWith(whole)
	b = b.startWith(cut)
	b.wantHeld(id, 4, "cut after it was whole")
	b.say("the ledger is the newest")
	b = b.startWith(cut)
	b.wantAlarms() // it was mended
	b = b.startWith(cut)
	b.wantHeld(id, 4, "cut after it was mended")
}

// The right log is put back under a process that may not send: it goes on, and what a person
// had said of the other log is used up.
func TestTheRightLogPutBackUnderAProcess(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4))
	b.recover()
	b.created(id, 2, 7)
	whole := b.sentLog()
	b = b.startWith(whole[:60])
	_, err := b.BeginAttempt(t.Context(), id, 3, "queue", jobXML)
	wantErr(t, err, ledger.ErrSentLog)
	b.say("the ledger is the newest")
	b.putLog(whole) // into the same file
	b.created(id, 3, 8)
	var used bool
	db := b.rawDB()
	defer db.Close()
	must(t, db.QueryRow(`SELECT used_at IS NOT NULL FROM alarms`).Scan(&used))
	if !used {
		t.Error("what was said of another log still counts")
	}
}

func (b *books) say(note string) {
	b.t.Helper()
	_, err := b.LayAlarm(b.t.Context(), b.alarm(), note)
	must(b.t, err)
}

// What it would cost: an older ledger beside an older log would send a letter twice, if the
// wrong log had been there once before.
func TestAnOlderLedgerBesideALogThatWasCutBefore(t *testing.T) {
	for name, before := range map[string]bool{"never cut": false, "cut before": true} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(t)
			id := b.approved(row(2), row(3), row(4), row(5))
			b.recover()
			b.created(id, 2, 7)
			old := b.sentLog() // Monday's copy of sent.log
			b.created(id, 3, 8)
			whole := b.sentLog()
			if before { // the wrong log was put back, and at once replaced by the right one
				b = b.startWith(old).startWith(whole)
			}
			must(t, b.Close())
			db := filepath.Join(b.dir, "ledger.db")
			copied, err := os.ReadFile(db) // Tuesday's copy of the ledger
			must(t, err)
			b = b.again()
			b.recover()
			b.created(id, 4, 9) // line 4 goes out on Wednesday
			must(t, b.Close())
			must(t, os.WriteFile(db, copied, 0o600)) // the disk is lost: Tuesday's ledger, Monday's log
			b.putLog(old)
			b = b.again()
			b.recover()
			b.wantHeld(id, 4, "a letter that went out")
		})
	}
}
