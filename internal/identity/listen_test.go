package identity_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"testing"
	"time"
)

func clock(at time.Time) func() time.Time { return func() time.Time { return at } }

type server struct {
	address string
	clients chan []*x509.Certificate // what each client showed
}

// listen starts a TLS server on loopback that says one word to everybody it accepts.
func listen(t *testing.T, config *tls.Config) server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := server{address: listener.Addr().String(), clients: make(chan []*x509.Certificate, 16)}
	serve(t, listener, func(raw net.Conn) {
		conn := tls.Server(raw, config)
		if conn.Handshake() == nil {
			s.clients <- conn.ConnectionState().PeerCertificates
			io.WriteString(conn, "hello")
		}
		conn.Close()
	})
	return s
}

// plainServer answers everybody in clear.
func plainServer(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, listener, func(conn net.Conn) {
		io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
		conn.Close()
	})
	return listener.Addr().String()
}

func serve(t *testing.T, listener net.Listener, handle func(net.Conn)) {
	done := make(chan struct{})
	t.Cleanup(func() { listener.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			handle(conn)
		}
	}()
}

func dial(s server, config *tls.Config) (tls.ConnectionState, error) {
	return dialAddress(s.address, config)
}

// dialAddress connects and reads the word: in TLS 1.3 a refusal of the client's
// certificate comes with the first read, and so does the ticket for resumption.
func dialAddress(address string, config *tls.Config) (tls.ConnectionState, error) {
	conn, err := tls.Dial("tcp", address, config)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, len("hello"))); err != nil {
		return tls.ConnectionState{}, err
	}
	return conn.ConnectionState(), nil
}
