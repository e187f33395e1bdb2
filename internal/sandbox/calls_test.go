package sandbox

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const (
	brokered = "974720760" // an organization the sandbox's customer may send for
	stranger = "910000000"
)

func TestAuthorization(t *testing.T) {
	const root = "answers 200 and the plain text You are 988015814 (or You are 988015814, operating on behalf of … for a broker), or an error with NOT_AUTHORIZED or BROKER_NOT_AUTHORIZED."
	const sender = "The organization number in the path is the sender's (nine digits); a broker's certificate may send for other organizations where authorized."
	broker := Options{Brokers: []string{brokered}}
	customer, portal := testPKI().Client, testPKI().Server // the second is of an organization without an agreement
	says := func(certificate tls.Certificate, organization string, status int, want string) func(*testing.T, *client) {
		return func(t *testing.T, c *client) {
			c.http, c.sender = httpClient(t, certificate), organization
			res := c.get("").want(t, status)
			if got := res.code() + res.text(); got != want {
				t.Errorf("the root says %s, want %s", got, want)
			}
			if status != 200 { // nor anything else
				for _, r := range []response{c.get("/portal/signature-jobs"), c.tryCreate("ref-1"), c.post("/portal/signature-jobs/1/cancel")} {
					if r.status != status || r.code() != want {
						t.Errorf("another call says %d %s, want %d %s", r.status, r.code(), status, want)
					}
				}
			}
		}
	}
	hold(t, map[string]rule{
		"for itself":              {root, Options{}, says(customer, Organization, 200, "You are 988015814")},
		"as a broker":             {root, broker, says(customer, brokered, 200, "You are 988015814, operating on behalf of 974720760")},
		"for a stranger":          {root, broker, says(customer, stranger, 403, codeBrokerNotAuthorized)},
		"no broker":               {sender, Options{}, says(customer, brokered, 403, codeBrokerNotAuthorized)},
		"no agreement":            {root, broker, says(portal, ServerOrganization, 403, codeNotAuthorized)},
		"no agreement, as broker": {root, broker, says(portal, brokered, 403, codeBrokerNotAuthorized)},
		"no organization":         {sender, broker, says(customer, "98801581", 404, codeNotFound)},
		"a broker's job": {sender, broker, func(t *testing.T, c *client) {
			c.sender = brokered
			b := newBundle(strings.ReplaceAll(oneSigner, Organization, brokered))
			id := c.create("ref-1", b)
			if m := c.poll(); !strings.Contains(m.Confirm, "/"+brokered+"/") || m.ID != id {
				t.Errorf("the change says %+v", m)
			}
			c.sender = Organization // whose job it is not
			c.get(fmt.Sprintf("/portal/signature-jobs/%d/pades", id)).want(t, 404)
		}},
		"it takes nothing from a queue": {"It creates nothing and takes nothing from a queue", Options{}, func(t *testing.T, c *client) {
			c.create("ref-1", newBundle(oneSigner))
			c.get("").want(t, 200)
			if jobs := c.running.Sandbox.Jobs(""); len(jobs) != 1 || c.poll().Reference != "ref-1" {
				t.Errorf("afterwards there are %d jobs", len(jobs))
			}
		}},
	})
}

// text is the body of an answer in plain text.
func (r response) text() string {
	if strings.HasPrefix(r.header.Get("Content-Type"), "text/plain") {
		return string(r.body)
	}
	return ""
}

// A person's certificate names no organization; a connection without one does not get past
// TLS, but the handler may be served by others.
func TestCallersWithoutAnOrganization(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	person := &x509.Certificate{Subject: pkix.Name{Names: []pkix.AttributeTypeAndValue{{Type: oidCommonName, Value: "Kari Nordmann"}}}}
	for _, state := range []*tls.ConnectionState{nil, {}, {PeerCertificates: []*x509.Certificate{person}}} {
		r := httptest.NewRequest("GET", "/api/"+Organization, nil)
		r.TLS = state
		w := httptest.NewRecorder()
		c.running.Sandbox.Handler().ServeHTTP(w, r)
		if w.Code != 403 || !strings.Contains(w.Body.String(), codeNotAuthorized) {
			t.Errorf("answered %d, %s", w.Code, w.Body)
		}
	}
}

