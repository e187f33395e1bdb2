package app

import (
	"context"
	"fmt"
	"testing"

	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// cancel has the whole batch cancelled, as `batch cancel` does.
func (s *simulation) cancel(c crash) (cancelled Cancelled, lived bool) {
	s.t.Helper()
	lived = s.run(c, Options{}, func(ctx context.Context, a *App) error {
		plan, err := a.PlanCancel(ctx, s.batch, nil)
		if err != nil {
			return err
		}
		cancelled, err = a.Cancel(ctx, ctx, plan, "by a test: wrong attachment")
		return err
	})
	return cancelled, lived
}

// The process dies while it cancels, before the portal has heard of it or after; another
// goes on from what was on disk. Every job is cancelled in the end, and the books say so.
func TestCrashesWhileCancelling(t *testing.T) {
	tp := newTemplate(t)
	for _, deaths := range [][]crash{
		{{call: sandbox.CallCancel, nth: 1}},
		{{call: sandbox.CallCancel, nth: 1, after: true}},
		{{call: sandbox.CallCancel, nth: 4, after: true}},
		{{call: sandbox.CallCancel, nth: 3, after: true}, {call: sandbox.CallCancel, nth: 1}},
		{{call: sandbox.CallCancel, nth: 2}, {call: sandbox.CallCancel, nth: 1, after: true}},
	} {
		t.Run(fmt.Sprint(deaths), func(t *testing.T) {
			t.Parallel()
			s := tp.simulateSigning(t, -1)
			s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
				_, err := a.Send(ctx, SendOptions{Batch: s.batch, ApprovedBy: "--yes", Soft: ctx})
				return err
			})
			for _, c := range deaths {
				if _, lived := s.cancel(c); lived {
					t.Fatalf("it never came to the crash %v", c)
				}
				s.truth()
			}
			cancelled, _ := s.cancel(crash{})
			if n := cancelled.Cancelled + cancelled.TooLate + cancelled.Over; n != simRows || cancelled.Ending != EndDone {
				t.Errorf("after the crashes: %+v", cancelled)
			}
			s.allCancelled()
		})
	}
}

// allCancelled follows to the end and wants every job to be cancelled, at the portal and in
// the books.
func (s *simulation) allCancelled() {
	s.t.Helper()
	s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
		_, err := a.Follow(ctx, FollowOptions{Batch: s.batch, Soft: soon(ctx)})
		return err
	})
	s.look(Options{}, func(a *App) {
		books, err := a.Books(s.t.Context(), s.batch)
		must(s.t, err)
		if books.State != mailout.Done || books.Totals[mailout.Cancelled] != simRows || books.Unconfirmed+books.Uncancelled+books.Alarms != 0 {
			s.t.Errorf("the batch is %s with %v (%d unconfirmed, %d uncancelled, %d alarms)", books.State, books.Totals, books.Unconfirmed, books.Uncancelled, books.Alarms)
		}
	})
	for line, jobs := range s.jobs() {
		for _, j := range jobs {
			if j.Status != "FAILED" || j.Signers[0].Status != "CANCELLED" {
				s.t.Errorf("line %d: job %d is %s at the portal", line, j.ID, j.Status)
			}
		}
	}
}

// sentToSigners has every row sent; nobody signs.
func (tp template) sentToSigners(t *testing.T) *simulation {
	t.Helper()
	s := tp.simulateSigning(t, -1)
	s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
		_, err := a.Send(ctx, SendOptions{Batch: s.batch, ApprovedBy: "--yes", Soft: ctx})
		return err
	})
	return s
}

// Something in between answers 200 with a page of its own. Nothing was cancelled, and the
// next command asks again.
func TestAPageIsNoCancellation(t *testing.T) {
	s := newTemplate(t).sentToSigners(t)
	must(t, s.portal.SetFaults([]sandbox.Fault{{When: sandbox.When{Call: sandbox.CallCancel}, Do: "html"}}))
	if c, _ := s.cancel(crash{}); c.Cancelled > 0 || c.Unanswered != simRows || c.Ending != EndAway {
		t.Errorf("a page of something in between: %+v", c)
	}
	must(t, s.portal.SetFaults(nil))
	if c, _ := s.cancel(crash{}); c.Cancelled != simRows || c.Ending != EndDone {
		t.Errorf("the portal itself: %+v", c)
	}
	s.allCancelled()
}

// A page is no confirmation either: what the portal has not heard comes again.
func TestAPageIsNoConfirmation(t *testing.T) {
	s := newTemplate(t).simulate(t, sandbox.Fault{When: sandbox.When{Call: sandbox.CallConfirm}, Do: "html"})
	s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
		sent, err := a.Send(ctx, SendOptions{Batch: s.batch, ApprovedBy: "--yes", Soft: ctx})
		for err == nil && sent.Books.Totals.Final() < simRows {
			sent, err = a.Follow(ctx, FollowOptions{Batch: s.batch, Once: true, Soft: soon(ctx)})
		}
		if sent.Books.Unconfirmed != simRows {
			t.Errorf("%d changes are unconfirmed, and the portal has heard no confirmation", sent.Books.Unconfirmed)
		}
		return err
	})
	must(t, s.portal.SetFaults(nil))
	s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
		_, err := a.Follow(ctx, FollowOptions{Batch: s.batch, Soft: soon(ctx)})
		return err
	})
	s.allButConfirmed(s.truth())
}

