package submit

import (
	"context"
	"errors"
	"time"

	"batch/internal/mailout"
)

// away is how long the portal may be away before sending gives up.
const away = 10 * time.Minute

// awaitPortal asks the portal's root until it answers, for ten minutes at most. One
// worker asks; the others wait for it. An error is of the pace, which cannot be kept.
func (s *sender) awaitPortal(sender mailout.OrgNumber) error {
	select {
	case s.wait <- struct{}{}:
		defer func() { <-s.wait }()
	case <-s.o.Soft.Done():
		return nil
	}
	ctx, cancel := context.WithTimeout(s.o.Soft, away)
	defer cancel()
	for pause := time.Second; !s.gate.calm() && !s.gate.isShut(); pause = min(2*pause, time.Minute) {
		if over, err := s.ask(ctx, sender); over || err != nil {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			if s.o.Soft.Err() == nil {
				s.gate.shut(EndAway, "the portal did not answer for ten minutes")
			}
			return nil
		}
	}
	return nil
}

// ask asks the root once; over ends the waiting.
func (s *sender) ask(ctx context.Context, sender mailout.OrgNumber) (over bool, err error) {
	done, err := s.pace.Acquire(ctx, string(sender))
	if err != nil {
		return false, ignoreStop(ctx, err)
	}
	err = s.post.Reachable(ctx, sender)
	var ce *mailout.CallError
	if !errors.As(err, &ce) {
		ce = &mailout.CallError{}
	}
	done(ce.Speed.TimedOut, ce.Speed.Blocked)
	switch {
	case ce.Fatal:
		s.gate.shut(EndFatal, ce.Message)
	case err == nil:
		s.gate.reset()
	}
	return err == nil || ce.Fatal, nil
}
