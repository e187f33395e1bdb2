package main

import (
	"context"
	"time"

	"batch/internal/app"
	"batch/internal/mailout"
)

type followCmd struct {
	Once  bool          `help:"End when the queue has been empty once."`
	For   time.Duration `help:"End after so long, like 8h." placeholder:"TIME"`
	Batch string        `arg:"" optional:"" help:"The batch's id, or latest; default: all batches."`
}

// Help is shown by batch follow --help.
func (followCmd) Help() string { return "Example:\n\n    batch follow latest --for 8h" }

// Run follows jobs to their end.
func (c *followCmd) Run(s *session) error {
	a, err := s.open()
	if err != nil {
		return err
	}
	defer a.Close()
	var id mailout.BatchID
	if c.Batch != "" {
		books, err := a.Find(s.hard, c.Batch)
		if err != nil {
			return err
		}
		id = books.ID
	}
	soft, cancel := s.soft, context.CancelFunc(func() {})
	if c.For > 0 {
		soft, cancel = context.WithTimeout(s.soft, c.For)
	}
	defer cancel()
	sent, err := a.Follow(s.hard, app.FollowOptions{Batch: id, Once: c.Once, Soft: soft})
	if err == nil && sent.Ending == app.EndInterrupted && s.soft.Err() == nil {
		sent.Ending = app.EndDone // the time that was asked for is up
	}
	if err != nil || id != "" {
		return s.ended(a, sent, err)
	}
	return s.endedAll(a, sent)
}

// endedAll is ended for a flow over every batch.
func (s *session) endedAll(a *app.App, sent app.Sent) error {
	all, err := a.Batches(s.hard)
	if err != nil {
		return err
	}
	for _, b := range all {
		s.showBooks(a, b)
	}
	s.tellEnd(together(all), sent)
	s.exit = exitCode(nil, sent.Ending, all...)
	s.tellAlarms()
	s.ui.total(together(all), s.exit)
	return nil
}
