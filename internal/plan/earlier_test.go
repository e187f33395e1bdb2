package plan_test

import (
	"testing"

	"batch/internal/mailout"
)

const lost = "2026-11-01-x7"

// again is a line that is another attempt at line n of the batch lost.
func (l line) again(n int) line {
	l.Earlier = mailout.RowID{Batch: lost, Line: n}
	return l
}

// A row is tried again only where its job is certainly over, and nobody did it before.
func TestAnotherAttempt(t *testing.T) {
	for _, c := range []struct {
		name     string
		standing *mailout.Standing
		want     string
	}{
		{"expired", &mailout.Standing{State: mailout.Expired}, ""},
		{"skipped", &mailout.Standing{State: mailout.Skipped}, ""},
		{"withdrawn", &mailout.Standing{State: mailout.Cancelled}, ""},
		{"created", &mailout.Standing{State: mailout.Created}, "earlier-not-over"},
		{"unknown", &mailout.Standing{State: mailout.Unknown}, "earlier-not-over"},
		{"planned", &mailout.Standing{State: mailout.Planned}, "earlier-not-over"},
		{"signed", &mailout.Standing{State: mailout.Signed}, "earlier-not-over"},
		{"a duplicate of it is open", &mailout.Standing{State: mailout.Expired, Alarms: 1}, "earlier-not-over"},
		{"another job of it lives", &mailout.Standing{State: mailout.Expired, Other: 72}, "earlier-not-over"},
		{"tried again", &mailout.Standing{State: mailout.Expired, Again: mailout.Tried{RowID: mailout.RowID{Batch: "2026-11-02-y7", Line: 2}}}, "earlier-tried"},
		{"of no batch here", nil, "earlier-unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, signs(2, kari, "a.pdf").again(14))
			if c.standing != nil {
				d.standing[mailout.RowID{Batch: lost, Line: 14}] = *c.standing
			}
			res := d.make()
			if c.want == "" {
				d.wantProblems(res)
				if row := d.frozen[res.Batch][0]; row.Earlier != (mailout.RowID{Batch: lost, Line: 14}) {
					t.Errorf("the row is another attempt at %v", row.Earlier)
				}
				return
			}
			d.wantProblems(res, "2 "+c.want)
			if d.o.Restoring = true; c.want != "earlier-unknown" {
				d.wantProblems(d.make()) // its books were lost: that was looked at when it was approved
			}
		})
	}
}

func TestTwoAttemptsAtOneRow(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf").again(14), signs(3, ola, "b.pdf").again(14))
	d.standing[mailout.RowID{Batch: lost, Line: 14}] = mailout.Standing{State: mailout.Expired}
	d.wantProblems(d.make(), "3 earlier-tried")
}

// Where only what is new is sent, another attempt is new, as long as the letter does not count.
func TestAnotherAttemptIsNew(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf").again(14))
	d.standing[mailout.RowID{Batch: lost, Line: 14}] = mailout.Standing{State: mailout.Expired}
	d.o.OnlyNew = true
	d.earlier[d.letter(2)] = lost + " 14 0 over"
	if res := d.make(); res.Batch == "" || res.Skipped != 0 {
		t.Errorf("%d rows are left out of batch %q", res.Skipped, res.Batch)
	}
	d.earlier[d.letter(2)] = "2026-11-02-y7 2 0"
	d.bytes = "saved anew"
	if res := d.make(); res.Skipped != 1 {
		t.Errorf("%d rows are left out, though the letter is under way", res.Skipped)
	}
}

// The same plan is found again while it is being sent, though by then its own rows have taken
// what they are other attempts at; so is one that left such a row out.
func TestAnotherAttemptIsPlannedOnce(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf").again(14), signs(3, ola, "b.pdf").again(15))
	over, again := mailout.Standing{State: mailout.Expired}, mailout.Tried{RowID: mailout.RowID{Batch: "2026-11-21-01", Line: 2}}
	d.standing[mailout.RowID{Batch: lost, Line: 14}] = over
	d.standing[mailout.RowID{Batch: lost, Line: 15}] = mailout.Standing{State: mailout.Created}
	d.o.SkipBadRows = true
	first := d.make()
	if first.Batch == "" || first.Skipped != 1 {
		t.Fatalf("%d rows are left out of batch %q", first.Skipped, first.Batch)
	}
	over.Again = again
	d.standing[mailout.RowID{Batch: lost, Line: 14}] = over
	if second := d.make(); !second.Known || second.Batch != first.Batch {
		t.Errorf("planned again it is batch %q (known: %t), want %s", second.Batch, second.Known, first.Batch)
	}
}

// Whoever is asked about a plan that was made before is told what was told then.
func TestARowThatNobodyKnowsIsToldEachTime(t *testing.T) {
	d := newDesk(t, signs(2, kari, "a.pdf").again(14))
	d.wantProblems(d.make(), "2 earlier-unknown")
	again := d.make()
	if !again.Known {
		t.Error("planned again it is another plan")
	}
	d.wantProblems(again, "2 earlier-unknown")
}
