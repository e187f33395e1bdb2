package portal_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/portal"
)

// What is to be done at the last moment is done when the connection is there, however long
// that took, and before a byte has left; on a connection that is used again, too.
func TestReadyIsAskedBeforeTheFirstByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const connecting = 4 * time.Second
		s := &stub{pki: newPKI(t), root: plainRoot}
		n := newNetwork(64 << 10)
		s.serveAll(t, tls.NewListener(n, s.pki.serverConfig()), replying(reply("200 OK", created)))
		c := s.client(t)
		c.DialWith(func(ctx context.Context) (net.Conn, error) {
			time.Sleep(connecting)
			return n.dial(ctx)
		})
		for _, took := range []time.Duration{connecting, 0} {
			asked, begun := 0, time.Now()
			b, arrived := whole(1000), len(s.calls())
			b.begun = func() {
				if asked != 1 {
					t.Error("the bundle is read before anybody was asked whether it is ready")
				}
			}
			j := job(b)
			j.Ready = func() error {
				asked++
				synctest.Wait()
				if waited := time.Since(begun); waited != took || len(s.calls()) != arrived {
					t.Errorf("asked after %v, want %v; %d requests have arrived", waited, took, len(s.calls())-arrived)
				}
				return nil
			}
			if o := c.Create(t.Context(), j); o.Kind != mailout.OutcomeAccepted || asked != 1 {
				t.Errorf("asked %d times: %+v", asked, o)
			}
		}
	})
}

// A create that cannot be made ready leaves nothing, and that is proved: on a new
// connection and on one that is used again, whatever is in its buffers.
func TestWhatIsNotReadyIsNotSent(t *testing.T) {
	var bytes int
	serve := func(s *stub, conn net.Conn, in *bufio.Reader) {
		for s.receive(in) {
			io.WriteString(conn, reply("200 OK", "You are 988015814"))
		}
		bytes += in.Buffered()
	}
	for _, reused := range []bool{false, true} {
		inBubble(t, serve, func(t *testing.T, s *stub, c *portal.Client) {
			if reused {
				if _, _, err := c.WhoAmI(t.Context(), sender); err != nil {
					t.Fatal(err)
				}
			}
			before := len(s.calls())
			j := job(bundle(strings.Repeat("x", 100_000)))
			j.Ready = func() error { return errors.New("the key does not sign") }
			o := c.Create(t.Context(), j)
			untouched(t, o, notSent("given-up"))
			checkSafe(t, o.Message)
			if !strings.Contains(o.Message, "does not sign") {
				t.Errorf("the message does not say why: %s", o.Message)
			}
			synctest.Wait()
			if n := len(s.calls()) - before; n != 0 || bytes != 0 {
				t.Errorf("used again %v: %d requests and %d bytes arrived", reused, n, bytes)
			}
			if _, _, err := c.WhoAmI(t.Context(), sender); err != nil {
				t.Errorf("used again %v: the next call fails: %v", reused, err)
			}
		})
	}
}

// A create says nothing in its header that allows anybody to repeat it, and it goes over
// HTTP/1.1 whatever the server offers: HTTP/2 has rules of its own for what may be repeated.
func TestACreateIsNeverMarkedAsRepeatable(t *testing.T) {
	var offered []string
	s := newStub(t, func(c *tls.Config) {
		c.NextProtos = []string{"h2", "http/1.1"}
		c.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			offered = hello.SupportedProtos
			return nil, nil
		}
	}, replying(reply("200 OK", created)))
	config := s.pki.clientConfig()
	config.NextProtos = []string{"h2", "http/1.1"}
	c := newClient(t, portal.Options{Root: s.root, TLS: config})
	if o := c.Create(t.Context(), job(bundle("x"))); o.Kind != mailout.OutcomeAccepted {
		t.Fatalf("%+v", o)
	}
	if slices.Contains(offered, "h2") {
		t.Errorf("HTTP/2 is offered: %q", offered)
	}
	for name := range s.headers[0] {
		if !slices.Contains([]string{"Accept", "Content-Length", "Content-Type", "User-Agent"}, name) {
			t.Errorf("the header holds %s", name)
		}
	}
}
