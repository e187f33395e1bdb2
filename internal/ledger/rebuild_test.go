package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

var secret = []byte("what the certificate's key gives")

// sealed are books whose sent.log tells the letters.
func sealed(t testing.TB) *books {
	b := newBooks(t)
	b.Seal(secret)
	return b
}

// beside makes a new ledger beside a sent.log: all else is lost.
func (b *books) beside(sentLog string) *books {
	b.t.Helper()
	dir := b.t.TempDir()
	must(b.t, os.WriteFile(filepath.Join(dir, "sent.log"), []byte(sentLog), 0o600))
	next := openBooks(b.t, dir, b.clock)
	next.Seal(secret)
	return next
}

// older is a copy of the books of another moment beside the sent.log of now.
func (b *books) older(sentLog string) *books {
	b.t.Helper()
	must(b.t, os.WriteFile(filepath.Join(b.dir, "sent.log"), []byte(sentLog), 0o600))
	b.Seal(secret)
	return b
}

func (b *books) rebuild(planned, as mailout.BatchID) []mailout.Restored {
	b.t.Helper()
	all, err := b.Rebuild(b.t.Context(), planned, as, "988015814", func(mailout.OrgNumber) string { return "queue" })
	must(b.t, err)
	return all
}

func (b *books) wantClaims(planned mailout.BatchID, want ...mailout.Claim) {
	b.t.Helper()
	got, err := b.Claims(b.t.Context(), planned)
	must(b.t, err)
	slices.SortFunc(want, func(a, b mailout.Claim) int { return strings.Compare(string(a.Batch), string(b.Batch)) })
	if !slices.Equal(got, want) {
		b.t.Errorf("sent.log claims %+v, want %+v", got, want)
	}
}

func (b *books) wantWhole() {
	b.t.Helper()
	if err := b.Whole(b.t.Context()); err != nil {
		b.t.Errorf("the rebuilt books are not whole: %v", err)
	}
	b.wantClaims("")
}

// mustNotBegin holds that a batch sends nothing before a person approves.
func (b *books) mustNotBegin(id mailout.BatchID, line int) {
	b.t.Helper()
	if _, err := b.BeginAttempt(b.t.Context(), id, line, "queue", jobXML); !errors.Is(err, mailout.ErrNotApproved) && !errors.Is(err, ledger.ErrOlderLedger) {
		b.t.Errorf("line %d could be sent: %v", line, err)
	}
}

func TestALostLedgerIsRebuilt(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2), row(3), row(4), row(5))
	first := b.created(id, 2, 7)
	dropped := b.absent(id, 3)
	second := b.begin(id, 3)

	next := b.beside(b.sentLog())
	planned := next.planned(row(2), row(3), row(4), row(5))
	next.wantClaims(planned, mailout.Claim{Batch: id, Attempts: 3, Checkable: 3, Proved: 3})
	if got := next.rebuild(planned, id); !slices.Equal(got, []mailout.Restored{{Batch: id, Proved: 2}}) {
		t.Errorf("restored %+v", got)
	}
	next.wantWhole()
	next.recover()
	for line, want := range map[int]mailout.State{2: mailout.Unknown, 3: mailout.Unknown, 4: mailout.Planned, 5: mailout.Planned} {
		next.wantState(id, line, want)
	}
	if _, err := next.Batch(t.Context(), planned); !errors.Is(err, ledger.ErrNoBatch) {
		t.Errorf("the plan is still there by its own id: %v", err)
	}
	if r := next.record(id, 3); r.Ref != second || r.Queue != "queue" || len(r.Job.Signers) != 1 || len(r.Documents) != 1 {
		t.Errorf("the row came back as %+v", r)
	}
	if all := next.attempts(id, 3); len(all) != 2 || all[0].Ref != dropped || !all[0].Dropped || all[1].Ref != second || all[1].Dropped {
		t.Errorf("attempts: %+v", all)
	}
	next.wantBatch(id, mailout.Stopped)
	next.mustNotBegin(id, 4)

	// Answers find their rows, and what a person approves is sent on.
	if taken := next.take(next.change(first, 7, mailout.InProgress, mailout.SignerWaiting)); taken.Kind != mailout.TakenOurs || taken.State != mailout.Created || taken.Key != "k2" {
		t.Errorf("the change was taken as %+v", taken)
	}
	next.wantAlarms()
	must(t, next.Approve(t.Context(), id, "--approve"))
	next.begin(id, 4)
	next.wantBatch(id, mailout.Approved)
}

