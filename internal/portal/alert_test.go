package portal_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
)

// alerting is a connection on which, once armed, the next thing read is an alert.
type alerting struct {
	net.Conn
	armed *atomic.Bool
	alert tls.AlertError
}

func (a alerting) Read(p []byte) (int, error) {
	n, err := a.Conn.Read(p)
	if a.armed.Load() {
		return 0, &net.OpError{Op: "remote error", Err: a.alert}
	}
	return n, err
}

// An alert about the certificate proves that a request was not read only where it can
// belong to the handshake.
func TestALateAlertProvesNothing(t *testing.T) {
	const badCertificate, internalError = tls.AlertError(42), tls.AlertError(80)
	tests := []struct {
		name    string
		version uint16
		reused  bool
		alert   tls.AlertError
		want    verdict
	}{
		{"TLS 1.3, first request", tls.VersionTLS13, false, badCertificate, halted("certificate-refused")},
		{"TLS 1.3, second request", tls.VersionTLS13, true, badCertificate, unknown("certificate-refused")},
		{"TLS 1.3, another alert", tls.VersionTLS13, false, internalError, unknown("no-answer")},
		{"TLS 1.2, first request", tls.VersionTLS12, false, badCertificate, unknown("certificate-refused")},
		{"TLS 1.2, second request", tls.VersionTLS12, true, badCertificate, unknown("certificate-refused")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			armed := new(atomic.Bool)
			s := newStub(t, func(c *tls.Config) { c.MaxVersion = test.version }, func(s *stub, conn net.Conn, in *bufio.Reader) {
				for s.receive(in) {
					armed.Store(strings.HasPrefix(s.calls()[len(s.calls())-1], "POST"))
					io.WriteString(conn, reply("200 OK", "You are 988015814"))
				}
			})
			c := s.client(t)
			dial := dialling(s)
			c.DialWith(func(ctx context.Context) (net.Conn, error) {
				conn, err := dial(ctx)
				return alerting{conn, armed, test.alert}, err
			})
			if test.reused {
				if _, _, err := c.WhoAmI(t.Context(), sender); err != nil {
					t.Fatal(err)
				}
			}
			o := c.Create(t.Context(), job(bundle("x")))
			if got := of(o); got != test.want || o.LastByte.IsZero() {
				t.Errorf("%+v: %s", got, o.Message)
			}
		})
	}
}
