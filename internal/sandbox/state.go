package sandbox

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// entry is one line of the journal: what something is from here on. Later lines about the
// same thing replace earlier ones.
type entry struct {
	Format int            `json:"format,omitempty"` // of the journal, in its first line
	Clock  *time.Duration `json:"clock,omitempty"`  // how far the movable clock is ahead
	Queue  *queueState    `json:"queue,omitempty"`
	Birth  *jobBirth      `json:"birth,omitempty"` // once, with the first Job of an id
	Job    *jobState      `json:"job,omitempty"`
}

// queueState is until when a queue may not be polled. Its jobs know their places.
type queueState struct {
	Sender    string    `json:"sender"`
	Name      string    `json:"name"`
	Permitted time.Time `json:"permitted"`
}

// jobBirth is what never changes of a job. It holds personal data.
type jobBirth struct {
	ID        int64     `json:"id"`
	Reference string    `json:"reference"`
	Sender    string    `json:"sender"`
	Queue     string    `json:"queue"`
	Manifest  []byte    `json:"manifest"`  // manifest.xml as it came; empty: a foreign job
	Documents [][]byte  `json:"documents"` // SHA-256 of each, in the manifest's order
	Behaviour Outcome   `json:"behaviour"`
	Created   time.Time `json:"created"`
}

// jobState is the rest, whole. Times are of the movable clock.
type jobState struct {
	ID            int64         `json:"id"`
	Status        string        `json:"status"`
	Signers       []signerState `json:"signers"`
	Group         int           `json:"group"`
	Opened        time.Time     `json:"opened"`
	Finished      time.Time     `json:"finished,omitzero"`
	Version       int           `json:"version"`
	Queued        bool          `json:"queued,omitempty"`
	Turn          int64         `json:"turn,omitempty"`
	Handed        int           `json:"handed,omitempty"`
	LeasedUntil   time.Time     `json:"leased_until,omitzero"`
	DocumentsGone bool          `json:"documents_gone,omitempty"`
	Gone          bool          `json:"gone,omitempty"`
}

type signerState struct {
	Status string    `json:"status"`
	Since  time.Time `json:"since"`
}

// changes are what is not in the journal yet.
type changes struct {
	clock  bool
	queues map[queueKey]bool
	jobs   map[int64]*job
}

func (c *changes) queue(key queueKey) {
	if c.queues == nil {
		c.queues = map[queueKey]bool{}
	}
	c.queues[key] = true
}

// touch notes that a job has changed. It is called with the lock held, as everything that
// changes a job is.
func (s *Sandbox) touch(j *job) {
	if s.changes.jobs == nil {
		s.changes.jobs = map[int64]*job{}
	}
	s.changes.jobs[j.id] = j
}

// unlock ends a critical section that may have changed something: that is kept before
// anybody else can see it, so whatever an answer tells is there after a kill. Where it
// cannot be kept, no call is answered as done (see unkept) until it can.
func (s *Sandbox) unlock() error {
	defer s.mu.Unlock()
	s.unsaved = s.save()
	return s.unsaved
}

// unkept is why what a call has just done is not kept, or nil.
func (s *Sandbox) unkept() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unsaved
}

// save appends what has changed to the journal. Only then are files removed that nobody
// needs any more: a kill in between leaves files too many, which the next start removes,
// and never a job that promises documents it has lost.
func (s *Sandbox) save() error {
	if s.journal != nil {
		if err := s.journal.append(s.pending()); err != nil {
			return err
		}
	}
	for _, j := range s.changes.jobs {
		j.kept, j.source = true, nil
		if j.emptied() {
			s.removeFiles(j)
		}
	}
	s.changes = changes{}
	return nil
}

// pending are the lines of what has changed, jobs in the order of their ids.
func (s *Sandbox) pending() []entry {
	var lines []entry
	if s.changes.clock {
		lines = append(lines, entry{Clock: &s.offset})
	}
	for key := range s.changes.queues {
		lines = append(lines, entry{Queue: &queueState{key.sender, key.name, s.queues[key].permitted}})
	}
	for _, j := range byID(s.changes.jobs) {
		lines = append(lines, j.entry())
	}
	return lines
}

func byID(jobs map[int64]*job) []*job {
	return slices.SortedFunc(maps.Values(jobs), func(a, b *job) int { return cmp.Compare(a.id, b.id) })
}

func (j *job) entry() entry {
	line := entry{Job: &jobState{
		ID: j.id, Status: j.status, Group: j.group, Opened: j.opened, Finished: j.finished, Version: j.version,
		Queued: j.change.queued, Turn: j.change.turn, Handed: j.change.handed, LeasedUntil: j.change.leasedUntil,
		DocumentsGone: j.documentsGone, Gone: j.gone,
	}}
	for _, p := range j.signers {
		line.Job.Signers = append(line.Job.Signers, signerState{p.status, p.since})
	}
	if !j.kept {
		line.Birth = j.birth()
	}
	return line
}

func (j *job) birth() *jobBirth {
	b := &jobBirth{
		ID: j.id, Reference: j.reference, Sender: j.sender, Queue: j.queue,
		Manifest: j.source, Behaviour: j.behaviour, Created: j.created,
	}
	for _, d := range j.documents {
		b.Documents = append(b.Documents, d.sha256)
	}
	return b
}
