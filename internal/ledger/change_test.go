package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

func TestAChangeAdoptsWhereverTheRowHasNoJob(t *testing.T) {
	for _, c := range []struct {
		name   string
		arrive func(*books, mailout.BatchID) mailout.Ref
		alarms []string
	}{
		{"sending", func(b *books, id mailout.BatchID) mailout.Ref { return b.begin(id, 2) }, nil},
		{"unknown", func(b *books, id mailout.BatchID) mailout.Ref {
			ref := b.begin(id, 2)
			b.settle(ref, lost)
			return ref
		}, nil},
		{"planned again, proved not sent", func(b *books, id mailout.BatchID) mailout.Ref {
			ref := b.begin(id, 2)
			b.settle(ref, notSent)
			return ref
		}, nil},
		{"planned again, said to be absent", func(b *books, id mailout.BatchID) mailout.Ref { return b.absent(id, 2) }, nil},
		{"refused", func(b *books, id mailout.BatchID) mailout.Ref {
			ref := b.begin(id, 2)
			b.settle(ref, refused)
			return ref
		}, []string{"revived 2 7"}},
		{"withdrawn", func(b *books, id mailout.BatchID) mailout.Ref {
			ref := b.begin(id, 2)
			b.settle(ref, notSent)
			must(b.t, b.raw(`UPDATE rows SET state = 'cancelled' WHERE line = 2`))
			return ref
		}, []string{"revived 2 7"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBooks(t)
			id := b.approved(row(2), row(3))
			ref := c.arrive(b, id)
			change := b.change(ref, 7, mailout.InProgress, mailout.SignerWaiting)
			taken := b.take(change)
			if taken.Kind != mailout.TakenOurs || taken.State != mailout.Created || taken.Batch != id || taken.Line != 2 || taken.Key != "k2" || taken.Confirmed {
				t.Errorf("taken as %+v", taken)
			}
			r := b.record(id, 2)
			if r.State != mailout.Created || r.JobID != 7 || r.Ref != ref {
				t.Errorf("the row is %s, job %d, Ref %s", r.State, r.JobID, r.Ref)
			}
			if r.Settled[0].Status != mailout.SignerWaiting || !r.Settled[0].Since.Equal(change.Signers[0].Since) {
				t.Errorf("the signer's book says %+v", r.Settled[0])
			}
			b.wantAlarms(c.alarms...)
			b.wantSum(id)
		})
	}
}

// absent brings a row from planned to planned by a lost answer and a person's word, and
// returns the Ref that was dropped.
func (b *books) absent(id mailout.BatchID, line int) mailout.Ref {
	b.t.Helper()
	ref := b.begin(id, line)
	b.settle(ref, lost)
	b.clock.pass(absentAfter)
	b.resolve(id, line, mailout.VerdictAbsent)
	return ref
}

// A job of an attempt that was said to be absent is there after all. Whatever the newest
// attempt has come to, the row is never sent once more.
func TestAChangeWithADroppedRef(t *testing.T) {
	for _, c := range []struct {
		name   string
		arrive func(b *books, second mailout.Ref)
		alarms []string
	}{
		{"the new attempt is under way", func(*books, mailout.Ref) {}, []string{"duplicate 2 7"}},
		{"its answer was lost", func(b *books, second mailout.Ref) { b.settle(second, lost) }, []string{"duplicate 2 7"}},
		{"it was proved not sent", func(b *books, second mailout.Ref) { b.settle(second, notSent) }, nil},
		{"it was refused", func(b *books, second mailout.Ref) { b.settle(second, refused) }, []string{"revived 2 7"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBooks(t)
			id := b.approved(row(2), row(3))
			first := b.absent(id, 2)
			second := b.begin(id, 2)
			if first == second {
				t.Fatal("a dropped Ref was used again")
			}
			c.arrive(b, second)
			taken := b.take(b.change(first, 7, mailout.InProgress, mailout.SignerWaiting))
			if taken.Kind != mailout.TakenOurs || taken.State != mailout.Created {
				t.Errorf("taken as %s, %s", taken.Kind, taken.State)
			}
			b.wantAlarms(c.alarms...)
			if _, err := b.BeginAttempt(t.Context(), id, 2, "queue", jobXML); err == nil {
				t.Error("a row that has a job was sent again")
			}
			// The end of the second attempt no longer moves the row.
			b.settle(second, lost)
			if r := b.record(id, 2); r.State != mailout.Created || r.JobID != 7 || r.Ref != first {
				t.Errorf("the row is %s, job %d, Ref %s", r.State, r.JobID, r.Ref)
			}
		})
	}
}

