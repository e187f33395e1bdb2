package ledger_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

// signed brings line 2 to the point where its document is to be fetched.
func signed(t *testing.T) (b *books, id mailout.BatchID, taken mailout.Taken, change mailout.Change) {
	b = newBooks(t)
	id = b.approved(row(2), row(3))
	change = b.change(b.created(id, 2, 7), 7, mailout.Completed, mailout.SignerSigned)
	return b, id, b.take(change), change
}

func keptFile(content, temp, place string) mailout.KeptFile {
	return mailout.KeptFile{SHA256: mailout.SumDigest([]byte(content)), Bytes: int64(len(content)), Temp: temp, Path: place}
}

// sameFiles compares all but what the books add: the job, and when it was.
func sameFiles(got []mailout.KeptFile, want ...mailout.KeptFile) bool {
	for i := range got {
		got[i].Job, got[i].At = 0, time.Time{}
	}
	return reflect.DeepEqual(got, want)
}

func (b *books) temps() []string {
	b.t.Helper()
	names, err := b.TempFiles(b.t.Context())
	must(b.t, err)
	return slices.Sorted(maps.Keys(names))
}

func TestADocumentIsFoundAgainAfterEveryStep(t *testing.T) {
	b, id, taken, change := signed(t)
	if len(taken.Files) != 0 {
		t.Errorf("before the fetch the books know %+v", taken.Files)
	}
	f := keptFile("pdf", "signed/x/.fetch-1.part", "")
	must(t, b.Fetched(t.Context(), taken, 7, f))
	if got := b.crash().take(change).Files; !sameFiles(got, f) {
		t.Errorf("after the fetch the books know %+v, want %+v", got, f)
	}
	if got := b.temps(); !slices.Equal(got, []string{f.Temp}) {
		t.Errorf("the books count on %q", got)
	}
	f.Temp = "signed/x/.fetch-2.part" // fetched once more after a crash: the same bytes
	must(t, b.Fetched(t.Context(), taken, 7, f))
	if got := b.temps(); !slices.Equal(got, []string{f.Temp}) {
		t.Errorf("the books count on %q", got)
	}
	if got := b.record(id, 2).Signed; got != (mailout.SignedFile{}) {
		t.Errorf("a document that is not in its place is reported as %+v", got)
	}

	f.Path = "signed/x/k2-7.pdf"
	must(t, b.KeepSigned(t.Context(), taken, 7, f))
	next := b.crash()
	if got := next.take(change).Files; !sameFiles(got, f) {
		t.Errorf("after the rename the books know %+v, want %+v", got, f)
	}
	if got := next.temps(); len(got) != 0 {
		t.Errorf("the books still count on %q", got)
	}
	if got, want := b.record(id, 2), (mailout.SignedFile{Path: f.Path, SHA256: f.SHA256, Bytes: 3}); got.Signed != want || got.Doubtful {
		t.Errorf("the row's document is %+v, doubtful %v; want %+v", got.Signed, got.Doubtful, want)
	}
	if state := b.conclude(taken, change); state != mailout.Signed {
		t.Errorf("the row is %s", state)
	}
	b.wantAlarms()
}

func TestKeepingADocumentThatWasNeverFetched(t *testing.T) {
	b, id, taken, _ := signed(t)
	if err := b.KeepSigned(t.Context(), taken, 7, keptFile("pdf", "", "signed/x/k2-7.pdf")); err == nil {
		t.Error("a document that the books do not know was kept")
	}
	if got := b.record(id, 2).Signed; got != (mailout.SignedFile{}) {
		t.Errorf("the row has the document %+v", got)
	}
}

func TestADoubtfulDocumentIsKeptAndShown(t *testing.T) {
	b, id, taken, change := signed(t)
	doubtful := keptFile("torn", "t1", "")
	doubtful.Doubt = "no end of file"
	must(t, b.Fetched(t.Context(), taken, 7, doubtful))
	doubtful.Path = "signed/x/doubtful/k2-7.pdf"
	must(t, b.KeepSigned(t.Context(), taken, 7, doubtful))
	if r := b.record(id, 2); !r.Doubtful || r.Signed.Path != doubtful.Path || r.State != mailout.Created {
		t.Errorf("the row is %s with %+v, doubtful %v", r.State, r.Signed, r.Doubtful)
	}
	b.wantAlarms("doubtful 2 7")

	// Fetched again when the change came again, it is whole.
	good := keptFile("whole", "t2", "")
	must(t, b.Fetched(t.Context(), taken, 7, good))
	good.Path = "signed/x/k2-7.pdf"
	must(t, b.KeepSigned(t.Context(), taken, 7, good))
	if r := b.record(id, 2); r.Doubtful || r.Signed.Path != good.Path {
		t.Errorf("the row has %+v, doubtful %v", r.Signed, r.Doubtful)
	}
	if got := b.take(change).Files; len(got) != 2 {
		t.Errorf("the books know %+v: both stay", got)
	}
}

