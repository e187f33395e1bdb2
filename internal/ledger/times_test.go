package ledger_test

import (
	"testing"
	"time"

	"batch/internal/mailout"
)

// When a batch ends is noted as its rows are written, whatever they come to in one call.
func TestWhenABatchEndsIsNoted(t *testing.T) {
	b := newBooks(t)
	const day = 24 * time.Hour
	available := func(d time.Duration) func(*mailout.Row) {
		return func(r *mailout.Row) { r.Job.Available = d }
	}
	due := func(at time.Time) func(*mailout.Row) { return func(r *mailout.Row) { r.Job.Deadline = at } }
	id := b.draft(row(2, available(5*day)), row(3, due(noon.Add(9*day+time.Microsecond))))
	must(t, b.AddRows(t.Context(), id, []mailout.Row{row(4, available(2*day)), row(5, skipped), row(6, available(99*day), skipped)}))
	if got, want := b.info(id).Ends, (mailout.Ends{At: noon.Add(9*day + time.Microsecond), After: 5 * day}); got != want {
		t.Errorf("noted was %+v, want %+v", got, want)
	}
	must(t, b.AddRows(t.Context(), id, []mailout.Row{row(7), row(8, due(noon.Add(100*day)))}))
	if got, want := b.info(id).Ends, (mailout.Ends{At: noon.Add(100 * day), After: 30 * day}); got != want {
		t.Errorf("with more rows it was %+v, want %+v", got, want)
	}
}

// So is until when no row of it is late; then the rows that are late, and still planned,
// are found.
func TestLateRowsOfABatch(t *testing.T) {
	b := newBooks(t)
	due := func(at time.Time) func(*mailout.Row) { return func(r *mailout.Row) { r.Job.Deadline = at } }
	starts := func(at time.Time) func(*mailout.Row) { return func(r *mailout.Row) { r.Job.Activation = at } }
	id := b.draft(row(2))
	if got := b.info(id).LateAfter; !got.Equal(mailout.NeverLate) {
		t.Errorf("rows without times of their own are late after %v", got)
	}
	must(t, b.AddRows(t.Context(), id, []mailout.Row{row(3, starts(noon.Add(5*time.Hour))), row(4, due(noon.Add(30*time.Hour))), row(5, due(noon), skipped), row(6, starts(noon.Add(6*time.Hour)))}))
	must(t, b.AddRows(t.Context(), id, []mailout.Row{row(7, due(noon.Add(90*time.Hour)))}))
	if got := b.info(id).LateAfter; !got.Equal(noon.Add(6 * time.Hour)) {
		t.Errorf("the first is late after %v", got)
	}
	d := mailout.SumDigest([]byte("d"))
	_, err := b.Freeze(t.Context(), id, d, d, d)
	must(t, err)
	must(t, b.Approve(t.Context(), id, "--yes"))
	late := func(after time.Duration) [2]int {
		t.Helper()
		n, first, err := b.Late(t.Context(), id, noon.Add(after))
		must(t, err)
		return [2]int{n, first}
	}
	if got := late(6 * time.Hour); got != [2]int{} {
		t.Errorf("late are %v", got)
	}
	if got := late(6*time.Hour + time.Microsecond); got != [2]int{2, 3} {
		t.Errorf("soon after late are %v", got)
	}
	b.created(id, 3, 77)
	if got := late(50 * time.Hour); got != [2]int{2, 4} {
		t.Errorf("after one was sent, late are %v", got)
	}
}
