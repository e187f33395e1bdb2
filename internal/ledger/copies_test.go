package ledger_test

import (
	"slices"
	"testing"

	"batch/internal/mailout"
)

// copied is another copy of the books, which sends on beside them.
func (b *books) copied() *books {
	other := b.crash()
	other.Seal(secret)
	return other
}

// The other copy sent a row twice, and this one once: their attempts have the same number,
// and both of theirs are kept beside.
func TestACopyThatSentARowTwice(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2), row(3))
	other := b.copied()
	first := other.absent(id, 2)
	second := other.begin(id, 2)
	mine := b.begin(id, 2)
	b.settle(mine, lost)
	if got := b.older(b.sentLog()+other.sentLog()).rebuild("", ""); !slices.Equal(got, []mailout.Restored{{Batch: id, Bare: 1}}) {
		t.Errorf("restored %+v", got)
	}
	b.wantWhole()
	b.wantAlarms("ledger-not-whole 2 0")
	if all := b.attempts(id, 2); len(all) != 1 || all[0].Ref != mine {
		t.Errorf("attempts of this copy: %+v", all)
	}
	if all := b.attempts(id, 4); len(all) != 2 || all[0].Ref != first || all[1].Ref != second {
		t.Errorf("attempts of the other copy: %+v", all)
	}
	b.take(b.change(first, 8, mailout.InProgress, mailout.SignerWaiting))
	b.wantState(id, 4, mailout.Created)
}

// An alarm about a second copy that was laid to rest does not hide a third copy.
func TestAThirdCopyIsAnAlarmAgain(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2), row(3))
	second, third := b.copied(), b.copied()
	b.created(id, 2, 7)
	second.begin(id, 2)
	third.begin(id, 2)
	b.older(b.sentLog()+second.sentLog()).rebuild("", "")
	b.wantAlarms("ledger-not-whole 2 0")
	_, err := b.LayAlarm(t.Context(), b.alarm(), "its job was cancelled in the sender portal")
	must(t, err)
	b.rebuild("", "")
	b.wantAlarms() // nothing new
	b.older(b.sentLog()+third.sentLog()).rebuild("", "")
	b.wantAlarms("ledger-not-whole 2 0")
}

// A row that went out from two copies of the books stands beside the row of its letter. The
// one is not sent again while the other is out.
func TestARowIsNotSentBesideItsOtherCopy(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2), row(3))
	other := b.copied()
	b.settle(b.begin(id, 2), lost)
	other.begin(id, 2)
	b.older(b.sentLog()+other.sentLog()).rebuild("", "")
	b.clock.pass(absentAfter)
	b.resolve(id, 2, mailout.VerdictAbsent)
	must(t, b.Approve(t.Context(), id, "--yes"))
	_, err := b.BeginAttempt(t.Context(), id, 2, "queue", jobXML)
	wantErr(t, err, mailout.ErrRepeat)
	b.resolve(id, 4, mailout.VerdictAbsent)
	b.begin(id, 2)
}
