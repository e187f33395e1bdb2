package sandbox

import (
	"bytes"
	"crypto/tls"
	"encoding/xml"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"
)

// testPKI is one authority for all tests: keys are slow to make.
var testPKI = sync.OnceValue(func() *PKI {
	p, err := NewPKI(time.Now())
	if err != nil {
		panic(err)
	}
	return p
})

// client is a customer that speaks just enough of the API.
type client struct {
	t       *testing.T
	running *Running
	http    *http.Client
	sender  string
}

// start runs a sandbox that has no limits of speed unless the test says so.
func start(t *testing.T, o Options) *client {
	t.Helper()
	o.PKI = testPKI()
	r, err := Start(t.Context(), StartOptions{Options: o})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return &client{t: t, running: r, http: httpClient(t, testPKI().Client), sender: Organization}
}

func httpClient(t *testing.T, certificates ...tls.Certificate) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		Certificates:       certificates,
		InsecureSkipVerify: true, // the server's certificate has no host name; its chain has a test of its own
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// response is an answer read whole. err is set where there was none.
type response struct {
	status int
	header http.Header
	body   []byte
	err    error
}

func (c *client) send(r *http.Request) response {
	c.t.Helper()
	res, err := c.http.Do(r)
	if err != nil {
		return response{err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return response{res.StatusCode, res.Header, body, err}
}

func (c *client) request(method, url string, body io.Reader) *http.Request {
	c.t.Helper()
	if !strings.HasPrefix(url, "https://") {
		url = c.running.URL + "/" + c.sender + url
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, url, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *client) get(url string) response  { return c.send(c.request("GET", url, nil)) }
func (c *client) post(url string) response { return c.send(c.request("POST", url, nil)) }

// want fails unless the answer has this status.
func (r response) want(t *testing.T, status int) response {
	t.Helper()
	if r.err != nil || r.status != status {
		t.Fatalf("status %d, error %v, body %s; want status %d", r.status, r.err, r.body, status)
	}
	return r
}

// code is the error code of a refusal.
func (r response) code() string {
	var e struct {
		XMLName xml.Name `xml:"http://signering.posten.no/schema/v1 error"`
		Code    string   `xml:"error-code"`
	}
	if xml.Unmarshal(r.body, &e) != nil {
		return ""
	}
	return e.Code
}

// create posts a bundle and returns the new job's id.
func (c *client) create(reference string, b *bundle) int64 {
	c.t.Helper()
	res := c.send(c.createRequest(requestXML(reference, ""), b.build(c.t))).want(c.t, http.StatusOK)
	var m struct {
		ID int64 `xml:"signature-job-id"`
	}
	if err := xml.Unmarshal(res.body, &m); err != nil {
		c.t.Fatal(err)
	}
	return m.ID
}

func requestXML(reference, queue string) string {
	q := ""
	if queue != "" {
		q = "<polling-queue>" + queue + "</polling-queue>"
	}
	return `<portal-signature-job-request xmlns="http://signering.posten.no/schema/v1"><reference>` + reference +
		`</reference>` + q + `</portal-signature-job-request>`
}

func (c *client) createRequest(requestXML string, bundle []byte) *http.Request {
	c.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, part := range []struct {
		kind    string
		content []byte
	}{{"application/xml", []byte(requestXML)}, {"application/octet-stream", bundle}} {
		p, _ := w.CreatePart(textproto.MIMEHeader{"Content-Type": {part.kind}})
		p.Write(part.content)
	}
	w.Close()
	r := c.request("POST", "/portal/signature-jobs", &body)
	r.Header.Set("Content-Type", "multipart/mixed; boundary="+w.Boundary())
	r.Header.Set("Accept", "application/xml")
	return r
}

// changed is a status change as a client reads it.
type changed struct {
	Reference string `xml:"reference"`
	ID        int64  `xml:"signature-job-id"`
	Status    string `xml:"status"`
	Confirm   string `xml:"confirmation-url"`
	Cancel    string `xml:"cancellation-url"`
	Delete    string `xml:"delete-documents-url"`
	Signers   []struct {
		Status string `xml:"status"`
		Number string `xml:"personal-identification-number"`
		XAdES  string `xml:"xades-url"`
	} `xml:"signatures>signature"`
	PAdES string `xml:"signatures>pades-url"`
}

// statuses are the signers' statuses in order.
func (c changed) statuses() string {
	var all []string
	for _, s := range c.Signers {
		all = append(all, s.Status)
	}
	return strings.Join(all, " ")
}

// poll takes one change off the default queue.
func (c *client) poll() changed {
	c.t.Helper()
	res := c.get("/portal/signature-jobs").want(c.t, http.StatusOK)
	var m changed
	if err := xml.Unmarshal(res.body, &m); err != nil {
		c.t.Fatal(err)
	}
	return m
}
