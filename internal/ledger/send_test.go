package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

func TestBeginAttemptWritesTheIntentTwice(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(14))
	ref := b.begin(id, 14)
	parts, ok := ref.Parse()
	if want := (mailout.RefParts{Workspace: b.Workspace(), Batch: id, Line: 14, Attempt: 1}); !ok || parts != want {
		t.Errorf("the Ref %s says %+v, want %+v", ref, parts, want)
	}
	if !strings.Contains(b.sentLog(), "\n"+string(ref)+" ") || !strings.HasSuffix(b.sentLog(), "Z\n") {
		t.Errorf("sent.log has no whole line of %s:\n%s", ref, b.sentLog())
	}
	r := b.again().record(id, 14) // another process sees it already
	if r.State != mailout.Sending || r.Ref != ref || r.Queue != "queue" || r.SentAt.IsZero() {
		t.Errorf("the row is %s with the Ref %q on queue %q since %v", r.State, r.Ref, r.Queue, r.SentAt)
	}
	b.wantSum(id)
}

func TestOnlyPlannedRowsOfApprovedBatchesAreBegun(t *testing.T) {
	b := newBooks(t)
	try := func(id mailout.BatchID, line int, want error) {
		t.Helper()
		log := b.sentLog()
		_, err := b.BeginAttempt(t.Context(), id, line, "queue", jobXML)
		wantErr(t, err, want)
		if b.sentLog() != log {
			t.Error("sent.log grew for an attempt that was refused")
		}
	}
	ready := b.planned(row(2))
	try(ready, 2, mailout.ErrNotApproved)
	id := b.approved(row(2), row(3, skipped), row(4))
	try(ready, 2, mailout.ErrNotApproved) // superseded
	try("2026-01-01-zz", 2, ledger.ErrNoBatch)
	try(id, 99, ledger.ErrNoRow)
	try(id, 3, mailout.ErrNotPlanned)
	ref := b.begin(id, 2)
	try(id, 2, mailout.ErrNotPlanned)
	b.settle(ref, lost)
	try(id, 2, mailout.ErrNotPlanned)
	must(t, b.StopBatch(t.Context(), id, "five answers were lost"))
	try(id, 4, mailout.ErrNotApproved)
	must(t, b.Approve(t.Context(), id, "typed"))
	b.begin(id, 4)
}

func TestSettle(t *testing.T) {
	for _, c := range []struct {
		outcome mailout.Outcome
		want    mailout.State
		job     mailout.JobID
		event   string
	}{
		{accepted(7), mailout.Created, 7, "accept sending>created"},
		{refused, mailout.Refused, 0, "refuse sending>refused"},
		{notSent, mailout.Planned, 0, "not-sent sending>planned"},
		{lost, mailout.Unknown, 0, "lose sending>unknown"},
	} {
		t.Run(string(c.outcome.Kind), func(t *testing.T) {
			b := newBooks(t)
			id := b.approved(row(2), row(3))
			ref := b.begin(id, 2)
			if got := b.settle(ref, c.outcome); got != c.want {
				t.Errorf("the row is %s, want %s", got, c.want)
			}
			r := b.record(id, 2)
			if r.State != c.want || r.JobID != c.job || r.Ref != ref {
				t.Errorf("the books say %s, job %d, Ref %s; want %s, job %d, Ref %s", r.State, r.JobID, r.Ref, c.want, c.job, ref)
			}
			if refusal := c.outcome.Kind == mailout.OutcomeRefused; (r.Code == "VALIDATION") != refusal || (r.Message == refused.Message) != refusal {
				t.Errorf("code %q and message %q", r.Code, r.Message)
			}
			if got := b.history(id, 2); !slices.Equal(got, []string{"begin planned>sending", c.event}) {
				t.Errorf("the history is %q", got)
			}
			want := mailout.Attempt{Ref: ref, N: 1, Outcome: c.outcome.Kind, Status: c.outcome.Status, Code: c.outcome.Code, JobID: c.job}
			if got := b.attempts(id, 2); len(got) != 1 || got[0] != want {
				t.Errorf("attempts are %+v, want %+v", got, want)
			}
			b.wantState(id, 3, mailout.Planned)
			b.wantAlarms()
		})
	}
	_, err := newBooks(t).Settle(t.Context(), "nobody's", lost)
	wantErr(t, err, ledger.ErrNoRow)
}

