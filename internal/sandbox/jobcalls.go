package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

// pollHeader carries the time of the next permitted poll, on every answer to one.
const pollHeader = "X-Next-permitted-poll-time"

// findNext looks at whose change a poll is about to get, for faults that wait for it.
func (s *Sandbox) findNext(c *call) error {
	for name, values := range c.request.URL.Query() {
		if name != "polling_queue" || len(values) > 1 {
			return refuse(codeInvalidRequest, "a poll knows no parameter but polling_queue, and that once")
		}
	}
	s.mu.Lock()
	defer s.unlock()
	s.catchUp()
	if j := s.polled(c).peek(s.clock()); j != nil {
		c.reference = j.reference
	}
	return nil
}

// queueKey names the queue a poll asks for.
func (c *call) queueKey() queueKey {
	return queueKey{c.sender, c.request.URL.Query().Get("polling_queue")}
}

func (s *Sandbox) polled(c *call) *queue {
	key := c.queueKey()
	return s.queueOf(key.sender, key.name)
}

// poll hands out one change, or says when to come again.
func (s *Sandbox) poll(c *call) (answer, error) {
	s.mu.Lock()
	defer s.unlock()
	s.catchUp()
	q, now := s.polled(c), s.now()
	c.reference = ""
	if now.Before(q.permitted) {
		return withPollTime(noContent(http.StatusTooManyRequests, "too early"), q.permitted), nil
	}
	if c.fault.name == foreign {
		s.plantForeign(c)
	}
	j := q.peek(s.clock())
	if j == nil {
		q.permitted = now.Add(s.options.PollInterval)
		s.changes.queue(c.queueKey())
		return withPollTime(noContent(http.StatusNoContent, "empty"), q.permitted), nil
	}
	c.job, c.reference = j, j.reference
	s.handOut(j)
	if c.fault.name == requeue || c.fault.name == duplicate {
		s.comesAgain(j)
	}
	a := xmlAnswer(http.StatusOK, changeOf(j, service(c.request), s.clock()), "change "+j.status)
	return withPollTime(a, now), nil
}

// withPollTime rounds up: a client that waits exactly as long as it was told is on time.
func withPollTime(a answer, permitted time.Time) answer {
	a.header.Set(pollHeader, isoTime(permitted.Add(time.Millisecond-1)))
	return a
}

func (s *Sandbox) confirm(c *call) (answer, error) {
	s.mu.Lock()
	defer s.unlock()
	if c.job.change.handed == 0 {
		return answer{}, refuseWith(http.StatusConflict, codeConflict, "no change of this job was handed out yet")
	}
	if c.fault.name == requeue {
		s.giveBack(c.job)
		return noContent(http.StatusOK, "confirmed, then forgotten"), nil
	}
	s.confirmChange(c.job)
	return noContent(http.StatusOK, "confirmed"), nil
}

func (s *Sandbox) cancel(c *call) (answer, error) {
	s.mu.Lock()
	defer s.unlock()
	s.catchUp()
	if !c.job.finished.IsZero() || c.job.foreign {
		return answer{}, refuseWith(http.StatusConflict, codeConflict, "the job is finished and cannot be cancelled")
	}
	c.job.cancel(s.clock())
	s.changed(c.job)
	return noContent(http.StatusOK, "cancelled"), nil
}

// changed tells queue, agenda and journal of a job that somebody acted upon.
func (s *Sandbox) changed(j *job) {
	s.announce(j)
	s.schedule(j)
}

func (s *Sandbox) pades(c *call) (answer, error) {
	s.mu.Lock()
	offered := c.job.offersPAdES()
	s.mu.Unlock()
	if !offered {
		return answer{}, refuseWith(http.StatusNotFound, codeNotFound, "the job has no signed document to fetch")
	}
	document, err := s.signedDocument(c.job)
	if err != nil {
		return answer{}, err
	}
	return content(http.StatusOK, documentType, document, "document"), nil
}

func (s *Sandbox) archived(c *call) (answer, error) {
	s.mu.Lock()
	archived := s.options.LongTermStorage && c.job.status == jobCompleted
	s.mu.Unlock()
	if !archived {
		return answer{}, refuseWith(http.StatusNotFound, codeNotFound, "there is no such document in the archive")
	}
	return s.pades(c)
}

func (s *Sandbox) xades(c *call) (answer, error) {
	n, err := strconv.Atoi(c.request.PathValue("n"))
	s.mu.Lock()
	offered := err == nil && n >= 1 && n <= len(c.job.signers) && c.job.offersXAdES(c.job.signers[n-1])
	s.mu.Unlock()
	if !offered {
		return answer{}, refuseWith(http.StatusNotFound, codeNotFound, "there is no signature of this signer to fetch")
	}
	signature, err := s.signerXAdES(c.job, n)
	if err != nil {
		return answer{}, err
	}
	return content(http.StatusOK, xmlType, signature, "signature"), nil
}

func (s *Sandbox) deleteDocuments(c *call) (answer, error) {
	s.mu.Lock()
	defer s.unlock()
	if !c.job.offersDeletion(s.clock()) {
		return answer{}, refuseWith(http.StatusConflict, codeConflict, "the documents cannot be deleted, or not yet")
	}
	c.job.documentsGone = true
	s.touch(c.job)
	s.schedule(c.job)
	return noContent(http.StatusNoContent, "deleted"), nil
}

// plantForeign puts a change that belongs to nobody here in front of a queue.
func (s *Sandbox) plantForeign(c *call) {
	now := s.clock()
	j := newJob(foreignManifest(), now)
	s.lastID++
	j.id, j.sender, j.queue, j.foreign = s.lastID, c.sender, c.queueKey().name, true
	j.reference = "not-from-here-" + strconv.FormatInt(j.id, 10)
	j.expire(now)
	s.jobs[j.id] = j
	s.announceFirst(j)
	s.schedule(j)
}

func foreignManifest() *jobManifest {
	return &jobManifest{signers: []signerSpec{{email: "someone@example.com"}}, available: time.Hour}
}
