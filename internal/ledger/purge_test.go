package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// personal is a row with something personal everywhere.
func personal(r *mailout.Row) {
	r.Job.Title, r.Job.Description, r.Job.NonsensitiveTitle = "Avtale for Kari", "Ring Kari", "Avtale"
	r.Columns = []mailout.Column{{Name: "Navn", Value: "Kari Planted"}}
	r.Key = fmt.Sprint("Kari-", r.Line)
}

// over brings a row to its end with a change that is confirmed, its document kept.
func (b *books) over(id mailout.BatchID, line int, job mailout.JobID) {
	b.t.Helper()
	b.signed(b.change(b.created(id, line, job), job, mailout.Completed, mailout.SignerSigned))
	b.wantState(id, line, mailout.Signed)
}

// signed carries a change of a signed job to its confirmation.
func (b *books) signed(c mailout.Change) {
	b.t.Helper()
	taken := b.take(c)
	f := mailout.KeptFile{SHA256: mailout.SumDigest(fmt.Append(nil, c.JobID)), Bytes: 9, Temp: fmt.Sprintf("signed/%s/.fetch-%d.part", taken.Batch, c.JobID)}
	must(b.t, b.Fetched(b.t.Context(), taken, c.JobID, f))
	f.Path = fmt.Sprintf("signed/%s/%s-%d.pdf", taken.Batch, taken.Key, c.JobID)
	must(b.t, b.KeepSigned(b.t.Context(), taken, c.JobID, f))
	b.conclude(taken, c)
	b.confirm(taken, c.JobID)
}

func (b *books) confirm(taken mailout.Taken, job mailout.JobID) {
	b.t.Helper()
	_, err := b.TryConfirm(b.t.Context(), taken, job)
	must(b.t, err)
	must(b.t, b.Confirmed(b.t.Context(), taken, job))
}

// purge purges a batch in the ledger, to its end.
func (b *books) purge(id mailout.BatchID) {
	b.t.Helper()
	_, err := b.BeginPurge(b.t.Context(), id, "by kari")
	must(b.t, err)
	must(b.t, b.PurgeRows(b.t.Context(), id))
	_, err = b.Wipe(b.t.Context())
	must(b.t, err)
	must(b.t, b.EndPurge(b.t.Context(), id, "all of it"))
}

func TestABatchThatIsNotOverIsNotPurged(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	b.over(id, 2, 7)
	refused := func(want ledger.PurgeError) {
		t.Helper()
		var no *ledger.PurgeError
		if _, err := b.BeginPurge(t.Context(), id, "by kari"); !errors.As(err, &no) || *no != want {
			t.Errorf("the error is %v, want %v", err, &want)
		}
		if b.info(id).State == mailout.Purged {
			t.Fatal("it is purged all the same")
		}
	}
	refused(ledger.PurgeError{State: mailout.Approved, Open: 1})
	c := b.change(b.created(id, 3, 8), 8, mailout.JobFailed, mailout.SignerRejected)
	taken := b.take(c)
	b.conclude(taken, c)
	refused(ledger.PurgeError{State: mailout.Done, Unconfirmed: 1})
	b.confirm(taken, 8)
	must(t, b.Doubt(t.Context(), taken, 8, "why"))
	refused(ledger.PurgeError{State: mailout.Done, Alarms: 1})
	alarms, err := b.Alarms(t.Context())
	must(t, err)
	_, err = b.LayAlarm(t.Context(), alarms[0].ID, "by kari: seen")
	must(t, err)
	b.purge(id)
	b.wantBatch(id, mailout.Purged)
	b.wantSum(id)
	planned := b.planned(row(4))
	if err := b.Purgeable(t.Context(), planned); !errors.As(err, new(*ledger.PurgeError)) {
		t.Errorf("a plan: %v", err)
	}
	_, err = b.BeginPurge(t.Context(), "2026-01-01-zz", "by kari")
	wantErr(t, err, ledger.ErrNoBatch)
}

