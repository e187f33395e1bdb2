package portal_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/portal"
)

// inBubble runs a test with a server and a client whose time is the bubble's: minutes of
// waiting take none.
func inBubble(t *testing.T, serve func(*stub, net.Conn, *bufio.Reader), test func(*testing.T, *stub, *portal.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stub{pki: newPKI(t), root: "https://portal.example/api"}
		n := newNetwork(64 << 10)
		s.serveAll(t, tls.NewListener(n, s.pki.serverConfig()), serve)
		c := s.client(t)
		c.DialWith(n.dial)
		test(t, s, c)
	})
}

func TestAnAnswerMayTakeAMinute(t *testing.T) {
	late := func(wait time.Duration) func(*stub, net.Conn, *bufio.Reader) {
		return func(s *stub, conn net.Conn, in *bufio.Reader) {
			s.receive(in)
			time.Sleep(wait)
			io.WriteString(conn, reply("200 OK", createdXML(jobElements)))
		}
	}
	inBubble(t, late(59*time.Second), func(t *testing.T, _ *stub, c *portal.Client) {
		if o := c.Create(t.Context(), job(bundle("x"))); o.Kind != mailout.OutcomeAccepted {
			t.Errorf("%+v", o)
		}
	})
	inBubble(t, late(61*time.Second), func(t *testing.T, _ *stub, c *portal.Client) {
		start := time.Now()
		o := c.Create(t.Context(), job(bundle("x")))
		lost(t, o, "timeout")
		if spent := time.Since(start); spent != time.Minute || !o.LastByte.Equal(start) {
			t.Errorf("given up after %v, last byte after %v", spent, o.LastByte.Sub(start))
		}
		_, err := c.Poll(t.Context(), sender, "")
		if e := callError(t, err); e.Code != "timeout" || !e.Speed.TimedOut {
			t.Errorf("a poll ended with %#v", e)
		}
	})
}

func TestAnAnswerThatDripsIsGivenUp(t *testing.T) {
	inBubble(t, func(s *stub, conn net.Conn, in *bufio.Reader) {
		s.receive(in)
		for _, b := range []byte(reply("200 OK", createdXML(jobElements))) {
			if _, err := conn.Write([]byte{b}); err != nil {
				return
			}
			time.Sleep(500 * time.Millisecond)
		}
	}, func(t *testing.T, _ *stub, c *portal.Client) {
		start := time.Now()
		o := c.Create(t.Context(), job(bundle("x")))
		if got := of(o); got != unknown("unreadable-answer") || time.Since(start) != time.Minute {
			t.Errorf("%+v after %v", got, time.Since(start))
		}
	})
}

func TestAnUploadIsBoundedByItsStall(t *testing.T) {
	content := bundle(strings.Repeat("x", 1<<20))
	inBubble(t, func(s *stub, conn net.Conn, in *bufio.Reader) {
		in.ReadString('\n')
		time.Sleep(time.Hour)
	}, func(t *testing.T, _ *stub, c *portal.Client) {
		start := time.Now()
		o := c.Create(t.Context(), job(content))
		lost(t, o, "timeout")
		if spent := o.LastByte.Sub(start); spent < 30*time.Second || spent > 31*time.Second {
			t.Errorf("given up after %v", spent)
		}
	})
	inBubble(t, func(s *stub, conn net.Conn, in *bufio.Reader) {
		slow := bufio.NewReader(sluggish{in})
		s.receive(slow)
		io.WriteString(conn, reply("200 OK", createdXML(jobElements)))
	}, func(t *testing.T, _ *stub, c *portal.Client) {
		start := time.Now()
		if o := c.Create(t.Context(), job(content)); o.Kind != mailout.OutcomeAccepted {
			t.Errorf("%+v", o)
		}
		if spent := time.Since(start); spent < 2*time.Minute {
			t.Errorf("the upload took only %v", spent)
		}
	})
}

// sluggish reads a little every second.
type sluggish struct{ from io.Reader }

func (s sluggish) Read(p []byte) (int, error) {
	time.Sleep(time.Second)
	return s.from.Read(p[:min(len(p), 4096)])
}

func TestADownloadIsBoundedByItsStall(t *testing.T) {
	document := strings.Repeat("%PDF", 1000)
	drip := func(pause time.Duration) func(*stub, net.Conn, *bufio.Reader) {
		return func(s *stub, conn net.Conn, in *bufio.Reader) {
			s.receive(in)
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n")
			for n := 0; n < len(document); n += 100 {
				if _, err := io.WriteString(conn, document[n:n+100]); err != nil {
					return
				}
				time.Sleep(pause)
			}
		}
	}
	inBubble(t, drip(20*time.Second), func(t *testing.T, s *stub, c *portal.Client) {
		var got strings.Builder
		n, announced, _, err := c.Fetch(t.Context(), sender, s.root+"/988015814/portal/signature-jobs/1/pades", limit, &got)
		if err != nil || n != 4000 || announced != 4000 || got.String() != document {
			t.Errorf("%d of %d bytes: %v", n, announced, err)
		}
	})
	inBubble(t, drip(40*time.Second), func(t *testing.T, s *stub, c *portal.Client) {
		n, _, _, err := c.Fetch(t.Context(), sender, s.root+"/988015814/portal/signature-jobs/1/pades", limit, io.Discard)
		if e := callError(t, err); e.Code != "timeout" || n != 100 {
			t.Errorf("%d bytes: %#v", n, e)
		}
	})
}

func TestAConnectionThatIsNotUsedIsGivenUpEarly(t *testing.T) {
	connections := 0
	inBubble(t, func(s *stub, conn net.Conn, in *bufio.Reader) {
		connections++
		replying(reply("200 OK", "You are 988015814"))(s, conn, in)
	}, func(t *testing.T, s *stub, c *portal.Client) {
		for _, wait := range []time.Duration{0, 9 * time.Second, 11 * time.Second} {
			time.Sleep(wait)
			if _, _, err := c.WhoAmI(t.Context(), sender); err != nil {
				t.Fatal(err)
			}
		}
		if connections != 2 {
			t.Errorf("%d connections, want one for the first two calls and one for the last", connections)
		}
	})
}