// A method that an address does not take changes nothing. HEAD must not be taken for GET:
// a change would be handed out to nobody.
func TestMethods(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	id := c.create("ref-1", newBundle(oneSigner))
	for address, takes := range map[string]string{
		"":                       "GET",
		"/portal/signature-jobs": "GET, POST",
		fmt.Sprintf("/portal/signature-jobs/%d/complete", id):  "POST",
		fmt.Sprintf("/portal/signature-jobs/%d/cancel", id):    "POST",
		fmt.Sprintf("/portal/signature-jobs/%d/pades", id):     "GET",
		fmt.Sprintf("/portal/signature-jobs/%d/xades/1", id):   "GET",
		fmt.Sprintf("/portal/signature-jobs/%d/documents", id): "DELETE",
		fmt.Sprintf("/archive/documents/%d/pades", id):         "GET",
	} {
		for _, method := range []string{"GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH", "TRACE"} {
			if strings.Contains(takes, method) {
				continue
			}
			res := c.send(c.request(method, address, nil)).want(t, 405)
			if res.header.Get("Allow") != takes || (method == "HEAD") != (len(res.body) == 0) {
				t.Errorf("%s %s allows %q and says %s", method, address, res.header.Get("Allow"), res.body)
			}
		}
	}
	for _, address := range []string{"/", "/portal", "/portal/signature-jobs/", "/portal//signature-jobs", "/portal/../portal/signature-jobs", fmt.Sprintf("/portal/signature-jobs/%d", id)} {
		if res := c.get(address).want(t, 404); res.code() != codeNotFound {
			t.Errorf("%s says %s", address, res.body)
		}
	}
	c.confirm(c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED"))
	if s := c.running.Sandbox.CallSummary(); s.Kinds[CallOther] != s.Calls-3 { // but the create, the poll and the confirmation
		t.Errorf("the calls were counted as %+v", s)
	}
}

func TestAccept(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	id := c.create("ref-1", newBundle(oneSigner))
	pades, xades := fmt.Sprintf("/portal/signature-jobs/%d/pades", id), fmt.Sprintf("/portal/signature-jobs/%d/xades/1", id)
	for _, test := range []struct {
		address, accept string
		status          int
	}{
		{pades, "application/octet-stream, application/xml", 200}, // portal-api.md, "The rest"
		{pades, "application/*", 200},
		{pades, "*/*", 200},
		{pades, "text/html, */*;q=0.1", 200},
		{pades, "application/pdf", 406},
		{pades, "application/xml", 406},
		{pades, "application/octet-stream;q=0", 406},
		{pades, "application/octet-stream;q=0.0, text/*", 406},
		{pades, "", 406},
		{xades, "application/xml", 200},
		{xades, "application/octet-stream", 406},
		{"/portal/signature-jobs", "application/json", 406},
		{"/portal/signature-jobs", "application/json, ;;, application/XML", 200}, // last: it takes the change
	} {
		r := c.request("GET", test.address, nil)
		r.Header["Accept"] = []string{test.accept}
		if res := c.send(r); res.status != test.status {
			t.Errorf("%s with Accept %q: status %d, want %d", test.address, test.accept, res.status, test.status)
		}
	}
}

func TestBodiesOfConfirmAndCancel(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	id := c.create("ref-1", newBundle(signers(1, 1)))
	c.act(id, 1, "sign", 200)
	m := c.poll()
	for _, address := range []string{m.Confirm, m.Cancel} {
		c.send(c.request("POST", address, strings.NewReader("x"))).want(t, 400) // "POST an empty body to confirmation-url"
		chunked := c.request("POST", address, struct{ *strings.Reader }{strings.NewReader("<a/>")})
		chunked.ContentLength = -1
		c.send(chunked).want(t, 400)
	}
	c.advance(redelivery)
	c.confirm(c.wantChange("IN_PROGRESS", "SIGNED WAITING")) // nothing was confirmed or cancelled
	c.post(m.Cancel).want(t, 200)
}

// The two kinds of 429 (portal-api.md, "Speed"), and whose calls count for whom.
func TestSpeed(t *testing.T) {
	at := time.Now()
	c := start(t, Options{Brokers: []string{brokered}, Now: func() time.Time { return at }})
	other := *c
	other.http, other.sender = httpClient(t, testPKI().Server), ServerOrganization
	forAnother := *c
	forAnother.sender = brokered
	c.get("/portal/signature-jobs").want(t, 204)
	early := c.get("/portal/signature-jobs").want(t, 429)
	if early.header.Get(pollHeader) == "" || early.header.Get("DoSFilter") != "" {
		t.Errorf("polled too early: %v", early.header)
	}
	for range 4 { // whoever is sent for, whatever is asked, refused or not
		forAnother.get("").want(t, 200)
		c.get("/portal/nothing").want(t, 404)
	}
	for _, address := range []string{"", "/portal/signature-jobs"} {
		fast := c.get(address).want(t, 429)
		if fast.header.Get(pollHeader) != "" || fast.header.Get("DoSFilter") == "" || len(fast.body) > 0 {
			t.Errorf("too fast: %v, %q", fast.header, fast.body)
		}
	}
	forAnother.get("").want(t, 429)
	other.get("").want(t, 403) // not blocked
	at = at.Add(blockTime - time.Millisecond)
	c.get("").want(t, 429)
	at = at.Add(time.Millisecond)
	c.get("").want(t, 200)
	if s := c.running.Sandbox.CallSummary(); s.Blocked != 4 || s.MostInASecond != 14 {
		t.Errorf("the summary is %+v", s)
	}
}