// Whoever cancels again has the portal asked again, and is told that it may be the echo.
// Nothing else asks it.
func TestCancellingAgain(t *testing.T) {
	s := newTemplate(t).sentToSigners(t)
	if c, _ := s.cancel(crash{}); c.Cancelled != simRows {
		t.Errorf("cancelling: %+v", c)
	}
	s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
		_, err := a.Send(ctx, SendOptions{Batch: s.batch, ApprovedBy: "--yes", Soft: ctx})
		return err
	})
	if n := s.cancelCalls(); n != simRows {
		t.Errorf("%d calls were made for %d wishes", n, simRows)
	}
	s.look(Options{}, func(a *App) {
		plan, err := a.PlanCancel(t.Context(), s.batch, nil)
		if err != nil || plan.Asked != simRows || plan.People != 0 || len(plan.Lines) != simRows {
			t.Errorf("the plan is %+v, %v", plan, err)
		}
	})
	if c, _ := s.cancel(crash{}); c.Over != simRows || c.TooLate+c.Cancelled > 0 || c.Ending != EndDone {
		t.Errorf("cancelling again: %+v", c)
	}
	if n := s.cancelCalls(); n != 2*simRows {
		t.Errorf("%d calls were made for twice %d wishes", n, simRows)
	}
	s.allCancelled()
}

func (s *simulation) cancelCalls() (n int) {
	for _, call := range s.portal.Calls() {
		if call.Kind == sandbox.CallCancel {
			n++
		}
	}
	return n
}

// What a cancelling that is stopped has not reached is as it was, and is told so.
func TestStoppedBeforeEveryWishIsWritten(t *testing.T) {
	s := newTemplate(t).simulateSigning(t, -1)
	s.look(Options{}, func(a *App) {
		must(t, a.ledger.Approve(t.Context(), s.batch, "--yes", 0))
		plan, err := a.PlanCancel(t.Context(), s.batch, nil)
		must(t, err)
		soft, stop := context.WithCancel(t.Context())
		stop()
		c, err := a.Cancel(t.Context(), soft, plan, "by a test")
		if err != nil || c.NotReached != simRows || c.Ending != EndInterrupted || c.Withdrawn+c.Unanswered > 0 {
			t.Errorf("stopped at once: %+v, %v", c, err)
		}
		if c, err = a.Cancel(t.Context(), t.Context(), plan, "by a test"); err != nil || c.Withdrawn != simRows || c.NotReached > 0 {
			t.Errorf("the same command again: %+v, %v", c, err)
		}
	})
}

// The sender has stopped by a rule of its own: what was wished by then is asked all the same.
func TestAWishAtTheMomentOfAStopRule(t *testing.T) {
	s := newTemplate(t).sentToSigners(t)
	s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
		_, err := a.Follow(ctx, FollowOptions{Batch: s.batch, Once: true, Soft: soon(ctx)})
		must(t, err)
		speaker, err := a.speak(ctx)
		must(t, err)
		defer speaker.close()
		ending, _, err := a.cancelBeside(ctx, speaker, ctx, func(_, _ context.Context, stop func()) (Ending, string, error) {
			stop()
			return EndStopped, "the canary is out", a.ledger.WishCancelled(ctx, s.batch, []int{2, 3}, "by a test")
		})
		if ending != EndStopped || s.cancelCalls() != 2 {
			t.Errorf("it ended with %q after %d calls", ending, s.cancelCalls())
		}
		return err
	})
}

// Rows are withdrawn before they are sent while another process sends: none is sent that
// was withdrawn, and each that was sent is cancelled.
func TestCancellingWhileSending(t *testing.T) {
	s := newTemplate(t).simulateSigning(t, -1)
	s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
		sent := make(chan error)
		go func() {
			_, err := a.Send(ctx, SendOptions{Batch: s.batch, ApprovedBy: "--yes", Follow: true, Soft: soon(ctx)})
			sent <- err
		}()
		for len(s.jobs()) == 0 { // the portal has the first of them
			select {
			case err := <-sent:
				return err
			default:
			}
		}
		beside, err := Open(ctx, Options{Dir: s.dir})
		must(t, err)
		defer beside.Close()
		plan, err := beside.PlanCancel(ctx, s.batch, nil)
		must(t, err)
		cancelled, err := beside.Cancel(ctx, ctx, plan, "by a test")
		must(t, err)
		if cancelled.Ending != EndDone || cancelled.Withdrawn+cancelled.Cancelled+cancelled.Sending != simRows {
			t.Errorf("cancelling ended with %+v", cancelled)
		}
		return <-sent
	})
	s.look(Options{}, func(a *App) {
		for r, err := range a.Records(t.Context(), s.batch) {
			must(t, err)
			if r.State != mailout.Cancelled || (r.JobID == 0) != (len(s.jobs()[r.Line]) == 0) {
				t.Errorf("line %d is %s with job %d, and the portal has %d", r.Line, r.State, r.JobID, len(s.jobs()[r.Line]))
			}
		}
	})
}