// The books of yesterday: rows were planned, being sent, or unknown that have gone out since.
func TestAnOlderLedgerIsRebuilt(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2), row(3), row(4), row(5), row(6))
	again := b.begin(id, 3)
	b.settle(again, notSent)
	b.settle(b.begin(id, 4), lost)
	sending := b.begin(id, 5)
	old := b.crash()
	other := b.approved(row(20))
	b.begin(other, 20)
	b.settle(sending, accepted(5))
	b.created(id, 2, 2)
	b.created(id, 3, 3)
	b.clock.pass(absentAfter)
	b.resolve(id, 4, mailout.VerdictAbsent)
	fourth := b.created(id, 4, 4)

	old.older(b.sentLog())
	old.wantClaims("", mailout.Claim{Batch: id, Here: true, Attempts: 3, Checkable: 3}, mailout.Claim{Batch: other, Attempts: 1, Checkable: 1})
	if got := old.rebuild("", ""); !slices.Equal(got, []mailout.Restored{{Batch: id, Proved: 3}}) {
		t.Errorf("restored %+v", got)
	}
	for line, want := range map[int]mailout.State{2: mailout.Unknown, 3: mailout.Unknown, 4: mailout.Unknown, 5: mailout.Sending, 6: mailout.Planned} {
		old.wantState(id, line, want)
	}
	if r := old.record(id, 4); r.Ref != fourth {
		t.Errorf("line 4 waits for %s, want %s", r.Ref, fourth)
	}
	old.mustNotBegin(id, 6)

	// The batch that the copy does not have is not forgotten: nothing is sent without it.
	_, err := old.Recover(t.Context())
	wantErr(t, err, ledger.ErrOlderLedger)
	old.wantClaims("", mailout.Claim{Batch: other, Attempts: 1, Checkable: 1})
	planned := old.planned(row(20))
	old.rebuild(planned, other)
	old.wantWhole()
	if got := old.recover(); got != (mailout.Recovered{Unknown: 1}) {
		t.Errorf("recovered %+v", got)
	}
	for line, job := range map[int]mailout.JobID{2: 2, 3: 3, 4: 4, 5: 5} {
		old.take(old.change(old.record(id, line).Ref, job, mailout.InProgress, mailout.SignerWaiting))
		old.wantState(id, line, mailout.Created)
	}
	old.wantState(other, 20, mailout.Unknown)
	old.wantAlarms()
}

// Yesterday's books may hold rows as planned that a person withdrew since, which sent.log
// does not tell: no batch sends on by itself.
func TestEveryBatchOfAnOlderLedgerWaitsForApproval(t *testing.T) {
	b := sealed(t)
	id, other := b.approved(row(2), row(3)), b.approved(row(20))
	old := b.crash()
	b.begin(id, 2)
	approved := old.info(other).LastSaid
	old.older(b.sentLog()).rebuild("", "")
	old.recover()
	old.wantBatch(other, mailout.Stopped)
	if got, want := old.history(other, 0), []string{"approved >", "stopped >"}; !slices.Equal(got, want) {
		t.Errorf("the history of the other is %q, want %q", got, want)
	}
	wantErr(t, old.Ledger.Approve(t.Context(), other, "went on", approved), mailout.ErrSaidSince)
	old.mustNotBegin(other, 20)
	old.mustNotBegin(id, 3)
}

