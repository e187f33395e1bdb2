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
