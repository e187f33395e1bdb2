package mailout_test

import (
	"testing"

	"batch/internal/mailout"
)

var events = []mailout.Event{
	mailout.Begin, mailout.Accept, mailout.Refuse, mailout.NotSent, mailout.Lose, mailout.Adopt, mailout.Absent, mailout.Restore, mailout.Withdraw,
	mailout.Complete, mailout.Reject, mailout.Expire, mailout.Cancel, mailout.Fail,
}

// life is the whole table, written down a second time from the picture in the design:
// what a row in a state becomes by an event. What is not here is impossible.
var life = map[mailout.State]map[mailout.Event]mailout.State{
	mailout.Planned: {mailout.Begin: mailout.Sending, mailout.Adopt: mailout.Created, mailout.Withdraw: mailout.Cancelled, mailout.Restore: mailout.Unknown},
	mailout.Sending: {mailout.Accept: mailout.Created, mailout.Refuse: mailout.Refused, mailout.NotSent: mailout.Planned,
		mailout.Lose: mailout.Unknown, mailout.Adopt: mailout.Created},
	mailout.Unknown: {mailout.Adopt: mailout.Created, mailout.Absent: mailout.Planned},
	mailout.Created: {mailout.Complete: mailout.Signed, mailout.Reject: mailout.Rejected, mailout.Expire: mailout.Expired,
		mailout.Cancel: mailout.Cancelled, mailout.Fail: mailout.Failed},
	mailout.Refused:   {mailout.Adopt: mailout.Created},
	mailout.Cancelled: {mailout.Adopt: mailout.Created},
}

func TestNextIsTheWholeLifeOfARow(t *testing.T) {
	for _, state := range mailout.States {
		for _, event := range events {
			want, possible := life[state][event]
			got, err := mailout.Next(state, event)
			switch {
			case possible && (err != nil || got != want):
				t.Errorf("%s + %s = %s, %v; want %s", state, event, got, err, want)
			case !possible && err == nil:
				t.Errorf("%s + %s = %s; want an error", state, event, got)
			case !possible && got != state:
				t.Errorf("%s + %s: an impossible event moved the row to %s", state, event, got)
			}
		}
	}
}

func TestNextRefusesWordsItDoesNotKnow(t *testing.T) {
	if s, err := mailout.Next("lost", mailout.Begin); err == nil {
		t.Errorf("an unknown state became %s", s)
	}
	if s, err := mailout.Next(mailout.Planned, "resend"); err == nil {
		t.Errorf("an unknown event led to %s", s)
	}
}

// A row is sent from planned only: whoever is unknown, created or over is never sent
// again without a person or a proof in between.
func TestOnlyPlannedIsEverSent(t *testing.T) {
	for _, state := range mailout.States {
		for _, event := range events {
			if to, err := mailout.Next(state, event); err == nil && to == mailout.Sending && state != mailout.Planned {
				t.Errorf("%s + %s sends", state, event)
			}
		}
	}
}

// A final state ends only by proof that a job exists after all.
func TestFinalStatesStay(t *testing.T) {
	for _, state := range mailout.States {
		for _, event := range events {
			if to, err := mailout.Next(state, event); err == nil && state.Final() && event != mailout.Adopt {
				t.Errorf("%s is final, yet %s makes it %s", state, event, to)
			}
		}
	}
}

func TestStatesListsEveryStateOnce(t *testing.T) {
	final := map[mailout.State]bool{
		mailout.Planned: false, mailout.Sending: false, mailout.Created: false, mailout.Unknown: false,
		mailout.Signed: true, mailout.Rejected: true, mailout.Expired: true, mailout.Failed: true,
		mailout.Cancelled: true, mailout.Refused: true, mailout.Skipped: true,
	}
	if len(mailout.States) != len(final) {
		t.Errorf("%d states are listed, want %d", len(mailout.States), len(final))
	}
	for _, s := range mailout.States {
		want, known := final[s]
		if !known || s.Final() != want {
			t.Errorf("%s: known %v, final %v, want final %v", s, known, s.Final(), want)
		}
		delete(final, s)
	}
	if len(final) > 0 {
		t.Errorf("not listed: %v", final)
	}
}

func TestTotals(t *testing.T) {
	totals := mailout.Totals{mailout.Signed: 8, mailout.Skipped: 1, mailout.Unknown: 2, mailout.Created: 1}
	if totals.Sum() != 12 || totals.Final() != 9 {
		t.Errorf("sum %d and final %d, want 12 and 9", totals.Sum(), totals.Final())
	}
	if none := (mailout.Totals{}); none.Sum() != 0 || none.Final() != 0 {
		t.Error("no rows must count as none")
	}
}
