package portal_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"batch/internal/portal"
)

// The portal of these tests has its port spelled out or not, as the root below has it.
const (
	plainRoot  = "https://portal.example/api"
	portedRoot = "https://portal.example:8443/api"
)

func TestAddressesThatAreNotThePortalsOwn(t *testing.T) {
	const path = "/api/988015814/portal/signature-jobs/1/complete"
	for name, url := range map[string]string{
		"nothing":                       "",
		"a path alone":                  path,
		"a word":                        "complete",
		"without a scheme":              "//portal.example" + path,
		"without slashes":               "https:portal.example" + path,
		"with one slash":                "https:/portal.example" + path,
		"with three slashes":            "https:///portal.example" + path,
		"http":                          "http://portal.example" + path,
		"http on the right port":        "http://portal.example:443" + path,
		"ftp":                           "ftp://portal.example" + path,
		"a file":                        "file:///etc/passwd",
		"a file of the host":            "file://portal.example" + path,
		"a script":                      "javascript:alert(1)",
		"data":                          "data:text/html," + path,
		"another host":                  "https://elsewhere.example" + path,
		"a host below":                  "https://evil.portal.example" + path,
		"a host that begins alike":      "https://portal.example.evil.example" + path,
		"a host that ends alike":        "https://evilportal.example" + path,
		"a trailing dot":                "https://portal.example." + path,
		"look-alike letters":            "https://pоrtal.example" + path, // a Cyrillic о
		"letters that fold to ours":     "https://portal.exampl\u212f" + path,
		"a long s":                      "https://po\u017ftal.example" + path,
		"punycode":                      "https://xn--prtal-fve.example" + path,
		"full-width dots":               "https://portal。example" + path,
		"a soft hyphen":                 "https://por\u00adtal.example" + path,
		"escapes in the host":           "https://portal%2eexample" + path,
		"an IP address":                 "https://127.0.0.1" + path,
		"an IPv6 address":               "https://[::1]" + path,
		"an IPv6 address with a zone":   "https://[fe80::1%25eth0]" + path,
		"the host as a zone":            "https://[::1%25portal.example]" + path,
		"brackets round the host":       "https://[portal.example]" + path,
		"another port":                  "https://portal.example:444" + path,
		"port zero":                     "https://portal.example:0" + path,
		"an empty port":                 "https://portal.example:" + path,
		"a port with a zero before":     "https://portal.example:0443" + path,
		"a port that is no number":      "https://portal.example:https" + path,
		"two ports":                     "https://portal.example:443:443" + path,
		"a user":                        "https://somebody@portal.example" + path,
		"a user and a password":         "https://a:b@portal.example" + path,
		"an empty user":                 "https://@portal.example" + path,
		"the host as a user":            "https://portal.example@elsewhere.example" + path,
		"the host and path as a user":   "https://portal.example%2fapi@elsewhere.example" + path,
		"a backslash for the path":      `https://portal.example\@elsewhere.example` + path,
		"a fragment":                    "https://portal.example" + path + "#x",
		"an empty fragment":             "https://portal.example" + path + "#",
		"the path as a fragment":        "https://portal.example#" + path,
		"the path as a query":           "https://portal.example?" + path,
		"the sender in the query":       "https://portal.example/api/?/988015814/portal/x",
		"a query with a space":          "https://portal.example" + path + "?a b",
		"a query that ends the request": "https://portal.example" + path + "? HTTP/1.1\r\nX: y",
		"another sender":                "https://portal.example/api/123456789/portal/signature-jobs/1",
		"a longer sender":               "https://portal.example/api/9880158140/portal/signature-jobs/1",
		"a shorter sender":              "https://portal.example/api/98801581/portal/signature-jobs/1",
		"an escaped sender":             "https://portal.example/api/%3988015814/portal/signature-jobs/1",
		"digits of another script":      "https://portal.example/api/٩88015814/portal/signature-jobs/1",
		"no sender":                     "https://portal.example/api/portal/signature-jobs/1",
		"the sender later":              "https://portal.example/api/x/988015814/portal/signature-jobs/1",
		"the sender alone":              "https://portal.example/api/988015814",
		"the sender and a slash":        "https://portal.example/api/988015814/",
		"outside the root":              "https://portal.example/988015814/portal/signature-jobs/1",
		"another root":                  "https://portal.example/API/988015814/portal/signature-jobs/1",
		"up":                            "https://portal.example/api/988015814/../123456789/x",
		"up, escaped":                   "https://portal.example/api/988015814/%2e%2e/123456789/x",
		"up, half escaped":              "https://portal.example/api/988015814/.%2E/123456789/x",
		"up, escaped twice":             "https://portal.example/api/988015814/%252e%252e/123456789/x",
		"up to the sender":              "https://portal.example/api/123456789/../988015814/x",
		"an escaped slash":              "https://portal.example/api/988015814/..%2f123456789",
		"a parameter":                   "https://portal.example/api/988015814/x;/../y",
		"a dot":                         "https://portal.example/api/988015814/./x",
		"two slashes":                   "https://portal.example/api/988015814//x",
		"two slashes before the sender": "https://portal.example/api//988015814/x",
		"a backslash":                   `https://portal.example/api/988015814/..\x`,
		"an escaped backslash":          "https://portal.example/api/988015814/%5c..%5cx",
		"an escape that is none":        "https://portal.example/api/988015814/%zz",
		"a NUL":                         "https://portal.example/api/988015814/\x00",
		"an escaped NUL":                "https://portal.example/api/988015814/x%00",
		"an escaped line break":         "https://portal.example/api/988015814/x%0d%0aHost:%20y",
		"a line break":                  "https://portal.example/api/988015814/x\r\nHost: y",
		"a tab within":                  "https://portal.ex\tample" + path,
		"a space before":                " https://portal.example" + path,
		"a space behind":                "https://portal.example" + path + " ",
		"bytes that are not UTF-8":      "https://portal.example/api/988015814/\xff",
		"very long":                     "https://portal.example/api/988015814/" + strings.Repeat("x", 500),
	} {
		for _, root := range []string{plainRoot, portedRoot} {
			given := strings.Replace(url, "https://portal.example/", strings.TrimSuffix(root, "api"), 1)
			t.Run(name+" "+root, func(t *testing.T) { refusesAddress(t, root, given) })
		}
	}
}

