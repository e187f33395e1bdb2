package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"batch/internal/mailout"
)

// Whatever an alarm is about, a person lays it to rest with a note, and the history keeps it.
func TestEveryKindOfAlarmIsLaidToRest(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	b.created(id, 2, 7)
	kinds := []mailout.AlarmKind{mailout.AlarmDuplicate, mailout.AlarmRevived, mailout.AlarmStrange, mailout.AlarmMissing, mailout.AlarmDoubtful, mailout.AlarmSentLog, mailout.AlarmDeadline}
	for i, kind := range kinds {
		must(t, b.raw(`INSERT INTO alarms (at, kind, batch, line, job_id, detail) VALUES ('2026-11-21T12:00:00.000000Z', ?, ?, 2, ?, 'see')`, string(kind), string(id), 100+i))
	}
	alarms, err := b.Alarms(t.Context())
	must(t, err)
	if len(alarms) != len(kinds) || b.info(id).Alarms != len(kinds) {
		t.Fatalf("the alarms are %+v", alarms)
	}
	for _, a := range alarms {
		if found, err := b.LayAlarm(t.Context(), a.ID, "by kari: dealt with"); !found || err != nil {
			t.Errorf("%s: %v, %v", a.Kind, found, err)
		}
		want := fmt.Sprintf("alarm %d (%s), by kari: dealt with", a.ID, a.Kind)
		history, err := b.History(t.Context(), id, 2)
		must(t, err)
		if last := history[len(history)-1]; last.Kind != "alarm laid" || last.Detail != want {
			t.Errorf("the history ends with %+v, want %q", last, want)
		}
	}
	b.wantAlarms()
	if n := b.info(id).Alarms; n != 0 {
		t.Errorf("the batch has %d alarms", n)
	}
}

// What a failed job offered is not what all have signed: the schema lets nobody confirm that
// on its strength.
func TestAFailedJobsDocumentConfirmsNothing(t *testing.T) {
	b, _, taken, _ := signed(t)
	f := keptFile("pdf", "signed/x/.fetch-1.part", "")
	f.Of = mailout.JobFailed
	must(t, b.Fetched(t.Context(), taken, 7, f))
	f.Path = "signed/x/k2-7-failed.pdf"
	must(t, b.KeepSigned(t.Context(), taken, 7, f))
	if _, err := b.TryConfirm(t.Context(), taken, 7); err == nil || !strings.Contains(err.Error(), "a change is confirmed when its document is kept") {
		t.Errorf("trying to confirm: %v", err)
	}
}

func TestTheSchemaRefusesOddFilesThatAreNotTrue(t *testing.T) {
	b, _, taken, _ := signed(t)
	must(t, b.Fetched(t.Context(), taken, 7, keptFile("pdf", "signed/x/.fetch-1.part", "")))
	b.wantRefused(`UPDATE files SET warnings = '{}'`)
	b.wantRefused(`UPDATE files SET partial = 1`) // nothing says why it is doubtful
	b.wantRefused(`UPDATE files SET partial = 2, doubt = 'x'`)
}

// What the portal answered to a cancellation is not what became of the job: where all have
// signed the duplicate all the same, two letters are signed, and the alarm is open again until
// a person lays it to rest.
func TestADuplicateThatIsSignedAfterItWasCancelled(t *testing.T) {
	b, _, second := duplicated(t)
	b.wishJob(23)
	b.answered(b.askFor(), mailout.AnswerGranted)
	b.wantAlarms()
	signed := b.change(second.Ref, 23, mailout.Completed, mailout.SignerSigned)
	b.take(signed)
	b.wantAlarms("duplicate 2 23")
	b.layAll()
	b.take(signed)
	b.wantAlarms()
}

// A row may come back more than once, each time in another way. Who has laid the first alarm to
// rest is told of the next.
func TestARowThatIsRevivedOnceMore(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	ref := b.begin(id, 2)
	b.settle(ref, refused)
	b.finish(b.change(ref, 7, mailout.JobFailed, mailout.SignerExpired))
	b.wantAlarms("revived 2 7")
	b.layAll()
	c := b.change(ref, 7, mailout.Completed, mailout.SignerSigned)
	for range 2 {
		b.conclude(b.take(c), c)
		b.wantState(id, 2, mailout.Expired)
		b.wantAlarms("revived 2 7")
	}
	b.layAll()
	b.conclude(b.take(c), c)
	b.wantAlarms()
}

func (b *books) layAll() {
	b.t.Helper()
	alarms, err := b.Alarms(b.t.Context())
	must(b.t, err)
	for _, a := range alarms {
		_, err := b.LayAlarm(b.t.Context(), a.ID, "by kari: dealt with")
		must(b.t, err)
	}
}
