package portal_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/portal"
)

// A call can break in many ways, and in each of its phases. The server of these tests goes
// with a call as far as a phase and then ends it in one of the ways.

// phases say how far a server goes: what it does with the bare connection, and with TLS on
// it. Between client and server 32 bytes have room, so that a client that is not read from
// has not got further.
var phases = map[string]func(raw net.Conn, secured *tls.Conn, s *stub){
	"handshake": func(raw net.Conn, _ *tls.Conn, _ *stub) { readRecord(raw) },
	"header going out": func(raw net.Conn, secured *tls.Conn, _ *stub) {
		secured.Handshake()
		io.ReadFull(raw, make([]byte, 10))
	},
	"body going out": func(_ net.Conn, secured *tls.Conn, _ *stub) { io.ReadFull(secured, make([]byte, 2000)) },
	"waiting":        func(_ net.Conn, secured *tls.Conn, s *stub) { s.receive(bufio.NewReader(secured)) },
	"answer's header": func(_ net.Conn, secured *tls.Conn, s *stub) {
		s.receive(bufio.NewReader(secured))
		io.WriteString(secured, "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n")
	},
	"answer's body": func(_ net.Conn, secured *tls.Conn, s *stub) {
		s.receive(bufio.NewReader(secured))
		io.WriteString(secured, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"+created)
		synctest.Wait() // until the client has taken it
	},
}

// readRecord reads one record of TLS, as the client's hello.
func readRecord(raw net.Conn) {
	header := make([]byte, 5)
	io.ReadFull(raw, header)
	io.CopyN(io.Discard, raw, int64(header[3])<<8|int64(header[4]))
}

// endings are the ways to end a call. Those that say nothing leave the client to its own
// patience.
var endings = map[string]func(raw memoryConn, giveUp func()){
	"closed":   func(raw memoryConn, _ func()) { raw.Close() },
	"reset":    func(raw memoryConn, _ func()) { raw.breakOff() },
	"silent":   func(memoryConn, func()) {},
	"given up": func(_ memoryConn, giveUp func()) { giveUp() },
	"noise": func(raw memoryConn, _ func()) {
		io.WriteString(raw, "noise") // a record's header is five bytes, too
		io.Copy(io.Discard, raw)
	},
}

func TestWhereverACallBreaks(t *testing.T) {
	for _, test := range []struct {
		phase, ending string
		want          verdict
		after         time.Duration // how long the client waited at least
		fetch         verdict       // where a download says it otherwise
	}{
		{"handshake", "closed", notSent("unreachable"), 0, verdict{}},
		{"handshake", "reset", notSent("unreachable"), 0, verdict{}},
		{"handshake", "silent", notSent("timeout"), 5 * time.Second, verdict{}},
		{"handshake", "given up", notSent("stopped"), 0, verdict{}},
		{"handshake", "noise", halted("wrong-server"), 0, verdict{}},
		{"header going out", "closed", unknown("reset"), 0, verdict{}},
		{"header going out", "reset", unknown("reset"), 0, verdict{}},
		{"header going out", "silent", unknown("timeout"), 30 * time.Second, verdict{}},
		{"header going out", "given up", unknown("stopped"), 0, verdict{}},
		{"header going out", "noise", unknown(""), 0, verdict{}},
		{"body going out", "closed", unknown("reset"), 0, verdict{}},
		{"body going out", "reset", unknown("reset"), 0, verdict{}},
		{"body going out", "silent", unknown("timeout"), 30 * time.Second, verdict{}},
		{"body going out", "given up", unknown("stopped"), 0, verdict{}},
		{"body going out", "noise", unknown(""), 0, verdict{}},
		{"waiting", "closed", unknown("reset"), 0, verdict{}},
		{"waiting", "reset", unknown("reset"), 0, verdict{}},
		{"waiting", "silent", unknown("timeout"), time.Minute, verdict{}},
		{"waiting", "given up", unknown("stopped"), 0, verdict{}},
		{"waiting", "noise", unknown("no-answer"), 0, verdict{}},
		{"answer's header", "closed", unknown("reset"), 0, verdict{}},
		{"answer's header", "reset", unknown("reset"), 0, verdict{}},
		{"answer's header", "silent", unknown("timeout"), time.Minute, verdict{}},
		{"answer's header", "given up", unknown("stopped"), 0, verdict{}},
		{"answer's header", "noise", unknown("no-answer"), 0, verdict{}},
		{"answer's body", "closed", unknown("unreadable-answer"), 0, unknown("truncated")},
		{"answer's body", "reset", unknown("unreadable-answer"), 0, unknown("truncated")},
		{"answer's body", "silent", unknown("unreadable-answer"), time.Minute, unknown("timeout")},
		{"answer's body", "given up", unknown("unreadable-answer"), 0, unknown("truncated")},
		{"answer's body", "noise", unknown("unreadable-answer"), 0, unknown("truncated")},
	} {
		t.Run(test.phase+" "+test.ending, func(t *testing.T) {
			inPhase(t, test.phase, test.ending, func(t *testing.T, ctx context.Context, c *portal.Client) {
				start := time.Now()
				o := c.Create(ctx, job(bundle(strings.Repeat("x", 5000))))
				checkEnd(t, "create", of(o), test.want, time.Since(start), test.after)
				checkSafe(t, o.Code, o.Message)
				if unsent := test.want.kind != unknown("").kind; o.LastByte.IsZero() != unsent || o.Speed.TimedOut == unsent {
					t.Errorf("the outcome says %+v", o)
				}
			})
			if test.phase == "body going out" {
				return // the other calls have none
			}
			for _, call := range everyCall {
				inPhase(t, test.phase, test.ending, func(t *testing.T, ctx context.Context, c *portal.Client) {
					want, after := test.want, test.after
					switch {
					case call.name == "fetch" && test.fetch.code != "":
						want, after = test.fetch, min(after, 30*time.Second)
					case after == 30*time.Second: // a header alone is written at a stroke, and counts as sent
						after = time.Minute
					}
					start := time.Now()
					got := ofCall(t, call.make(ctx, c, "https://portal.example/api"))
					checkEnd(t, call.name, got, want, time.Since(start), after)
				})
			}
		})
	}
}

// checkEnd compares verdicts; one without a code leaves open whether reading or writing
// broke first.
func checkEnd(t *testing.T, call string, got, want verdict, spent, after time.Duration) {
	t.Helper()
	if want.code == "" && (got.code == "reset" || got.code == "no-answer") {
		want.code = got.code
	}
	if got != want {
		t.Errorf("%s: got %+v, want %+v", call, got, want)
	}
	if spent < after || spent > after+patience {
		t.Errorf("%s: given up after %v, want %v", call, spent, after)
	}
}

// patience is what a failed write may wait for an answer that came before it.
const patience = 2 * time.Second

// inPhase runs a test with a client whose server goes as far as a phase and ends there.
func inPhase(t *testing.T, phase, ending string, test func(*testing.T, context.Context, *portal.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, giveUp := context.WithCancel(t.Context())
		s := &stub{pki: newPKI(t), root: "https://portal.example/api"}
		n := newNetwork(32)
		s.serveAll(t, n, func(s *stub, conn net.Conn, _ *bufio.Reader) {
			phases[phase](conn, tls.Server(conn, s.pki.serverConfig()), s)
			endings[ending](conn.(memoryConn), giveUp)
			<-t.Context().Done()
		})
		c := s.client(t)
		c.DialWith(n.dial)
		test(t, ctx, c)
		giveUp()
	})
}

