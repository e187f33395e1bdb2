package ledger_test

import (
	"slices"
	"strings"
	"testing"

	"batch/internal/mailout"
)

// Every moment of a call is followed by a copy of what is on disk: the wish is open until
// there is an answer in it.
func TestACallIsRepeatedUntilItsAnswerIsInTheBooks(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	ref := b.created(id, 2, 22)
	b.wish(id, 2)
	b.crash().wantDue("2 22")
	w := b.askFor()
	if next := b.crash(); len(next.due()) != 1 || !next.due()[0].Perhaps {
		t.Errorf("after a crash while asking there is %+v", next.due())
	}
	b.answered(w, "") // the answer was lost
	if got := b.detail(id, 2, "cancel answered"); !strings.Contains(got, "asked again") {
		t.Errorf("the history says %q", got)
	}
	w = b.askFor()
	b.answered(w, mailout.AnswerDeclined)
	if got := b.detail(id, 2, "cancel answered"); !strings.Contains(got, "an earlier call") {
		t.Errorf("the history does not say that it may be an echo: %q", got)
	}
	b.crash().wantDue()
	if ask, err := b.BeginCancel(t.Context(), w); ask || err != nil {
		t.Errorf("an answered wish is asked for again: %v, %v", ask, err)
	}
	b.wantState(id, 2, mailout.Created) // an answer ends nothing
	b.finish(b.change(ref, 22, mailout.JobFailed, mailout.SignerCancelled))
	b.wantState(id, 2, mailout.Cancelled)
	want := []string{"begin planned>sending", "accept sending>created", "cancel wished created>created",
		"cancel asked created>created", "cancel answered created>created", "cancel asked created>created", "cancel answered created>created",
		"change created>created", "cancel created>cancelled"}
	if got := b.history(id, 2); !slices.Equal(got, want) {
		t.Errorf("the history is %q, want %q", got, want)
	}
}

func TestAnswersToACancellation(t *testing.T) {
	for _, answer := range []mailout.AnswerKind{mailout.AnswerGranted, mailout.AnswerDeclined, mailout.AnswerGone, mailout.AnswerRefused} {
		b := newBooks(t)
		id := b.approved(row(2))
		b.created(id, 2, 22)
		b.wish(id, 2)
		b.answered(b.askFor(), answer)
		b.wantDue()
		all, err := b.Wishes(t.Context(), id)
		must(t, err)
		if len(all) != 1 || all[0].Answer != answer || all[0].Said != "by kari: wrong attachment" || all[0].Key != "k2" {
			t.Errorf("the wish is %+v", all)
		}
		// An answer proves nothing as long as the status change has not come: wished once
		// more, the portal is asked once more.
		b.wish(id, 2)
		b.wantDue("2 22")
	}
}

// What comes too late may be the echo of a call that was granted, or whose answer was lost,
// however long ago; not of one that was declined.
func TestTheEchoOfAnEarlierCall(t *testing.T) {
	for first, echo := range map[mailout.AnswerKind]bool{"": true, mailout.AnswerGranted: true, mailout.AnswerDeclined: false, mailout.AnswerRefused: false} {
		for _, last := range []mailout.AnswerKind{mailout.AnswerDeclined, mailout.AnswerGone} {
			b := newBooks(t)
			id := b.approved(row(2))
			b.created(id, 2, 22)
			b.wish(id, 2)
			b.answered(b.askFor(), first)
			b.wish(id, 2)
			b.answered(b.askFor(), last)
			all, err := b.Wishes(t.Context(), id)
			must(t, err)
			if len(all) != 1 || all[0].Echo() != echo {
				t.Errorf("%q, then %s: %+v, want an echo to be possible: %v", first, last, all, echo)
			}
			if got := b.detail(id, 2, "cancel answered"); strings.Contains(got, "an earlier call") != echo {
				t.Errorf("%q, then %s: the history says %q", first, last, got)
			}
		}
	}
}

// Whose answer was lost stands behind all others, also in the next process.
func TestWishesTakeTurns(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3), row(4))
	for line := 2; line <= 4; line++ {
		b.created(id, line, mailout.JobID(11*line))
	}
	b.wish(id, 2, 3, 4)
	lose := func() {
		w := b.due()[0]
		ask, err := b.BeginCancel(t.Context(), w)
		if err != nil || !ask {
			t.Fatalf("the call is not begun: %v", err)
		}
		b.answered(w, "")
	}
	lose()
	b.wantDue("3 33", "4 44", "2 22")
	lose()
	b = b.crash()
	b.wantDue("4 44", "2 22", "3 33")
	lose()
	b.wantDue("2 22", "3 33", "4 44")
	lose()
	b.wantDue("3 33", "4 44", "2 22")
	page, err := b.ToCancel(t.Context(), b.due()[0], 1)
	if err != nil || len(page) != 1 || page[0].Line != 4 {
		t.Errorf("after line 3 comes %+v, %v", page, err)
	}
}

func TestARefusedCancellation(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	ref := b.created(id, 2, 22)
	b.wish(id, 2)
	must(t, b.SettleCancel(t.Context(), b.askFor(), mailout.Answer{Kind: mailout.AnswerRefused, Code: "BAD_REQUEST", Message: "BAD_REQUEST: no"}))
	b = b.crash()
	b.wantDue()
	all, err := b.Wishes(t.Context(), id)
	must(t, err)
	if len(all) != 1 || all[0].Code != "BAD_REQUEST" {
		t.Errorf("the wish is %+v", all)
	}
	if got := b.detail(id, 2, "cancel answered"); got != "refused: it is not asked again by itself (BAD_REQUEST: no)" {
		t.Errorf("the history says %q", got)
	}
	if info := b.info(id); info.Uncancellable != 1 || info.Uncancelled != 0 {
		t.Errorf("%d jobs cannot be cancelled, %d wait for an answer", info.Uncancellable, info.Uncancelled)
	}
	b.finish(b.change(ref, 22, mailout.Completed, mailout.SignerSigned))
	if got := b.info(id).Uncancellable; got != 0 {
		t.Errorf("%d jobs of rows that are over cannot be cancelled", got)
	}
}