func TestADocumentThatIsNotOfferedIsAnAlarm(t *testing.T) {
	b, _, taken, _ := signed(t)
	for range 2 {
		must(t, b.Doubt(t.Context(), taken, 7, "the portal offers no signed document"))
	}
	b.wantAlarms("doubtful 2 7")
}

func (b *books) tryConfirm(taken mailout.Taken, job mailout.JobID) (again bool) {
	b.t.Helper()
	again, err := b.TryConfirm(b.t.Context(), taken, job)
	must(b.t, err)
	return again
}

// keepDocument keeps the signed document of a job, without which nothing is confirmed.
func (b *books) keepDocument(taken mailout.Taken, job mailout.JobID) {
	b.t.Helper()
	f := keptFile("whole", "t", "")
	must(b.t, b.Fetched(b.t.Context(), taken, job, f))
	f.Path = fmt.Sprintf("signed/x/%d.pdf", job)
	must(b.t, b.KeepSigned(b.t.Context(), taken, job, f))
}

func (b *books) wantUnconfirmed(id mailout.BatchID, want int) {
	b.t.Helper()
	if got := b.info(id).Unconfirmed; got != want {
		b.t.Errorf("%d changes are unconfirmed, want %d", got, want)
	}
}

func TestConfirming(t *testing.T) {
	b, id, taken, change := signed(t)
	b.keepDocument(taken, 7)
	b.wantUnconfirmed(id, 1)
	if b.tryConfirm(taken, 7) {
		t.Error("the first try counts as a repeat")
	}
	if !b.crash().tryConfirm(taken, 7) {
		t.Error("after a crash a repeat counts as the first try")
	}
	b.wantUnconfirmed(id, 1) // tried is not confirmed
	must(t, b.Confirmed(t.Context(), taken, 7))
	b.wantUnconfirmed(id, 0)
	if got := b.history(id, 2); got[len(got)-1] != "confirmed created>created" {
		t.Errorf("the history is %q", got)
	}
	// It comes back all the same: the portal is believed.
	if again := b.take(change); !again.Confirmed {
		t.Error("the books forgot that it was confirmed")
	}
	b.wantUnconfirmed(id, 1)
	if !b.tryConfirm(taken, 7) {
		t.Error("confirming once more counts as the first try")
	}
}

func TestAnEmptyQueueConfirmsWhatWasTried(t *testing.T) {
	b, id, tried, change := signed(t)
	b.keepDocument(tried, 7)
	untried := b.take(b.change(b.created(id, 3, 8), 8, mailout.JobFailed, mailout.SignerRejected))
	b.tryConfirm(tried, 7)
	empty := func(queue string, after time.Duration) {
		must(t, b.EmptyQueue(t.Context(), "988015814", queue, change.TakenAt.Add(after)))
	}
	empty("queue", 12*time.Minute)
	b.wantUnconfirmed(id, 2) // it may still come again
	empty("another", 20*time.Minute)
	b.wantUnconfirmed(id, 2) // that says nothing about this queue
	empty("queue", 12*time.Minute+time.Second)
	b.wantUnconfirmed(id, 1) // what was never tried is not confirmed
	b.tryConfirm(untried, 8)
	must(t, b.Confirmed(t.Context(), untried, 8))
	b.wantUnconfirmed(id, 0)
}

func TestConfirmingWhatWasNeverTaken(t *testing.T) {
	b, _, taken, _ := signed(t)
	taken.Fingerprint = strings.Repeat("0", 32)
	if _, err := b.TryConfirm(t.Context(), taken, 7); err == nil {
		t.Error("a change that the books do not know may be confirmed")
	}
}

func TestKeepingTheSameDocumentAgainChangesNothing(t *testing.T) {
	b, id, taken, _ := signed(t)
	f := keptFile("torn", "t1", "")
	f.Doubt = "no end of file"
	must(t, b.Fetched(t.Context(), taken, 7, f))
	f.Path = "signed/x/doubtful/k2-7.pdf"
	must(t, b.KeepSigned(t.Context(), taken, 7, f))
	before := b.history(id, 2)
	must(t, b.KeepSigned(t.Context(), taken, 7, f))
	if got := b.history(id, 2); !slices.Equal(got, before) {
		t.Errorf("the history grew to %q", got)
	}
	// The same bytes, found to be good after all.
	f.Doubt, f.Path = "", "signed/x/k2-7.pdf"
	must(t, b.KeepSigned(t.Context(), taken, 7, f))
	if r := b.record(id, 2); r.Doubtful || r.Signed.Path != f.Path {
		t.Errorf("the row has %+v, doubtful %v", r.Signed, r.Doubtful)
	}
}