// Before there is a connection nothing can have left.
func TestWhereverAConnectionFails(t *testing.T) {
	refusedAt := func(op string, err error) func(context.Context) (net.Conn, error) {
		return func(context.Context) (net.Conn, error) { return nil, &net.OpError{Op: op, Net: "tcp", Err: err} }
	}
	for name, test := range map[string]struct {
		dial  func(context.Context) (net.Conn, error)
		want  verdict
		after time.Duration
	}{
		"refused":        {refusedAt("dial", syscall.ECONNREFUSED), notSent("unreachable"), 0},
		"no route":       {refusedAt("dial", syscall.EHOSTUNREACH), notSent("unreachable"), 0},
		"reset":          {refusedAt("read", syscall.ECONNRESET), notSent("unreachable"), 0},
		"too many files": {refusedAt("dial", syscall.EMFILE), notSent("unreachable"), 0},
		"no such name": {func(context.Context) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}
		}, notSent("unreachable"), 0},
		"a name server that is late": {func(context.Context) (net.Conn, error) {
			return nil, &net.DNSError{Err: "i/o timeout", Name: "x", IsTimeout: true}
		}, notSent("unreachable"), 0},
		"anything else": {func(context.Context) (net.Conn, error) { return nil, errors.New("odd " + private) }, notSent("unreachable"), 0},
		"silent": {func(ctx context.Context) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, notSent("timeout"), 20 * time.Second},
		"silent, whatever is asked of it": {func(context.Context) (net.Conn, error) {
			time.Sleep(time.Minute)
			return nil, errors.New("at last")
		}, notSent("timeout"), 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, portal.Options{Root: "https://portal.example/api", TLS: newPKI(t).clientConfig()})
				c.DialWith(test.dial)
				start := time.Now()
				untouched(t, c.Create(t.Context(), job(bundle("x"))), test.want)
				checkEnd(t, "create", test.want, test.want, time.Since(start), test.after)
				for _, call := range everyCall {
					if got := ofCall(t, call.make(t.Context(), c, "https://portal.example/api")); got != test.want {
						t.Errorf("%s: got %+v, want %+v", call.name, got, test.want)
					}
				}
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				untouched(t, c.Create(ctx, job(bundle("x"))), notSent("stopped"))
				time.Sleep(time.Minute) // for dials that are slow to end
			})
		})
	}
}
