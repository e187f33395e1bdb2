package app

import (
	"testing"

	"batch/internal/mailout"
)

// What became of a wish is told by its row's end where that is known, and else by the answer.
func TestWhatBecameOfAWish(t *testing.T) {
	for _, c := range []struct {
		name string
		wish mailout.Wish
		want Cancelled
	}{
		{"withdrawn", mailout.Wish{State: mailout.Cancelled}, Cancelled{Withdrawn: 1}},
		{"cancelled", mailout.Wish{State: mailout.Cancelled, Job: 7}, Cancelled{Cancelled: 1}},
		{"cancelled by a call whose answer was lost", mailout.Wish{State: mailout.Cancelled, Job: 7, Answer: mailout.AnswerDeclined, Perhaps: true}, Cancelled{Cancelled: 1}},
		{"the portal said yes", mailout.Wish{State: mailout.Created, Job: 7, Answer: mailout.AnswerGranted}, Cancelled{Cancelled: 1}},
		{"the portal said yes, and all had signed", mailout.Wish{State: mailout.Signed, Job: 7, Answer: mailout.AnswerGranted}, Cancelled{TooLate: 1}},
		{"rejected before", mailout.Wish{State: mailout.Rejected, Job: 7, Answer: mailout.AnswerGone, Perhaps: true}, Cancelled{TooLate: 1}},
		{"over, perhaps by us", mailout.Wish{State: mailout.Created, Job: 7, Answer: mailout.AnswerDeclined, Perhaps: true}, Cancelled{Over: 1}},
		{"too late", mailout.Wish{State: mailout.Created, Job: 7, Answer: mailout.AnswerDeclined}, Cancelled{TooLate: 1}},
		{"no answer yet", mailout.Wish{State: mailout.Created, Job: 7}, Cancelled{Unanswered: 1}},
		{"a duplicate of a signed row", mailout.Wish{State: mailout.Signed, Job: 8, Duplicate: true, Answer: mailout.AnswerGranted}, Cancelled{Cancelled: 1}},
		{"a duplicate of an unknown row", mailout.Wish{State: mailout.Unknown, Job: 8, Duplicate: true}, Cancelled{Unanswered: 1}},
	} {
		var got Cancelled
		got.count(c.wish)
		if got.Withdrawn != c.want.Withdrawn || got.Cancelled != c.want.Cancelled || got.TooLate != c.want.TooLate || got.Over != c.want.Over || got.Unanswered != c.want.Unanswered {
			t.Errorf("%s: it counts %+v", c.name, got)
		}
	}
}