// An older change must not be confirmed while the final one is not: the confirmation is
// the job's.
func TestAChangeTellsOfAFinalOneThatWaits(t *testing.T) {
	b, _, taken, final := signed(t)
	early := b.change(final.Ref, 7, mailout.InProgress, mailout.SignerWaiting)
	if !b.take(early).Pending || !b.crash().take(early).Pending {
		t.Error("the final change that waits is not told of")
	}
	b.keepDocument(taken, 7)
	b.tryConfirm(taken, 7)
	must(t, b.Confirmed(t.Context(), taken, 7))
	if b.take(early).Pending {
		t.Error("a final change that was confirmed counts as waiting")
	}
}

// The queue that a change came from is asked until the change is confirmed, whatever the
// configuration says by then.
func TestQueuesOfWhatIsNotConfirmed(t *testing.T) {
	b, _, taken, change := signed(t)
	b.keepDocument(taken, 7)
	b.conclude(taken, change)
	queues := func() (all []string) {
		must(t, b.Queues(t.Context(), func(sender mailout.OrgNumber, queue string) { all = append(all, string(sender)+" "+queue) }))
		return all
	}
	if got := queues(); !slices.Equal(got, []string{"988015814 queue"}) {
		t.Errorf("the queues are %q", got)
	}
	b.tryConfirm(taken, 7)
	must(t, b.Confirmed(t.Context(), taken, 7))
	if got := queues(); len(got) != 0 {
		t.Errorf("with nothing left the queues are %q", got)
	}
}

// Each signer's XAdES is a file of its own, whatever its bytes: two may be the same.
func TestXAdESAreKeptBesideTheDocument(t *testing.T) {
	b, id, taken, change := signed(t)
	if !slices.Equal(taken.Signers, []int{1}) {
		t.Errorf("the change's signers are %v of the row's", taken.Signers)
	}
	for signer, place := range []string{"signed/x/k2-7.pdf", "signed/x/k2-7-signer-1.xml", "signed/x/k2-7-signer-2.xml"} {
		f := keptFile("the very same bytes", fmt.Sprint("t", signer), "")
		f.Signer = signer
		must(t, b.Fetched(t.Context(), taken, 7, f))
		f.Path = place
		must(t, b.KeepSigned(t.Context(), taken, 7, f))
	}
	r := b.crash().record(id, 2)
	if r.Signed.Path != "signed/x/k2-7.pdf" || r.Settled[0].XAdES.Path != "signed/x/k2-7-signer-1.xml" || r.Doubtful {
		t.Errorf("the row has %+v and %+v", r.Signed, r.Settled)
	}
	if got := b.take(change).Files; len(got) != 3 { // that of somebody who is not in the row too
		t.Errorf("the books know %+v", got)
	}
	doubtful := keptFile("torn", "t9", "")
	doubtful.Signer, doubtful.Doubt = 1, "it is not XML"
	must(t, b.Fetched(t.Context(), taken, 7, doubtful))
	doubtful.Path = "signed/x/doubtful/k2-7-signer-1.xml"
	must(t, b.KeepSigned(t.Context(), taken, 7, doubtful))
	if r := b.record(id, 2); r.Doubtful || r.Settled[0].XAdES.Path != "signed/x/k2-7-signer-1.xml" {
		t.Errorf("a good one is there, and the row has %+v, doubtful %v", r.Settled, r.Doubtful)
	}
	alarms, err := b.Alarms(t.Context())
	must(t, err)
	if len(alarms) != 1 || !strings.HasPrefix(alarms[0].Detail, "the XAdES of signer 1 did not pass") {
		t.Errorf("the alarms are %+v", alarms)
	}
}

// A person has laid the first doubt about a job to rest; another one must be seen again, the
// same one need not.
func TestAnotherDoubtAboutTheSameJob(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	taken := b.take(b.change(b.created(id, 2, 22), 22, mailout.Completed, mailout.SignerSigned))
	lay := func() {
		t.Helper()
		alarms, err := b.Alarms(t.Context())
		must(t, err)
		if len(alarms) != 1 {
			t.Fatalf("the alarms are %+v", alarms)
		}
		_, err = b.LayAlarm(t.Context(), alarms[0].ID, "looked at")
		must(t, err)
	}
	must(t, b.Doubt(t.Context(), taken, 22, "the XAdES of signer 1 could not be fetched"))
	lay()
	must(t, b.Doubt(t.Context(), taken, 22, "the XAdES of signer 1 could not be fetched"))
	b.wantAlarms()
	f := keptFile("pdf", "t1", "")
	f.Doubt = "no seal"
	must(t, b.Fetched(t.Context(), taken, 22, f))
	f.Path = "signed/x/doubtful/k2-22.pdf"
	must(t, b.KeepSigned(t.Context(), taken, 22, f))
	b.wantAlarms("doubtful 2 22")
	lay()
	b.wantAlarms()
}
