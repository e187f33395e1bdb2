package reconcile_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/reconcile"
)

func TestForeignChangesAreCountedAndNeverConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		document := sealed(t, "one")
		put := func(job mailout.JobID, ref mailout.Ref) {
			w.desk.put(mailout.Change{Ref: ref, JobID: job, Status: mailout.Completed}, document)
		}
		put(1, "")
		put(2, "somebody-else")
		put(3, mailout.NewRef(mailout.RefParts{Workspace: "zzzzzz", Batch: w.id, Line: 2, Attempt: 1}))
		put(1, "") // no new one
		w.desk.put(w.signed(2), document)
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.alarms("foreign 0 1", "foreign 0 2", "foreign 0 3")
		for job := range mailout.JobID(4) {
			if w.desk.confirmed(job) > 0 {
				t.Errorf("job %d was confirmed", job)
			}
		}
		w.files("k2-1002.pdf")
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		for job := range mailout.JobID(9) {
			w.desk.put(mailout.Change{JobID: job + 1, Status: mailout.Completed}, nil)
		}
		if res := w.ends(reconcile.EndForeign); res.Taken != 4 {
			t.Errorf("%d changes were taken from another application, want four", res.Taken)
		}
	})
}

// Strangers whose alarms a person has laid to rest stop nobody any more; new ones do.
func TestStrangersThatAPersonKnowsOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		stranger := func(job mailout.JobID) { w.desk.put(mailout.Change{JobID: job, Status: mailout.Completed}, nil) }
		for job := range mailout.JobID(4) {
			stranger(job + 1)
		}
		res := w.ends(reconcile.EndForeign)
		if !has(res.Reason, `4 jobs on the queue "queue" of 988015814 are not ours`) {
			t.Errorf("it says %q", res.Reason)
		}
		alarms, err := w.Alarms(t.Context())
		must(t, err)
		for _, a := range alarms {
			if _, err := w.LayAlarm(t.Context(), a.ID, "they have a queue of their own now"); err != nil || !has(a.Detail, `the queue "queue" of 988015814`) {
				t.Errorf("%+v, %v", a, err)
			}
		}
		time.Sleep(redelivery) // they are handed out again
		stranger(5)
		document := sealed(t, "one")
		w.desk.put(w.signed(2), document)
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.alarms("foreign 0 5")
	})
}

func TestADuplicateIsKeptConfirmedAndAnAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		document, second := sealed(t, "one"), sealed(t, "two")
		c := w.signed(2)
		c.JobID = 2002
		w.desk.put(c, second)
		w.desk.put(w.signed(2), document)
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.files("k2-1002.pdf", "k2-2002.pdf")
		w.alarms("duplicate 2 2002")
		if w.desk.left() != 0 {
			t.Errorf("%d changes are left", w.desk.left())
		}
	})
}

func TestAnUnknownRowIsAdoptedByItsChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.another(row(9))
		ref := w.begin(9)
		if s, err := w.Settle(t.Context(), ref, mailout.Outcome{Kind: mailout.OutcomeUnknown, Code: "timeout"}); s != mailout.Unknown || err != nil {
			t.Fatal(s, err)
		}
		w.refs[9] = ref
		document := sealed(t, "one")
		w.desk.put(w.waiting(9), nil)
		w.desk.put(w.signed(9), document)
		w.done()
		w.kept(9, "k9-1009.pdf", document)
	})
}

// Unknown rows whose change does not come are waited for until the queue is empty.
func TestUnknownRowsDoNotHoldTheFollowing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		w.another(row(9))
		_, err := w.Settle(t.Context(), w.begin(9), mailout.Outcome{Kind: mailout.OutcomeUnknown, Code: "timeout"})
		must(t, err)
		w.done()
		if got := w.at(9).State; got != mailout.Unknown {
			t.Errorf("the row is %s", got)
		}
	})
}

func TestOnceEndsWithAnEmptyQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2)
		w.opts.Once = true
		document := sealed(t, "one")
		w.desk.put(w.signed(2), document)
		began := time.Now()
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		if w.at(3).State != mailout.Created || time.Since(began) > pollPause {
			t.Errorf("it ended after %v with line 3 %s", time.Since(began), w.at(3).State)
		}
	})
}

func TestAPortalThatAnswersNoPoll(t *testing.T) {
	for name, tt := range map[string]struct {
		err    mailout.CallError
		ending reconcile.Ending
		after  time.Duration
	}{
		"away":  {mailout.CallError{Message: "no route", Speed: mailout.Speed{TimedOut: true}}, reconcile.EndAway, 10 * time.Minute},
		"fatal": {mailout.CallError{Message: "not authorized", Fatal: true}, reconcile.EndFatal, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				w.opts.Takers = 4
				w.desk.poll = func() (mailout.Poll, error) { return mailout.Poll{}, &tt.err }
				began := time.Now()
				res := w.ends(tt.ending)
				waited := time.Since(began)
				if !has(res.Reason, tt.err.Message) || waited < tt.after || waited > tt.after+5*time.Minute {
					t.Errorf("it ended after %v: %s", waited, res.Reason)
				}
			})
		})
	}
	t.Run("for a while only", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1)
			document := sealed(t, "one")
			w.desk.put(w.signed(2), document)
			bad := 9
			w.desk.poll = func() (mailout.Poll, error) {
				if bad--; bad > 0 {
					return mailout.Poll{}, &mailout.CallError{Message: "no route"}
				}
				return mailout.Poll{}, nil
			}
			w.done()
			w.kept(2, "k2-1002.pdf", document)
		})
	})
}

