package sandbox

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// reader is a person with a browser at the control address.
type reader struct {
	t    *testing.T
	root string
	page string // what is shown
	at   string // its address
}

func (c *client) browse(path string) *reader {
	r := &reader{t: c.t, root: c.running.Control}
	r.open(path)
	return r
}

// open follows a link; the page must be there.
func (r *reader) open(path string) {
	r.t.Helper()
	res := r.send("GET", path, nil)
	if res.status != http.StatusOK {
		r.t.Fatalf("%s: status %d", path, res.status)
	}
}

func (r *reader) send(method, path string, fields url.Values) response {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.root+path, strings.NewReader(fields.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == "POST" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	r.page, r.at = string(body), res.Request.URL.RequestURI()
	return response{res.StatusCode, res.Header, body, err}
}

var formPattern = regexp.MustCompile(`(?s)<form method="post" action="([^"]*)".*?</form>`)

// press sends the first form that shows a text, and follows where it leads.
func (r *reader) press(text string, fields url.Values) response {
	r.t.Helper()
	for _, form := range formPattern.FindAllStringSubmatch(r.page, -1) {
		if strings.Contains(form[0], ">"+text+"</button>") {
			return r.send("POST", html.UnescapeString(form[1]), fields)
		}
	}
	r.t.Fatalf("there is no button %q on\n%s", text, r.page)
	return response{}
}

// states are the statuses that the page shows, of jobs and signers.
func (r *reader) states() []string {
	var all []string
	for _, m := range regexp.MustCompile(`<span class="state [A-Z_]+">([A-Z_]+)</span>`).FindAllStringSubmatch(r.page, -1) {
		all = append(all, m[1])
	}
	return all
}

func (r *reader) want(states ...string) {
	r.t.Helper()
	if got := r.states(); !slices.Equal(got, states) {
		r.t.Errorf("the page shows %v, want %v", got, states)
	}
}

func TestPageActsForSigners(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	c.create("ref-1", newBundle(signers(1, 2)))
	r := c.browse("/")
	r.want(jobInProgress, signerWaiting, signerWaiting)
	if n := strings.Count(r.page, ">Sign</button>"); n != 1 {
		t.Errorf("%d signers may sign, want the first", n)
	}
	r.press("Sign", nil)
	r.want(jobInProgress, signerSigned, signerWaiting)
	r.press("Reject", nil)
	r.want(jobFailed, signerSigned, signerRejected)
	if strings.Contains(r.page, ">Sign</button>") {
		t.Error("a job that is over can be signed")
	}

	c.create("ref-2", newBundle(signers(1, 2)))
	r.open("/?find=ref-2")
	r.press("All sign, in order", nil)
	r.want(jobCompleted, signerSigned, signerSigned)
	if !strings.HasPrefix(r.at, "/?find=ref-2") {
		t.Errorf("the reader stands at %s afterwards", r.at)
	}
}

func TestPageTellsWhatCannotBeDone(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	id := c.create("ref-1", newBundle(oneSigner))
	r := c.browse("/?find=ref")
	button := r.page
	c.act(id, 1, "sign", 200) // somebody else was faster
	if r.page = button; r.press("Sign", nil).status != http.StatusConflict || !strings.Contains(r.page, "the job is finished") {
		t.Errorf("pressed too late: %s", r.page)
	}
	if !strings.Contains(r.page, `href="/?find=ref"`) {
		t.Errorf("no way back on %s", r.page)
	}
	r.page = button
	if res := r.press("Move it", url.Values{"advance": {"soon"}}); res.status != http.StatusBadRequest {
		t.Errorf("a time that is none: status %d", res.status)
	}
}

func TestPageMovesTheClock(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	c.create("ref-1", newBundle(oneSigner))
	r := c.browse("/")
	r.press("Move it", url.Values{"advance": {"719h"}})
	r.want(jobInProgress, signerWaiting)
	if !strings.Contains(r.page, "(719h0m0s ahead") {
		t.Error("the page does not tell the time")
	}
	r.press("Move it", url.Values{"advance": {"1h"}})
	r.want(jobFailed, signerExpired)
}

func TestPageShowsWhoWaitsForWhat(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	later := time.Now().Add(48 * time.Hour).Format(time.RFC3339)
	c.create("ref-1", newBundle(available(oneSigner, "<activation-time>"+later+"</activation-time>")))
	r := c.browse("/")
	if !strings.Contains(r.page, "not yet their turn") || strings.Contains(r.page, ">Sign</button>") {
		t.Errorf("before its activation the page shows %s", r.page)
	}
	r.press("Move it", url.Values{"advance": {"48h"}})
	r.press("Sign", nil)
	r.want(jobCompleted, signerSigned)
	if !strings.Contains(r.page, "waits to be confirmed") {
		t.Error("the page does not tell of the change")
	}
	c.confirm(c.poll())
	r.open("/")
	if !strings.Contains(r.page, "the job is gone from the API") || strings.Contains(r.page, "/signed") || strings.Contains(r.page, "/documents/") {
		t.Errorf("after the confirmation the page shows %s", r.page)
	}
}

// Titles, references and what is looked for may hold anything.
func TestPageHoldsHostileText(t *testing.T) {
	const hostile = `"><script>alert(1)</script><b title='`
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	title := "<title>11814548905 " + html.EscapeString(hostile) + "</title>"
	c.create("ref-1", newBundle(strings.Replace(oneSigner, "<title>Arbeidsavtale for Åse</title>", title, 1)))
	r := c.browse("/?page=9&find=" + url.QueryEscape(hostile))
	for range 2 {
		if strings.Contains(r.page, "<script>alert") || strings.Contains(r.page, "<b title") || strings.Contains(r.page, "11814548905") {
			t.Errorf("the page is\n%s", r.page)
		}
		r.open("/")
	}
	if !strings.Contains(r.page, "11814****** &#34;&gt;&lt;script&gt;") {
		t.Errorf("the title is not shown on\n%s", r.page)
	}
	policy := r.send("GET", "/", nil).header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; ") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("the policy is %q", policy)
	}
	for _, path := range []string{"/page.css", "/page.js"} {
		r.open(path)
	}
}