func TestAProvedNotSentKeepsItsRef(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	first := b.begin(id, 2)
	b.settle(first, notSent)
	second := b.begin(id, 2)
	if first != second {
		t.Errorf("the Ref was %s and is %s", first, second)
	}
	if n := strings.Count(b.sentLog(), string(first)); n != 2 {
		t.Errorf("sent.log has %d lines of the Ref, want one a try", n)
	}
	if all := b.attempts(id, 2); len(all) != 1 || all[0].Outcome != "" {
		t.Errorf("the attempt is %+v, want one that is going on", all)
	}
	b.settle(second, accepted(7))
	b.wantState(id, 2, mailout.Created)
}

func TestARefusalIsForgottenWhenTheRowHasAJob(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	ref := b.begin(id, 2)
	b.settle(ref, refused)
	b.take(b.change(ref, 7, mailout.InProgress, mailout.SignerWaiting))
	if r := b.record(id, 2); r.State != mailout.Created || r.Code != "" || r.Message != "" {
		t.Errorf("the row is %s and still says %q: %q", r.State, r.Code, r.Message)
	}
}

// The answer that comes after a status change has brought the job changes nothing.
func TestSettleAfterAnAdoption(t *testing.T) {
	for _, late := range []mailout.Outcome{accepted(7), lost, refused, notSent} {
		t.Run(string(late.Kind), func(t *testing.T) {
			b := newBooks(t)
			id := b.approved(row(2))
			ref := b.begin(id, 2)
			b.take(b.change(ref, 7, mailout.InProgress, mailout.SignerWaiting))
			if got := b.settle(ref, late); got != mailout.Created {
				t.Errorf("the row is %s after its late answer", got)
			}
			r := b.record(id, 2)
			if r.State != mailout.Created || r.JobID != 7 || r.Code != "" {
				t.Errorf("the books say %s, job %d, %q", r.State, r.JobID, r.Code)
			}
			if all := b.attempts(id, 2); len(all) != 1 || all[0].JobID != 7 || all[0].Outcome != late.Kind {
				t.Errorf("the attempt is %+v, want its job 7 and its late answer", all)
			}
			b.wantAlarms()
			b.wantSum(id)
		})
	}
}

func TestAnAnswerWithASecondJobIsAnAlarm(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	ref := b.begin(id, 2)
	b.take(b.change(ref, 7, mailout.InProgress, mailout.SignerWaiting))
	if got := b.settle(ref, accepted(8)); got != mailout.Created {
		t.Errorf("the row is %s", got)
	}
	if r := b.record(id, 2); r.JobID != 7 {
		t.Errorf("the row's job became %d", r.JobID)
	}
	b.wantAlarms("duplicate 2 8")
	if taken := b.take(b.change(ref, 8, mailout.InProgress, mailout.SignerWaiting)); taken.Kind != mailout.TakenDuplicate {
		t.Errorf("the second job's change is %s", taken.Kind)
	}
	b.wantAlarms("duplicate 2 8")
}

// An answer that cannot be true is no certain answer.
func TestAnAnswerThatCannotBeTrueIsUnknown(t *testing.T) {
	for name, job := range map[string]mailout.JobID{"another row's job": 7, "no job": 0} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(t)
			id := b.approved(row(2), row(3))
			b.created(id, 2, 7)
			if got := b.settle(b.begin(id, 3), accepted(job)); got != mailout.Unknown {
				t.Errorf("the row is %s, want unknown", got)
			}
			b.wantState(id, 2, mailout.Created)
			b.wantState(id, 3, mailout.Unknown)
			if all := b.attempts(id, 3); len(all) != 1 || all[0].Outcome != mailout.OutcomeUnknown || all[0].JobID != 0 {
				t.Errorf("the attempt is %+v", all)
			}
		})
	}
}

