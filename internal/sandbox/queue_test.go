package sandbox

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// createIn posts the plainest job for a queue.
func (c *client) createIn(queue, reference string) {
	c.t.Helper()
	c.send(c.createRequest(requestXML(reference, queue), newBundle(oneSigner).build(c.t))).want(c.t, 200)
}

// permitted is the time of the next poll that an answer gives.
func (r response) permitted(t *testing.T) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, r.header.Get(pollHeader))
	if err != nil {
		t.Fatalf("status %d: %v", r.status, err)
	}
	return at
}

func TestQueues(t *testing.T) {
	const shared = "A queue is shared by every application that polls it"
	const named = "For example, if the polling-queue element is set to 'custom-queue', status changes related to this signature job can only " +
		"be retrieved by setting the query parameter 'polling_queue' to 'custom-queue' on the request."
	hold(t, map[string]rule{
		"a named queue": {named, Options{}, func(t *testing.T, c *client) {
			c.createIn("custom-queue", "named")
			c.createIn("", "default")
			if m := c.poll(); m.Reference != "default" {
				t.Errorf("the default queue tells of %s", m.Reference)
			}
			c.get("/portal/signature-jobs?polling_queue=custom-queue").want(t, 200)
			c.get("/portal/signature-jobs?polling_queue=Custom-queue").want(t, 204)
		}},
		"a queue that no job has named": {"204: the queue is empty.", Options{}, func(t *testing.T, c *client) {
			c.get("/portal/signature-jobs?polling_queue=nobody%27s%20%C3%A6%C3%B8%C3%A5").want(t, 204).permitted(t)
		}},
		"an empty name is the default": {"No query parameter is required to obtain status changes for the default queue.", Options{}, func(t *testing.T, c *client) {
			c.createIn("", "default")
			c.get("/portal/signature-jobs?polling_queue=").want(t, 200)
		}},
		"two names": {"GET /portal/signature-jobs[?polling_queue=NAME]", Options{}, func(t *testing.T, c *client) {
			c.get("/portal/signature-jobs?polling_queue=a&polling_queue=b").want(t, 400)
			c.get("/portal/signature-jobs?queue=a").want(t, 400)
		}},
		"of each sender": {shared, Options{Brokers: []string{"984661185"}}, func(t *testing.T, c *client) {
			c.createIn("hr", "mine")
			other := *c
			other.sender = "984661185"
			other.get("/portal/signature-jobs?polling_queue=hr").want(t, 204)
			c.get("/portal/signature-jobs?polling_queue=hr").want(t, 200)
			pades := fmt.Sprintf("/portal/signature-jobs/%d/pades", c.running.Sandbox.Jobs("mine")[0].ID)
			other.get(pades).want(t, 404)
			c.get(pades).want(t, 200)
		}},
		"in the order in which they changed": {shared, nobody, func(t *testing.T, c *client) {
			a, b := c.create("a", newBundle(signers(1, 1))), c.create("b", newBundle(oneSigner))
			c.act(b, 1, "sign", 200)
			c.act(a, 1, "sign", 200)
			c.act(a, 2, "sign", 200)
			if first, second := c.poll(), c.poll(); first.Reference != "b" || second.Reference != "a" {
				t.Errorf("the queue told of %s, then of %s", first.Reference, second.Reference)
			}
		}},
	})
}

func TestPollTimes(t *testing.T) {
	const carried = "Every one of them carries X-Next-permitted-poll-time (ISO date-time with offset)."
	at := time.Now()
	clock := Options{PollInterval: 7 * time.Second, Now: func() time.Time { return at }}
	hold(t, map[string]rule{"one after the other": {carried, clock, func(t *testing.T, c *client) {
		empty := c.get("/portal/signature-jobs").want(t, 204).permitted(t)
		if wait := empty.Sub(at); wait < 7*time.Second || wait > 7*time.Second+time.Millisecond {
			t.Errorf("after an empty queue the next poll is in %v", wait)
		}
		early := c.get("/portal/signature-jobs").want(t, 429) // "429: polled before the permitted time."
		if early.header.Get("DoSFilter") != "" || !early.permitted(t).Equal(empty) || len(early.body) > 0 {
			t.Errorf("an early poll is told %v", early.header)
		}
		c.get("/portal/signature-jobs?polling_queue=other").want(t, 204)
		b := newBundle(oneSigner)
		b.at = at
		c.create("ref-1", b)
		c.get("/portal/signature-jobs").want(t, 429) // a change does not shorten it
		if err := c.running.Sandbox.Advance(time.Hour); err != nil {
			t.Fatal(err)
		}
		c.get("/portal/signature-jobs").want(t, 429) // nor does the movable clock
		at = empty
		change := c.get("/portal/signature-jobs").want(t, 200)
		if wait := change.permitted(t).Sub(at); wait > time.Millisecond {
			t.Errorf("after a change the next poll is in %v", wait) // "The next poll may follow at once."
		}
		c.get("/portal/signature-jobs").want(t, 204)
	}}})
}