// No number of a signer stands on the page, whoever asks for whatever.
func TestPageMasksSigners(t *testing.T) {
	for spec, want := range map[signerSpec]string{
		{number: "11814548905", lookup: true}:                                           "national number 11814******, notified by look-up",
		{number: "11814548905", email: "kari@example.com", onBehalfOf: onBehalfOfOther}: "national number 11814******, e-mail k…, on behalf of another",
		{email: "øyvind@example.com", mobile: "+4799999987"}:                            "e-mail ø…, mobile …87",
	} {
		if got := who(spec); got != want {
			t.Errorf("%+v is %q, want %q", spec, got, want)
		}
	}
	for text, want := range map[string]string{
		"Avtale 118145 48905, 2026-11-21 og 988015814": "Avtale 11814******, 2026-11-21 og 988015814", "1795269463012": "1795269463012",
	} {
		if got := maskNumbers(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestPageOpensDocuments(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	b := newBundle(oneSigner)
	id := c.create("ref-1", b)
	r := c.browse("/")
	original, signed := fmt.Sprintf("/jobs/%d/documents/1", id), fmt.Sprintf("/jobs/%d/signed", id)
	if !strings.Contains(r.page, `href="`+original+`"`) || strings.Contains(r.page, signed) {
		t.Errorf("before anybody has signed the page is\n%s", r.page)
	}
	res := r.send("GET", original, nil).want(t, http.StatusOK)
	if !bytes.Equal(res.body, b.documents[0].Content) {
		t.Error("the document is not as it came")
	}
	r.send("GET", signed, nil).want(t, http.StatusNotFound)
	c.act(id, 1, "sign", 200)
	if r.open("/"); !strings.Contains(r.page, `href="`+signed+`"`) {
		t.Errorf("the signed document is not offered on\n%s", r.page)
	}
	res = r.send("GET", signed, nil).want(t, http.StatusOK)
	if !bytes.HasPrefix(res.body, []byte("%PDF-")) || res.header.Get("Content-Type") != "application/pdf" ||
		res.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(res.header.Get("Content-Security-Policy"), "sandbox;") ||
		res.header.Get("Content-Disposition") != fmt.Sprintf(`inline; filename="job-%d-signed.pdf"`, id) {
		t.Errorf("the signed document comes with %v", res.header)
	}
	for _, path := range []string{fmt.Sprintf("/jobs/%d/documents/2", id), fmt.Sprintf("/jobs/%d/documents/0", id), "/jobs/1/documents/1", "/jobs/1/signed"} {
		r.send("GET", path, nil).want(t, http.StatusNotFound)
	}
	c.confirm(c.poll())
	r.send("GET", signed, nil).want(t, http.StatusNotFound)
	r.send("GET", original, nil).want(t, http.StatusNotFound)
}

func TestPageOfManyJobs(t *testing.T) {
	const jobs = 5_000
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	s := c.running.Sandbox
	s.mu.Lock()
	for i := range int64(jobs) {
		j := newJob(&jobManifest{title: "Agreement", signers: []signerSpec{{email: "kari@example.com"}}, available: time.Hour}, s.clock())
		j.id, j.reference, j.sender = i+1, fmt.Sprintf("ref-%d", i+1), Organization
		s.jobs[j.id] = j
	}
	s.mu.Unlock()
	older := regexp.MustCompile(`<a id="older" href="([^"]*)"`)
	article := regexp.MustCompile(`<article id="job-([0-9]+)"`)
	r, next := c.browse("/"), jobs
	for {
		for _, m := range article.FindAllStringSubmatch(r.page, -1) {
			if m[1] != fmt.Sprint(next) {
				t.Fatalf("job %s stands where %d is expected", m[1], next)
			}
			next--
		}
		link := older.FindStringSubmatch(r.page)
		if link == nil {
			break
		}
		r.open(html.UnescapeString(link[1]))
	}
	if next != 0 || !strings.Contains(r.page, "page 100 of 100") {
		t.Errorf("%d jobs were not shown", next)
	}
	r.open("/?find=ref-49")
	if n := len(article.FindAllString(r.page, -1)); n != jobsOnAPage || !strings.Contains(r.page, "111 of 5000 jobs, page 1 of 3") {
		t.Errorf("%d jobs are found on\n%.900s", n, r.page)
	}
}
