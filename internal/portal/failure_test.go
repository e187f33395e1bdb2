package portal_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"strings"
	"testing"

	"batch/internal/mailout"
	"batch/internal/portal"
)

// untouched holds for a create of which nothing left.
func untouched(t *testing.T, o mailout.Outcome, want verdict) {
	t.Helper()
	if got := of(o); got != want {
		t.Errorf("got %+v, want %+v\n%s", got, want, o.Message)
	}
	if !o.LastByte.IsZero() || o.Speed.TimedOut || o.Status != 0 {
		t.Errorf("nothing left, and the outcome says %+v", o)
	}
}

// lost holds for a create of which bytes left and no answer came.
func lost(t *testing.T, o mailout.Outcome, code string) {
	t.Helper()
	if got := of(o); got != unknown(code) {
		t.Errorf("got %+v, want %+v\n%s", got, unknown(code), o.Message)
	}
	if o.LastByte.IsZero() || !o.Speed.TimedOut {
		t.Errorf("bytes left and no answer came, and the outcome says %+v", o)
	}
}

// With TLS 1.2 a refused certificate shows before anything is written. With TLS 1.3 the
// request is gone by then, and the alert proves that nobody read it; with a large bundle
// the broken write comes first, and the alert must be found behind it.
func TestARefusedCertificateStopsTheBatch(t *testing.T) {
	bundles := map[string]bundle{"small": "x", "large": bundle(strings.Repeat("x", 8<<20))}
	for version, name := range map[uint16]string{tls.VersionTLS12: "TLS 1.2", tls.VersionTLS13: "TLS 1.3"} {
		for size, content := range bundles {
			t.Run(name+" "+size, func(t *testing.T) {
				s := newStub(t, func(c *tls.Config) {
					c.MaxVersion, c.ClientCAs = version, x509.NewCertPool()
				}, func(s *stub, _ net.Conn, in *bufio.Reader) { s.receive(in) })
				for range 20 {
					o := s.client(t).Create(t.Context(), job(content))
					if got := of(o); got != halted("certificate-refused") {
						t.Fatalf("%+v: %s", got, o.Message)
					}
					if version == tls.VersionTLS12 {
						untouched(t, o, halted("certificate-refused"))
					}
				}
				if calls := s.calls(); len(calls) != 0 {
					t.Errorf("requests were read: %q", calls)
				}
			})
		}
	}
}

func TestNoCertificateAtAllStopsTheBatch(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		s := newStub(t, func(c *tls.Config) { c.MaxVersion = version }, func(s *stub, _ net.Conn, in *bufio.Reader) { s.receive(in) })
		config := s.pki.clientConfig()
		config.Certificates = nil
		o := newClient(t, portal.Options{Root: s.root, TLS: config}).Create(t.Context(), job(bundle("x")))
		if got := of(o); got != halted("certificate-refused") {
			t.Errorf("%s: %+v: %s", tls.VersionName(version), got, o.Message)
		}
	}
}

// A block that comes while the bundle is still going out must be heard: the server answers
// the head of the request and closes.
func TestABlockIsHeardThroughABrokenUpload(t *testing.T) {
	s := newStub(t, nil, func(_ *stub, conn net.Conn, in *bufio.Reader) {
		in.ReadString('\n')
		io.WriteString(conn, reply("429 Too Many Requests", "", "DoSFilter: unavailable", "Connection: close"))
	})
	content := bundle(strings.Repeat("x", 8<<20))
	for range 20 {
		o := s.client(t).Create(t.Context(), job(content))
		if got := of(o); got != notSent("blocked") || !o.Speed.Blocked || o.LastByte.IsZero() {
			t.Fatalf("%+v", o)
		}
	}
}

func TestWhatIsWrongBeforehandIsNeverSent(t *testing.T) {
	s := newStub(t, nil, replying(reply("200 OK", createdXML(jobElements))))
	c := s.client(t)
	for name, b := range map[string]portal.Bundle{"empty": source{}, "huge": whole(1 << 40), "of no size": whole(-1)} {
		t.Run(name, func(t *testing.T) { untouched(t, c.Create(t.Context(), job(b)), halted("bundle")) })
	}
	j := job(bundle("x"))
	j.Ref = ""
	untouched(t, c.Create(t.Context(), j), halted("bundle"))
	j.Ref = mailout.Ref(strings.Repeat("x", 51))
	untouched(t, c.Create(t.Context(), j), halted("bundle"))
	j = job(bundle("x"))
	j.Sender = "../988015"
	untouched(t, c.Create(t.Context(), j), halted("bad-sender"))
	if calls := s.calls(); len(calls) != 0 {
		t.Errorf("calls were made: %q", calls)
	}
}