func TestOneLetterIsOnItsWayOnce(t *testing.T) {
	b := newBooks(t)
	first := b.approved(row(2), row(3, sameLetter))
	second := b.approved(row(2), row(5))
	repeat := func(want bool) {
		t.Helper()
		for _, at := range []struct {
			id   mailout.BatchID
			line int
		}{{first, 3}, {second, 2}} {
			log := b.sentLog()
			_, err := b.BeginAttempt(t.Context(), at.id, at.line, "queue", jobXML)
			if !want {
				must(t, err)
				return // one of the two is on its way now
			}
			wantErr(t, err, mailout.ErrRepeat)
			b.wantState(at.id, at.line, mailout.Planned)
			if b.sentLog() != log {
				t.Error("sent.log grew for a repeat")
			}
		}
	}
	ref := b.begin(first, 2)
	repeat(true) // sending
	b.settle(ref, lost)
	repeat(true) // unknown
	c := b.change(ref, 7, mailout.InProgress, mailout.SignerWaiting)
	b.take(c)
	repeat(true) // created
	b.begin(second, 5)
	b.finish(b.change(ref, 7, mailout.JobFailed, mailout.SignerExpired))
	repeat(false) // expired: it may be sent again
	if all := b.attempts(first, 2); len(all) != 1 {
		t.Errorf("the first row has %d attempts", len(all))
	}
}

func TestASignedLetterIsNeverSentAgain(t *testing.T) {
	b := newBooks(t)
	first := b.approved(row(2))
	b.finish(b.change(b.created(first, 2, 7), 7, mailout.Completed, mailout.SignerSigned))
	b.wantBatch(first, mailout.Done)
	second := b.approved(row(2))
	_, err := b.BeginAttempt(t.Context(), second, 2, "queue", jobXML)
	wantErr(t, err, mailout.ErrRepeat)
}

func TestABatchIsDoneWithItsLastRow(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4, skipped))
	first, second := b.created(id, 2, 7), b.begin(id, 3)
	b.finish(b.change(first, 7, mailout.Completed, mailout.SignerSigned))
	b.wantBatch(id, mailout.Approved) // one is sending
	b.settle(second, lost)
	b.wantBatch(id, mailout.Approved) // one is unknown
	must(t, b.StopBatch(t.Context(), id, "an answer was lost"))
	b.finish(b.change(second, 8, mailout.JobFailed, mailout.SignerRejected))
	b.wantBatch(id, mailout.Done)
	if reason := b.info(id).StopReason; reason != "" {
		t.Errorf("a batch that is done still says why it stopped: %q", reason)
	}
	if err := b.Approve(t.Context(), id, "typed"); err == nil {
		t.Error("a batch that is done was approved")
	}
	must(t, b.StopBatch(t.Context(), id, "too late"))
	b.wantBatch(id, mailout.Done)
}

func TestABatchThatIsDoneComesBackWithARevivedRow(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	ref := b.begin(id, 2)
	b.settle(ref, refused)
	b.wantBatch(id, mailout.Done)
	b.take(b.change(ref, 7, mailout.InProgress, mailout.SignerWaiting))
	b.wantBatch(id, mailout.Approved)
	b.wantAlarms("revived 2 7")
	b.finish(b.change(ref, 7, mailout.Completed, mailout.SignerSigned))
	b.wantBatch(id, mailout.Done)
}

