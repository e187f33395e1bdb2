package reconcile_test

import (
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
