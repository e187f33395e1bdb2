package ledger_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// wantResolveError tries a verdict that must be refused, with words of why.
func (b *books) wantResolveError(id mailout.BatchID, line int, v mailout.Verdict, why string) {
	b.t.Helper()
	var re *ledger.ResolveError
	err := b.Resolve(b.t.Context(), id, line, v, absentAfter, "kari")
	if !errors.As(err, &re) || !strings.Contains(re.Message, why) {
		b.t.Errorf("%s: the error is %v, want one with %q", v, err, why)
	}
}

func TestOnlyUnknownRowsAreResolved(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4), row(5, skipped))
	b.begin(id, 3)
	b.created(id, 4, 7)
	for _, v := range []mailout.Verdict{mailout.VerdictPresent, mailout.VerdictAbsent} {
		for line, state := range map[int]string{2: "planned", 3: "sending", 4: "created", 5: "skipped"} {
			b.wantResolveError(id, line, v, state)
			b.wantState(id, line, mailout.State(state))
		}
	}
	wantErr(t, b.Resolve(t.Context(), id, 99, mailout.VerdictAbsent, 0, "kari"), ledger.ErrNoRow)
}

func TestAbsentIsPossibleHalfAnHourAfterTheLastByte(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	ref := b.begin(id, 2)
	late := lost
	late.LastByte = b.clock.now().Add(5 * time.Minute)
	b.settle(ref, late)
	b.clock.pass(absentAfter)
	b.wantResolveError(id, 2, mailout.VerdictAbsent, "too early")
	var early *ledger.ResolveError
	if err := b.Resolve(t.Context(), id, 2, mailout.VerdictAbsent, absentAfter, "by kari"); !errors.As(err, &early) || !early.Possible.Equal(late.LastByte.Add(absentAfter)) {
		t.Errorf("absent is said to be possible from %+v", early)
	}
	b.wantState(id, 2, mailout.Unknown)
	b.clock.pass(5 * time.Minute)
	b.resolve(id, 2, mailout.VerdictAbsent)
	b.wantState(id, 2, mailout.Planned)
	if r := b.record(id, 2); r.Ref != "" {
		t.Errorf("the row still has the dropped Ref %s", r.Ref)
	}
	second := b.begin(id, 2)
	if parts, _ := second.Parse(); parts.Attempt != 2 || second == ref {
		t.Errorf("the new Ref is %s, the dropped one %s", second, ref)
	}
	if all := b.attempts(id, 2); len(all) != 2 || all[0].Outcome != mailout.OutcomeUnknown || all[1].Ref != second {
		t.Errorf("attempts: %+v", all)
	}
}

// A process that died knows of no last byte: the half hour runs from when it was found.
func TestAbsentAfterACrash(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	b.begin(id, 2)
	b.clock.pass(8 * time.Hour)
	b.recover()
	b.wantResolveError(id, 2, mailout.VerdictAbsent, "too early")
	b.clock.pass(absentAfter)
	b.resolve(id, 2, mailout.VerdictAbsent)
	b.wantState(id, 2, mailout.Planned)
}

func TestPresentWaitsForItsChange(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	ref := b.begin(id, 2)
	b.settle(ref, lost)
	b.resolve(id, 2, mailout.VerdictPresent)
	b.wantState(id, 2, mailout.Unknown)
	b.clock.pass(24 * time.Hour)
	b.wantResolveError(id, 2, mailout.VerdictAbsent, "present")
	if got := b.history(id, 2); !slices.Contains(got, "present unknown>unknown") {
		t.Errorf("the history is %q", got)
	}
	b.take(b.change(ref, 7, mailout.InProgress, mailout.SignerWaiting))
	b.wantState(id, 2, mailout.Created)
}

// What was said of one attempt says nothing of the next.
func TestPresentIsSaidOfOneAttempt(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	b.absent(id, 2)
	second := b.begin(id, 2)
	b.settle(second, lost)
	b.resolve(id, 2, mailout.VerdictPresent)
	b.clock.pass(absentAfter)
	b.wantResolveError(id, 2, mailout.VerdictAbsent, "present")
}

func TestAVerdictOfAnotherNameIsRefused(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	b.settle(b.begin(id, 2), lost)
	b.clock.pass(time.Hour)
	if err := b.Resolve(t.Context(), id, 2, "maybe", absentAfter, "kari"); err == nil {
		t.Error("a verdict that is neither present nor absent was taken")
	}
	b.wantState(id, 2, mailout.Unknown)
}
