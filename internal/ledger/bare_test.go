package ledger_test

import (
	"testing"

	"batch/internal/mailout"
)

// beBuilt makes new books of sent.log, and of whatever rows the manifest has by now: none
// where it is lost too.
func (b *books) beBuilt(id mailout.BatchID, rows ...mailout.Row) *books {
	b.t.Helper()
	next := b.beside(b.sentLog())
	var planned mailout.BatchID
	if len(rows) > 0 {
		planned = next.planned(rows...)
	}
	next.rebuild(planned, id)
	next.wantWhole()
	next.recover()
	return next
}

// wantRepeat holds that a letter is found to have gone out, as so many repeats at most, and
// does not go out once more.
func (b *books) wantRepeat(letter mailout.Row, of mailout.BatchID, repeat int) {
	b.t.Helper()
	e, found, err := b.Earlier(b.t.Context(), letter.LetterKey(), false)
	must(b.t, err)
	if !found || e.Batch != of || e.Repeat != repeat {
		b.t.Errorf("the letter of line %d is found %v: %+v, want one of batch %s, repeat %d", letter.Line, found, e, of, repeat)
	}
	_, err = b.BeginAttempt(b.t.Context(), b.approved(letter), letter.Line, "queue", jobXML)
	wantErr(b.t, err, mailout.ErrRepeat)
}

// A row was taken out of the manifest after it went out. The books know its letter by the
// mark of sent.log alone, and that is enough to keep it from going out by another batch.
func TestALetterThatOnlySentLogKnowsGoesOutOnce(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2), row(3))
	ref := b.created(id, 2, 7)
	next := b.beBuilt(id, row(3))
	next.take(next.change(ref, 7, mailout.InProgress, mailout.SignerWaiting))
	next.wantState(id, 2, mailout.Created)
	next.wantRepeat(row(2), id, 0)
	must(t, next.Approve(t.Context(), id, "--yes"))
	next.begin(id, 3) // another letter
}

func TestLettersOfALostManifestGoOutOnce(t *testing.T) {
	b := sealed(t)
	id := b.approved(row(2), row(3))
	b.created(id, 2, 7)
	b.begin(id, 3)
	next := b.beBuilt(id)
	next.wantRepeat(row(2), id, 0)
	next.wantRepeat(row(3), id, 0)
	next.clock.pass(absentAfter)
	next.resolve(id, 3, mailout.VerdictAbsent)
	next.begin(next.approved(row(3)), 3) // a person has found no job of it
}

// The same letter twice, as a person had allowed: neither is lost, and a third would be the
// second repeat.
func TestRepeatsOfALostManifestAreCounted(t *testing.T) {
	b := sealed(t)
	again := row(3, sameLetter, func(r *mailout.Row) { r.Repeat = 1 })
	id := b.approved(row(2), again)
	b.begin(id, 2)
	b.begin(id, 3)
	next := b.beBuilt(id)
	next.wantState(id, 2, mailout.Unknown)
	next.wantState(id, 3, mailout.Unknown)
	next.wantRepeat(row(2), id, 1)
	next.wantRepeat(again, id, 1)
	third := row(4, sameLetter, func(r *mailout.Row) { r.Repeat = 2 })
	next.begin(next.approved(third), 4)
}