// The manifest was edited since: a line was put in, a letter was changed, one was taken
// out, and a person stands where another one stood. Letters find their rows; what fits none
// is kept beside.
func TestRowsAreFoundByTheirLetters(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2), row(3), row(4), row(5))
	var refs []mailout.Ref
	for line := 2; line <= 5; line++ {
		refs = append(refs, b.begin(id, line))
	}
	moved := func(to, line int) mailout.Row {
		r := row(line)
		r.Line = to
		return r
	}
	retitled := func(r *mailout.Row) { r.Job.Title = "Another title" }

	next := b.beside(b.sentLog())
	planned := next.planned(moved(2, 9), moved(3, 2), row(4, retitled), moved(6, 5))
	next.wantClaims(planned, mailout.Claim{Batch: id, Attempts: 4, Checkable: 4, Proved: 2})
	if got := next.rebuild(planned, id); !slices.Equal(got, []mailout.Restored{{Batch: id, Proved: 2, Bare: 2}}) {
		t.Errorf("restored %+v", got)
	}
	next.wantWhole()
	for line, ref := range map[int]mailout.Ref{3: refs[0], 6: refs[3]} {
		if r := next.record(id, line); r.Ref != ref || r.State != mailout.Unknown {
			t.Errorf("line %d is %s with %s, want unknown with %s", line, r.State, r.Ref, ref)
		}
	}
	next.wantState(id, 2, mailout.Planned) // another person than line 2 was
	next.wantState(id, 4, mailout.Planned) // another letter
	bare := map[mailout.Ref]int{}
	for r, err := range next.Records(t.Context(), id) {
		must(t, err)
		if strings.HasPrefix(r.Key, "sent-") {
			bare[r.Ref] = r.Line
			if len(r.Job.Signers) != 0 || r.State != mailout.Unknown {
				t.Errorf("what no row fits is kept as %+v", r)
			}
		}
	}
	if len(bare) != 2 || bare[refs[1]] == 0 || bare[refs[2]] == 0 {
		t.Errorf("no row fits %v, want %s and %s", bare, refs[1], refs[2])
	}
	// It is followed like any other, and is never sent.
	line := bare[refs[1]]
	if taken := next.take(next.change(refs[1], 3, mailout.Completed, mailout.SignerSigned)); taken.Line != line || taken.State != mailout.Created {
		t.Errorf("its change was taken as %+v", taken)
	}
	next.clock.pass(absentAfter)
	next.resolve(id, bare[refs[2]], mailout.VerdictAbsent)
	next.wantState(id, bare[refs[2]], mailout.Cancelled)
}

// Without the secret of then a line proves nothing: it goes by its number, and what comes
// for it must be of the same people.
func TestRowsAreFoundByTheirLines(t *testing.T) {
	b := newBooks(t) // not sealed
	id := b.approved(row(2), row(3), row(4))
	first, second := b.begin(id, 2), b.begin(id, 3)
	someone := func(r *mailout.Row) { r.Job.Signers[0].NationalID = "02845912345" }
	next := b.beside(b.sentLog())
	planned := next.planned(row(2), row(3, someone), row(4))
	next.wantClaims(planned, mailout.Claim{Batch: id, Attempts: 2})
	if got := next.rebuild(planned, id); !slices.Equal(got, []mailout.Restored{{Batch: id, ByLine: 2}}) {
		t.Errorf("restored %+v", got)
	}
	next.take(next.change(first, 7, mailout.InProgress, mailout.SignerWaiting))
	next.wantState(id, 2, mailout.Created)
	next.wantAlarms()
	if taken := next.take(next.change(second, 8, mailout.Completed, mailout.SignerSigned)); taken.Kind != mailout.TakenMissing {
		t.Errorf("a change about somebody else is taken as %s", taken.Kind)
	}
	next.wantState(id, 3, mailout.Unknown)
	next.wantAlarms("ledger-not-whole 3 8")
}

// A mark that another secret made is not taken for that of another letter.
func TestAMarkOfAnEarlierCertificate(t *testing.T) {
	b := newBooks(t)
	b.Seal([]byte("the key before"))
	id := b.approved(row(2))
	b.begin(id, 2)
	next := b.beside(b.sentLog())
	planned := next.planned(row(2))
	next.wantClaims(planned, mailout.Claim{Batch: id, Attempts: 1})
	if got := next.rebuild(planned, id); !slices.Equal(got, []mailout.Restored{{Batch: id, ByLine: 1}}) {
		t.Errorf("restored %+v", got)
	}
}