func TestBothAttemptsMadeAJob(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	first := b.absent(id, 2)
	b.created(id, 2, 8)
	for range 2 { // it may come again
		taken := b.take(b.change(first, 7, mailout.Completed, mailout.SignerSigned))
		if taken.Kind != mailout.TakenDuplicate || taken.Batch != id || taken.Line != 2 || taken.Key != "k2" {
			t.Errorf("taken as %+v", taken)
		}
		if state := b.conclude(taken, b.change(first, 7, mailout.Completed, mailout.SignerSigned)); state != mailout.Created {
			t.Errorf("the duplicate's end made the row %s", state)
		}
	}
	if r := b.record(id, 2); r.JobID != 8 || r.State != mailout.Created || r.Settled[0].Status != "" {
		t.Errorf("the duplicate changed the row: job %d, %s, signer %q", r.JobID, r.State, r.Settled[0].Status)
	}
	b.wantAlarms("duplicate 2 7")
	if !slices.Equal(b.record(id, 2).Duplicates, []mailout.JobID{7}) {
		t.Errorf("the row's other jobs are %v, want job 7", b.record(id, 2).Duplicates)
	}
}

func TestTheSameLetterOfAnotherRowIsADuplicate(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3, sameLetter))
	ref := b.begin(id, 3)
	b.settle(ref, refused)
	b.created(id, 2, 7)
	taken := b.take(b.change(ref, 8, mailout.InProgress, mailout.SignerWaiting))
	if taken.Kind != mailout.TakenDuplicate || taken.Line != 3 {
		t.Errorf("taken as %+v", taken)
	}
	b.wantState(id, 3, mailout.Refused)
	b.wantAlarms("duplicate 3 8")
}

func TestAChangeThatTheLedgerDoesNotKnowIsMissing(t *testing.T) {
	b := newBooks(t)
	ref := mailout.NewRef(mailout.RefParts{Workspace: b.Workspace(), Batch: "2026-01-01-a1", Line: 14, Attempt: 1})
	change := b.change(ref, 7, mailout.Completed, mailout.SignerSigned)
	for range 2 {
		taken := b.take(change)
		if taken.Kind != mailout.TakenMissing || taken.Batch != "2026-01-01-a1" || taken.Line != 14 || taken.Key != "14" || taken.State != "" {
			t.Errorf("taken as %+v", taken)
		}
		if state := b.conclude(taken, change); state != "" {
			t.Errorf("a row that is not there became %s", state)
		}
	}
	b.wantAlarms("ledger-not-whole 14 7")
}

func TestForeignChangesAreCounted(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	b.created(id, 2, 7)
	other := mailout.NewRef(mailout.RefParts{Workspace: "zzzzz0", Batch: id, Line: 2, Attempt: 1})
	for _, c := range []struct {
		ref   mailout.Ref
		job   mailout.JobID
		queue string
		want  int
	}{{"", 100, "queue", 1}, {"their-own", 101, "queue", 2}, {"", 100, "queue", 2}, {other, 102, "queue", 3}, {"", 100, "other", 1}} {
		change := b.change(c.ref, c.job, mailout.Completed, mailout.SignerSigned)
		change.Queue = c.queue
		taken := b.take(change)
		if taken.Kind != mailout.TakenForeign || taken.Strangers != c.want || taken.Batch != "" || taken.Line != 0 {
			t.Errorf("job %d is taken as %+v, want stranger %d", c.job, taken, c.want)
		}
		b.conclude(taken, change)
	}
	b.wantAlarms("foreign 0 100", "foreign 0 101", "foreign 0 102")
	b.wantState(id, 2, mailout.Created)
	if n := b.info(id).Unconfirmed; n != 0 {
		t.Errorf("%d strangers' changes count as ours", n)
	}
}

// A change of ours may come without its reference: the job's id is enough.
func TestAChangeIsKnownByItsJob(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	b.created(id, 2, 7)
	if state := b.finish(b.change("", 7, mailout.Completed, mailout.SignerSigned)); state != mailout.Signed {
		t.Errorf("the row is %s", state)
	}
	b.wantState(id, 2, mailout.Signed)
	b.wantAlarms()
}

func TestConclude(t *testing.T) {
	for _, c := range []struct {
		status mailout.JobStatus
		signer mailout.SignerStatus
		want   mailout.State
		cause  string
	}{
		{mailout.InProgress, mailout.SignerSigned, mailout.Created, ""},
		{"NEW_STATUS", mailout.SignerSigned, mailout.Created, ""},
		{mailout.Completed, mailout.SignerSigned, mailout.Signed, ""},
		{mailout.JobFailed, mailout.SignerRejected, mailout.Rejected, "REJECTED"},
		{mailout.JobFailed, mailout.SignerExpired, mailout.Expired, "EXPIRED"},
		{mailout.JobFailed, mailout.SignerCancelled, mailout.Cancelled, "CANCELLED"},
		{mailout.JobFailed, "RESERVED", mailout.Failed, "RESERVED"},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.signer), func(t *testing.T) {
			b := newBooks(t)
			id := b.approved(row(2), row(3))
			change := b.change(b.created(id, 2, 7), 7, c.status, c.signer)
			taken := b.take(change)
			if taken.State != mailout.Created {
				t.Errorf("taking alone made the row %s", taken.State)
			}
			for range 2 { // the second time changes nothing
				if state := b.conclude(taken, change); state != c.want {
					t.Errorf("concluded as %s, want %s", state, c.want)
				}
			}
			if r := b.record(id, 2); r.State != c.want || r.Cause != c.cause || r.Settled[0].Status != c.signer {
				t.Errorf("the books say %s because of %q, the signer %s", r.State, r.Cause, r.Settled[0].Status)
			}
			b.wantSum(id)
		})
	}
}

