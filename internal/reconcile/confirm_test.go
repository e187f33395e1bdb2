package reconcile_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/reconcile"
)

// What took longer than nine minutes may have gone back to the queue: it is confirmed
// when it comes again.
func TestALateConfirmationIsNotSent(t *testing.T) {
	for _, slow := range []string{"poll", "fetch", "before keep", "before conclude"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1)
			document := sealed(t, "one")
			w.desk.put(w.signed(2), document)
			began, late := time.Now(), once()
			wait := func(step string) {
				if step == slow && late() {
					time.Sleep(9*time.Minute + time.Second)
				}
				if step == "confirm" && time.Since(began) < redelivery {
					t.Errorf("slow at %s, it was confirmed after %v", slow, time.Since(began))
				}
			}
			w.desk.hook, w.books.hook = wait, wait
			w.done()
			w.kept(2, "k2-1002.pdf", document)
			w.files("k2-1002.pdf")
			if n := w.desk.confirmed(jobAt(2)); n != 1 {
				t.Errorf("slow at %s: %d confirmations", slow, n)
			}
		})
	}
}

// confirmFails makes the first n confirmations fail, with or without effect.
func (w *world) confirmFails(n int, effect bool, failure mailout.CallError) {
	w.desk.call = func(call string, _ mailout.JobID) (bool, error) {
		if call != "confirm" || n == 0 {
			return false, nil
		}
		n--
		failure.Call = call
		return effect, &failure
	}
}

func TestAConfirmationThatFails(t *testing.T) {
	t.Run("without effect, it is repeated when the change comes again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1)
			w.desk.put(w.signed(2), sealed(t, "one"))
			w.confirmFails(1, false, mailout.CallError{Status: http.StatusServiceUnavailable})
			w.done()
			w.unconfirmed(0)
			if n := w.desk.confirmed(jobAt(2)); n != 1 || w.desk.left() != 0 {
				t.Errorf("%d confirmations, %d changes are left", n, w.desk.left())
			}
		})
	})
	t.Run("with effect, an empty queue twelve minutes later shows it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1)
			w.desk.put(w.signed(2), sealed(t, "one"))
			w.confirmFails(1, true, mailout.CallError{Code: "reset"})
			began := time.Now()
			w.done()
			w.unconfirmed(0)
			if waited := time.Since(began); waited < 12*time.Minute || waited > 25*time.Minute {
				t.Errorf("it was believed after %v", waited)
			}
		})
	})
	t.Run("a 404 to the repeat says that the first arrived", func(t *testing.T) {
		for _, status := range []int{http.StatusNotFound, http.StatusGone} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				w.desk.put(w.signed(2), sealed(t, "one"))
				w.confirmFails(2, false, mailout.CallError{Status: status})
				began := time.Now()
				w.done()
				w.unconfirmed(0)
				if waited := time.Since(began); waited < redelivery {
					t.Errorf("the first %d was believed, after %v", status, waited)
				}
			})
		}
	})
	t.Run("a fatal answer ends the following", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1)
			w.desk.put(w.signed(2), sealed(t, "one"))
			w.confirmFails(1, false, mailout.CallError{Status: 403, Fatal: true, Message: "not authorized"})
			if res := w.ends(reconcile.EndFatal); res.Reason != "not authorized" {
				t.Errorf("it says %q", res.Reason)
			}
			w.unconfirmed(1)
		})
	})
}

// The confirmation is lost, and so is the answer of the poll that brings the change again: the
// empty queue behind it proves nothing.
func TestAnEmptyQueueBehindAPollThatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.desk.put(w.signed(2), sealed(t, "one"))
		w.confirmFails(1, false, mailout.CallError{Code: "reset"})
		polls := 0
		w.desk.poll = func() (mailout.Poll, error) {
			switch polls++; polls {
			case 2:
				return mailout.Poll{Next: 12*time.Minute + 5*time.Second}, nil // what was handed out is not there again yet
			case 3:
				w.desk.waiting[0].from = time.Now().Add(redelivery)
				return mailout.Poll{}, &mailout.CallError{Call: "poll", Kind: mailout.OutcomeUnknown, Code: "reset", Speed: mailout.Speed{TimedOut: true}}
			}
			return mailout.Poll{}, nil
		}
		w.done()
		w.unconfirmed(0)
		if n := w.desk.confirmed(jobAt(2)); n != 1 || w.desk.left() != 0 {
			t.Errorf("%d confirmations arrived, and the portal waits for %d", n, w.desk.left())
		}
	})
}

// What the portal certainly did not answer with a change takes nothing from an empty queue.
func TestAPollThatWasNotSentProvesNothingAway(t *testing.T) {
	for name, failure := range map[string]mailout.CallError{"not sent": {Kind: mailout.OutcomeNotSent, Code: "dial"}, "refused": {Kind: mailout.OutcomeRefused, Status: 400}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				w.books.fail = func(step string) mode {
					if step == "poll lost" {
						return notApplied
					}
					return ""
				}
				w.desk.put(w.signed(2), sealed(t, "one"))
				fails := once()
				w.desk.poll = func() (mailout.Poll, error) {
					if fails() {
						return mailout.Poll{}, &failure
					}
					return mailout.Poll{}, nil
				}
				w.done()
			})
		})
	}
}

// A change that was never tried to be confirmed is not confirmed by an empty queue.
func TestAnEmptyQueueProvesNothingOfWhatWasNotTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.opts.Once = true
		w.desk.put(w.signed(2), []byte("no PDF"))
		w.done()
		time.Sleep(redelivery)
		w.desk.waiting = nil
		for range 3 {
			w.done()
			time.Sleep(redelivery)
		}
		w.unconfirmed(1)
	})
}

// A final change that was left unconfirmed may come again in other words, of a signer's status
// above all. With the one that was confirmed the job is gone from the portal, and nothing waits
// for the other: unless that one said that all have signed, and no such document is here.
func TestAFinalChangeThatComesAgainInOtherWords(t *testing.T) {
	for name, tt := range map[string]struct {
		then        mailout.JobStatus
		unconfirmed int
	}{"signed": {mailout.Completed, 0}, "failed": {mailout.JobFailed, 1}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 2) // the second row keeps the following going
				w.opts.Once = true
				w.desk.put(w.change(2, mailout.Completed, "NOTARIZED"), nil) // and nothing is offered
				w.done()
				w.unconfirmed(1)
				w.desk.put(w.change(2, tt.then, mailout.SignerSigned), sealed(t, "one"))
				w.done()
				time.Sleep(2 * redelivery)
				w.done()
				w.unconfirmed(tt.unconfirmed)
			})
		})
	}
}
