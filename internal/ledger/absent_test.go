package ledger_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// Who searched for one attempt has not searched for the next: somebody else found the first
// absent, and the row went out again.
func TestAbsentIsSaidOfTheAttemptThatWasSearchedFor(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	first := b.begin(id, 2)
	b.settle(first, lost)
	b.clock.pass(absentAfter)
	b.resolve(id, 2, mailout.VerdictAbsent)
	second := b.begin(id, 2)
	o := lost
	o.LastByte = b.clock.now()
	b.settle(second, o) // the portal may have a job of it
	b.clock.pass(absentAfter)
	absent := found(mailout.VerdictAbsent)
	for searched, why := range map[mailout.Ref]string{"": "give the reference that was searched for", first: "the row waits for " + string(second)} {
		var re *ledger.ResolveError
		if err := b.Resolve(t.Context(), id, 2, about(searched, absent), absentAfter); !errors.As(err, &re) || !strings.Contains(re.Message, why) || re.Unnamed != (searched == "") {
			t.Errorf("said of %q: the error is %v, want one with %q", searched, err, why)
		}
		b.wantState(id, 2, mailout.Unknown)
	}
	must(t, b.Resolve(t.Context(), id, 2, about(second, absent), absentAfter))
	b.wantState(id, 2, mailout.Planned)
}

// Who finds out that "absent" was wrong, before the row is sent again, says so: the drop is taken
// back, nothing is sent, and the history keeps both.
func TestPresentTakesAbsentBack(t *testing.T) {
	for _, job := range []mailout.JobID{0, 7} {
		b := newBooks(t)
		id := b.approved(row(2), row(3))
		first := b.absent(id, 2)
		f := found(mailout.VerdictPresent)
		f.Job = job
		must(t, b.Resolve(t.Context(), id, 2, f, absentAfter))
		b.wantState(id, 2, mailout.Unknown)
		if r := b.record(id, 2); r.Ref != first {
			t.Errorf("the row waits for %q, want %s", r.Ref, first)
		}
		_, err := b.BeginAttempt(t.Context(), id, 2, "queue", jobXML)
		wantErr(t, err, mailout.ErrNotPlanned)
		if all := b.attempts(id, 2); len(all) != 1 || all[0].Dropped || all[0].Seen != job {
			t.Errorf("attempts: %+v", all)
		}
		if got := b.history(id, 2); !slices.Equal(got[len(got)-3:], []string{"absent unknown>planned", "restore planned>unknown", "present unknown>unknown"}) {
			t.Errorf("the history is %q", got)
		}
		b.clock.pass(absentAfter)
		b.wantResolveError(id, 2, mailout.VerdictAbsent, "present")
		b.take(b.change(first, 7, mailout.InProgress, mailout.SignerWaiting))
		b.wantState(id, 2, mailout.Created)
		b.wantAlarms()
	}
}

// Where several attempts were found absent, the one is named that has a job after all.
func TestPresentTakesTheNamedAttemptBack(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	first := b.absent(id, 2)
	second := b.absent(id, 2)
	var re *ledger.ResolveError
	if err := b.Resolve(t.Context(), id, 2, found(mailout.VerdictPresent), absentAfter); !errors.As(err, &re) || !re.Unnamed {
		t.Errorf("without a reference: %v", err)
	}
	b.wantState(id, 2, mailout.Planned)
	must(t, b.Resolve(t.Context(), id, 2, about(first, found(mailout.VerdictPresent)), absentAfter))
	b.wantState(id, 2, mailout.Unknown)
	if all := b.attempts(id, 2); b.record(id, 2).Ref != first || all[0].Dropped || !all[1].Dropped || all[1].Ref != second {
		t.Errorf("the row waits for %s; attempts: %+v", b.record(id, 2).Ref, all)
	}
}

// The same letter may have gone out by another row since: then it cannot be this row's too.
func TestPresentIsNotTakenBackWhereTheLetterWentOut(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	first := b.absent(id, 2)
	again := b.approved(row(4, sameLetter))
	b.created(again, 4, 9)
	b.wantResolveError(id, 2, mailout.VerdictPresent, "the same letter went out by another row")
	b.wantState(id, 2, mailout.Planned)
	if all := b.attempts(id, 2); all[0].Ref != first || !all[0].Dropped {
		t.Errorf("attempts: %+v", all)
	}
}

// A row is found by the reference of any of its attempts, in its own batch.
func TestARowIsFoundByItsReference(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	first := b.absent(id, 3)
	second := b.begin(id, 3)
	for _, ref := range []mailout.Ref{first, second} {
		if line, err := b.Line(t.Context(), id, string(ref)); line != 3 || err != nil {
			t.Errorf("%s is line %d (%v)", ref, line, err)
		}
		_, err := b.Line(t.Context(), "2026-01-01-aa", string(ref))
		wantErr(t, err, ledger.ErrNoRow)
	}
	never := mailout.NewRef(mailout.RefParts{Workspace: string(first[:6]), Batch: id, Line: 2, Attempt: 1})
	_, err := b.Line(t.Context(), id, string(never))
	wantErr(t, err, ledger.ErrNoRow)
}
