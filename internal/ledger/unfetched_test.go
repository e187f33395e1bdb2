package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

const day = 24 * time.Hour

// wantDeadlines compares what a batch has at the portal alone, in days from now.
func (b *books) wantDeadlines(id mailout.BatchID, want string) {
	b.t.Helper()
	info := b.info(id)
	since := func(u mailout.Unfetched) string {
		if u.Jobs == 0 {
			return "none"
		}
		return fmt.Sprintf("%d for %d days", u.Jobs, b.clock.now().Sub(u.Since)/day)
	}
	if got := "signed " + since(info.Deadlines.Signed) + ", unasked " + since(info.Deadlines.Unasked); got != want {
		b.t.Errorf("%s, want %s", got, want)
	}
}

// kept keeps a document of a job as a follower does.
func (b *books) kept(taken mailout.Taken, job mailout.JobID) {
	b.t.Helper()
	f := mailout.KeptFile{SHA256: mailout.SumDigest(fmt.Append(nil, "signed", job)), Bytes: 10, Temp: fmt.Sprintf("signed/%s/.fetch-%d.part", taken.Batch, job)}
	must(b.t, b.Fetched(b.t.Context(), taken, job, f))
	f.Path = fmt.Sprintf("signed/%s/%d.pdf", taken.Batch, job)
	must(b.t, b.KeepSigned(b.t.Context(), taken, job, f))
}

func (b *books) emptyQueue() {
	b.t.Helper()
	must(b.t, b.EmptyQueue(b.t.Context(), "988015814", "queue", b.clock.now()))
}

// A document that all have signed and nobody has fetched counts from the last signature. It is
// a warning from day 25 on, an alarm in every reader's eyes from day 35 on, and gone once it is
// fetched: all of it without anybody having written anything.
func TestSignedDocumentsNotFetchedAreCountedFromTheLastSignature(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	c := b.change(b.created(id, 2, 7), 7, mailout.Completed, mailout.SignerSigned)
	c.Signers[0].Since = b.clock.now().Add(-2 * day)
	b.created(id, 3, 8)
	taken := b.take(c)
	b.emptyQueue()
	b.wantDeadlines(id, "signed 1 for 2 days, unasked 2 for 0 days")
	for _, step := range []struct {
		days            int
		warned, alarmed bool
	}{{24, false, false}, {25, true, false}, {34, true, false}, {35, true, true}} {
		b.clock.at = noon.Add(time.Duration(step.days-2) * day).Add(time.Minute)
		b.emptyQueue() // but for the document itself
		u, info := b.info(id).Deadlines.Signed, b.info(id)
		if step.days < 35 && (u.Warned(b.clock.now()) != step.warned || info.Overdue || info.Alarms != 0) {
			t.Errorf("on day %d: warned %v, alarms %d", step.days, u.Warned(b.clock.now()), info.Alarms)
		}
	}
	// The queue was empty on day 35 and the document was still missing: that is an alarm that a
	// person can lay to rest.
	b.wantAlarms("deadline 2 7")
	b.wantDeadlines(id, "signed none, unasked 2 for 0 days")
	b.kept(taken, 7)
	b.conclude(taken, c)
	b.wantAlarms()
	b.wantDeadlines(id, "signed none, unasked 1 for 0 days")
}

// Where nobody has asked a queue nobody knows what was signed: every reader sees the alarm, and
// the first empty queue ends it.
func TestJobsWhoseQueueNobodyAsksMayBeDeletedUnseen(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	b.created(id, 2, 7)
	b.clock.pass(10 * day)
	b.settle(b.begin(id, 3), lost) // unknown: a job may exist all the same
	b.clock.pass(15 * day)
	b.wantDeadlines(id, "signed none, unasked 2 for 25 days")
	b.wantAlarms()
	b.clock.pass(10 * day)
	b.wantAlarms("deadline 0 0")
	if info := b.info(id); !info.Overdue || info.Alarms != 1 {
		t.Errorf("the books have %d alarms (overdue: %v), want the one", info.Alarms, info.Overdue)
	}
	b.emptyQueue()
	b.wantAlarms()
	b.clock.pass(40 * day)
	b.wantAlarms("deadline 0 0")
	alarms, err := b.Alarms(t.Context())
	if err != nil || len(alarms) != 1 {
		t.Fatalf("the alarms are %v, %v", alarms, err)
	}
	if a := alarms[0]; a.ID != 0 || a.Batch != id || !strings.Contains(a.Detail, "the portal may have deleted the first, since ") {
		t.Errorf("the alarm is %d of %q: %s", a.ID, a.Batch, a.Detail)
	}
}

// A row that was sent long after its queue was empty counts from then.
func TestARowCountsFromWhenItWasSent(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	b.emptyQueue()
	b.clock.pass(36 * day)
	b.wantDeadlines(id, "signed none, unasked none")
	b.created(id, 2, 7)
	b.wantDeadlines(id, "signed none, unasked 1 for 0 days")
	b.wantAlarms()
}

// What a person has laid to rest stays at rest: the document is lost, and he knows.
func TestADeadlineIsLaidToRestByAPerson(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	b.take(b.change(b.created(id, 2, 7), 7, mailout.Completed, mailout.SignerSigned))
	b.clock.pass(36 * day)
	b.wantAlarms("deadline 0 0")
	b.emptyQueue()
	b.wantAlarms("deadline 2 7")
	alarms, err := b.Alarms(t.Context())
	must(t, err)
	found, err := b.LayAlarm(t.Context(), alarms[0].ID, "by kari: the paper copy counts")
	must(t, err)
	b.emptyQueue()
	if b.wantAlarms(); !found || b.info(id).Alarms != 0 {
		t.Errorf("laid: %v; %d alarms are left", found, b.info(id).Alarms)
	}
}

// A change of a job that failed, which was never confirmed, and a second job of a row count too;
// a stranger's do not.
func TestWhatElseIsOnlyAtThePortal(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	ref := b.created(id, 2, 7)
	b.take(b.change(ref, 7, mailout.JobFailed, mailout.SignerRejected))
	b.take(b.change(ref, 8, mailout.Completed, mailout.SignerSigned))
	b.take(b.change("somebody-elses", 9, mailout.Completed, mailout.SignerSigned))
	b.emptyQueue()
	b.wantDeadlines(id, "signed 2 for 0 days, unasked 1 for 0 days")
}
