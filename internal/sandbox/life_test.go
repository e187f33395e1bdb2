package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// confirm confirms a change and wants it taken.
func (c *client) confirm(m changed) {
	c.t.Helper()
	c.post(m.Confirm).want(c.t, http.StatusOK)
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
	c.get("/portal/signature-jobs").want(c.t, http.StatusNoContent)
	c.running.Sandbox.allowPolls()
}

// allowPolls forgets the permitted poll times: tests do not wait.
func (s *Sandbox) allowPolls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range s.queues {
		q.permitted = time.Time{}
	}
}

func TestJobFromCreateToDeletion(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	id := c.create("ref-1", newBundle(oneSigner))
	m := c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED")
	if m.ID != id || m.Reference != "ref-1" || m.Cancel != "" || m.Delete != "" || m.Signers[0].Number != "01817299999" {
		t.Errorf("the change says %+v", m)
	}
	c.get(m.PAdES).want(t, http.StatusOK)
	c.get(m.Signers[0].XAdES).want(t, http.StatusOK)
	c.wantEmpty() // handed out, not confirmed: not in the queue
	c.confirm(m)
	c.post(m.Confirm).want(t, http.StatusGone)
	c.get(m.PAdES).want(t, http.StatusGone)
	c.advance(redelivery)
	c.wantEmpty()
	if job := c.running.Sandbox.Jobs("ref-1")[0]; !job.Gone || job.Status != jobCompleted {
		t.Errorf("the control API says %+v", job)
	}
}

func TestUnconfirmedChangeComesAgain(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	c.create("ref-1", newBundle(oneSigner))
	first := c.poll()
	c.advance(redelivery - time.Second)
	c.wantEmpty()
	c.advance(2 * time.Second)
	if again := c.poll(); again.ID != first.ID || again.Status != first.Status {
		t.Errorf("came again as %+v", again)
	}
}

func TestOrderGroupsFollowEachOther(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	day := available(signers(2, 1, 2), "<available-seconds>86400</available-seconds>")
	id := c.create("ref-1", newBundle(day))
	c.act(id, 1, "sign", http.StatusConflict) // the other group's turn
	c.advance(23 * time.Hour)
	c.act(id, 2, "sign", http.StatusOK)
	c.confirm(c.wantChange("IN_PROGRESS", "WAITING SIGNED WAITING"))
	c.act(id, 2, "sign", http.StatusConflict) // has signed
	c.advance(23 * time.Hour)                 // the second group has a day of its own
	c.act(id, 1, "sign", http.StatusOK)
	partial := c.wantChange("IN_PROGRESS", "SIGNED SIGNED WAITING")
	c.get(partial.PAdES).want(t, http.StatusOK)
	c.advance(2 * time.Hour)
	final := c.wantChange("FAILED", "SIGNED SIGNED EXPIRED")
	if final.PAdES != "" || final.Signers[0].XAdES == "" {
		t.Errorf("a failed job offers %+v", final)
	}
	c.get(partial.PAdES).want(t, http.StatusNotFound)
}

func TestOneSignerEndsTheJob(t *testing.T) {
	for _, test := range []struct{ act, own string }{
		{"reject", "REJECTED"}, {"fail?status=BLOCKED", "BLOCKED"}, {"fail?status=SOMETHING_NEW", "SOMETHING_NEW"},
	} {
		c := start(t, Options{NoLimits: true, SignAfter: -1})
		id := c.create("ref-1", newBundle(signers(1, 1, 2)))
		c.act(id, 2, test.act, http.StatusOK)
		c.confirm(c.wantChange("FAILED", "NOT_APPLICABLE "+test.own+" NOT_APPLICABLE"))
	}
}

func TestChangesAreOneOfTheNewestStatus(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	id := c.create("ref-1", newBundle(signers(1, 1, 1)))
	c.act(id, 1, "sign", http.StatusOK)
	c.act(id, 3, "sign", http.StatusOK)
	seen := c.wantChange("IN_PROGRESS", "SIGNED WAITING SIGNED")
	c.act(id, 2, "sign", http.StatusOK) // after the change was handed out
	c.confirm(seen)
	c.confirm(c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED SIGNED"))
	c.wantEmpty()
}

func TestConfirmationOfTheWholeJobSwallowsChanges(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1, ConfirmsJob: true})
	id := c.create("ref-1", newBundle(signers(1, 1)))
	c.act(id, 1, "sign", http.StatusOK)
	seen := c.poll()
	c.act(id, 2, "sign", http.StatusOK)
	c.confirm(seen)
	c.wantEmpty()
}

