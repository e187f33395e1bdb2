package portal_test

import (
	"crypto/tls"
	"io"
	"strings"
	"testing"

	"batch/internal/portal"
)

func TestOnlyThePortalsOwnAddressesAreCalled(t *testing.T) {
	s := newStub(t, nil, replying(reply("200 OK", "")))
	c := s.client(t)
	host := strings.TrimSuffix(s.root, "/api")
	for _, url := range []string{
		"", "complete", "/api/988015814/portal/x", "//" + strings.TrimPrefix(host, "https://") + "/api/988015814/x",
		"http" + strings.TrimPrefix(s.root, "https") + "/988015814/portal/x",
		"https://elsewhere.example/api/988015814/portal/x",
		"https://127.0.0.1/api/988015814/portal/x",   // another port
		"https://127.0.0.1:1/api/988015814/portal/x", // another port
		strings.Replace(s.root, "//", "//somebody@", 1) + "/988015814/portal/x",
		strings.Replace(s.root, "127.0.0.1", "127.0.0.1.elsewhere.example", 1) + "/988015814/portal/x",
		s.root + "/988015814", s.root + "/988015814/", s.root + "/123456789/portal/x", s.root + "/9880158149/portal/x",
		s.root + "/988015814/../123456789/portal/x", s.root + "/988015814/%2e%2e/123456789/x", s.root + "/988015814/..%2f123456789",
		s.root + "/988015814/x;/../y", s.root + "/988015814//x", s.root + "/988015814/./x", s.root + `/988015814/..\x`, s.root + "/988015814/%5c..",
		s.root + "/988015814/x#fragment", s.root + "/988015814/" + strings.Repeat("x", 500), s.root + "/988015814/%zz", s.root + "/988015814/\x00",
	} {
		_, err := c.Confirm(t.Context(), sender, url)
		if e := callError(t, err); e.Code != "foreign-url" || e.Fatal {
			t.Errorf("%q: confirming ended with %#v", url, e)
		}
		_, _, _, err = c.Fetch(t.Context(), sender, url, io.Discard)
		if e := callError(t, err); e.Code != "foreign-url" || e.Fatal {
			t.Errorf("%q: fetching ended with %#v", url, e)
		}
	}
	if calls := s.calls(); len(calls) != 0 {
		t.Errorf("calls were made: %q", calls)
	}
	for _, url := range []string{s.root + "/988015814/portal/signature-jobs/1/xades/1?a=b", strings.Replace(s.root, "https", "HTTPS", 1) + "/988015814/archive/%C3%A6"} {
		if _, err := c.Confirm(t.Context(), sender, url); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestTheDefaultPortIsTheSamePort(t *testing.T) {
	p := newPKI(t)
	c := newClient(t, portal.Options{Root: "https://Portal.example/api/", TLS: p.clientConfig()})
	s := newStub(t, func(config *tls.Config) { *config = *p.serverConfig() }, replying(reply("200 OK", "")))
	c.DialWith(dialling(s))
	if _, err := c.Confirm(t.Context(), sender, "https://portal.EXAMPLE:443/api/988015814/x"); err != nil {
		t.Error(err)
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
		"at most 10485760 bytes, 20 documents, 90 days": "at most … bytes, 20 documents, 90 days",
		strings.Repeat("å", 400):                        strings.Repeat("å", 299) + "…",
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