// refusesAddress checks that no call takes an address from the server.
func refusesAddress(t *testing.T, root, given string) {
	c := newClient(t, portal.Options{Root: root, TLS: &tls.Config{}})
	c.DialWith(func(context.Context) (net.Conn, error) { t.Error("a call was made"); return nil, io.EOF })
	_, confirmErr := c.Confirm(t.Context(), sender, given)
	_, _, _, fetchErr := c.Fetch(t.Context(), sender, given, limit, io.Discard)
	_, cancelErr := c.Cancel(t.Context(), sender, given)
	_, deleteErr := c.DeleteDocuments(t.Context(), sender, given)
	for _, err := range []error{confirmErr, fetchErr, cancelErr, deleteErr} {
		if got := ofCall(t, err); got != notSent("foreign-url") {
			t.Errorf("%q: %+v", given, got)
		}
	}
}

// Every address that leads to the portal is called there, whatever the server wrote for its
// host: name and port are ours.
func TestAddressesThatAreThePortalsOwn(t *testing.T) {
	for given, path := range map[string]string{
		"https://portal.example/api/988015814/portal/signature-jobs/1/complete":            "/api/988015814/portal/signature-jobs/1/complete",
		"HTTPS://PORTAL.example/api/988015814/portal/signature-jobs/1/cancel":              "/api/988015814/portal/signature-jobs/1/cancel",
		"https://portal.example:443/api/988015814/portal/signature-jobs/1/xades/1?a=b&c=d": "/api/988015814/portal/signature-jobs/1/xades/1?a=b&c=d",
		"https://portal.example/api/988015814/archive/documents/1/pades":                   "/api/988015814/archive/documents/1/pades",
		"https://portal.example/api/988015814/x/%C3%A6~_.-":                                "/api/988015814/x/%C3%A6~_.-",
	} {
		s := newStub(t, nil, replying(reply("200 OK", "")))
		c := newClient(t, portal.Options{Root: "https://Portal.example/api/", TLS: s.pki.clientConfig()})
		c.DialWith(dialling(s))
		if _, err := c.Confirm(t.Context(), sender, given); err != nil {
			t.Errorf("%s: %v", given, err)
		} else if got := s.calls()[0]; got != "POST "+path || s.hosts[0] != "Portal.example" {
			t.Errorf("%s: called %s at %s", given, got, s.hosts[0])
		}
	}
}

