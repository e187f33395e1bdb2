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
			if n := cancelled.Cancelled + cancelled.TooLate; n != simRows || cancelled.Ending != EndDone {
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
