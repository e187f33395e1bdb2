package submit_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/submit"
)

// What concerns every row is said to all workers at once, ten times: each row is as the
// portal said, none is left sending, no further one begins, and the reason is one.
func TestACauseForEveryRowStopsAllAtOnce(t *testing.T) {
	const workers = 10
	for name, tt := range map[string]struct {
		o      mailout.Outcome
		ending submit.Ending
		state  mailout.State
	}{
		"authorization": {mailout.Outcome{Kind: mailout.OutcomeNotSent, Fatal: true, Status: 403, Message: "NOT_AUTHORIZED"}, submit.EndFatal, mailout.Planned},
		"certificate":   {mailout.Outcome{Kind: mailout.OutcomeNotSent, Fatal: true, Code: "certificate-refused", Message: "refused"}, submit.EndFatal, mailout.Planned},
		"our own disk":  {mailout.Outcome{Kind: mailout.OutcomeUnknown, Fatal: true, Ours: true, Code: "bundle", Message: "torn"}, submit.EndOurs, mailout.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(40)
				w.answer = func(line, _ int) mailout.Outcome {
					time.Sleep(time.Duration(line) * time.Millisecond) // each a little later than the one before
					if line == 5 {
						return accepted()
					}
					return tt.o
				}
				res, err := w.run(t, submit.Options{Workers: workers})
				if err != nil || res.Ending != tt.ending || res.Reason != tt.o.Message {
					t.Fatalf("Run = %+v, %v", res, err)
				}
				n := w.count()
				if len(w.sent) != workers || n[mailout.Sending] != 0 || n[mailout.Created] != 1 || w.stop != "" {
					t.Errorf("%d rows were sent, states %v, stopped %q", len(w.sent), n, w.stop)
				}
				for line := range w.sent {
					if line != 5 && w.rows[line] != tt.state {
						t.Errorf("line %d is %s, want %s", line, w.rows[line], tt.state)
					}
				}
			})
		})
	}
}

// A document that is gone or changed is found before there is an intent: its row stays
// planned, those under way are finished, and the reason names the line.
func TestADocumentThatCannotBePrepared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(40)
		w.answer = func(int, int) mailout.Outcome { time.Sleep(time.Second); return accepted() }
		w.prepare = func(line int) error {
			if line == 7 {
				return errors.New("the prepared file is not the one that was approved")
			}
			return nil
		}
		res, err := w.run(t, submit.Options{Workers: 4})
		if err != nil || res.Ending != submit.EndOurs || !strings.Contains(res.Reason, "line 7 was not sent: the prepared file") {
			t.Fatalf("Run = %+v, %v", res, err)
		}
		n := w.count()
		if w.rows[7] != mailout.Planned || n[mailout.Sending]+n[mailout.Unknown] != 0 || n[mailout.Created] < 4 || n[mailout.Created] > 8 {
			t.Errorf("line 7 is %s, states %v", w.rows[7], n)
		}
	})
}

// The program itself fails at an answer: the others' calls end as they end, the row is
// unknown, and what it held in its hands is not told.
func TestAFaultOfTheProgramTakesNoCallAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(20)
		w.answer = func(line, _ int) mailout.Outcome {
			time.Sleep(time.Second)
			if line == 3 {
				panic("01845912345 kari@example.com")
			}
			time.Sleep(time.Second)
			return accepted()
		}
		res, err := w.run(t, submit.Options{Workers: 5})
		if err != nil || res.Ending != submit.EndOurs || strings.Contains(res.Reason, "kari") || !strings.Contains(res.Reason, "submit_test") {
			t.Errorf("Run = %+v, %v", res, err)
		}
		if n := w.count(); w.rows[3] != mailout.Unknown || n[mailout.Created] != 4 || n[mailout.Sending] != 0 {
			t.Errorf("line 3 is %s, states %v", w.rows[3], n)
		}
		if last := w.outcomes[3].LastByte; last.IsZero() {
			t.Error("nothing says when the last byte can have left")
		}
	})
}

// A portal that answers every call with a 429 is given up after ten minutes; one that
// blocks now and then is not.
func TestAPortalThatKeepsBlocking(t *testing.T) {
	for _, always := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w, began := newWorld(40), time.Now()
			w.answer = func(line, call int) mailout.Outcome {
				time.Sleep(3 * time.Minute)
				if !always && (call > 1 || line%4 == 0) {
					return accepted()
				}
				return blocked()
			}
			res, err := w.run(t, submit.Options{Workers: 2})
			want, planned := submit.EndAway, 40
			if !always {
				want, planned = submit.EndDone, 0
			}
			if err != nil || res.Ending != want || w.count()[mailout.Planned] != planned {
				t.Fatalf("Run = %+v, %v; states %v", res, err, w.count())
			}
			if waited := time.Since(began); always && (waited < 10*time.Minute || waited > 20*time.Minute) {
				t.Errorf("given up after %v", waited)
			}
		})
	}
}

