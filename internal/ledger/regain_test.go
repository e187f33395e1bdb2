package ledger_test

import (
	"strings"
	"testing"

	"batch/internal/mailout"
)

// byEmail gives a row a signer who is known by an address alone.
func byEmail(address mailout.Email) func(*mailout.Row) {
	return func(r *mailout.Row) { r.Job.Signers = []mailout.Signer{{Email: address}} }
}

// ofEmail is a change about somebody who is known by an address alone.
func (b *books) ofEmail(address mailout.Email, ref mailout.Ref, job mailout.JobID) mailout.Change {
	c := b.change(ref, job, mailout.Completed, mailout.SignerSigned)
	c.Signers[0].NationalID, c.Signers[0].Email = "", address
	return c
}

// Where nothing but the line number tells a row, its change must be of the same address, in
// whatever letters the portal writes it.
func TestRowsByTheirLinesAreOfTheSameAddresses(t *testing.T) {
	b := newBooks(t) // not sealed
	id := b.approved(row(2, byEmail("a@example.no")), row(3, byEmail("b@example.no")))
	first, second := b.begin(id, 2), b.begin(id, 3)
	next := b.beside(b.sentLog())
	next.Seal(nil)
	next.rebuild(next.planned(row(2, byEmail("A@example.no")), row(3, byEmail("c@example.no"))), id)
	if taken := next.take(next.ofEmail("a@Example.NO", first, 7)); taken.Kind != mailout.TakenOurs || taken.State != mailout.Created {
		t.Errorf("the change of the same address is taken as %+v", taken)
	}
	if taken := next.take(next.ofEmail("b@example.no", second, 8)); taken.Kind != mailout.TakenMissing {
		t.Errorf("the change of another address is taken as %s", taken.Kind)
	}
	next.wantState(id, 3, mailout.Unknown)
	next.wantAlarms("ledger-not-whole 3 8")
}

// Signers of whom a change says nothing prove nothing, however many they are.
func TestSignersWithoutANameProveNothing(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2, byEmail("a@example.no")))
	ref := b.begin(id, 2)
	next := b.beside(b.sentLog())
	next.rebuild(next.planned(row(2, byEmail("a@example.no"))), id)
	if taken := next.take(next.ofEmail("", ref, 7)); taken.Kind != mailout.TakenMissing {
		t.Errorf("taken as %s", taken.Kind)
	}
}

// A person may read the wrong number in the sender portal: a job without our reference that
// is of other people is not taken for the row's, and its document not confirmed.
func TestAJobOfOtherPeopleIsNotTheOneThatWasSeen(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	b.settle(b.begin(id, 2), lost)
	f := found(mailout.VerdictPresent)
	f.Job = 77
	must(t, b.Resolve(t.Context(), id, 2, f, absentAfter))
	c := b.change("", 77, mailout.Completed, mailout.SignerSigned)
	theirs := c
	theirs.Signers = []mailout.SignerChange{c.Signers[0]}
	theirs.Signers[0].NationalID = "17054512345"
	if taken := b.take(theirs); taken.Kind != mailout.TakenForeign {
		t.Errorf("a job of other people is taken as %+v", taken)
	}
	b.wantState(id, 2, mailout.Unknown)
	if taken := b.take(c); taken.Kind != mailout.TakenOurs || taken.Line != 2 {
		t.Errorf("a job of the very people is taken as %+v", taken)
	}
}

// Each sender has queues of its own: what comes of a row that was found again is looked for
// where its sender's comes.
func TestRowsOfOtherSendersGetTheirOwnQueues(t *testing.T) {
	b := sealed(t)
	other := func(r *mailout.Row) { r.Job.Sender = "974760673" }
	id := b.approved(row(2, other), row(3), row(4, other))
	for line := 2; line <= 4; line++ {
		b.begin(id, line)
	}
	next := b.beside(b.sentLog())
	_, err := next.Rebuild(t.Context(), next.planned(row(2, other), row(3)), id, "988015814",
		func(o mailout.OrgNumber) string { return "queue of " + string(o) })
	must(t, err)
	for line, want := range map[int]string{2: "queue of 974760673", 3: "queue of 988015814", 4: "queue of 988015814"} { // whose line 4 was, nobody knows
		if got := next.record(id, line).Queue; got != want {
			t.Errorf("changes of line %d are looked for in %q, want %q", line, got, want)
		}
	}
}

// Books of before the batch meet its change first, and keep its document under the line of its
// Ref; then they are rebuilt from a manifest in which the letter has another line. What came
// before is the row's from then on, for an auditor and for whoever asks why.
func TestWhatCameBeforeTheRowWasKnownIsItsOwn(t *testing.T) {
	b := sealed(t)
	b.approved(row(30))
	old := b.crash()
	id := b.approved(row(2), row(3))
	ref := b.begin(id, 2)
	b.begin(id, 3)

	old.older(b.sentLog())
	c := old.change(ref, 7, mailout.Completed, mailout.SignerSigned)
	old.kept(old.take(c), 7)
	r := row(2)
	r.Line = 9
	old.rebuild(old.planned(row(3), r), id)
	old.finish(c)
	old.wantState(id, 9, mailout.Signed)

	all, err := old.Files(t.Context(), id, 9)
	must(t, err)
	if len(all) != 1 || all[0].Job != 7 {
		t.Errorf("files of the row: %+v", all)
	}
	lines, _ := old.evidence(id)
	if row := lines[len(lines)-1]; !strings.HasPrefix(row, "9 row true signed job 7") || !strings.Contains(row, "file signed/") || !strings.Contains(row, "change COMPLETED_SUCCESSFULLY of 7") || !strings.Contains(row, "kept created>created") {
		t.Errorf("evidence of the row: %s", row)
	}
}
