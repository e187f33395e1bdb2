package ledger_test

import (
	"fmt"
	"slices"
	"testing"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

func (b *books) wish(id mailout.BatchID, lines ...int) {
	b.t.Helper()
	must(b.t, b.WishCancelled(b.t.Context(), id, lines, "by kari: wrong attachment"))
}

// due are the wishes whose call is due, as "line job url".
func (b *books) due() []mailout.Wish {
	b.t.Helper()
	all, err := b.ToCancel(b.t.Context(), mailout.Wish{}, 100)
	must(b.t, err)
	return all
}

func (b *books) wantDue(want ...string) {
	b.t.Helper()
	var got []string
	for _, w := range b.due() {
		got = append(got, fmt.Sprint(w.Line, " ", w.Job))
	}
	if !slices.Equal(got, want) {
		b.t.Errorf("to be cancelled are %q, want %q", got, want)
	}
}

// askFor begins the call of the one wish that is due.
func (b *books) askFor() mailout.Wish {
	b.t.Helper()
	due := b.due()
	if len(due) != 1 {
		b.t.Fatalf("%d wishes are due, want one", len(due))
	}
	ask, err := b.BeginCancel(b.t.Context(), due[0])
	if err != nil || !ask {
		b.t.Fatalf("the call is not begun: %v", err)
	}
	return due[0]
}

func (b *books) answered(w mailout.Wish, k mailout.AnswerKind) {
	b.t.Helper()
	must(b.t, b.SettleCancel(b.t.Context(), w, mailout.Answer{Kind: k}))
}

// detail is that of the newest event of a kind.
func (b *books) detail(id mailout.BatchID, line int, kind string) string {
	b.t.Helper()
	events, err := b.History(b.t.Context(), id, line)
	must(b.t, err)
	for _, e := range slices.Backward(events) {
		if e.Kind == kind {
			return e.Detail
		}
	}
	b.t.Errorf("line %d has no event %q", line, kind)
	return ""
}

func TestAWishFindsRowsInEveryState(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4), row(5), row(6, skipped), row(7))
	sending := b.begin(id, 3)
	b.settle(b.begin(id, 4), lost)
	b.created(id, 5, 55)
	over := b.change(b.created(id, 7, 77), 77, mailout.JobFailed, mailout.SignerRejected)
	b.finish(over)
	b.wish(id, 2, 3, 4, 5, 6, 7)
	for line, want := range map[int]mailout.State{2: mailout.Cancelled, 3: mailout.Sending, 4: mailout.Unknown, 5: mailout.Created, 6: mailout.Skipped, 7: mailout.Rejected} {
		b.wantState(id, line, want)
	}
	b.wantDue("5 55")
	if got := b.detail(id, 2, "withdraw"); got != "by kari: wrong attachment" {
		t.Errorf("the history says %q of why it was withdrawn", got)
	}
	if got := b.detail(id, 5, "cancel wished"); got != "by kari: wrong attachment" {
		t.Errorf("the history says %q of the wish", got)
	}
	if got := b.info(id).Uncancelled; got != 1 {
		t.Errorf("%d jobs wait for an answer", got)
	}
	// As soon as there is a job, its call is due.
	b.settle(sending, accepted(33))
	b.wantDue("3 33", "5 55")
	unknown := b.change(b.record(id, 4).Ref, 44, mailout.InProgress, mailout.SignerWaiting)
	b.take(unknown)
	b.wantDue("3 33", "4 44", "5 55")
	page, err := b.ToCancel(t.Context(), b.due()[0], 1)
	if err != nil || len(page) != 1 || page[0].Line != 4 {
		t.Errorf("after line 3 comes %+v, %v", page, err)
	}
	// A change may end the row first: there is nothing to ask any more.
	due := b.due()[1]
	b.finish(b.change(unknown.Ref, 44, mailout.Completed, mailout.SignerSigned))
	if ask, err := b.BeginCancel(t.Context(), due); ask || err != nil {
		t.Errorf("a row that is over is asked for: %v, %v", ask, err)
	}
	b.wantDue("3 33", "5 55")
	b.wantAlarms()
}

