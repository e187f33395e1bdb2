package report

import "batch/internal/mailout"

// deadlines are lines about what only the portal has: how many jobs, since when, and from when on
// it deletes the first.
func (f *workbook) deadlines() (facts [][]any) {
	add := func(name string, u mailout.Unfetched) {
		if u.Jobs > 0 {
			facts = append(facts, []any{name, u.Jobs}, []any{"… since", f.clock(u.Since)}, []any{"… deleted by the portal from", f.clock(u.DeletedFrom())})
		}
	}
	add("Signed, not fetched yet", f.batch.Deadlines.Signed)
	add("Perhaps signed since their queue was last empty", f.batch.Deadlines.Unasked)
	return facts
}
