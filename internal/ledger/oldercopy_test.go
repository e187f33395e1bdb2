package ledger_test

import (
	"testing"
	"time"

	"batch/internal/mailout"
)

// The copy was made while a row was being sent; later its answer was lost, a person found no
// job, and it was sent again. Rebuilt, the first attempt is over, and it was dropped.
func TestARebuildLeavesNoAttemptOpen(t *testing.T) {
	for name, settled := range map[string]bool{"the copy has it sending": false, "the copy has it unknown": true} {
		t.Run(name, func(t *testing.T) {
			b := sealed(t)
			id := b.approved(row(2), row(3))
			first := b.begin(id, 2)
			old := b.crash()
			if settled {
				old.recover()
			}
			b.settle(first, lost)
			b.clock.pass(time.Hour)
			b.resolve(id, 2, mailout.VerdictAbsent)
			second := b.begin(id, 2)
			b.settle(second, lost)

			old.older(b.sentLog()).rebuild("", "")
			if found := old.recover(); found != (mailout.Recovered{}) {
				t.Errorf("recovered %+v", found)
			}
			all := old.attempts(id, 2)
			if len(all) != 2 || all[0].Ref != first || all[1].Ref != second {
				t.Fatalf("the attempts are %+v", all)
			}
			if a := all[0]; a.Outcome != mailout.OutcomeUnknown || !a.Dropped {
				t.Errorf("the first attempt is not over: %+v", a)
			}
			if a := all[1]; a.Outcome != mailout.OutcomeUnknown || a.Dropped {
				t.Errorf("the second attempt is %+v", a)
			}
			db := old.rawDB()
			defer db.Close()
			var open int
			must(t, db.QueryRow(`SELECT count(*) FROM attempts a JOIN rows r ON r.batch = a.batch AND r.line = a.line WHERE a.ended_at IS NULL AND r.state <> 'sending'`).Scan(&open))
			if open > 0 {
				t.Errorf("%d attempts are open for ever: of rows that are not being sent", open)
			}
		})
	}
}

// The copy was made while a batch was being planned: its draft, which was never sent, makes
// room for what sent.log knows of the batch, with and without the manifest.
func TestABatchThatTheCopyHasAsADraft(t *testing.T) {
	for name, manifest := range map[string]bool{"the manifest is gone": false, "the manifest is there": true} {
		t.Run(name, func(t *testing.T) {
			b := sealed(t)
			id := b.draft(row(2), row(3))
			old := b.crash()
			digest := mailout.SumDigest([]byte("d"))
			_, err := b.Freeze(t.Context(), id, digest, digest, digest)
			must(t, err)
			must(t, b.Approve(t.Context(), id, "--yes"))
			b.created(id, 2, 7)

			old.older(b.sentLog())
			planned := mailout.BatchID("")
			if manifest {
				planned = old.planned(row(2), row(3))
			}
			if got := old.rebuild(planned, id); len(got) != 1 || got[0].Batch != id || got[0].Named() != 1 {
				t.Errorf("restored %+v", got)
			}
			old.wantWhole()
			old.wantState(id, 2, mailout.Unknown)
			old.wantBatch(id, mailout.Stopped)
		})
	}
}
