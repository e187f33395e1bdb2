package submit_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/submit"
)

func TestEveryRowGoesThroughTheStepsInOrder(t *testing.T) {
	w := newWorld(2)
	res, err := w.run(t, submit.Options{})
	if err != nil || res.Ending != submit.EndDone || res.Sent != 2 {
		t.Fatalf("Run = %+v, %v", res, err)
	}
	want := "permit, intent 2, bytes 2, outcome 2, permit, intent 3, bytes 3, outcome 3"
	if got := strings.Join(w.steps, ", "); got != want {
		t.Errorf("steps:\n got %s\nwant %s", got, want)
	}
}

func TestOutcomesBecomeStates(t *testing.T) {
	w := newWorld(4)
	w.answer = func(line, call int) mailout.Outcome {
		return []mailout.Outcome{accepted(), refused(), lost(), accepted()}[line-2]
	}
	if _, err := w.run(t, submit.Options{}); err != nil {
		t.Fatal(err)
	}
	want := map[int]mailout.State{2: mailout.Created, 3: mailout.Refused, 4: mailout.Unknown, 5: mailout.Created}
	if !maps.Equal(w.rows, want) {
		t.Errorf("states = %v, want %v", w.rows, want)
	}
}

func TestOnlyAProvenNotSentIsSentAgain(t *testing.T) {
	w := newWorld(3)
	w.answer = func(line, call int) mailout.Outcome {
		switch {
		case line == 2 && call < 3:
			return blocked()
		case line == 3:
			return lost()
		}
		return accepted()
	}
	res, err := w.run(t, submit.Options{})
	if err != nil || res.Ending != submit.EndDone {
		t.Fatalf("Run = %+v, %v", res, err)
	}
	if want := map[int]int{2: 3, 3: 1, 4: 1}; !maps.Equal(w.sent, want) {
		t.Errorf("calls per line = %v, want %v: a lost answer is never repeated", w.sent, want)
	}
}

func TestStopRules(t *testing.T) {
	kinds := func(os ...mailout.Outcome) func(int, int) mailout.Outcome {
		return func(line, _ int) mailout.Outcome { return os[(line-2)%len(os)] }
	}
	for _, tt := range []struct {
		name   string
		rules  submit.Rules
		answer func(line, call int) mailout.Outcome
		ending submit.Ending
		sent   int
	}{
		{"refused in a row", submit.Rules{RefusedInARow: 3}, kinds(refused()), submit.EndRule, 3},
		{"an accepted one between ends the row", submit.Rules{RefusedInARow: 2}, kinds(refused(), accepted()), submit.EndDone, 40},
		{"lost in all", submit.Rules{UnknownTotal: 5}, kinds(lost(), accepted()), submit.EndRule, 9},
		{"share of refused, from twenty on", submit.Rules{RefusedShare: 0.05}, kinds(refused(), accepted()), submit.EndRule, 20},
		{"a share below", submit.Rules{RefusedShare: 0.5}, kinds(accepted(), refused()), submit.EndDone, 40},
		{"canary", submit.Rules{Canary: 7}, kinds(accepted()), submit.EndCanary, 7},
		{"canary as large as the batch", submit.Rules{Canary: 40}, kinds(accepted()), submit.EndDone, 40},
		{"refused to the last row", submit.Rules{RefusedInARow: 40}, kinds(refused()), submit.EndDone, 40},
		{"canary larger than the batch", submit.Rules{Canary: 70}, kinds(accepted()), submit.EndDone, 40},
		{"authorization", submit.Rules{}, kinds(mailout.Outcome{Kind: mailout.OutcomeNotSent, Fatal: true, Status: 403, Message: "not authorized"}), submit.EndFatal, 0},
		{"a document that could not be read on", submit.Rules{}, kinds(mailout.Outcome{Kind: mailout.OutcomeUnknown, Fatal: true, Ours: true, Code: "bundle"}), submit.EndOurs, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(40)
			w.answer = tt.answer
			res, err := w.run(t, submit.Options{Rules: tt.rules})
			if err != nil || res.Ending != tt.ending || res.Sent != tt.sent {
				t.Fatalf("Run = %+v, %v; want %s after %d", res, err, tt.ending, tt.sent)
			}
			if stopped := w.stop != ""; stopped != (tt.ending == submit.EndRule || tt.ending == submit.EndCanary) {
				t.Errorf("the batch was stopped with %q", w.stop)
			}
			if n := w.count()[mailout.Sending]; n != 0 {
				t.Errorf("%d rows are left sending", n)
			}
		})
	}
}

func TestACanaryCountsRowsNotCalls(t *testing.T) {
	w := newWorld(10)
	w.answer = func(line, call int) mailout.Outcome {
		if call == 1 {
			return blocked()
		}
		return accepted()
	}
	res, err := w.run(t, submit.Options{Rules: submit.Rules{Canary: 4}, Workers: 3})
	if err != nil || res.Ending != submit.EndCanary {
		t.Fatalf("Run = %+v, %v", res, err)
	}
	if n := w.count()[mailout.Created]; n != 4 {
		t.Errorf("%d jobs were created, want 4", n)
	}
}

func TestAfterLostAnswersThePortalIsAskedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(5)
		asked, began := 0, time.Now()
		w.answer = func(line, _ int) mailout.Outcome {
			if line < 4 {
				return lost()
			}
			if asked == 0 {
				t.Error("sending went on before the portal's root had answered")
			}
			return accepted()
		}
		w.reachable = func() error {
			if asked++; asked < 4 {
				return &mailout.CallError{Call: "whoami", Message: "no answer"}
			}
			return nil
		}
		res, err := w.run(t, submit.Options{Rules: submit.Rules{UnknownInARow: 2}})
		if err != nil || res.Ending != submit.EndDone {
			t.Fatalf("Run = %+v, %v", res, err)
		}
		if want := (1 + 2 + 4) * time.Second; time.Since(began) != want {
			t.Errorf("waited %v, want %v: the pauses double", time.Since(began), want)
		}
	})
}

func TestAPortalThatStaysAwayEndsSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(5)
		w.answer = func(int, int) mailout.Outcome { return noConnection() }
		w.reachable = func() error { return &mailout.CallError{Call: "whoami", Message: "no answer"} }
		began := time.Now()
		res, err := w.run(t, submit.Options{Workers: 3})
		if err != nil || res.Ending != submit.EndAway {
			t.Fatalf("Run = %+v, %v", res, err)
		}
		if n := w.count()[mailout.Planned]; n != 5 {
			t.Errorf("%d rows are planned, want all 5: nothing was sent", n)
		}
		if waited := time.Since(began); waited < 10*time.Minute || waited > 31*time.Minute {
			t.Errorf("gave up after %v", waited)
		}
	})
}

func TestAnErrorOfTheLedgerEndsAllTalk(t *testing.T) {
	t.Run("at the intent", func(t *testing.T) {
		w := newWorld(10)
		w.begin = func(line int) error {
			if line == 4 {
				return errDisk
			}
			return nil
		}
		_, err := w.run(t, submit.Options{})
		if !errors.Is(err, errDisk) {
			t.Fatalf("err = %v, want the disk's", err)
		}
		if w.sent[4] != 0 {
			t.Error("a row was sent whose intent was not committed")
		}
		if calls := len(w.sent); calls > 3 {
			t.Errorf("%d rows were sent after the ledger had failed", calls-2)
		}
	})
	t.Run("at the outcome", func(t *testing.T) {
		w := newWorld(10)
		w.settle = func(line int) error { return errDisk }
		if _, err := w.run(t, submit.Options{}); !errors.Is(err, errDisk) {
			t.Fatalf("err = %v, want the disk's", err)
		}
		if w.rows[2] != mailout.Sending {
			t.Errorf("the row is %s; nothing may be concluded, the next speaker finds it sending", w.rows[2])
		}
	})
}

func TestAnIntentTheBooksDecline(t *testing.T) {
	for _, tt := range []struct {
		err    error
		ending submit.Ending
		sent   int
	}{
		{mailout.ErrNotPlanned, submit.EndDone, 4},
		{mailout.ErrNotApproved, submit.EndInterrupted, 1},
		{mailout.ErrRepeat, submit.EndRule, 1},
		{mailout.ErrStands, submit.EndRule, 1},
	} {
		t.Run(tt.err.Error(), func(t *testing.T) {
			w := newWorld(5)
			w.begin = func(line int) error {
				if line == 3 {
					if tt.err == mailout.ErrNotPlanned {
						w.rows[line] = mailout.Created // a change was faster
					}
					return tt.err
				}
				return nil
			}
			res, err := w.run(t, submit.Options{})
			if err != nil || res.Ending != tt.ending || res.Sent != tt.sent {
				t.Errorf("Run = %+v, %v; want %s after %d", res, err, tt.ending, tt.sent)
			}
			if w.sent[3] != 0 {
				t.Error("the row was sent without an intent")
			}
		})
	}
}

func TestASoftStopFinishesCallsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(50)
		soft, stop := context.WithCancel(t.Context())
		w.answer = func(line, _ int) mailout.Outcome {
			time.Sleep(time.Second)
			if line == 10 {
				stop()
			}
			return accepted()
		}
		res, err := w.run(t, submit.Options{Soft: soft, Workers: 4})
		if err != nil || res.Ending != submit.EndInterrupted {
			t.Fatalf("Run = %+v, %v", res, err)
		}
		n := w.count()
		if n[mailout.Sending] != 0 || n[mailout.Unknown] != 0 || n[mailout.Planned] == 0 {
			t.Errorf("states = %v: calls in flight finish, no new row begins", n)
		}
	})
}

func TestWorkersSendSideBySideAndOneRefusalCancelsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(40)
		w.answer = func(line, _ int) mailout.Outcome {
			time.Sleep(time.Second)
			if line%7 == 0 {
				return refused()
			}
			return accepted()
		}
		res, err := w.run(t, submit.Options{Workers: 8})
		if err != nil || res.Sent != 40 {
			t.Fatalf("Run = %+v, %v", res, err)
		}
		if w.most != 8 {
			t.Errorf("at most %d calls were in flight, want 8", w.most)
		}
		for line, calls := range w.sent {
			if calls != 1 {
				t.Errorf("line %d was sent %d times", line, calls)
			}
		}
		if !slices.Contains(slices.Collect(maps.Values(w.rows)), mailout.Refused) {
			t.Error("no row was refused: the test does not test")
		}
	})
}