func TestApproval(t *testing.T) {
	b := newBooks(t)
	draft := b.draft(row(9))
	if err := b.Approve(t.Context(), draft, "typed"); err == nil {
		t.Error("a draft was approved")
	}
	wantErr(t, b.Approve(t.Context(), "2026-01-01-zz", "typed"), ledger.ErrNoBatch)
	id := b.planned(row(2))
	must(t, b.StopBatch(t.Context(), id, "nothing to stop"))
	b.wantBatch(id, mailout.Ready)
	must(t, b.Approve(t.Context(), id, "typed"))
	first := b.info(id).ApprovedAt
	must(t, b.Approve(t.Context(), id, "--yes")) // once more changes nothing
	must(t, b.StopBatch(t.Context(), id, "canary"))
	must(t, b.StopBatch(t.Context(), id, "another reason comes too late"))
	if info := b.info(id); info.State != mailout.Stopped || info.StopReason != "canary" {
		t.Errorf("the batch is %s because of %q", info.State, info.StopReason)
	}
	must(t, b.Approve(t.Context(), id, "--approve"))
	info := b.info(id)
	if info.State != mailout.Approved || info.StopReason != "" || !info.ApprovedAt.Equal(first) {
		t.Errorf("approved again, the batch is %+v", info)
	}
	if got, want := b.history(id, 0), []string{"approved >", "stopped >", "approved >"}; !slices.Equal(got, want) {
		t.Errorf("the batch's history is %q, want %q", got, want)
	}
}

func TestToSendReadsInOrderFromALine(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(20), row(3), row(14), row(5, skipped), row(9))
	b.begin(id, 9)
	lines := func(after, limit int) string {
		rows, err := b.ToSend(t.Context(), id, after, limit)
		must(t, err)
		var all []int
		for _, r := range rows {
			all = append(all, r.Line)
		}
		return fmt.Sprint(all)
	}
	for _, c := range []struct {
		after, limit int
		want         string
	}{{0, 10, "[3 14 20]"}, {0, 2, "[3 14]"}, {3, 10, "[14 20]"}, {20, 10, "[]"}} {
		if got := lines(c.after, c.limit); got != c.want {
			t.Errorf("after line %d, %d at most: %s, want %s", c.after, c.limit, got, c.want)
		}
	}
}

func TestPaceOutlivesAProcess(t *testing.T) {
	b := newBooks(t)
	must(t, b.SavePace(t.Context(), "block", noon))
	must(t, b.SavePace(t.Context(), "block", noon.Add(time.Minute)))
	must(t, b.SavePace(t.Context(), "poll 988015814/queue", noon.Add(1500*time.Millisecond)))
	all, err := b.again().LoadPace(t.Context())
	must(t, err)
	if len(all) != 2 || !all["block"].Equal(noon.Add(time.Minute)) || !all["poll 988015814/queue"].Equal(noon.Add(1500*time.Millisecond)) {
		t.Errorf("kept: %v", all)
	}
}

// What was approved is what was seen: a plan, or the stop that was shown. A later one is not
// lifted, by whom ever, and neither is any by who saw an approved batch and goes on.
func TestAnApprovalIsOfWhatWasSeen(t *testing.T) {
	b := newBooks(t)
	id := b.planned(row(2), row(3))
	planned := b.info(id).LastSaid
	must(t, b.Ledger.Approve(t.Context(), id, "typed", planned))
	approved := b.info(id).LastSaid
	must(t, b.Ledger.Approve(t.Context(), id, "went on", planned)) // said twice, nothing to lift
	must(t, b.StopBatch(t.Context(), id, "5 answers were lost"))
	first := b.info(id).LastSaid
	must(t, b.Ledger.Approve(t.Context(), id, "--yes", first))
	must(t, b.StopBatch(t.Context(), id, "5 answers were lost"))
	for by, seen := range map[string]int64{"typed": first, "--approve": planned, "went on": approved} {
		wantErr(t, b.Ledger.Approve(t.Context(), id, by, seen), mailout.ErrSaidSince)
	}
	b.wantBatch(id, mailout.Stopped)
	must(t, b.NoteEnd(t.Context(), id, "stopped on request")) // says nothing of sending
	must(t, b.Ledger.Approve(t.Context(), id, "typed", b.info(id).LastSaid))
	b.wantBatch(id, mailout.Approved)
}
