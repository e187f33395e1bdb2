package sandbox

import (
	"fmt"
	"testing"
	"time"
)

// confirm confirms a change and wants it taken.
func (c *client) confirm(m changed) {
	c.t.Helper()
	c.post(m.Confirm).want(c.t, 200)
}

// advance moves the sandbox's clock.
func (c *client) advance(d time.Duration) {
	c.t.Helper()
	if err := c.running.Sandbox.Advance(d); err != nil {
		c.t.Fatal(err)
	}
}

// wantChange polls and wants a status with the signers' statuses.
func (c *client) wantChange(status, signers string) changed {
	c.t.Helper()
	m := c.poll()
	if m.Status != status || m.statuses() != signers {
		c.t.Fatalf("change is %s (%s); want %s (%s)", m.Status, m.statuses(), status, signers)
	}
	return m
}

// wantEmpty polls a queue that must be empty, and lets its poll time pass.
func (c *client) wantEmpty() {
	c.t.Helper()
	c.get("/portal/signature-jobs").want(c.t, 204)
	c.running.Sandbox.allowPolls()
}

// allowPolls forgets the permitted poll times: tests do not wait.
func (s *Sandbox) allowPolls() {
	s.mu.Lock()
	defer s.unlock()
	for key, q := range s.queues {
		q.permitted = time.Time{}
		s.changes.queue(key)
	}
}

const day = 24 * time.Hour

// within is a manifest whose signers have so long.
func within(manifest string, d time.Duration) string {
	return available(manifest, fmt.Sprintf("<available-seconds>%d</available-seconds>", d/time.Second))
}

// activated is a manifest that opens so long from now, for a day.
func activated(manifest string, in time.Duration) string {
	return available(manifest, "<activation-time>"+time.Now().Add(in).Format(time.RFC3339Nano)+"</activation-time><available-seconds>86400</available-seconds>")
}

var nobody = Options{SignAfter: -1}

func TestOrderGroups(t *testing.T) {
	hold(t, map[string]rule{
		"the next group waits": {
			"Attribute order 0–9: lower first, equal in parallel, next group only when all before have signed", nobody,
			func(t *testing.T, c *client) {
				id := c.create("ref-1", newBundle(signers(9, 0, 0)))
				c.act(id, 1, "sign", 409)
				c.act(id, 3, "sign", 200) // equal ones in any order
				c.act(id, 1, "sign", 409)
				c.act(id, 2, "sign", 200)
				c.act(id, 2, "sign", 409) // has signed
				c.act(id, 1, "sign", 200)
				c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED SIGNED")
			}},
		"each group has the whole time": {
			"Runs anew for each order group", nobody,
			func(t *testing.T, c *client) {
				id := c.create("ref-1", newBundle(within(signers(1, 2, 3), day)))
				c.advance(23 * time.Hour)
				c.act(id, 1, "sign", 200)
				c.advance(23 * time.Hour)
				c.act(id, 2, "sign", 200)
				c.advance(25 * time.Hour)
				c.wantChange("FAILED", "SIGNED SIGNED EXPIRED")
			}},
		"the group after a late activation": {
			"Runs anew for each order group", nobody,
			func(t *testing.T, c *client) {
				id := c.create("ref-1", newBundle(activated(signers(1, 2), 10*day)))
				c.advance(10*day + 23*time.Hour)
				c.act(id, 1, "sign", 200)
				c.advance(23 * time.Hour)
				c.act(id, 2, "sign", 200)
				c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED")
			}},
		"groups that sign by themselves": {
			"next group only when all before have signed", Options{SignAfter: time.Hour},
			func(t *testing.T, c *client) {
				c.create("ref-1", newBundle(signers(2, 1, 2)))
				c.advance(time.Hour)
				c.confirm(c.wantChange("IN_PROGRESS", "WAITING SIGNED WAITING"))
				c.advance(time.Hour)
				c.confirm(c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED SIGNED"))
			}},
	})
}

func TestAvailability(t *testing.T) {
	const future, past = "xs:dateTime with offset; in the past or absent: at once", "available-seconds counts from activation-time even when that lies in the past"
	hold(t, map[string]rule{
		"activation in the future": {future, nobody, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(activated(oneSigner, day)))
			c.act(id, 1, "sign", 409)
			c.act(id, 1, "reject", 409)
			c.advance(2*day - time.Minute)
			c.act(id, 1, "sign", 200)
		}},
		"and its end": {future, nobody, func(t *testing.T, c *client) {
			c.create("ref-1", newBundle(activated(oneSigner, day)))
			c.advance(2*day + time.Minute)
			c.wantChange("FAILED", "EXPIRED")
		}},
		"people wait for it": {future, Options{SignAfter: time.Minute}, func(t *testing.T, c *client) {
			c.create("ref-1", newBundle(activated(oneSigner, day)))
			at, ok := c.running.Sandbox.NextEvent()
			if wait := time.Until(at); !ok || wait < day || wait > day+2*time.Minute {
				t.Errorf("the next event is in %v (%v); want a day and a minute", wait, ok)
			}
			c.advance(day + 2*time.Minute)
			c.confirm(c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED"))
			if _, ok := c.running.Sandbox.NextEvent(); ok {
				t.Error("a finished job has a next event")
			}
		}},
		"activation in the past": {past, nobody, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(activated(oneSigner, -23*time.Hour)))
			c.create("ref-2", newBundle(activated(oneSigner, -23*time.Hour)))
			c.act(id, 1, "sign", 200)
			c.advance(61 * time.Minute)
			c.confirm(c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED"))
			c.confirm(c.wantChange("FAILED", "EXPIRED"))
		}},
		"over before it came": {past, nobody, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(activated(oneSigner, -70*day)))
			c.act(id, 1, "sign", 409)
			c.post(fmt.Sprintf("/portal/signature-jobs/%d/cancel", id)).want(t, 409)
			c.wantChange("FAILED", "EXPIRED")
			job := c.running.Sandbox.Jobs("")[0]
			if since := time.Since(job.Signers[0].Since); since > time.Minute {
				t.Errorf("expired %v before it was created", since)
			}
		}},
		"no time given": {"absent: 30 days", nobody, func(t *testing.T, c *client) {
			c.create("ref-1", newBundle(oneSigner))
			c.advance(30*day - time.Minute)
			c.wantEmpty()
			c.advance(2 * time.Minute)
			c.wantChange("FAILED", "EXPIRED")
		}},
		"no time at all": {"available-seconds | ≥ 0", Options{}, func(t *testing.T, c *client) {
			c.create("ref-1", newBundle(within(oneSigner, 0)))
			c.wantChange("FAILED", "EXPIRED")
		}},
		"ninety days and no more": {"above 7 776 000 (90 days) is rejected", nobody, func(t *testing.T, c *client) {
			c.create("ref-1", newBundle(within(oneSigner, 90*day)))
			c.send(c.createRequest(requestXML("ref-2", ""), newBundle(within(oneSigner, 90*day+time.Second)).build(t))).want(t, 400)
			c.advance(90*day - time.Minute)
			c.wantEmpty()
			c.advance(2 * time.Minute)
			c.wantChange("FAILED", "EXPIRED")
		}},
	})
}