// A portal that has answered before may be down for the night: whoever follows waits for it, and
// tells a person. It is given up after a day; by a scheduled job at once, for that comes again.
func TestAPortalThatGoesAway(t *testing.T) {
	for name, tt := range map[string]struct {
		away   time.Duration
		once   bool
		ending reconcile.Ending
		told   []string
	}{
		"for the night": {9 * time.Hour, false, reconcile.EndDone, []string{"no route", "again"}},
		"for a moment":  {9 * time.Minute, false, reconcile.EndDone, nil},
		"for good":      {48 * time.Hour, false, reconcile.EndAway, []string{"no route"}},
		"once":          {9 * time.Hour, true, reconcile.EndAway, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				w.soft, w.opts.Once = t.Context(), tt.once
				document := sealed(t, "one")
				w.desk.put(w.waiting(2), nil)
				answered, began := once(), time.Time{}
				w.desk.poll = func() (mailout.Poll, error) {
					if answered() {
						began = time.Now()
						return mailout.Poll{}, nil
					}
					if time.Since(began) < tt.away {
						return mailout.Poll{}, &mailout.CallError{Message: "no route", Speed: mailout.Speed{TimedOut: true}}
					}
					return mailout.Poll{}, nil
				}
				var told []string
				w.opts.Trouble = func(since time.Time, why string) {
					if since.IsZero() {
						why = "again"
					}
					told = append(told, why)
				}
				w.desk.put(w.signed(2), document)
				w.ends(tt.ending)
				if !slices.Equal(told, tt.told) {
					t.Errorf("a person was told %q, want %q", told, tt.told)
				}
				if waited := time.Since(began); tt.ending == reconcile.EndAway && (waited > 25*time.Hour || !tt.once && waited < 24*time.Hour) {
					t.Errorf("it was given up after %v", waited)
				}
			})
		})
	}
}

// How long a queue is left alone after a poll that failed.
func TestTheWaitAfterAPollThatFailed(t *testing.T) {
	for name, tt := range map[string]struct {
		err   mailout.CallError
		wait  time.Duration
		polls int // in vain, before it is given up
	}{
		"no answer":            {mailout.CallError{Speed: mailout.Speed{TimedOut: true}}, time.Minute, 11},
		"a gateway's 503":      {mailout.CallError{Status: 503, Speed: mailout.Speed{TimedOut: true}}, time.Minute, 11},
		"a block":              {mailout.CallError{Status: 429, Speed: mailout.Speed{Blocked: true}}, time.Minute, 11},
		"429 without any time": {mailout.CallError{Status: 429, Speed: mailout.Speed{TimedOut: true}}, 10 * time.Minute, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				var polls []time.Time
				w.desk.poll = func() (mailout.Poll, error) {
					polls = append(polls, time.Now())
					return mailout.Poll{}, &tt.err
				}
				w.ends(reconcile.EndAway)
				if len(polls) != tt.polls {
					t.Errorf("it was given up after %d polls, want %d", len(polls), tt.polls)
				}
				const most = 5 * time.Second // for clocks that are unlike, and a permit
				if wait := polls[1].Sub(polls[0]); wait < tt.wait || wait > tt.wait+most {
					t.Errorf("the second poll came after %v, want %v", wait, tt.wait)
				}
			})
		})
	}
}

// The answer of a poll is lost, and the change with it: it comes again.
func TestAnAnswerWithAChangeThatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		document := sealed(t, "one")
		w.desk.put(w.signed(2), document)
		lost := once()
		w.desk.poll = func() (mailout.Poll, error) {
			if !lost() {
				return mailout.Poll{}, nil
			}
			w.desk.waiting[0].from, w.desk.waiting[0].out = time.Now().Add(redelivery), true
			return mailout.Poll{}, &mailout.CallError{Call: "poll", Code: "reset", Speed: mailout.Speed{TimedOut: true}}
		}
		began := time.Now()
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		if waited := time.Since(began); waited < redelivery {
			t.Errorf("it came again after %v", waited)
		}
	})
}

// A queue that may not be polled yet is no empty one.
func TestAPollTooEarlyProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.opts.Once = true
		document := sealed(t, "one")
		w.desk.put(w.signed(2), document)
		early := once()
		w.desk.poll = func() (mailout.Poll, error) {
			if early() {
				return mailout.Poll{TooEarly: true, Next: time.Minute}, nil
			}
			return mailout.Poll{}, nil
		}
		w.done()
		w.kept(2, "k2-1002.pdf", document)
	})
}