// The wish and the intent to send are each one transaction: whichever is first counts.
func TestAWishedRowIsNeverSent(t *testing.T) {
	for name, back := range map[string]func(b *books, id mailout.BatchID){
		"before the intent": func(b *books, id mailout.BatchID) { b.wish(id, 2) },
		"proved not sent": func(b *books, id mailout.BatchID) {
			ref := b.begin(id, 2)
			b.wish(id, 2)
			if s := b.settle(ref, notSent); s != mailout.Cancelled {
				b.t.Errorf("the answer leaves it %s", s)
			}
		},
		"declared absent": func(b *books, id mailout.BatchID) {
			b.settle(b.begin(id, 2), lost)
			b.wish(id, 2)
			b.clock.pass(absentAfter)
			b.resolve(id, 2, mailout.VerdictAbsent)
		},
		"ended before the first byte": func(b *books, id mailout.BatchID) {
			*b = *b.atTheLine(false, func() { b.begin(id, 2) })
			b.wish(id, 2)
			if got := b.recover(); got.NotSent != 1 {
				b.t.Errorf("recovered %+v", got)
			}
		},
		"not sent, then wished": func(b *books, id mailout.BatchID) {
			b.settle(b.begin(id, 2), notSent)
			b.wish(id, 2)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(t)
			id := b.approved(row(2), row(3))
			back(b, id)
			b.wantState(id, 2, mailout.Cancelled)
			_, err := b.BeginAttempt(t.Context(), id, 2, "queue", jobXML)
			wantErr(t, err, mailout.ErrNotPlanned)
			b.wantDue()
			if got := b.detail(id, 2, "withdraw"); got != "by kari: wrong attachment" {
				t.Errorf("the history says %q", got)
			}
			b.wantBatch(id, mailout.Approved)
			b.wish(id, 3)
			b.wantBatch(id, mailout.Done)
		})
	}
}

// A job of a withdrawn row comes to light after all: it is an alarm, and it is cancelled.
func TestARevivedRowIsCancelled(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	ref := b.begin(id, 2)
	b.wish(id, 2)
	b.settle(ref, notSent)
	b.take(b.change(ref, 22, mailout.InProgress, mailout.SignerWaiting))
	b.wantState(id, 2, mailout.Created)
	b.wantAlarms("revived 2 22")
	b.wantDue("2 22")
}

func TestTheAddressOfACancellation(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4))
	answer := accepted(22)
	answer.CancellationURL = "https://portal/22/cancel"
	ref := b.begin(id, 2)
	b.settle(ref, answer)
	b.created(id, 3, 33)
	lostOne := b.begin(id, 4)
	b.settle(lostOne, lost)
	early := b.change(lostOne, 44, mailout.InProgress, mailout.SignerWaiting)
	early.CancellationURL = "https://portal/44/cancel"
	b.take(early)
	b.wish(id, 2, 3, 4)
	address := func() (all []string) {
		for _, w := range b.due() {
			if w.Sender != "988015814" {
				t.Errorf("the sender of job %d is %q", w.Job, w.Sender)
			}
			all = append(all, w.URL)
		}
		return all
	}
	if got := address(); !slices.Equal(got, []string{"https://portal/22/cancel", "", "https://portal/44/cancel"}) {
		t.Errorf("the addresses are %q", got)
	}
	newer := b.change(ref, 22, mailout.InProgress, mailout.SignerSigned)
	newer.CancellationURL = "https://portal/22/cancel/v2"
	b.take(newer)
	if got := address()[0]; got != newer.CancellationURL {
		t.Errorf("the address is %q, want the newest", got)
	}
}

func TestWishesForWhatWasNeverApproved(t *testing.T) {
	b := newBooks(t)
	old := b.planned(row(2))
	id := b.planned(row(2))
	for _, batch := range []mailout.BatchID{old, id} {
		wantErr(t, b.WishCancelled(t.Context(), batch, []int{2}, "kari"), mailout.ErrNotApproved)
		b.wantState(batch, 2, mailout.Planned)
	}
	wantErr(t, b.WishCancelled(t.Context(), "2026-11-21-zz", []int{2}, "kari"), ledger.ErrNoBatch)
	must(t, b.Approve(t.Context(), id, "--yes"))
	wantErr(t, b.WishCancelled(t.Context(), id, []int{2, 9}, "kari"), ledger.ErrNoRow)
	b.wantState(id, 2, mailout.Planned) // all or nothing
}

// duplicated is a row with job 22, and job 23 as its proven duplicate.
func duplicated(t *testing.T) (b *books, id mailout.BatchID, second mailout.Change) {
	t.Helper()
	b = newBooks(t)
	id = b.approved(row(2))
	ref := b.created(id, 2, 22)
	second = b.change(ref, 23, mailout.InProgress, mailout.SignerWaiting)
	second.CancellationURL = "https://portal/23/cancel"
	b.take(second)
	b.wantAlarms("duplicate 2 23")
	return b, id, second
}

func (b *books) wishJob(job mailout.JobID) mailout.Wish {
	b.t.Helper()
	w, err := b.WishJobCancelled(b.t.Context(), job, "by kari: sent twice")
	must(b.t, err)
	return w
}

func TestADuplicateIsCancelledByItsID(t *testing.T) {
	b, id, second := duplicated(t)
	if w := b.wishJob(23); !w.Duplicate || w.Batch != id || w.Line != 2 {
		t.Errorf("the wish is %+v", w)
	}
	b.wantDue("2 23")
	if got := b.due()[0]; got.URL != second.CancellationURL || got.Sender != "988015814" {
		t.Errorf("it is asked at %q for %q", got.URL, got.Sender)
	}
	b.answered(b.askFor(), mailout.AnswerGranted)
	b.wantAlarms() // dealt with
	b.wantDue()
	b.take(b.change(second.Ref, 23, mailout.JobFailed, mailout.SignerCancelled))
	b.wantState(id, 2, mailout.Created) // the row's own job goes on
	b.wantAlarms()

	// The row's own job by its id is the row's wish.
	if w := b.wishJob(22); w.Duplicate || w.State != mailout.Created {
		t.Errorf("the wish is %+v", w)
	}
	b.wantDue("2 22")
}