// What runs before this one have used up counts, until a person approves.
func TestTheRulesCountOverRuns(t *testing.T) {
	for name, tt := range map[string]struct {
		rules  submit.Rules
		ending submit.Ending
		sent   int
		reason string
	}{
		"four were lost before":                {submit.Rules{UnknownTotal: 5, Lost: 4}, submit.EndRule, 1, "5 answers were lost"},
		"five were, and the process died then": {submit.Rules{UnknownTotal: 5, Lost: 5}, submit.EndRule, 0, "5 answers were lost"},
		"three of the canary are out":          {submit.Rules{Canary: 5, Out: 3}, submit.EndCanary, 2, "the canary is out: rows sent so far: 5"},
		"all of it, and the process died then": {submit.Rules{Canary: 5, Out: 5}, submit.EndCanary, 0, "the canary is out: rows sent so far: 5"},
		"no rule for it":                       {submit.Rules{Lost: 9, Out: 9}, submit.EndDone, 10, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(10)
			w.answer = func(int, int) mailout.Outcome {
				if tt.rules.UnknownTotal > 0 {
					return lost()
				}
				return accepted()
			}
			res, err := w.run(t, submit.Options{Rules: tt.rules})
			if err != nil || res.Ending != tt.ending || res.Sent != tt.sent || res.Reason != tt.reason || w.stop != tt.reason {
				t.Errorf("Run = %+v, %v; stopped %q", res, err, w.stop)
			}
		})
	}
}

// The ledger fails where it is read, while workers wait for their permits, and where the
// pace keeps its times, while the root is asked: nothing more is said.
func TestTheLedgerFailsBesideWaitingWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(40)
		reads := 0
		w.read = func() error {
			if reads++; reads > 1 {
				return errDisk
			}
			return nil
		}
		_, err := submit.Run(t.Context(), w, &latePace{}, w, submit.Options{Batch: "2026-11-21-a7", Workers: 2,
			Queue: func(mailout.OrgNumber) string { return "q" }, Soft: t.Context(), Now: time.Now})
		if !errors.Is(err, errDisk) {
			t.Errorf("err = %v, want the disk's", err)
		}
		// Eight rows were read at once; the next are asked for as soon as the eighth has a
		// worker, which then waits for its permit.
		if len(w.sent) > 7 || w.count()[mailout.Sending] != 0 {
			t.Errorf("%d rows were sent, states %v: whoever waited for a permit has begun a call", len(w.sent), w.count())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w, began := newWorld(5), time.Now()
		w.answer = func(int, int) mailout.Outcome { return noConnection() }
		_, err := submit.Run(t.Context(), w, &brokenPace{good: 1}, w, submit.Options{Batch: "2026-11-21-a7", Workers: 1,
			Queue: func(mailout.OrgNumber) string { return "q" }, Soft: t.Context(), Now: time.Now})
		if !errors.Is(err, errDisk) || time.Since(began) > time.Minute {
			t.Errorf("err = %v after %v, want the disk's at once", err, time.Since(began))
		}
	})
}

// brokenPace gives so many permits, and then cannot be kept.
type brokenPace struct{ good int }

func (p *brokenPace) Acquire(context.Context, string) (func(timedOut, blocked bool), error) {
	if p.good--; p.good < 0 {
		return nil, errDisk
	}
	return func(bool, bool) {}, nil
}

// Stopped at once, which is the second Ctrl-C: nothing begins, and no error is told.
func TestAStopAtOnce(t *testing.T) {
	w := newWorld(5)
	ctx, stop := context.WithCancel(t.Context())
	w.begin = func(line int) error {
		if line == 3 {
			stop()
			return ctx.Err()
		}
		return nil
	}
	res, err := submit.Run(ctx, w, w, w, submit.Options{Batch: "2026-11-21-a7", Workers: 1,
		Queue: func(mailout.OrgNumber) string { return "q" }, Soft: ctx, Now: time.Now})
	if err != nil || res.Ending != submit.EndInterrupted || len(w.sent) != 1 {
		t.Errorf("Run = %+v, %v after %v", res, err, w.sent)
	}
}
