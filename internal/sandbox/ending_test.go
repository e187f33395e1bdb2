package sandbox

import (
	"fmt"
	"testing"
	"time"
)

func TestJobFromCreateToDeletion(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	id := c.create("ref-1", newBundle(oneSigner))
	m := c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED")
	if m.ID != id || m.Reference != "ref-1" || m.Cancel != "" || m.Delete != "" || m.Signers[0].Number != "01817299999" {
		t.Errorf("the change says %+v", m)
	}
	c.get(m.PAdES).want(t, 200)
	c.get(m.Signers[0].XAdES).want(t, 200)
	c.wantEmpty() // handed out, not confirmed: not in the queue
	c.confirm(m)
	c.post(m.Confirm).want(t, 410)
	c.get(m.PAdES).want(t, 410)
	c.advance(redelivery)
	c.wantEmpty()
	if job := c.running.Sandbox.Jobs("ref-1")[0]; !job.Gone || job.Status != jobCompleted {
		t.Errorf("the control API says %+v", job)
	}
}

func TestCancel(t *testing.T) {
	const follows = "2xx cancelled (a status change with FAILED and signers CANCELLED is expected to follow)"
	const late = "409 too late (completed, rejected, …)"
	tooLate := func(end string) func(*testing.T, *client) {
		return func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(within(signers(1, 1), day)))
			if end != "" {
				c.act(id, 1, end, 200)
				c.act(id, 2, "sign", map[bool]int{true: 200, false: 409}[end == "sign"])
			} else {
				c.advance(25 * time.Hour)
			}
			res := c.post(fmt.Sprintf("/portal/signature-jobs/%d/cancel", id)).want(t, 409)
			if res.code() != codeConflict {
				t.Errorf("refused as %s", res.body)
			}
			if m := c.poll(); m.Cancel != "" || m.Status == jobInProgress {
				t.Errorf("the change is %+v", m)
			}
		}
	}
	hold(t, map[string]rule{
		"by the answer to the create": {"cancellation-url", nobody, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(signers(1, 2)))
			c.post(fmt.Sprintf("/portal/signature-jobs/%d/cancel", id)).want(t, 200)
			c.wantChange("FAILED", "CANCELLED CANCELLED")
		}},
		"by the address in a change": {"optional cancellation-url", nobody, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(signers(1, 2)))
			c.act(id, 1, "sign", 200)
			m := c.poll()
			c.post(m.Cancel).want(t, 200)
			final := c.wantChange("FAILED", "SIGNED CANCELLED")
			if final.Cancel != "" || final.PAdES != "" || final.Signers[0].XAdES == "" {
				t.Errorf("a cancelled job offers %+v", final)
			}
			c.post(m.Cancel).want(t, 409) // a second time
			c.confirm(final)
			c.post(m.Cancel).want(t, 410) // gone
		}},
		"before the activation": {follows, nobody, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(activated(oneSigner, 10*day)))
			c.post(fmt.Sprintf("/portal/signature-jobs/%d/cancel", id)).want(t, 200)
			c.wantChange("FAILED", "CANCELLED")
		}},
		"completed": {late, nobody, tooLate("sign")},
		"rejected":  {late, nobody, tooLate("reject")},
		"blocked":   {late, nobody, tooLate("fail?status=BLOCKED")},
		"expired":   {late, nobody, tooLate("")},
	})
}

