package ledger_test

import (
	"errors"
	"fmt"
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
	err := b.Resolve(b.t.Context(), id, line, about(b.record(id, line).Ref, found(v)), absentAfter)
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
	wantErr(t, b.Resolve(t.Context(), id, 99, found(mailout.VerdictAbsent), 0), ledger.ErrNoRow)
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
	if err := b.Resolve(t.Context(), id, 2, found(mailout.VerdictAbsent), absentAfter); !errors.As(err, &early) || !early.Possible.Equal(late.LastByte.Add(absentAfter)) {
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
	if err := b.Resolve(t.Context(), id, 2, found("maybe"), absentAfter); err == nil {
		t.Error("a verdict that is neither present nor absent was taken")
	}
	b.wantState(id, 2, mailout.Unknown)
}

// The id that a person read is noted: the change that brings the same one settles the row.
func TestPresentWithTheJobsID(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4), row(5))
	present := func(line int, job mailout.JobID) error {
		return b.Resolve(t.Context(), id, line, mailout.Finding{Verdict: mailout.VerdictPresent, Job: job, By: "by kari"}, absentAfter)
	}
	var refs []mailout.Ref
	for line := 2; line <= 4; line++ {
		refs = append(refs, b.begin(id, line))
		b.settle(refs[line-2], lost)
	}
	b.created(id, 5, 50)
	must(t, present(2, 7))
	must(t, present(3, 8))
	must(t, present(4, 9))
	b.wantState(id, 2, mailout.Unknown)
	if all := b.attempts(id, 2); all[0].Seen != 7 || all[0].JobID != 0 {
		t.Errorf("attempts: %+v", all)
	}
	for _, job := range []mailout.JobID{50, 8} { // those of other rows
		var re *ledger.ResolveError
		if err := present(2, job); !errors.As(err, &re) || !strings.Contains(re.Message, "look at the reference once more") {
			t.Errorf("job %d of another row: %v", job, err)
		}
	}
	b.take(b.change(refs[0], 7, mailout.InProgress, mailout.SignerWaiting))
	b.wantState(id, 2, mailout.Created)
	b.wantAlarms()

	// Another id than a person read: there may be two jobs.
	b.take(b.change(refs[1], 88, mailout.InProgress, mailout.SignerWaiting))
	b.wantState(id, 3, mailout.Created)
	b.wantAlarms("duplicate 3 88")

	// A change need not have a reference (portal-api.md, "Status changes").
	if taken := b.take(b.change("", 9, mailout.InProgress, mailout.SignerWaiting)); taken.Kind != mailout.TakenOurs || taken.Line != 4 {
		t.Errorf("taken as %+v", taken)
	}
	if r := b.record(id, 4); r.State != mailout.Created || r.Ref != refs[2] || r.JobID != 9 {
		t.Errorf("the row is %s with %s and job %d", r.State, r.Ref, r.JobID)
	}
	if taken := b.take(b.change("somebody-elses", 10, mailout.InProgress, mailout.SignerWaiting)); taken.Kind != mailout.TakenForeign {
		t.Errorf("a stranger's is taken as %s", taken.Kind)
	}
}

func (b *books) resolveAll(id mailout.BatchID, all ...ledger.RowFinding) (changed int, faults []string) {
	b.t.Helper()
	changed, found, err := b.ResolveAll(b.t.Context(), id, all, absentAfter)
	must(b.t, err)
	for i := range all {
		if found[i] != nil {
			faults = append(faults, fmt.Sprintf("%d: %v", i, found[i]))
		}
	}
	return changed, faults
}

func TestManyRowsAreResolvedAtOnce(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4), row(5), row(6))
	refs := map[int]mailout.Ref{}
	for line := 2; line <= 5; line++ {
		refs[line] = b.begin(id, line)
		b.settle(refs[line], lost)
	}
	b.clock.pass(absentAfter)
	absent, present := found(mailout.VerdictAbsent), found(mailout.VerdictPresent)
	withJob := present
	withJob.Job = 9

	// With one fault nothing is changed, and every fault is told.
	changed, faults := b.resolveAll(id,
		ledger.RowFinding{Finding: about(refs[2], absent)},
		ledger.RowFinding{Row: "k3", Finding: about(refs[4], absent)},
		ledger.RowFinding{Row: "line:99", Finding: absent},
		ledger.RowFinding{Row: "k6", Finding: present},
		ledger.RowFinding{Row: "line:2", Finding: present},
		ledger.RowFinding{Finding: about("somebody-elses", present)})
	if changed != 0 || len(faults) != 5 || !strings.Contains(faults[0], "the reference is that of line 4, the row that is named beside it stands in line 3") ||
		!strings.Contains(faults[1], "no such row") || !strings.Contains(faults[2], "is planned, not unknown") || !strings.Contains(faults[3], "twice") {
		t.Errorf("%d changed; faults: %q", changed, faults)
	}
	b.wantState(id, 2, mailout.Unknown)

	list := []ledger.RowFinding{{Row: "01845*****", Finding: about(refs[2], absent)}, {Row: "k3", Finding: present}, {Row: "line:4", Finding: withJob}, {Finding: about(refs[5], absent)}}
	if changed, faults := b.resolveAll(id, list...); changed != 4 || len(faults) != 0 {
		t.Errorf("%d changed; faults: %q", changed, faults)
	}
	for line, want := range map[int]mailout.State{2: mailout.Planned, 3: mailout.Unknown, 4: mailout.Unknown, 5: mailout.Planned, 6: mailout.Planned} {
		b.wantState(id, line, want)
	}

	// The same list once more changes nothing, whatever has become of the rows since.
	before := fmt.Sprint(b.history(id, 2), b.history(id, 3), b.history(id, 4))
	if changed, faults := b.resolveAll(id, list...); changed != 0 || len(faults) != 0 || fmt.Sprint(b.history(id, 2), b.history(id, 3), b.history(id, 4)) != before {
		t.Errorf("a second time %d changed; faults: %q", changed, faults)
	}
	b.take(b.change(refs[4], 9, mailout.InProgress, mailout.SignerWaiting))
	second := b.begin(id, 2)
	b.settle(second, lost)
	b.clock.pass(absentAfter)
	if changed, faults := b.resolveAll(id, list...); changed != 0 || len(faults) != 0 {
		t.Errorf("after the row was sent again %d changed; faults: %q", changed, faults)
	}
	b.wantState(id, 2, mailout.Unknown) // the second attempt was not searched for
	if _, faults := b.resolveAll(id, ledger.RowFinding{Row: "k2", Finding: absent}); len(faults) != 1 || !strings.Contains(faults[0], "give the reference that was searched for") {
		t.Errorf("an old list without references: %q", faults)
	}
	if changed, faults := b.resolveAll(id, ledger.RowFinding{Finding: about(second, absent)}); changed != 1 || len(faults) != 0 {
		t.Errorf("%d changed; faults: %q", changed, faults)
	}
}
