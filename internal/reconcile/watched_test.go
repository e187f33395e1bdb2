package reconcile_test

import (
	"context"
	"errors"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

var errDisk = errors.New("disk I/O error")

// mode is how a step of the ledger goes wrong.
type mode string

const (
	notApplied mode = "not applied"
	applied    mode = "applied but reported failed"
)

// watched is the real ledger, with its steps told and failed on request.
type watched struct {
	*ledger.Ledger
	hook func(step string)      // before and after each; may be nil
	fail func(step string) mode // may be nil
}

func (l *watched) step(name string, do func() error) error {
	if l.hook != nil {
		l.hook("before " + name)
		defer l.hook("after " + name)
	}
	var m mode
	if l.fail != nil {
		m = l.fail(name)
	}
	if m == notApplied {
		return errDisk
	}
	err := do()
	if m == applied && err == nil {
		return errDisk
	}
	return err
}

func (l *watched) TakeChange(ctx context.Context, c mailout.Change) (t mailout.Taken, err error) {
	err = l.step("take", func() (err error) { t, err = l.Ledger.TakeChange(ctx, c); return err })
	return t, err
}

func (l *watched) Fetched(ctx context.Context, t mailout.Taken, job mailout.JobID, f mailout.KeptFile) error {
	return l.step("fetched", func() error { return l.Ledger.Fetched(ctx, t, job, f) })
}

func (l *watched) KeepSigned(ctx context.Context, t mailout.Taken, job mailout.JobID, f mailout.KeptFile) error {
	return l.step("keep", func() error { return l.Ledger.KeepSigned(ctx, t, job, f) })
}

func (l *watched) Doubt(ctx context.Context, t mailout.Taken, job mailout.JobID, why string) error {
	return l.step("doubt", func() error { return l.Ledger.Doubt(ctx, t, job, why) })
}

func (l *watched) Conclude(ctx context.Context, t mailout.Taken, c mailout.Change) (s mailout.State, err error) {
	err = l.step("conclude", func() (err error) { s, err = l.Ledger.Conclude(ctx, t, c); return err })
	return s, err
}

func (l *watched) TryConfirm(ctx context.Context, t mailout.Taken, job mailout.JobID) (again bool, err error) {
	err = l.step("try", func() (err error) { again, err = l.Ledger.TryConfirm(ctx, t, job); return err })
	return again, err
}

func (l *watched) Confirmed(ctx context.Context, t mailout.Taken, job mailout.JobID) error {
	return l.step("note", func() error { return l.Ledger.Confirmed(ctx, t, job) })
}

func (l *watched) EmptyQueue(ctx context.Context, sender mailout.OrgNumber, queue string, at time.Time) error {
	return l.step("empty", func() error { return l.Ledger.EmptyQueue(ctx, sender, queue, at) })
}

func (l *watched) PollLost(ctx context.Context, sender mailout.OrgNumber, queue string, at time.Time) error {
	return l.step("poll lost", func() error { return l.Ledger.PollLost(ctx, sender, queue, at) })
}
