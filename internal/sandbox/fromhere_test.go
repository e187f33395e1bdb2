package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Whoever is not on this machine, and whatever others make a browser on it do, gets
// nothing and changes nothing.
func TestControlLetsOnlyThisMachineIn(t *testing.T) {
	c := start(t, Options{NoLimits: true, SignAfter: -1})
	id := c.create("ref-1", newBundle(oneSigner))
	sign := fmt.Sprintf("/jobs/%d/signers/1/sign", id)
	header := func(pairs ...string) func(*http.Request) {
		return func(r *http.Request) {
			for i := 0; i < len(pairs); i += 2 {
				r.Header.Set(pairs[i], pairs[i+1])
			}
		}
	}
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	from := func(address string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = address } }
	for _, test := range []struct {
		name, method, path string
		want               int
		edit               func(*http.Request)
	}{
		{"another machine", "GET", "/jobs", 403, from("192.0.2.1:5000")},
		{"another machine by IPv6", "GET", "/", 403, from("[2001:db8::1]:5000")},
		{"an address that is none", "GET", "/jobs", 403, from("@")},
		{"a name that was made to point here", "GET", "/jobs", 403, host("attacker.example:8080")},
		{"the same, with an address in it", "GET", "/", 403, host("127.0.0.1.attacker.example")},
		{"the same, for a document", "GET", fmt.Sprintf("/jobs/%d/documents/1", id), 403, host("localhost.attacker.example")},
		{"every address of this machine", "GET", "/calls", 403, host("0.0.0.0:8080")},
		{"no name", "GET", "/jobs", 403, host("")},
		{"a page of others posts", "POST", sign, 403, header("Sec-Fetch-Site", "cross-site", "Origin", "https://attacker.example")},
		{"a page of another port posts", "POST", sign, 403, header("Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:1")},
		{"an old browser posts", "POST", sign, 403, header("Origin", "https://attacker.example")},
		{"a page in a sandbox posts", "POST", "/page" + sign, 403, header("Origin", "null")},
		{"a page of others moves the clock", "POST", "/clock?advance=1h", 403, header("Sec-Fetch-Site", "cross-site")},
		{"a page of others plants faults", "PUT", "/faults", 403, header("Sec-Fetch-Site", "cross-site")},
		{"a form by GET", "GET", sign, 405, header()},
		{"a form by GET, of the page", "GET", "/page" + sign, 405, header()},
		{"localhost", "GET", "/jobs", 200, host("localhost:8080")},
		{"another address of this machine", "GET", "/jobs", 200, host("127.8.8.8")},
		{"IPv6", "GET", "/", 200, func(r *http.Request) { r.Host, r.RemoteAddr = "[::1]:8080", "[::1]:5000" }},
		{"a link from elsewhere", "GET", "/", 200, header("Sec-Fetch-Site", "cross-site")},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), test.method, test.path, strings.NewReader("[]"))
			r.Host, r.RemoteAddr = "127.0.0.1:8080", "127.0.0.1:5000"
			test.edit(r)
			w := httptest.NewRecorder()
			c.running.Sandbox.Control().ServeHTTP(w, r)
			if w.Code != test.want || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("status %d, want %d; %s", w.Code, test.want, w.Body)
			}
			if test.want == 403 && strings.Contains(w.Body.String(), "ref-1") {
				t.Errorf("the refusal tells of the job: %s", w.Body)
			}
		})
	}
	if got := c.running.Sandbox.Jobs("")[0].Signers[0].Status; got != signerWaiting {
		t.Errorf("the signer is %s afterwards", got)
	}
}

func TestControlBoundsWhatItReads(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	c.control("PUT", "/faults", "["+strings.Repeat(" ", maxControlBytes)+"]", 413, nil)
	c.control("PUT", "/faults", "["+strings.Repeat(" ", maxControlBytes-2)+"]", 200, nil)
}