func TestOneSignerEndsTheJob(t *testing.T) {
	const others = "One signer rejecting or expiring fails the whole job; the others become NOT_APPLICABLE."
	rules := map[string]rule{}
	for act, own := range map[string]string{
		"reject": "REJECTED", "fail?status=BLOCKED": "BLOCKED", "fail?status=RESERVED": "RESERVED",
		"fail?status=CONTACT_INFORMATION_MISSING": "CONTACT_INFORMATION_MISSING", "fail?status=SIGNERS_NAME_NOT_AVAILABLE": "SIGNERS_NAME_NOT_AVAILABLE",
		"fail?status=SOMETHING_NEW": "SOMETHING_NEW",
	} {
		rules[own] = rule{others, nobody, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(signers(1, 2, 2, 3)))
			c.act(id, 1, "sign", 200)
			c.confirm(c.wantChange("IN_PROGRESS", "SIGNED WAITING WAITING WAITING"))
			c.act(id, 3, act, 200)
			m := c.wantChange("FAILED", "SIGNED NOT_APPLICABLE "+own+" NOT_APPLICABLE")
			if m.PAdES != "" || m.Cancel != "" || m.Delete != "" || m.Signers[0].XAdES == "" {
				t.Errorf("a failed job offers %+v", m)
			}
			c.act(id, 2, "sign", 409)
			c.confirm(m)
			c.wantEmpty()
		}}
	}
	rules["unknown statuses"] = rule{"unknown ones may appear and must be logged and kept, never fatal", nobody, rules["SOMETHING_NEW"].holds}
	rules["EXPIRED"] = rule{others, nobody, func(t *testing.T, c *client) {
		id := c.create("ref-1", newBundle(within(signers(1, 1, 2), day)))
		c.act(id, 1, "sign", 200)
		c.advance(25 * time.Hour)
		c.wantChange("FAILED", "SIGNED EXPIRED NOT_APPLICABLE")
	}}
	hold(t, rules)
}

func TestScriptedOutcomes(t *testing.T) {
	fate := map[string]Outcome{"a": Signed, "b": Rejected, "c": Expired}
	c := start(t, Options{NoLimits: true, Outcome: func(_ int, reference string) Outcome { return fate[reference] }})
	for _, reference := range []string{"a", "b", "c"} {
		c.create(reference, newBundle(signers(1, 2, 2)))
	}
	c.advance(31 * day)
	got := map[string]string{}
	for range fate {
		m := c.poll()
		got[m.Reference] = m.statuses()
	}
	for reference, want := range map[string]string{
		"a": "SIGNED SIGNED SIGNED", "b": "SIGNED REJECTED NOT_APPLICABLE", "c": "EXPIRED NOT_APPLICABLE NOT_APPLICABLE",
	} {
		if got[reference] != want {
			t.Errorf("%s, to be %s, ended as %s; want %s", reference, fate[reference], got[reference], want)
		}
	}
}