// A log that a person put together of the references in a report, beside a ledger that was
// made anew before: the name of the workspace comes from there.
func TestALogWrittenByHand(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2), row(3))
	ref := b.begin(id, 2)
	next := newBooks(t)
	next.Seal(secret)
	planned := next.planned(row(2), row(3))
	must(t, os.WriteFile(filepath.Join(next.dir, "sent.log"), []byte(string(ref)+"\r\n"), 0o600))
	next.wantClaims(planned, mailout.Claim{Batch: id, Attempts: 1})
	next.rebuild(planned, id)
	next.wantState(id, 2, mailout.Unknown)
	if next.Workspace() != b.Workspace() || next.again().Workspace() != b.Workspace() {
		t.Errorf("the workspace is %s, want %s", next.Workspace(), b.Workspace())
	}
	next.wantWhole()
	if parts, _ := next.begin2(id, 3).Parse(); parts.Workspace != b.Workspace() {
		t.Errorf("the next Ref is of workspace %s", parts.Workspace)
	}
}

// begin2 approves what was found, and sends.
func (b *books) begin2(id mailout.BatchID, line int) mailout.Ref {
	b.t.Helper()
	must(b.t, b.Approve(b.t.Context(), id, "typed"))
	return b.begin(id, line)
}

// The line of a row may be missing in sent.log too. Its change proves the row by its people.
func TestAChangeRegainsItsRow(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2), row(3), row(4))
	log := b.begin(id, 2)
	before := b.sentLog()
	third, fourth := b.begin(id, 3), b.begin(id, 4)
	next := b.beside(before)
	stranger := next.take(next.change(third, 8, mailout.InProgress, mailout.SignerWaiting))
	if stranger.Kind != mailout.TakenMissing {
		t.Errorf("before the books are rebuilt it is %s", stranger.Kind)
	}
	next.wantAlarms("ledger-not-whole 3 8")
	someone := func(r *mailout.Row) { r.Job.Signers[0].NationalID = "02845912345" }
	next.rebuild(next.planned(row(2), row(3), row(4, someone)), id)
	next.wantState(id, 3, mailout.Planned)
	for range 2 {
		if taken := next.take(next.change(third, 8, mailout.InProgress, mailout.SignerWaiting)); taken.Kind != mailout.TakenOurs || taken.State != mailout.Created {
			t.Errorf("taken as %+v", taken)
		}
	}
	next.wantAlarms() // the alarm of before is settled
	if all := next.attempts(id, 3); len(all) != 1 || all[0].Ref != third || all[0].JobID != 8 {
		t.Errorf("attempts: %+v", all)
	}
	if taken := next.take(next.change(fourth, 9, mailout.InProgress, mailout.SignerWaiting)); taken.Kind != mailout.TakenMissing {
		t.Errorf("a change about somebody else is taken as %s", taken.Kind)
	}
	if r := next.record(id, 2); r.Ref != log {
		t.Errorf("line 2 waits for %s", r.Ref)
	}
}

// Two copies of the books have sent: what the other one sent is kept beside, and nothing of
// this one is overwritten.
func TestTwoCopiesThatSent(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2), row(3))
	other := b.crash()
	other.Seal(secret)
	mine, theirs := b.created(id, 2, 7), other.begin(id, 2)
	lines := strings.SplitAfter(other.sentLog(), "\n")
	must(t, os.WriteFile(filepath.Join(b.dir, "sent.log"), []byte(b.sentLog()+lines[len(lines)-2]), 0o600))
	if got := b.rebuild("", ""); !slices.Equal(got, []mailout.Restored{{Batch: id, Bare: 1}}) {
		t.Errorf("restored %+v", got)
	}
	if r := b.record(id, 2); r.Ref != mine || r.State != mailout.Created {
		t.Errorf("line 2 is %s with %s", r.State, r.Ref)
	}
	b.wantAlarms("ledger-not-whole 2 0")
	if taken := b.take(b.change(theirs, 8, mailout.InProgress, mailout.SignerWaiting)); taken.Kind != mailout.TakenOurs || taken.Line == 2 {
		t.Errorf("the other copy's job is taken as %+v", taken)
	}
	b.wantWhole()
}