// What people and the portal have written goes with the rest, and so does what an owner has
// called a row, be it another row's new key.
func TestWhatIsWrittenInTheHistoryIsPurgedToo(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2, personal), row(3, personal, func(r *mailout.Row) { r.Key = "line:5" }), row(4, personal), row(5, personal), row(6, personal, skipped, func(r *mailout.Row) {
		r.Problem = mailout.Problem{Code: "national-id-check-digits", Message: "the file Kari.pdf is missing"}
	}))
	b.over(id, 2, 7)
	b.settle(b.begin(id, 3), mailout.Outcome{Kind: mailout.OutcomeRefused, Status: 400, Code: "VALIDATION", Message: "Avtale for Kari is too long", LastByte: noon})
	b.resolve4(id)
	must(t, b.WishCancelled(t.Context(), id, []int{5}, "by ola: Kari has left"))
	b.over(id, 4, 9)
	before := len(b.history(id, 3)) + len(b.history(id, 4)) + len(b.history(id, 5))
	b.purge(id)
	b.gone("Kari", "01845912345", "Ola sa", "Kari has left", "too long")
	want := map[int]string{2: "line:2", 3: "line:3", 4: "line:4", 5: "line:5", 6: "line:6"}
	for line, key := range want {
		if got := b.record(id, line); got.Key != key || got.Message != "" || len(got.Columns) > 0 {
			t.Errorf("line %d is %+v", line, got)
		}
	}
	if after := len(b.history(id, 3)) + len(b.history(id, 4)) + len(b.history(id, 5)); after != before {
		t.Errorf("%d events are left of %d", after, before)
	}
	events, err := b.History(t.Context(), id, 3)
	must(t, err)
	if got := events[len(events)-1]; got.Kind != "refuse" || got.Detail != "HTTP 400 VALIDATION" {
		t.Errorf("the refusal is %+v", got)
	}
	if got := b.record(id, 3).Code; got != "VALIDATION" {
		t.Errorf("its code is %q", got)
	}
	if err := b.raw(`UPDATE events SET detail = detail || '!' WHERE kind = 'refuse'`); err == nil {
		t.Error("an event has gained words")
	}
	if err := b.raw(`UPDATE events SET to_state = 'signed', detail = '' WHERE kind = 'refuse'`); err == nil {
		t.Error("an event has become another")
	}
}

// resolve4 loses line 4's answer, has it found absent with words, and sends it again later.
func (b *books) resolve4(id mailout.BatchID) {
	b.t.Helper()
	ref := b.begin(id, 4)
	b.settle(ref, lost)
	b.clock.pass(absentAfter)
	must(b.t, b.Resolve(b.t.Context(), id, 4, mailout.Finding{Verdict: mailout.VerdictAbsent, Ref: ref, By: "by ola: Ola sa det"}, absentAfter))
}

// gone wants none of the words in any file of the books' folder but signed documents' names,
// which stay with the documents.
func (b *books) gone(words ...string) {
	b.t.Helper()
	must(b.t, filepath.WalkDir(b.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, w := range words {
			text := strings.ReplaceAll(string(raw), "Kari-2-7.pdf", "")
			if strings.Contains(strings.ReplaceAll(text, "Kari-4-9.pdf", ""), w) {
				b.t.Errorf("%q stands in %s", w, e.Name())
			}
		}
		return err
	}))
}

// A change of a purged batch is recorded so that it can be confirmed, and nothing of it is
// kept: neither its signers nor, as the taker is told, what it offers. That holds for a job
// that all have signed and whose document is not here any more, and for a row that no job was
// known of.
func TestAChangeThatComesAfterPurging(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2, personal), row(3, personal), row(4, personal))
	b.over(id, 2, 7)
	ref := b.begin(id, 3)
	b.settle(ref, refused)
	failed := b.change(b.created(id, 4, 9), 9, mailout.JobFailed, mailout.SignerExpired)
	taken := b.take(failed)
	b.conclude(taken, failed)
	b.confirm(taken, 9)
	b.purge(id)
	for _, c := range []mailout.Change{
		b.change("", 7, mailout.Completed, mailout.SignerSigned),  // the same again
		b.change("", 9, mailout.Completed, mailout.SignerSigned),  // expired, yet signed
		b.change(ref, 8, mailout.Completed, mailout.SignerSigned), // a second job
	} {
		taken := b.take(c)
		if !taken.Purged || taken.Kind != mailout.TakenOurs {
			t.Errorf("the change of job %d is taken as %+v", c.JobID, taken)
		}
		b.conclude(taken, c)
		b.confirm(taken, c.JobID)
	}
	b.gone("01845912345")
	b.wantState(id, 2, mailout.Signed)
	b.wantState(id, 4, mailout.Expired)
	b.wantState(id, 3, mailout.Signed)
	b.wantAlarms("revived 4 9", "revived 3 8")
	b.wantBatch(id, mailout.Purged)
	if got := b.info(id).Unconfirmed; got != 0 {
		t.Errorf("%d changes are unconfirmed", got)
	}
	if n := b.count(`SELECT count(*) FROM changes WHERE fingerprint NOT GLOB 'late-*' AND fingerprint NOT GLOB 'before-*'`); n != 0 {
		t.Errorf("%d fingerprints are still made of signers", n)
	}
}

