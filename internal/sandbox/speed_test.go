package sandbox

import (
	"net/http"
	"testing"
	"time"
)

func TestLimiterIsJettys(t *testing.T) {
	l := newLimiter(false)
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for i := range 10 {
		if !l.admit("a", at.Add(time.Duration(i)*time.Millisecond)) {
			t.Fatalf("call %d is refused", i+1)
		}
	}
	if !l.admit("b", at) {
		t.Error("one organization's calls count for another")
	}
	if !l.admit("a", at.Add(time.Second)) {
		t.Error("a call a second after the tenth before it is refused")
	}
	if l.admit("a", at.Add(time.Second)) { // the tenth before came at 1 ms
		t.Error("the eleventh call within a second is taken")
	}
	if l.admit("a", at.Add(time.Second+blockTime-time.Millisecond)) {
		t.Error("the block ends early")
	}
	if !l.admit("a", at.Add(time.Second+blockTime)) {
		t.Error("the block does not end")
	}
}

func TestTooFastIsBlocked(t *testing.T) {
	c := start(t, Options{Now: stopped()})
	for range 10 {
		c.get("").want(t, http.StatusOK)
	}
	for range 2 {
		res := c.get("").want(t, http.StatusTooManyRequests)
		if res.header.Get("DoSFilter") == "" || len(res.body) > 0 {
			t.Errorf("the block says %v, %q", res.header, res.body)
		}
	}
	if s := c.running.Sandbox.CallSummary(); s.MostInASecond != 12 || s.Blocked != 2 {
		t.Errorf("the summary is %+v", s)
	}
}

// stopped is a clock that does not move, so that everything happens within one second.
func stopped() func() time.Time {
	at := time.Now()
	return func() time.Time { return at }
}

func TestPermittedPollTimes(t *testing.T) {
	at := time.Now()
	c := start(t, Options{NoLimits: true, PollInterval: 7 * time.Second, Now: func() time.Time { return at }})
	permitted := func(res response) time.Time {
		next, err := time.Parse(time.RFC3339, res.header.Get(pollHeader))
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	empty := c.get("/portal/signature-jobs").want(t, http.StatusNoContent)
	if wait := permitted(empty).Sub(at); wait < 7*time.Second || wait > 7*time.Second+time.Millisecond {
		t.Errorf("after an empty queue the next poll is in %v", wait)
	}
	early := c.get("/portal/signature-jobs").want(t, http.StatusTooManyRequests)
	if early.header.Get("DoSFilter") != "" || !permitted(early).Equal(permitted(empty)) {
		t.Errorf("an early poll is told %v", early.header)
	}
	c.get("/portal/signature-jobs?polling_queue=other").want(t, http.StatusNoContent)
	at = permitted(empty)
	b := newBundle(oneSigner)
	b.at = at
	c.create("ref-1", b)
	change := c.get("/portal/signature-jobs").want(t, http.StatusOK)
	if wait := permitted(change).Sub(at); wait > time.Millisecond {
		t.Errorf("after a change the next poll is in %v", wait)
	}
}