func TestDeletion(t *testing.T) {
	const offered = "deletes the documents; offered only when all have signed, 24 h after completion at the earliest"
	hold(t, map[string]rule{
		"offered after a day": {offered, Options{}, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(oneSigner))
			documents := fmt.Sprintf("%s/%s/portal/signature-jobs/%d/documents", c.running.URL, c.sender, id)
			if m := c.poll(); m.Delete != "" {
				t.Error("a deletion is offered at once")
			}
			c.advance(day - time.Minute)
			if m := c.poll(); m.Delete != "" {
				t.Error("a deletion is offered before a day has passed")
			}
			c.send(c.request("DELETE", documents, nil)).want(t, 409)
			c.advance(11 * time.Minute)
			m := c.poll()
			if m.Delete != documents {
				t.Errorf("after a day %q is offered", m.Delete)
			}
			c.send(c.request("DELETE", m.Delete, nil)).want(t, 204)
			c.get(m.PAdES).want(t, 404)
			c.get(m.Signers[0].XAdES).want(t, 404)
			c.send(c.request("DELETE", m.Delete, nil)).want(t, 409)
			c.confirm(m)
		}},
		"not of a job that failed": {offered, nobody, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(oneSigner))
			c.act(id, 1, "reject", 200)
			c.advance(2 * day)
			if m := c.poll(); m.Delete != "" {
				t.Error("a deletion is offered")
			}
			c.send(c.request("DELETE", fmt.Sprintf("/portal/signature-jobs/%d/documents", id), nil)).want(t, 409)
		}},
		"after forty days": {"Unfetched signed documents are deleted after 40 days.", Options{}, func(t *testing.T, c *client) {
			c.create("ref-1", newBundle(oneSigner))
			m := c.poll()
			c.advance(retention - time.Hour)
			c.get(m.PAdES).want(t, 200)
			c.advance(2 * time.Hour)
			c.get(m.PAdES).want(t, 404)
			if again := c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED"); again.PAdES != "" || again.Delete != "" || again.Signers[0].XAdES != "" {
				t.Errorf("documents are offered after forty days: %+v", again)
			}
		}},
		"after the last confirmation": {
			"Once a final change (COMPLETED_SUCCESSFULLY or FAILED alike) is confirmed, the job is gone from the API unless long-term storage is on", nobody,
			func(t *testing.T, c *client) {
				for act, offers := range map[string]bool{"sign": true, "reject": false} {
					id := c.create(act, newBundle(oneSigner))
					c.act(id, 1, act, 200)
					m := c.poll()
					if (m.PAdES != "") != offers {
						t.Errorf("after %s the change is %+v", act, m)
					}
					c.confirm(m)
					for _, below := range []string{"pades", "xades/1"} {
						c.get(fmt.Sprintf("/portal/signature-jobs/%d/%s", id, below)).want(t, 410)
					}
					c.post(m.Confirm).want(t, 410)
				}
			}},
		"with long-term storage": {"unless long-term storage is on", Options{LongTermStorage: true}, func(t *testing.T, c *client) {
			c.create("ref-1", newBundle(oneSigner))
			m := c.poll()
			c.confirm(m)
			c.confirm(m)
			c.wantEmpty()
			c.advance(50 * day)
			c.get(m.PAdES).want(t, 200)
		}},
		"the archive": {"archived document, for those with long-term storage (outside /portal)", Options{LongTermStorage: true, SignAfter: -1}, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(oneSigner))
			archive := fmt.Sprintf("/archive/documents/%d/pades", id)
			c.get(archive).want(t, 404) // not completed
			c.act(id, 1, "sign", 200)
			m := c.poll()
			c.confirm(m)
			if fresh, kept := c.get(m.PAdES).want(t, 200), c.get(archive).want(t, 200); string(fresh.body) != string(kept.body) {
				t.Error("the archived document is another")
			}
			c.get("/archive/documents/1/pades").want(t, 404)
		}},
		"no archive for others": {"archived document, for those with long-term storage (outside /portal)", Options{}, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(oneSigner))
			c.get(fmt.Sprintf("/archive/documents/%d/pades", id)).want(t, 404)
		}},
	})
}

func TestDocumentsOffered(t *testing.T) {
	hold(t, map[string]rule{
		"one change for each signature": {"In progress, a partial one may be offered; only that of a finished job counts.", nobody, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(signers(1, 1, 1)))
			c.get(fmt.Sprintf("/portal/signature-jobs/%d/pades", id)).want(t, 404) // nobody has signed
			c.wantEmpty()
			sizes := map[int]bool{}
			for n, want := range []string{"SIGNED WAITING WAITING", "SIGNED SIGNED WAITING", "SIGNED SIGNED SIGNED"} {
				c.act(id, n+1, "sign", 200)
				m := c.wantChange(map[bool]string{true: "COMPLETED_SUCCESSFULLY", false: "IN_PROGRESS"}[n == 2], want)
				sizes[len(c.get(m.PAdES).want(t, 200).body)] = true
				for i, s := range m.Signers {
					if (s.XAdES != "") != (i <= n) {
						t.Errorf("after %d signatures signer %d offers %q", n+1, i+1, s.XAdES)
					}
				}
				c.confirm(m)
				c.wantEmpty()
			}
			if len(sizes) != 3 {
				t.Errorf("three signatures made %d different documents", len(sizes))
			}
		}},
		"a signer who has not signed": {"GET xades-url | one signer's XAdES", nobody, func(t *testing.T, c *client) {
			id := c.create("ref-1", newBundle(signers(1, 1)))
			c.act(id, 2, "sign", 200)
			for n, want := range map[string]int{"1": 404, "2": 200, "3": 404, "0": 404, "x": 404} {
				c.get(fmt.Sprintf("/portal/signature-jobs/%d/xades/%s", id, n)).want(t, want)
			}
		}},
	})
}