// … also where this copy does not know either what became of its own.
func TestTwoCopiesThatLostTheirAnswers(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2), row(3))
	other := b.crash()
	other.Seal(secret)
	mine, theirs := b.begin(id, 2), other.begin(id, 2)
	b.settle(mine, lost)
	lines := strings.SplitAfter(other.sentLog(), "\n")
	must(t, os.WriteFile(filepath.Join(b.dir, "sent.log"), []byte(b.sentLog()+lines[len(lines)-2]), 0o600))
	if got := b.rebuild("", ""); !slices.Equal(got, []mailout.Restored{{Batch: id, Bare: 1}}) {
		t.Errorf("restored %+v", got)
	}
	if r := b.record(id, 2); r.Ref != mine || r.State != mailout.Unknown {
		t.Errorf("line 2 is %s with %s", r.State, r.Ref)
	}
	b.wantAlarms("ledger-not-whole 2 0")
	b.take(b.change(theirs, 8, mailout.InProgress, mailout.SignerWaiting))
	b.take(b.change(mine, 7, mailout.InProgress, mailout.SignerWaiting))
	b.wantState(id, 2, mailout.Created)
	b.wantWhole()
}

// A crash in the middle leaves the books as they were or rebuilt; a second time there is
// nothing to do.
func TestRebuildingTwiceChangesNothing(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2), row(3))
	b.begin(id, 2)
	next := b.beside(b.sentLog())
	planned := next.planned(row(2), row(3))
	must(t, next.raw(`CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT raise(ABORT, 'no space'); END`))
	if _, err := next.Rebuild(t.Context(), planned, id, "988015814", func(mailout.OrgNumber) string { return "" }); err == nil {
		t.Fatal("rebuilt without a history")
	}
	must(t, next.raw(`DROP TRIGGER full`))
	next.wantBatch(planned, mailout.Ready)
	next.wantState(planned, 2, mailout.Planned)
	next.rebuild(planned, id)
	before := fmt.Sprint(next.history(id, 2), next.history(id, 0), next.attempts(id, 2))
	if got := next.rebuild("", ""); len(got) != 0 {
		t.Errorf("a second time %+v was restored", got)
	}
	if after := fmt.Sprint(next.history(id, 2), next.history(id, 0), next.attempts(id, 2)); after != before {
		t.Errorf("the books were %s and are %s", before, after)
	}
}

// sent.log is never purged: nothing in it may give a number away to whoever knows all else.
func TestAMarkNeedsTheSecret(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2))
	b.begin(id, 2)
	words := strings.Fields(strings.Split(b.sentLog(), "\n")[1])
	if len(words) != 3 || len(words[2]) != 20 {
		t.Fatalf("the line is %q", words)
	}
	letter := row(2).LetterKey()
	if mark := ledger.Mark(b.Ledger, id, letter); mark != words[2] {
		t.Errorf("the mark in sent.log is %s, want %s", words[2], mark)
	}
	other := newBooks(t)
	other.Seal([]byte("another secret"))
	const name = 4 // characters that tell the secret, before those that tell the letter
	for what, mark := range map[string]string{"another secret": ledger.Mark(other.Ledger, id, letter), "another batch": ledger.Mark(b.Ledger, "2020-01-01-a1", letter),
		"another letter": ledger.Mark(b.Ledger, id, row(3).LetterKey())} {
		if mark[name:] == words[2][name:] {
			t.Errorf("%s has the same mark: %s", what, mark)
		}
	}
	if ledger.Mark(other.Ledger, id, letter)[:name] == words[2][:name] {
		t.Error("two secrets have one name")
	}
	if _, err := time.Parse("2006-01-02T15:04:05.000000Z", words[1]); err != nil {
		t.Errorf("the moment is %q", words[1])
	}
}
