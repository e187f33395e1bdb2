package sandbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
)

// plant sets faults by the control API, as people do.
func (c *client) plant(faults string) {
	c.t.Helper()
	c.control("PUT", "/faults", faults, 200, nil)
}

// tryCreate sends a bundle whatever comes of it.
func (c *client) tryCreate(reference string) response {
	c.t.Helper()
	return c.send(c.createRequest(requestXML(reference, ""), newBundle(oneSigner).build(c.t)))
}

func TestFaultsOfCreate(t *testing.T) {
	for _, test := range []struct {
		do   string
		jobs int // made all the same
		see  func(response) bool
	}{
		{"refuse", 0, func(r response) bool { return r.status == 400 && r.code() != "" }},
		{"refuse:NOT_AUTHORIZED", 0, func(r response) bool { return r.status == 403 && r.code() == "NOT_AUTHORIZED" }},
		{"drop-before", 0, func(r response) bool { return errors.Is(r.err, io.EOF) }},
		{"drop-after", 1, func(r response) bool { return errors.Is(r.err, io.EOF) }},
		{"reset-mid-body", 0, func(r response) bool {
			return errors.Is(r.err, syscall.ECONNRESET) || errors.Is(r.err, syscall.EPIPE)
		}},
		{"slow-before:1ms", 1, func(r response) bool { return r.status == 200 }},
		{"slow-after:1ms", 1, func(r response) bool { return r.status == 200 }},
		{"status:503", 0, func(r response) bool { return r.status == 503 && r.code() == "" }},
		{"status-after:503", 1, func(r response) bool { return r.status == 503 && r.code() == "" }},
		{"bare-429", 0, func(r response) bool {
			return r.status == 429 && r.header.Get("DoSFilter") == "" && r.header.Get(pollHeader) == ""
		}},
		{"garble", 1, func(r response) bool {
			return r.status == 200 && !strings.Contains(string(r.body), "<signature-job-id>")
		}},
		{"truncate", 1, func(r response) bool { return r.status == 200 && errors.Is(r.err, io.ErrUnexpectedEOF) }},
		{"html", 0, func(r response) bool { return r.status == 200 && strings.Contains(string(r.body), "<html>") }},
		{"redirect:https://example.com/x", 0, func(r response) bool {
			return r.status == 307 && r.header.Get("Location") == "https://example.com/x"
		}},
		{"block", 0, func(r response) bool { return r.status == 429 && r.header.Get("DoSFilter") != "" }},
		{"duplicate", 2, func(r response) bool { return r.status == 200 }},
		{"requeue", 1, func(r response) bool { return r.status == 200 }}, // not for creates
	} {
		t.Run(test.do, func(t *testing.T) {
			c := start(t, Options{NoLimits: true, SignAfter: -1})
			c.plant(`[{"when": {"call": "create", "reference": "hit"}, "do": "` + test.do + `"}]`)
			c.tryCreate("missed").want(t, 200)
			if r := c.tryCreate("hit"); !test.see(r) {
				t.Errorf("status %d, header %v, body %q, error %v", r.status, r.header, r.body, r.err)
			}
			if jobs := c.running.Sandbox.Jobs("hit"); len(jobs) != test.jobs {
				t.Errorf("%d jobs were made, want %d", len(jobs), test.jobs)
			}
		})
	}
}

// A caller that has given up while the portal was slow has sent nothing.
func TestSlowBeforeIsNotAppliedForNobody(t *testing.T) {
	c := start(t, Options{NoLimits: true, Faults: []Fault{{Do: "slow-before:1h"}}})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	r := c.createRequest(requestXML("ref-1", ""), newBundle(oneSigner).build(t)).WithContext(gone)
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{testPKI().Client.Leaf}}
	func() {
		defer func() {
			if got := recover(); got != http.ErrAbortHandler {
				t.Errorf("ended with %v", got)
			}
		}()
		c.running.Sandbox.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}()
	calls := c.running.Sandbox.Calls()
	if len(c.running.Sandbox.Jobs("")) != 0 || len(calls) != 1 || calls[0].Status != 0 || calls[0].Fault != "slow-before" {
		t.Errorf("calls are %+v", calls)
	}
}

func TestBlockFaultBlocksEverything(t *testing.T) {
	c := start(t, Options{NoLimits: true, Faults: []Fault{{When: When{Call: CallPoll}, Do: "block"}}})
	c.get("").want(t, 200)
	c.get("/portal/signature-jobs").want(t, 429)
	c.get("").want(t, 429)
}