func TestABadSenderIsNeverCalledFor(t *testing.T) {
	s := newStub(t, nil, replying(reply("200 OK", "You are 988015814")))
	c := s.client(t)
	_, pollErr := c.Poll(t.Context(), "12345678", "")
	_, _, whoErr := c.WhoAmI(t.Context(), "988015814/x")
	_, confirmErr := c.Confirm(t.Context(), "", s.root+"/x")
	for _, err := range []error{pollErr, whoErr, confirmErr} {
		if callError(t, err).Status != 0 {
			t.Error(err)
		}
	}
	if calls := s.calls(); len(calls) != 0 {
		t.Errorf("calls were made: %q", calls)
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	good := newPKI(t).clientConfig()
	blind := &tls.Config{InsecureSkipVerify: true}
	const root = "https://portal.example/api"
	for name, o := range map[string]portal.Options{
		"plain http":       {Root: "http://portal.example/api", TLS: good},
		"no host":          {Root: "https:///api", TLS: good},
		"nothing":          {TLS: good},
		"a query":          {Root: root + "?x=y", TLS: good},
		"a user":           {Root: "https://me@portal.example/api", TLS: good},
		"no TLS":           {Root: root},
		"no verification":  {Root: root, TLS: blind},
		"a proxy's name":   {Root: root, TLS: good, Proxy: "proxy:8080"},
		"a SOCKS proxy":    {Root: root, TLS: good, Proxy: "socks5://proxy:1080"},
		"a proxy with TLS": {Root: root, TLS: good, Proxy: "https://proxy:8080"},
		"a garbled proxy":  {Root: root, TLS: good, Proxy: "http://%"},
		"a garbled portal": {Root: "https://%", TLS: good},
	} {
		if _, err := portal.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestWhatThePortalSaysIsMadeSafe(t *testing.T) {
	for said, want := range map[string]string{
		"Signer 01845012345 is unknown":                               "Signer … is unknown",
		"Signer 018450 12345, +47 987 65 432, kari@example.com":       "Signer …, …, …",
		"018450\u200b12345\u202e":                                     "…",
		"title 'Oppsigelse Kari Nordmann' is too long (95, max '80')": "title '…' is too long (95, max '80')",
		`value "Kari" of 'nonsensitive-title', type 'NOT_NULL'`:       "value '…' of 'nonsensitive-title', type 'NOT_NULL'",
		"«Kari» “Kari” ‘Kari’":                                        "'…' '…' '…'",
		"red \x1b[31malert\x07\n\tand\u2028more\x00":                  "red [31malert and more",
		"\xff\xfe": "�",
		"organization 988015814 may not send on behalf of 991825827": "organization 988015814 may not send on behalf of 991825827",
		"call 988015815, +988015814, 988 015 814, 988015814 01845":   "call …, …, …, …", // no organization's, or not by itself
		"at most 10485760 bytes, 20 documents, 90 days":              "at most … bytes, 20 documents, 90 days",
		strings.Repeat("å", 400):                                     strings.Repeat("å", 299) + "…",
	} {
		if got := portal.Clean(said); got != want {
			t.Errorf("%q became %q, want %q", said, got, want)
		}
	}
}

func TestNoMessageRepeatsPersonalData(t *testing.T) {
	s := newStub(t, nil, replying(reply("400 Bad Request", errorXML("BAD_01845012345", "kari@example.com 01845012345 \u202e 'Kari'"))))
	c := s.client(t)
	o := c.Create(t.Context(), job(bundle("x")))
	_, err := c.Poll(t.Context(), sender, "")
	for _, text := range []string{o.Message, o.Code, err.Error(), callError(t, err).Code} {
		for _, secret := range []string{"01845", "kari", "Kari", "\u202e"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q holds %q", text, secret)
			}
		}
	}
}