func TestRedelivery(t *testing.T) {
	const returns = "A change handed out leaves the queue; if it is not confirmed it returns after 10 minutes."
	hold(t, map[string]rule{
		"after ten minutes": {returns, Options{}, func(t *testing.T, c *client) {
			c.create("ref-1", newBundle(oneSigner))
			first := c.poll()
			c.advance(redelivery - time.Second)
			c.wantEmpty()
			c.advance(2 * time.Second)
			if again := c.poll(); again.ID != first.ID || again.Status != first.Status || again.Confirm != first.Confirm {
				t.Errorf("came again as %+v", again)
			}
			c.wantEmpty() // for ten minutes more
			c.confirm(first)
			c.advance(time.Hour)
			c.wantEmpty()
		}},
		"only the newest": {returns, nobody, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(signers(1, 1, 1)))
			c.act(id, 1, "sign", 200)
			c.act(id, 3, "sign", 200)
			c.wantChange("IN_PROGRESS", "SIGNED WAITING SIGNED")
			c.act(id, 2, "sign", 200) // while the change is out
			c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED SIGNED")
			c.advance(2 * redelivery)
			c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED SIGNED")
			c.wantEmpty()
		}},
		"parallel polls": {"Parallel polls never get the same change.", Options{}, parallelPolls},
	})
}

// parallelPolls: in each of three rounds every change is handed out once, to whomever.
func parallelPolls(t *testing.T, c *client) {
	const jobs, callers = 12, 6
	for i := range jobs {
		c.createIn("", fmt.Sprint("ref-", i))
	}
	for range 3 {
		var mu sync.Mutex
		seen := map[string]int{}
		var polls sync.WaitGroup
		for range callers {
			polls.Go(func() {
				for r := c.get("/portal/signature-jobs"); r.status == http.StatusOK; r = c.get("/portal/signature-jobs") {
					var m changed
					if err := xml.Unmarshal(r.body, &m); err != nil {
						t.Error(err)
					}
					mu.Lock()
					seen[m.Reference]++
					mu.Unlock()
				}
			})
		}
		polls.Wait()
		for i := range jobs {
			if n := seen[fmt.Sprint("ref-", i)]; n != 1 {
				t.Errorf("change %d was handed out %d times", i, n)
			}
		}
		c.advance(redelivery)
		c.running.Sandbox.allowPolls()
	}
}

func TestConfirmations(t *testing.T) {
	const job = "In all published examples the confirmation URL belongs to the job (…/signature-jobs/1/complete), not to the change."
	const open = "Whether it then confirms the job's newest status is not documented"
	const late = "a confirmation sent late, after the change went back to the queue, could confirm a status never seen"
	hold(t, map[string]rule{
		"the address": {job, nobody, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(signers(1, 1)))
			for n := range 2 {
				c.act(id, n+1, "sign", 200)
				if m := c.poll(); !strings.HasSuffix(m.Confirm, fmt.Sprintf("/signature-jobs/%d/complete", id)) {
					t.Errorf("confirmed at %s", m.Confirm)
				}
			}
		}},
		"of the change": {open, nobody, func(t *testing.T, c *client) {
			c.confirm(c.seenThenOvertaken())
			c.confirm(c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED"))
			c.wantEmpty()
		}},
		"of the job": {open, Options{SignAfter: -1, ConfirmsJob: true}, func(t *testing.T, c *client) {
			m := c.seenThenOvertaken()
			c.confirm(m)
			c.wantEmpty()
			c.post(m.Confirm).want(t, 410) // with all its documents, that nobody has seen
		}},
		"of the change, late": {late, nobody, func(t *testing.T, c *client) {
			m := c.seenThenOvertaken()
			c.advance(redelivery)
			c.confirm(m)
			c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED") // which was never handed out
		}},
		"of the change, handed to another meanwhile": {late, nobody, func(t *testing.T, c *client) {
			m := c.seenThenOvertaken()
			c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED")
			c.confirm(m)
			c.post(m.Confirm).want(t, 410)
		}},
		"of the job, late": {late, Options{SignAfter: -1, ConfirmsJob: true}, func(t *testing.T, c *client) {
			m := c.seenThenOvertaken()
			c.advance(redelivery)
			c.confirm(m)
			c.wantEmpty()
		}},
		"twice": {job, nobody, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(signers(1, 1)))
			c.act(id, 1, "sign", 200)
			m := c.poll()
			c.confirm(m)
			c.confirm(m)
			c.act(id, 2, "sign", 200)
			c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED")
		}},
		"of nothing": {"Confirm after the change is durably recorded", nobody, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(oneSigner))
			c.post(fmt.Sprintf("/portal/signature-jobs/%d/complete", id)).want(t, 409)
		}},
	})
}

// seenThenOvertaken is a change that was handed out before the last signer signed.
func (c *client) seenThenOvertaken() changed {
	c.t.Helper()
	id := c.create("ref-1", newBundle(signers(1, 1)))
	c.act(id, 1, "sign", 200)
	m := c.wantChange("IN_PROGRESS", "SIGNED WAITING")
	c.act(id, 2, "sign", 200)
	return m
}
