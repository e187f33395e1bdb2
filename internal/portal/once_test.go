package portal_test

import (
	"bufio"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"batch/internal/mailout"
)

// The worst moment for a kept-alive connection: it carried an answer before, takes the
// whole next request, and is closed without a word. net/http repeats what it holds for
// harmless on such a connection; here nothing may be.
func TestNothingIsRepeatedOnAConnectionThatIsClosed(t *testing.T) {
	closers := map[string]func(*stub, *bufio.Reader){
		"after the whole request": func(s *stub, in *bufio.Reader) { s.receive(in) },
		"after its first line": func(s *stub, in *bufio.Reader) {
			line, _ := in.ReadString('\n')
			s.mu.Lock()
			defer s.mu.Unlock()
			s.requests = append(s.requests, strings.TrimSuffix(line, " HTTP/1.1\r\n"))
		},
	}
	for name, last := range closers {
		t.Run(name, func(t *testing.T) {
			s := newStub(t, nil, func(s *stub, conn net.Conn, in *bufio.Reader) {
				if s.receive(in) {
					io.WriteString(conn, reply("200 OK", "You are 988015814"))
					last(s, in)
				}
			})
			c := s.client(t)
			url := s.root + "/988015814/portal/signature-jobs/1/complete"
			calls := map[string]func() error{
				"create": func() error {
					lost(t, c.Create(t.Context(), job(bundle(strings.Repeat("x", 1000)))), "reset")
					return &mailout.CallError{Speed: mailout.Speed{TimedOut: true}}
				},
				"poll":    func() error { _, err := c.Poll(t.Context(), sender, ""); return err },
				"who":     func() error { _, _, err := c.WhoAmI(t.Context(), sender); return err },
				"confirm": func() error { _, err := c.Confirm(t.Context(), sender, url); return err },
				"fetch":   func() error { _, _, _, err := c.Fetch(t.Context(), sender, url, io.Discard); return err },
			}
			for name, call := range calls {
				before := len(s.calls())
				if _, _, err := c.WhoAmI(t.Context(), sender); err != nil {
					t.Fatal(err)
				}
				if e := callError(t, call()); !e.Speed.TimedOut {
					t.Errorf("%s ended with %#v", name, e)
				}
				if n := len(s.calls()) - before; n != 2 {
					t.Errorf("%s: %d requests arrived, want the first call's and one more: %q", name, n, s.calls()[before:])
				}
			}
		})
	}
}

func callError(t *testing.T, err error) *mailout.CallError {
	t.Helper()
	e, ok := err.(*mailout.CallError)
	if !ok {
		t.Fatalf("%#v is not a *mailout.CallError", err)
	}
	return e
}

// Here the server closes at any moment around the next create, as it comes. Whatever the
// race gives, what is said must be true of what arrived.
func TestTheOutcomeIsHonestWhereverTheConnectionCloses(t *testing.T) {
	for n := range 60 {
		s := newStub(t, nil, func(s *stub, conn net.Conn, in *bufio.Reader) {
			for first := true; s.receive(in); first = false {
				answer := createdXML(jobElements)
				io.WriteString(conn, reply("200 OK", answer))
				if first {
					return
				}
			}
		})
		c := s.client(t)
		c.Create(t.Context(), job(bundle("first")))
		o := c.Create(t.Context(), job(bundle(strings.Repeat("x", n*2000+1))))
		arrived := len(s.calls()) - 1
		possible := map[mailout.OutcomeKind][]int{
			mailout.OutcomeAccepted: {1}, mailout.OutcomeNotSent: {0}, mailout.OutcomeUnknown: {0, 1},
		}[o.Kind]
		if !slices.Contains(possible, arrived) {
			t.Errorf("%s, and %d requests arrived: %s", o.Kind, arrived, o.Message)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []string{"301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"} {
		s := newStub(t, nil, replying(reply(status, "", "Location: /api/988015814")))
		c := s.client(t)
		c.Create(t.Context(), job(bundle("x")))
		if _, err := c.Poll(t.Context(), sender, ""); callError(t, err).Code != "redirect" {
			t.Errorf("%s: a poll ended with %v", status, err)
		}
		if calls := s.calls(); len(calls) != 2 {
			t.Errorf("%s: %d requests arrived: %q", status, len(calls), calls)
		}
	}
}
