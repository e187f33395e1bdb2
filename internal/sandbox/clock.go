package sandbox

import (
	"container/heap"
	"fmt"
	"time"
)

// Advance moves the portal's clock, and everything that falls due until then happens, in
// its order. It touches activation, signing, expiry, redelivery and retention, never the
// dates of answers, permitted poll times or the ±5 s of a signing time.
func (s *Sandbox) Advance(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("moving the clock: it cannot go back")
	}
	s.mu.Lock()
	s.moveClock(d)
	return s.unlock()
}

// moveClock is called with the lock held.
func (s *Sandbox) moveClock(d time.Duration) {
	s.offset += d
	s.changes.clock = true
	s.catchUp()
}

// Clock is the time of the portal's movable clock.
func (s *Sandbox) Clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock()
}

// NextEvent is when, by the movable clock, something will happen to an unfinished job by
// itself: its people act, or its time is over. ok is false where nothing will.
func (s *Sandbox) NextEvent() (at time.Time, ok bool) {
	s.mu.Lock()
	defer s.unlock()
	s.catchUp()
	for _, j := range s.jobs {
		next, _ := j.nextEvent(s.options)
		if !next.IsZero() && (!ok || next.Before(at)) {
			at, ok = next, true
		}
	}
	return at, ok
}

// AdvanceIdle lets time pass where nothing else is going on: it moves the clock to the
// next event, unless that is due within a while anyway, or a change still waits to be
// fetched and confirmed (a jump of weeks would delete its documents). It returns how far
// the clock was moved.
func (s *Sandbox) AdvanceIdle(while time.Duration) time.Duration {
	s.mu.Lock()
	defer s.unlock()
	s.catchUp()
	var next time.Time
	for _, j := range s.jobs {
		if j.change.queued {
			return 0
		}
		if at, _ := j.nextEvent(s.options); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	wait := next.Sub(s.clock())
	if next.IsZero() || wait <= while {
		return 0
	}
	s.moveClock(wait)
	return wait
}

// now is the real time.
func (s *Sandbox) now() time.Time { return s.options.Now() }

// clock is the movable one.
func (s *Sandbox) clock() time.Time { return s.now().Add(s.offset) }

// catchUp lets everything happen that is due. It is called, with the lock held, before
// anybody looks at a job.
func (s *Sandbox) catchUp() {
	now := s.clock()
	for len(s.agenda) > 0 && !s.agenda[0].at.After(now) {
		entry := heap.Pop(&s.agenda).(appointment)
		if !entry.at.Equal(entry.job.scheduled) {
			continue // the job has another appointment by now
		}
		s.happen(entry.job)
		s.schedule(entry.job)
	}
}

// happen does what is due for a job.
func (s *Sandbox) happen(j *job) {
	j.scheduled = time.Time{}
	at, what := j.due(s.options)
	if what == nil || at.After(s.clock()) {
		return
	}
	before := j.version
	what(at)
	s.touch(j)
	if j.version != before {
		s.announce(j)
	}
}

// schedule puts a job into the agenda for the next thing that will happen to it.
func (s *Sandbox) schedule(j *job) {
	at, what := j.due(s.options)
	if at.Equal(j.scheduled) {
		return
	}
	j.scheduled = at
	if what == nil {
		return
	}
	heap.Push(&s.agenda, appointment{at, j})
}

// appointment is a time at which a job has to be looked at.
type appointment struct {
	at  time.Time
	job *job
}

// agenda is a heap of appointments, the earliest first; of several at one time, the one
// of the oldest job, so that a sandbox that was started again goes on in the same order.
type agenda []appointment

func (a agenda) Len() int      { return len(a) }
func (a agenda) Swap(i, k int) { a[i], a[k] = a[k], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(appointment)) }

func (a agenda) Less(i, k int) bool {
	if !a[i].at.Equal(a[k].at) {
		return a[i].at.Before(a[k].at)
	}
	return a[i].job.id < a[k].job.id
}

func (a *agenda) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	*a = (*a)[:last]
	return x
}
