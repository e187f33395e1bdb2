package portal_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"batch/internal/mailout"
	"batch/internal/portal"
)

// The worst moment for a kept-alive connection: it carried an answer before, takes the next
// request, in part or as a whole, and is closed without a word. net/http repeats what it
// holds for harmless on such a connection; here nothing may be.
func TestNothingIsRepeatedOnAConnectionThatIsClosed(t *testing.T) {
	greeting := reply("200 OK", "You are 988015814")
	for _, taken := range []int{1, 10, 100, 1000, 0} { // bytes of the second request; 0: all of it
		begun := 0
		serve := func(s *stub, conn net.Conn, in *bufio.Reader) {
			s.receive(in)
			io.WriteString(conn, greeting)
			switch n, _ := io.ReadFull(in, make([]byte, taken)); {
			case taken == 0 && s.receive(in), taken > 0 && n > 0:
				begun++
			}
		}
		t.Run(itoa(taken), func(t *testing.T) {
			inBubble(t, serve, func(t *testing.T, s *stub, c *portal.Client) {
				calls := map[string]func() verdict{"create": func() verdict {
					o := c.Create(t.Context(), job(bundle(strings.Repeat("x", 5000))))
					checkConsistent(t, o)
					return of(o)
				}}
				for _, call := range everyCall {
					if taken < 1000 { // more than the header of any
						calls[call.name] = func() verdict { return ofCall(t, call.make(t.Context(), c, s.root)) }
					}
				}
				for name, call := range calls {
					if _, _, err := c.WhoAmI(t.Context(), sender); err != nil {
						t.Fatal(err)
					}
					begun = 0
					before := s.connections()
					if got := call(); got != unknown("reset") {
						t.Errorf("%s: %+v", name, got)
					}
					synctest.Wait()
					if n := s.connections() - before; begun != 1 || n != 0 {
						t.Errorf("%s: begun %d times, and %d connections more", name, begun, n)
					}
				}
			})
		})
	}
}

// dying is a connection that, once armed, takes a few bytes more and breaks.
type dying struct {
	net.Conn
	armed *atomic.Bool
	takes int
}

func (d dying) Write(p []byte) (int, error) {
	if !d.armed.Load() {
		return d.Conn.Write(p)
	}
	n, _ := d.Conn.Write(p[:d.takes])
	d.Conn.Close()
	return n, syscall.EPIPE
}

// A kept-alive connection that was closed in time took nothing along, and that is proved.
// A single byte is enough to prove nothing.
func TestAConnectionThatTakesNothingProvesIt(t *testing.T) {
	for takes, want := range map[int]verdict{0: notSent("unreachable"), 1: unknown("reset")} {
		s := newStub(t, nil, replying(reply("200 OK", "You are 988015814")))
		armed, dial := new(atomic.Bool), dialling(s)
		c := s.client(t)
		c.DialWith(func(ctx context.Context) (net.Conn, error) {
			conn, err := dial(ctx)
			return dying{conn, armed, takes}, err
		})
		if _, _, err := c.WhoAmI(t.Context(), sender); err != nil {
			t.Fatal(err)
		}
		armed.Store(true)
		o := c.Create(t.Context(), job(bundle(strings.Repeat("x", 100_000))))
		if of(o) != want || o.LastByte.IsZero() != (takes == 0) || o.Speed.TimedOut == (takes == 0) {
			t.Errorf("took %d: %+v", takes, o)
		}
		if n := len(s.calls()); n != 1 {
			t.Errorf("took %d: %d requests arrived", takes, n)
		}
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