func (b *books) count(query string) (n int) {
	b.t.Helper()
	db := b.rawDB()
	defer db.Close()
	must(b.t, db.QueryRow(query).Scan(&n))
	return n
}

// A plan of the same list that was corrected before anybody approved it names the same people:
// it goes too. One of other people stays.
func TestPlansOfTheSamePeopleGo(t *testing.T) {
	b := newBooks(t)
	same := b.planned(row(2, personal), row(3, personal))
	id := b.approved(row(2, personal))
	must(t, b.raw(`UPDATE batches SET manifest_path = '/elsewhere.csv' WHERE id = ?`, string(same)))
	other := b.planned(row(8, personal))
	must(t, b.raw(`UPDATE batches SET manifest_path = '/other.csv' WHERE id = ?`, string(other)))
	next := b.planned(row(2, personal), row(9, personal)) // supersedes the other
	b.over(id, 2, 7)
	b.purge(id)
	all, err := b.Batches(t.Context())
	must(t, err)
	var ids []mailout.BatchID
	for _, info := range all {
		ids = append(ids, info.ID)
	}
	slices.Sort(ids)
	want := []mailout.BatchID{id, other, next}
	slices.Sort(want)
	if !slices.Equal(ids, want) {
		t.Errorf("left are %q, want %q", ids, want)
	}
	plans, err := b.OtherPlans(t.Context(), id)
	if err != nil || !slices.Equal(plans, []mailout.BatchID{next}) {
		t.Errorf("told of are %q, %v", plans, err)
	}
	if dropped, err := b.DropPlan(t.Context(), next); err != nil || !dropped {
		t.Errorf("the plan is not dropped: %v", err)
	}
	if dropped, err := b.DropPlan(t.Context(), id); err != nil || dropped {
		t.Errorf("what was sent is dropped: %v", err)
	}
}

// Whoever reads at that moment would keep the old pages: it is said, and nothing is ended.
func TestALedgerThatIsBeingReadIsNotWiped(t *testing.T) {
	b, err := newBooks(t).impatient()
	must(t, err)
	id := b.approved(row(2, personal))
	b.over(id, 2, 7)
	_, err = b.BeginPurge(t.Context(), id, "by kari")
	must(t, err)
	for _, err := range b.Records(t.Context(), id) {
		must(t, err)
		must(t, b.PurgeRows(t.Context(), id))
		var le *ledger.Error
		if _, err := b.Wipe(t.Context()); !errors.As(err, &le) || le.Code != "ledger-read" {
			t.Errorf("the error is %v", err)
		}
	}
	_, err = b.Wipe(t.Context())
	must(t, err)
	b.gone("01845912345")
}

// Rows are purged some at a time: none between two of these is passed over, and what a crash
// has broken off is gone on with.
func TestMoreRowsThanArePurgedAtATime(t *testing.T) {
	b := newBooks(t)
	const many = 2*ledger.PurgeChunk + 7
	rows := []mailout.Row{row(2, personal)}
	for n := range many {
		rows = append(rows, row(3+2*n, personal, skipped, func(r *mailout.Row) { r.Job.Description = mailout.Text(fmt.Sprintf("planted-%d-", n)) }))
	}
	id := b.approved(rows...)
	b.over(id, 2, 7)
	_, err := b.BeginPurge(t.Context(), id, "by kari")
	must(t, err)
	must(t, b.raw(`UPDATE rows SET key = 'line:' || line, title = '', description = '', columns = '[]' WHERE line < 100`)) // so far it came
	b.purge(id)
	b.gone("planted-", "Planted", "01845912345")
	b.wantSum(id)
	if r := b.record(id, 3+2*(many-1)); r.Key != fmt.Sprint("line:", r.Line) || r.Job.Signers[0].NationalID != "" {
		t.Errorf("the last row is %+v", r)
	}
}
