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
	handed      int       // the version handed out last
	confirmed   int       // the version confirmed last
	leasedUntil time.Time // by the movable clock
}

// queueOf finds or opens a queue.
func (s *Sandbox) queueOf(sender, name string) *queue {
	key := queueKey{sender, name}
	if s.queues[key] == nil {
		s.queues[key] = &queue{}
	}
	return s.queues[key]
}

// announce puts a changed job into its queue, behind those already there.
func (s *Sandbox) announce(j *job) {
	if !j.change.queued {
		j.change.queued = true
		q := s.queueOf(j.sender, j.queue)
		q.jobs = append(q.jobs, j)
	}
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
func (j *job) handOut(now time.Time) {
	j.change.handed = j.version
	j.change.leasedUntil = now.Add(redelivery)
}

// giveBack lets the change be handed out again at once.
func (j *job) giveBack() { j.change.leasedUntil = time.Time{} }

// confirmChange ends a change for good. With wholeJob it ends whatever is newest, seen or
// not; otherwise only what was handed out last.
func (s *Sandbox) confirmChange(j *job, wholeJob bool) {
	j.change.confirmed = j.change.handed
	if wholeJob {
		j.change.confirmed = j.version
	}
	if j.change.confirmed != j.version {
		return
	}
	s.unqueue(j)
	if !j.finished.IsZero() && !s.options.LongTermStorage {
		j.gone = true
		s.removeFiles(j)
	}
}

func (s *Sandbox) unqueue(j *job) {
	q := s.queueOf(j.sender, j.queue)
	if at := slices.Index(q.jobs, j); at >= 0 {
		q.jobs = slices.Delete(q.jobs, at, at+1)
	}
	j.change.queued = false
}
