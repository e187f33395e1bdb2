package ledger_test

import (
	"slices"
	"testing"
	"time"

	"batch/internal/mailout"
)

// Until when a batch is held is fixed once, whatever is said later, by the next process too.
func TestAHoldIsFixedOnce(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	if got := b.info(id).HeldUntil; !got.IsZero() {
		t.Errorf("before anything is fixed it is held until %v", got)
	}
	first := noon.Add(2 * time.Hour)
	hold := func(b *books, instead, until, want time.Time) {
		t.Helper()
		if got, err := b.Hold(t.Context(), id, instead, until); err != nil || !got.Equal(want) {
			t.Errorf("held until %v, %v, want %v", got, err, want)
		}
		if got := b.info(id).HeldUntil; !got.Equal(want) {
			t.Errorf("the books say %v, want %v", got, want)
		}
	}
	hold(b, time.Time{}, first, first)
	hold(b, time.Time{}, noon.Add(5*time.Hour), first)
	next := b.crash()
	hold(next, time.Time{}, noon.Add(6*time.Hour), first)
	// Where a person agreed, what stands in the books then is replaced, and nothing else.
	hold(next, first, noon.Add(7*time.Hour), noon.Add(7*time.Hour))
	hold(next, first, noon.Add(9*time.Hour), noon.Add(7*time.Hour))
	if got := next.history(id, 0); !slices.Equal(got, []string{"approved >", "held >", "held >"}) {
		t.Errorf("the history says %q", got)
	}
}

// A row is held as it was when its newest attempt began: what went out before the first hold
// was fixed, a canary, is not, and what went out before another one keeps the first.
func TestRowsAreHeldAsTheyWereSent(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4), row(5))
	first, second := noon.Add(2*time.Hour), noon.Add(8*time.Hour)
	want := func(line int, want time.Time) {
		t.Helper()
		if got := b.record(id, line).HeldUntil; !got.Equal(want) {
			t.Errorf("line %d is held until %v, want %v", line, got, want)
		}
	}
	b.created(id, 2, 22)
	fix := func(instead, until time.Time) {
		_, err := b.Hold(t.Context(), id, instead, until)
		must(t, err)
	}
	fix(time.Time{}, first)
	want(2, time.Time{})
	want(3, first) // if it is sent now
	b.created(id, 3, 23)
	b.settle(b.begin(id, 4), lost)
	b.settle(b.begin(id, 5), notSent)
	b.clock.pass(3 * time.Hour)
	fix(first, second)
	want(2, time.Time{})
	want(3, first)
	want(4, first)
	want(5, second) // it keeps its Ref, and not the time
	b.resolve(id, 4, mailout.VerdictAbsent)
	want(4, second)
	if r := b.info(id); !r.HeldUntil.Equal(second) {
		t.Errorf("rows sent now are held until %v", r.HeldUntil)
	}
	sent, err := b.ToSend(t.Context(), id, 0, 9)
	must(t, err)
	for _, r := range sent {
		if !r.HeldUntil.Equal(second) {
			t.Errorf("line %d is to be sent held until %v", r.Line, r.HeldUntil)
		}
	}
}

func TestOnlyAnApprovedBatchIsHeld(t *testing.T) {
	b := newBooks(t)
	id := b.planned(row(2))
	_, err := b.Hold(t.Context(), id, time.Time{}, noon.Add(time.Hour))
	wantErr(t, err, mailout.ErrNotApproved)
	must(t, b.Approve(t.Context(), id, "typed"))
	must(t, b.StopBatch(t.Context(), id, "canary"))
	_, err = b.Hold(t.Context(), id, time.Time{}, noon.Add(time.Hour))
	wantErr(t, err, mailout.ErrNotApproved)
}

// No program, ours included, takes back what was fixed.
func TestWhatIsFixedStays(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	_, err := b.Hold(t.Context(), id, time.Time{}, noon.Add(2*time.Hour))
	must(t, err)
	for _, untrue := range []string{
		`UPDATE holds SET until = '2026-11-21T12:30:00.000000Z'`,
		`DELETE FROM holds`,
		`INSERT INTO holds SELECT batch, '2026-11-21T12:10:00.000000Z', '2026-11-21T12:30:00.000000Z' FROM holds`,
		`INSERT INTO holds SELECT batch, '2026-11-21T22:10:00.000000Z', '2026-11-21T22:00:00.000000Z' FROM holds`,
	} {
		if err := b.raw(untrue); err == nil {
			t.Errorf("the books took %s", untrue)
		}
	}
}
