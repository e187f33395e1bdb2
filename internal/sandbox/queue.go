package sandbox

import (
	"slices"
	"time"
)

// redelivery is after how long an unconfirmed change returns to its queue (portal-api.md).
const redelivery = 10 * time.Minute

// queueKey names a queue; an empty name is the sender's default queue.
type queueKey struct{ sender, name string }

// queue holds the jobs with a change that is not confirmed, in the order in which they
// first changed.
type queue struct {
	permitted time.Time // the next poll, by the real clock
	jobs      []*job
}

// change is what the queue knows of a job's newest status. Several changes of a job are
// one: what is handed out is always the newest.
type change struct {
	queued      bool
	turn        int64     // rises along the queue
	handed      int       // the version handed out last
	leasedUntil time.Time // by the movable clock
}

// queueOf finds or opens a queue. None is unknown: a name is a queue as soon as a job or
// a poll names it.
func (s *Sandbox) queueOf(sender, name string) *queue {
	key := queueKey{sender, name}
	if s.queues[key] == nil {
		s.queues[key] = &queue{}
	}
	return s.queues[key]
}

// announce puts a changed job into its queue, behind those already there.
func (s *Sandbox) announce(j *job) {
	s.touch(j)
	if j.change.queued {
		return
	}
	q := s.queueOf(j.sender, j.queue)
	s.lastTurn++
	j.change.queued, j.change.turn = true, s.lastTurn
	q.jobs = append(q.jobs, j)
}

// announceFirst puts a changed job in front of its queue.
func (s *Sandbox) announceFirst(j *job) {
	s.touch(j)
	q := s.queueOf(j.sender, j.queue)
	j.change.queued = true
	if len(q.jobs) > 0 {
		j.change.turn = q.jobs[0].change.turn - 1
	}
	q.jobs = slices.Insert(q.jobs, 0, j)
}

// peek is the job whose change a poll would get now, or nil.
func (q *queue) peek(now time.Time) *job {
	for _, j := range q.jobs {
		if j.change.handed != j.version || !now.Before(j.change.leasedUntil) {
			return j
		}
	}
	return nil
}

// handOut takes the newest change of a job out of the queue for ten minutes.
func (s *Sandbox) handOut(j *job) {
	j.change.handed = j.version
	j.change.leasedUntil = s.clock().Add(redelivery)
	s.touch(j)
}

// giveBack lets the change be handed out again at once.
func (s *Sandbox) giveBack(j *job) {
	j.change.leasedUntil = time.Time{}
	s.touch(j)
}

// confirmChange ends a change for good. With Options.ConfirmsJob it ends whatever is
// newest, seen or not; otherwise only what was handed out last.
func (s *Sandbox) confirmChange(j *job) {
	if !s.options.ConfirmsJob && j.change.handed != j.version {
		return
	}
	s.unqueue(j)
	if !j.finished.IsZero() && !s.options.LongTermStorage {
		j.gone = true
		s.schedule(j) // nothing any more
	}
}

// comesAgain lets a change that was just handed out be handed out again at once, when those
// behind it in the queue have been.
func (s *Sandbox) comesAgain(j *job) {
	s.giveBack(j)
	s.unqueue(j)
	s.announce(j)
}

func (s *Sandbox) unqueue(j *job) {
	q := s.queueOf(j.sender, j.queue)
	if at := slices.Index(q.jobs, j); at >= 0 {
		q.jobs = slices.Delete(q.jobs, at, at+1)
	}
	j.change.queued = false
	s.touch(j)
}