func TestAFinalStateIsNeverTurnedBack(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	ref := b.created(id, 2, 7)
	early := b.change(ref, 7, mailout.InProgress, mailout.SignerWaiting)
	b.finish(b.change(ref, 7, mailout.Completed, mailout.SignerSigned))
	for _, late := range []mailout.Change{early,
		b.change(ref, 7, mailout.JobFailed, mailout.SignerCancelled), b.change(ref, 7, mailout.InProgress, mailout.SignerWaiting)} {
		if state := b.finish(late); state != mailout.Signed {
			t.Errorf("%s made the signed row %s", late.Status, state)
		}
	}
	b.settle(ref, lost)
	if r := b.record(id, 2); r.State != mailout.Signed || r.Cause != "" || r.Settled[0].Status != mailout.SignerSigned {
		t.Errorf("the books say %s because of %q, the signer %s", r.State, r.Cause, r.Settled[0].Status)
	}
}

// The portal hands an unconfirmed change out again, perhaps after a newer one.
func TestAnOlderChangeDoesNotTurnASignerBack(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	ref := b.created(id, 2, 7)
	older := b.change(ref, 7, mailout.InProgress, mailout.SignerWaiting)
	b.clock.pass(time.Hour)
	newer := b.change(ref, 7, mailout.InProgress, mailout.SignerSigned)
	b.take(newer)
	b.take(older)
	if got := b.record(id, 2).Settled[0]; got.Status != mailout.SignerSigned || !got.Since.Equal(newer.Signers[0].Since) {
		t.Errorf("the signer's book says %+v", got)
	}
}

func TestTheSameChangeAgainIsWrittenOnce(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	change := b.change(b.created(id, 2, 7), 7, mailout.InProgress, mailout.SignerWaiting)
	first := b.take(change)
	for range 3 {
		again := b.take(change)
		if again.Fingerprint != first.Fingerprint || again.State != mailout.Created {
			t.Errorf("taken again as %+v", again)
		}
	}
	if got, want := b.history(id, 2), []string{"begin planned>sending", "accept sending>created", "change created>created"}; !slices.Equal(got, want) {
		t.Errorf("the history is %q, want %q", got, want)
	}
	other := b.change(change.Ref, 7, mailout.InProgress, mailout.SignerSigned)
	if b.take(other).Fingerprint == first.Fingerprint {
		t.Error("another change has the same fingerprint")
	}
}

func TestSignersAreToldApart(t *testing.T) {
	b := newBooks(t)
	id := b.approved(full(), row(15))
	change := b.change(b.created(id, 14, 7), 7, mailout.InProgress, mailout.SignerWaiting)
	since := noon.Add(time.Hour)
	change.Signers = []mailout.SignerChange{
		{Status: "A_STATUS_OF_TOMORROW", Since: since, Email: "leder@kommune.example", Mobile: "+4799887766"},
		{Status: mailout.SignerSigned, Since: since, NationalID: "99999999999"}, // nobody of this row
	}
	b.take(change)
	got := b.record(id, 14).Settled
	if got[0] != (mailout.SignerBook{}) || got[1].Status != "A_STATUS_OF_TOMORROW" || !got[1].Since.Equal(since) {
		t.Errorf("the signers' books say %+v", got)
	}
	for _, line := range b.history(id, 14) {
		if strings.Contains(line, "leder@") || strings.Contains(line, "99999999999") {
			t.Errorf("the history shows personal data: %s", line)
		}
	}
}

func TestAlarmsAreLaidToRestOnce(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	ref := b.created(id, 2, 7)
	second := b.change(ref, 8, mailout.InProgress, mailout.SignerWaiting)
	b.take(second)
	if n := b.info(id).Alarms; n != 1 {
		t.Errorf("the batch has %d alarms, want 1", n)
	}
	alarms, err := b.Alarms(t.Context())
	must(t, err)
	for i, want := range []bool{true, false} {
		if found, err := b.LayAlarm(t.Context(), alarms[0].ID, "cancelled by phone"); err != nil || found != want {
			t.Errorf("laid to rest the time %d: %v, %v", i+1, found, err)
		}
	}
	b.take(second) // the same finding does not wake it again
	b.wantAlarms()
	if n := b.info(id).Alarms; n != 0 {
		t.Errorf("the batch has %d alarms", n)
	}
}