func TestFaultsOfDownload(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	c.create("ref-1", newBundle(oneSigner))
	m := c.poll()
	whole := c.get(m.PAdES).want(t, 200)
	for do, see := range map[string]func(response) bool{
		"truncate": func(r response) bool {
			return errors.Is(r.err, io.ErrUnexpectedEOF) && len(r.body) < len(whole.body)
		},
		"reset-mid-body": func(r response) bool {
			return (errors.Is(r.err, syscall.ECONNRESET) || errors.Is(r.err, io.ErrUnexpectedEOF)) && len(r.body) < len(whole.body)
		},
		"garble": func(r response) bool {
			return len(r.body) == len(whole.body) && !strings.HasPrefix(string(r.body), "%PDF")
		},
	} {
		c.plant(`[{"when": {"call": "pades"}, "do": "` + do + `"}]`)
		if r := c.get(m.PAdES); !see(r) {
			t.Errorf("%s: %d bytes of %d, error %v", do, len(r.body), len(whole.body), r.err)
		}
	}
	c.plant(`[]`)
	c.get(m.PAdES).want(t, 200)
}

func TestFaultsOfQueue(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	c.plant(`[{"when": {"call": "poll", "nth": 1}, "do": "requeue"}, {"when": {"call": "poll", "nth": 2}, "do": "foreign"},
		{"when": {"call": "confirm", "nth": 1}, "do": "requeue"}]`)
	id := c.create("ref-1", newBundle(oneSigner))
	if m := c.poll(); m.ID != id {
		t.Errorf("the first poll brings %+v", m)
	}
	if stranger := c.poll(); stranger.ID == id || stranger.Status != "FAILED" || strings.Contains(stranger.Reference, "ref-1") {
		t.Errorf("the second poll brings %+v", stranger)
	}
	m := c.poll() // put back by the first fault
	if m.ID != id {
		t.Errorf("the third poll brings %+v", m)
	}
	c.confirm(m) // forgotten
	again := c.poll()
	c.confirm(again)
	c.post(again.Confirm).want(t, http.StatusGone)
}

func TestDuplicatedPoll(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	c.plant(`[{"when": {"call": "poll", "nth": 1}, "do": "duplicate"}]`)
	id := c.create("ref-1", newBundle(oneSigner))
	for range 2 {
		if m := c.poll(); m.ID != id {
			t.Errorf("a poll brings %+v", m)
		}
	}
}

// The portal's Java client sends creates in chunks: nobody knows where half of them is.
func TestCreateInChunks(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	inChunks := func() response {
		r := c.createRequest(requestXML("ref-1", ""), newBundle(oneSigner).build(t))
		r.ContentLength, r.GetBody = -1, nil
		return c.send(r)
	}
	inChunks().want(t, 200)
	c.plant(`[{"do": "reset-mid-body"}]`)
	if r := inChunks(); !errors.Is(r.err, syscall.ECONNRESET) && !errors.Is(r.err, syscall.EPIPE) {
		t.Errorf("status %d, error %v", r.status, r.err)
	}
	if jobs := c.running.Sandbox.Jobs("ref-1"); len(jobs) != 1 {
		t.Errorf("%d jobs were made", len(jobs))
	}
}

func TestShareIsExact(t *testing.T) {
	f := &plannedFault{when: When{Share: 0.05}}
	struck := 0
	for range 1000 {
		if f.isTurn() {
			struck++
		}
	}
	if struck != 50 {
		t.Errorf("a share of 0.05 struck %d of 1000", struck)
	}
}

func TestFaultsAreChecked(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	for _, faults := range []string{
		`{}`, `[{"do": "explode"}]`, `[{"do": "slow-before"}]`, `[{"do": "status:99"}]`, `[{"do": "garble:1"}]`, `[{"do": "refuse:no"}]`, `[{"do": "slow-after:-1s"}]`, `[{"do": "redirect:"}]`, `null`, `[] []`, `[`, ``,
		`[{"when": {"call": "crate"}, "do": "html"}]`, `[{"when": {"share": 2}, "do": "html"}]`, `[{"wen": {}, "do": "html"}]`,
	} {
		c.control("PUT", "/faults", faults, 400, nil)
	}
	if _, err := New(Options{PKI: testPKI(), Faults: []Fault{{Do: "explode"}}}); err == nil {
		t.Error("an unknown fault is taken at the start")
	}
}
