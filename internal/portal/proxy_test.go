package portal_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/portal"
)

// littleProxy is an HTTP proxy that connects whoever knows its password, if it has one.
type littleProxy struct {
	url string

	mu    sync.Mutex
	asked []http.Header // of every CONNECT
}

func newProxy(t *testing.T, user, password string) *littleProxy {
	t.Helper()
	p := &littleProxy{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.url = "http://" + listener.Addr().String()
	want := ""
	if user != "" {
		want = "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
	new(stub).serveAll(t, listener, func(_ *stub, conn net.Conn, in *bufio.Reader) {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.asked = append(p.asked, req.Header)
		p.mu.Unlock()
		if req.Method != http.MethodConnect || req.Header.Get("Proxy-Authorization") != want {
			io.WriteString(conn, reply("407 "+private, page, "Proxy-Authenticate: Basic"))
			return
		}
		relay(conn, in, req.Host)
	})
	return p
}

func relay(conn net.Conn, in io.Reader, address string) {
	to, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer to.Close()
	io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		io.Copy(to, in)
		to.Close()
	}()
	io.Copy(conn, to)
}

func TestThroughAProxy(t *testing.T) {
	s := newStub(t, nil, replying(reply("200 OK", created)))
	open, locked := newProxy(t, "", ""), newProxy(t, "user", "s3cret pass")
	through := func(proxy string) mailout.Outcome {
		return newClient(t, portal.Options{Root: s.root, TLS: s.pki.clientConfig(), Proxy: proxy}).Create(t.Context(), job(bundle("x")))
	}
	if o := through(open.url); o.Kind != mailout.OutcomeAccepted {
		t.Errorf("%+v", o)
	}
	if o := through(strings.Replace(locked.url, "//", "//user:s3cret%20pass@", 1)); o.Kind != mailout.OutcomeAccepted {
		t.Errorf("%+v", o)
	}
	o := through(strings.Replace(locked.url, "//", "//user:wr0ng@", 1))
	untouched(t, o, notSent("proxy-refused"))
	if !strings.Contains(o.Message, "407 Proxy Authentication Required; write its user") || strings.Contains(o.Message, "wr0ng") {
		t.Errorf("it says %q", o.Message)
	}
	if n := len(s.calls()); n != 2 {
		t.Errorf("%d requests arrived", n)
	}
	for _, header := range s.headers {
		if header.Get("Proxy-Authorization") != "" {
			t.Error("the portal was told the proxy's password")
		}
	}
	for _, header := range append(open.asked, locked.asked...) {
		if header.Get("Content-Length") != "" || header.Get("Accept") != "" {
			t.Errorf("the proxy was told %v", header)
		}
	}
}

// A proxy that cannot be found, and one that is not there, are not taken for the portal.
func TestAProxyThatIsNotThere(t *testing.T) {
	gone := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	unnamed := &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: private, IsNotFound: true}}
	for name, c := range map[string]struct {
		proxy string
		err   error
		want  string
	}{
		"proxy not there":        {"http://proxy.example:8080", gone, "the proxy cannot be reached: dial tcp: connection refused"},
		"proxy without address":  {"http://proxy.example:8080", unnamed, "the proxy's name cannot be looked up"},
		"portal not there":       {"", gone, "the portal cannot be reached: connection refused"},
		"portal without address": {"", unnamed, "the portal's name cannot be looked up"},
	} {
		client := newClient(t, portal.Options{Root: "https://portal.example/api", TLS: newPKI(t).clientConfig(), Proxy: c.proxy})
		client.DialWith(func(context.Context) (net.Conn, error) { return nil, c.err })
		o := client.Create(t.Context(), job(bundle("x")))
		untouched(t, o, notSent("unreachable"))
		if o.Message != c.want {
			t.Errorf("%s: it says %q, want %q", name, o.Message, c.want)
		}
	}
}

// What the environment says of proxies is not asked.
func TestNoProxyButTheOneThatIsSet(t *testing.T) {
	p := newProxy(t, "", "")
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, p.url)
	}
	s := newStub(t, nil, replying(reply("200 OK", created)))
	if o := s.client(t).Create(t.Context(), job(bundle("x"))); o.Kind != mailout.OutcomeAccepted || len(p.asked) != 0 {
		t.Errorf("%+v, the proxy was asked %d times", o, len(p.asked))
	}
}