// Too late may be the echo of a call whose answer was lost: the duplicate's own change
// tells, and only it lays the alarm to rest then.
func TestADuplicateThatWasCancelledUnheard(t *testing.T) {
	b, _, second := duplicated(t)
	b.wishJob(23)
	b.answered(b.askFor(), "")
	b.answered(b.askFor(), mailout.AnswerDeclined)
	b.wantAlarms("duplicate 2 23")
	b.take(b.change(second.Ref, 23, mailout.JobFailed, mailout.SignerCancelled))
	b.wantAlarms()
}

func TestADuplicateThatIsCancelledByOthersStaysAnAlarm(t *testing.T) {
	b, _, second := duplicated(t)
	b.take(b.change(second.Ref, 23, mailout.JobFailed, mailout.SignerCancelled))
	b.wantAlarms("duplicate 2 23")
}

func TestJobsThatAreNotOurs(t *testing.T) {
	b, _, _ := duplicated(t)
	b.take(b.change("somebody-else", 99, mailout.InProgress, mailout.SignerWaiting))
	for _, job := range []mailout.JobID{99, 100} {
		_, err := b.WishJobCancelled(t.Context(), job, "kari")
		wantErr(t, err, ledger.ErrNoJob)
	}
	b.wantDue()
}

// A job of ours whose row the ledger has lost can be cancelled all the same.
func TestAJobThatTheLedgerHasLost(t *testing.T) {
	b, id, _ := duplicated(t)
	ref := mailout.NewRef(mailout.RefParts{Workspace: b.Workspace(), Batch: "2026-11-20-xx", Line: 7, Attempt: 1})
	b.take(b.change(ref, 77, mailout.InProgress, mailout.SignerWaiting))
	if w := b.wishJob(77); !w.Duplicate || w.Batch == id || w.Key != "" {
		t.Errorf("the wish is %+v", w)
	}
	b.wantDue("7 77")
	if got := b.due()[0].Sender; got != "988015814" {
		t.Errorf("it is asked for %q", got)
	}
	b.answered(b.askFor(), mailout.AnswerGranted)
	b.wantDue()
}

// The answer to a create names another job than the change that was faster: the duplicate
// is known from the alarm alone.
func TestADuplicateKnownFromItsAnswer(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	ref := b.begin(id, 2)
	b.take(b.change(ref, 22, mailout.InProgress, mailout.SignerWaiting))
	other := accepted(23)
	other.CancellationURL = "https://portal/23/cancel"
	b.settle(ref, other)
	b.wantAlarms("duplicate 2 23")
	b.wishJob(23)
	if got := b.due()[0]; got.URL != "" || got.Job != 23 {
		t.Errorf("job %d is asked for at %q, the address of another", got.Job, got.URL)
	}
	b.wish(id, 2)
	if got := b.due()[0]; got.Job != 22 || got.URL != "" {
		t.Errorf("job %d is asked for at %q, the address of another", got.Job, got.URL)
	}
}

// Books of before know files of one kind and no wishes; nothing of them is lost.
func TestBooksOfBefore(t *testing.T) {
	b := oldBooks(t, 3)
	f := keptFile("pdf", "t1", "signed/x/k3-1003.pdf")
	half := keptFile("another", "t2", "")
	for _, f := range []mailout.KeptFile{f, half} {
		must(t, b.raw(`INSERT INTO files (job_id, sha256, batch, line, bytes, temp, state, at) VALUES (1003, ?, ?, 3, ?, ?, 'fetched', '2026-11-20T12:00:00.000000Z')`,
			f.SHA256.String(), oldBatch, f.Bytes, f.Temp))
	}
	must(t, b.raw(`UPDATE files SET state = 'kept', path = ? WHERE temp = 't1'`, f.Path))
	next := b.again()
	const id, line = mailout.BatchID(oldBatch), 3
	change := next.change(next.record(id, line).Ref, 1003, mailout.Completed, mailout.SignerSigned)
	if got := next.record(id, line).Signed; got.Path != f.Path || got.SHA256 != f.SHA256 || got.Bytes != 3 {
		t.Errorf("the signed document is %+v", got)
	}
	if got := next.temps(); !slices.Equal(got, []string{"t2"}) {
		t.Errorf("the books count on %q", got)
	}
	if got := next.take(change).Files; len(got) != 2 || got[0].Signer != 0 {
		t.Errorf("the books know %+v", got)
	}
	next.wish(id, line)
	next.wantDue("3 1003")
	if got := next.info(id); got.Ends != (mailout.Ends{}) || !got.LateAfter.IsZero() {
		t.Errorf("the times of the batch were never noted, and are %+v, %v", got.Ends, got.LateAfter)
	}
}
