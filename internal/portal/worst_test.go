package portal_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"batch/internal/mailout"
	"batch/internal/portal"
)

// closer is a server that answers the first request of every connection and, when it is
// told, takes so many bytes of the next one and ends the connection. It counts what came of
// those next requests, over all connections.
type closer struct {
	takes int // bytes; negative: the whole request
	end   func(raw *net.TCPConn, secured *tls.Conn)

	now    chan struct{} // tells it to go on
	closed chan struct{} // it has

	mu      sync.Mutex
	conns   int
	bytes   int // of later requests
	arrived int // later requests whose header came whole
}

// endings of a connection, as the client's kernel and TLS see them.
var closings = map[string]func(raw *net.TCPConn, secured *tls.Conn){
	"close_notify": func(_ *net.TCPConn, secured *tls.Conn) { secured.Close() },
	"FIN":          func(raw *net.TCPConn, _ *tls.Conn) { raw.Close() },
	"RST":          func(raw *net.TCPConn, _ *tls.Conn) { raw.SetLinger(0); raw.Close() },
}

// serve serves until the test ends; the address is where.
func (c *closer) serve(t *testing.T, config *tls.Config) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			raw, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { c.connection(raw.(*net.TCPConn), config) })
		}
	})
	t.Cleanup(func() { listener.Close(); all.Wait() })
	return listener.Addr().String()
}

func (c *closer) connection(raw *net.TCPConn, config *tls.Config) {
	defer raw.Close()
	c.mu.Lock()
	c.conns++
	c.mu.Unlock()
	secured := tls.Server(raw, config)
	in := bufio.NewReader(secured)
	if first, err := http.ReadRequest(in); err != nil || first.Method != http.MethodGet {
		c.count(in, -1) // no create ever begins a connection here
		return
	}
	io.WriteString(secured, reply("200 OK", "You are 988015814"))
	<-c.now
	c.count(in, c.takes)
	c.end(raw, secured)
	c.closed <- struct{}{}
}

// count takes n bytes of a request, or all of it.
func (c *closer) count(in *bufio.Reader, n int) {
	arrived := 0
	if n >= 0 {
		n, _ = io.ReadFull(in, make([]byte, n))
	} else if request, err := http.ReadRequest(in); err == nil {
		body, _ := io.Copy(io.Discard, request.Body)
		n, arrived = int(body), 1
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += max(n, 0)
	c.arrived += arrived
}

// The worst moments for a kept-alive connection, over real TCP and real TLS: the client has
// chosen it for a create and is about to write, or has written a part, or all of it, when
// the server closes it. Whichever end sees it first, nothing is written anywhere a second
// time, and what is said of the create is true of what came.
func TestAServerThatClosesAtTheWorstMoment(t *testing.T) {
	const size, rounds = 20_000, 12
	for how, end := range closings {
		for _, takes := range []int{0, 1, size / 2, -1} {
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				t.Run(fmt.Sprintf("%s after %d bytes, %s", how, takes, tls.VersionName(version)), func(t *testing.T) {
					pki := newPKI(t)
					config := pki.serverConfig()
					config.MaxVersion = version
					c := &closer{takes: takes, end: end, now: make(chan struct{}), closed: make(chan struct{}, 1)}
					address := c.serve(t, config)
					for range rounds {
						client := newClient(t, portal.Options{Root: "https://" + address + "/api", TLS: pki.clientConfig()})
						c.meetsCreate(t, client, strings.Repeat("x", size))
					}
				})
			}
		}
	}
}

// meetsCreate makes one create that meets the closing, and judges what is said of it.
func (c *closer) meetsCreate(t *testing.T, client *portal.Client, content string) {
	t.Helper()
	if _, _, err := client.WhoAmI(t.Context(), sender); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	conns, bytes, arrived := c.conns, c.bytes, c.arrived
	c.mu.Unlock()
	j, tries := job(bundle(content)), 0
	j.Ready = func() error { // the connection is chosen, and nothing written
		if tries++; tries > 1 {
			return errors.New("the create is tried again")
		}
		c.now <- struct{}{}
		if c.takes == 0 { // closed before the first byte
			<-c.closed
		}
		return nil
	}
	o := client.Create(t.Context(), j)
	if c.takes != 0 {
		<-c.closed
	}
	c.mu.Lock()
	conns, bytes, arrived = c.conns-conns, c.bytes-bytes, c.arrived-arrived
	c.mu.Unlock()
	if tries != 1 || conns != 0 || arrived > 1 {
		t.Errorf("tried %d times: %d connections more were made, %d creates arrived", tries, conns, arrived)
	}
	switch o.Kind {
	case mailout.OutcomeNotSent:
		untouched(t, o, notSent("unreachable"))
		if c.takes != 0 || bytes != 0 {
			t.Errorf("not sent, it says, and %d bytes arrived", bytes)
		}
	default:
		lost(t, o, "reset")
	}
}