func TestConfirmationNeedsAChange(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	id := c.create("ref-1", newBundle(oneSigner))
	url := fmt.Sprintf("/portal/signature-jobs/%d/complete", id)
	c.post(url).want(t, http.StatusConflict)
	c.send(c.request("POST", url, strings.NewReader("x"))).want(t, http.StatusBadRequest) // and an empty body
}

func TestActivationWaits(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: time.Minute})
	tomorrow := time.Now().Add(24 * time.Hour).Format(time.RFC3339)
	id := c.create("ref-1", newBundle(available(oneSigner, "<activation-time>"+tomorrow+"</activation-time>")))
	c.act(id, 1, "sign", http.StatusConflict)
	c.wantEmpty()
	at, ok := c.running.Sandbox.NextEvent()
	if wait := time.Until(at); !ok || wait < 24*time.Hour || wait > 24*time.Hour+2*time.Minute {
		t.Errorf("the next event is in %v (%v); want a day and a minute", wait, ok)
	}
	c.advance(24*time.Hour + 2*time.Minute)
	c.confirm(c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED"))
	if _, ok := c.running.Sandbox.NextEvent(); ok {
		t.Error("a finished job has a next event")
	}
}

// The time counts from the activation even where that lies in the past.
func TestActivationInThePast(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	yesterday := time.Now().Add(-24 * time.Hour).Format(time.RFC3339)
	c.create("ref-1", newBundle(available(oneSigner, "<activation-time>"+yesterday+"</activation-time><available-seconds>86000</available-seconds>")))
	c.wantChange("FAILED", "EXPIRED")
}

func TestScriptedOutcomes(t *testing.T) {
	fate := map[string]Outcome{"a": Signed, "b": Rejected, "c": Expired}
	c := start(t, Options{NoLimits: true, Outcome: func(_ int, reference string) Outcome { return fate[reference] }})
	for _, reference := range []string{"a", "b", "c"} {
		c.create(reference, newBundle(signers(1, 2, 2)))
	}
	c.advance(31 * 24 * time.Hour)
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

func TestCancel(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	id := c.create("ref-1", newBundle(signers(1, 2)))
	c.act(id, 1, "sign", http.StatusOK)
	m := c.poll()
	c.post(m.Cancel).want(t, http.StatusOK)
	final := c.wantChange("FAILED", "SIGNED CANCELLED")
	if final.Cancel != "" {
		t.Error("a cancelled job can be cancelled")
	}
	if res := c.post(m.Cancel).want(t, http.StatusConflict); res.code() != codeConflict {
		t.Errorf("refused as %s", res.body)
	}
}

func TestDeletionOnRequest(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	c.create("ref-1", newBundle(oneSigner))
	early := c.poll()
	if early.Delete != "" {
		t.Error("a deletion is offered before a day has passed")
	}
	c.advance(25 * time.Hour)
	m := c.poll() // came again
	c.send(c.request("DELETE", m.Delete, nil)).want(t, http.StatusNoContent)
	c.get(m.PAdES).want(t, http.StatusNotFound)
}

func TestUnfetchedDocumentsGoAfterFortyDays(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	c.create("ref-1", newBundle(oneSigner))
	m := c.poll()
	c.advance(retention + time.Hour)
	c.get(m.PAdES).want(t, http.StatusNotFound)
	if again := c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED"); again.PAdES != "" || again.Signers[0].XAdES != "" {
		t.Errorf("documents are offered after forty days: %+v", again)
	}
}

func TestLongTermStorage(t *testing.T) {
	c := start(t, Options{NoLimits: true, LongTermStorage: true})
	id := c.create("ref-1", newBundle(oneSigner))
	m := c.poll()
	c.confirm(m)
	c.confirm(m)
	first := c.get(m.PAdES).want(t, http.StatusOK)
	archived := c.get(fmt.Sprintf("/archive/documents/%d/pades", id)).want(t, http.StatusOK)
	if string(first.body) != string(archived.body) {
		t.Error("the archived document is another")
	}
}

func TestQueuesArePrivate(t *testing.T) {
	c := start(t, Options{NoLimits: true, Brokers: []string{"984661185"}})
	b := newBundle(oneSigner).build(t)
	c.send(c.createRequest(requestXML("named", "hr"), b)).want(t, http.StatusOK)
	c.wantEmpty()
	other := *c
	other.sender = "984661185"
	other.get("/portal/signature-jobs?polling_queue=hr").want(t, http.StatusNoContent)
	c.get("/portal/signature-jobs?polling_queue=hr").want(t, http.StatusOK)
	id := c.running.Sandbox.Jobs("named")[0].ID
	pades := fmt.Sprintf("/portal/signature-jobs/%d/pades", id)
	other.get(pades).want(t, http.StatusNotFound)
	c.get(pades).want(t, http.StatusOK)
}