// A proxy that does not let us through has seen nothing of the request, nor has the portal.
func TestAProxyInTheWay(t *testing.T) {
	answer := func(text string) func(*stub, net.Conn) {
		return func(_ *stub, conn net.Conn) { io.WriteString(conn, text) }
	}
	for name, test := range map[string]struct {
		answers func(s *stub, conn net.Conn) // after CONNECT
		want    verdict
		after   time.Duration
	}{
		"refuses":                   {answer(reply("403 "+private, page)), notSent("proxy-refused"), 0},
		"wants a password":          {answer(reply("407 Proxy Authentication Required", page)), notSent("proxy-refused"), 0},
		"does not reach the portal": {answer(reply("502 Bad Gateway", page)), notSent("proxy-refused"), 0},
		"gives up on the portal":    {answer(reply("504 Gateway Timeout", "")), notSent("proxy-refused"), 0},
		"is too busy":               {answer(reply("429 Too Many Requests", "", "DoSFilter: x")), notSent("proxy-refused"), 0},
		"leads elsewhere":           {answer(redirect("302 Found")), notSent("proxy-refused"), 0},
		"says yes and no":           {answer("HTTP/1.1 204 No Content\r\n\r\n"), notSent("proxy-refused"), 0},
		"shows its log-in page": {func(_ *stub, conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
			conn.Read(make([]byte, 1)) // of the client's hello
			io.WriteString(conn, page)
		}, halted("wrong-server"), 0},
		"plays the portal in clear":   {answer(reply("200 OK", created)), notSent("unreachable"), 0},
		"speaks another protocol":     {answer("220 " + private + "\r\n"), notSent("unreachable"), 0},
		"closes":                      {answer(""), notSent("unreachable"), 0},
		"closes once it has said yes": {answer("HTTP/1.1 200 OK\r\n\r\n"), notSent("unreachable"), 0},
		"has a header without end":    {answer("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 100<<10)), notSent("unreachable"), 0},
		"says nothing":                {func(*stub, net.Conn) { time.Sleep(time.Hour) }, notSent("timeout"), 20 * time.Second},
		"says yes and then nothing":   {func(_ *stub, conn net.Conn) { answer("HTTP/1.1 200 OK\r\n\r\n")(nil, conn); time.Sleep(time.Hour) }, notSent("timeout"), 5 * time.Second},
		"opens what is encrypted (its own certificate)": {func(s *stub, conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
			theirs := newPKI(t).serverConfig()
			theirs.ClientAuth = tls.RequestClientCert
			closing(reply("200 OK", created))(s, conn, bufio.NewReader(tls.Server(conn, theirs)))
		}, halted("wrong-server"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stub{pki: newPKI(t)}
				n := newNetwork(64 << 10)
				s.serveAll(t, n, func(s *stub, conn net.Conn, in *bufio.Reader) {
					req, err := http.ReadRequest(in)
					if err != nil || req.Method != http.MethodConnect || req.Host != "portal.example:443" {
						t.Errorf("the proxy got %v, %v", req, err)
						return
					}
					test.answers(s, conn)
				})
				c := newClient(t, portal.Options{Root: "https://portal.example/api", TLS: s.pki.clientConfig(), Proxy: "http://proxy.example:8080"})
				c.DialWith(n.dial)
				start := time.Now()
				o := c.Create(t.Context(), job(bundle("x")))
				untouched(t, o, test.want)
				checkSafe(t, o.Message)
				checkEnd(t, "create", of(o), test.want, time.Since(start), test.after)
				for _, call := range everyCall {
					if got := ofCall(t, call.make(t.Context(), c, "https://portal.example/api")); got != test.want {
						t.Errorf("%s: got %+v, want %+v", call.name, got, test.want)
					}
				}
				if want, n := 1+len(everyCall), s.connections(); n != want || len(s.calls()) != 0 {
					t.Errorf("%d times CONNECT, want %d; %q arrived", n, want, s.calls())
				}
			})
		})
	}
}
