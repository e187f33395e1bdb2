package identity_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"batch/internal/identity"
	"batch/internal/identity/identitytest"
)

func TestClientKnowsTheServer(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	stranger := identitytest.New(t, organization, now)
	issue := func(s identitytest.Spec) *identitytest.Issued { return kit.Issue(t, s) }
	named := func(commonName string) identitytest.Spec {
		return identitytest.Spec{Subject: &pkix.Name{Country: []string{"NO"}, CommonName: commonName}}
	}
	production := builtin(t, "production")

	for name, c := range map[string]struct {
		server  *identitytest.Issued
		trust   identity.Trust
		code    string // empty: trusted
		message string
	}{
		"right server":              {kit.Server, kit.Trust, "", ""},
		"for clients only":          {issue(identitytest.Spec{Organization: "984661185", ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}), kit.Trust, "", ""},
		"SEID 1":                    {issue(identitytest.Spec{Subject: &pkix.Name{CommonName: "POSTEN", SerialNumber: "984661185"}}), kit.Trust, "", ""},
		"number ends the name":      {issue(named("POSTEN BRING AS - 984661185")), kit.Trust, "", ""},
		"another organization":      {issue(identitytest.Spec{Organization: "988015814"}), kit.Trust, "wrong-server-organization", "belongs to organization 988015814, not to organization 984661185"},
		"number in longer text":     {issue(named("Ikke 984661185 likevel")), kit.Trust, "wrong-server-organization", "belongs to no organization"},
		"number in longer number":   {issue(named("1984661185")), kit.Trust, "wrong-server-organization", "belongs to no organization"},
		"self-signed, right number": {issue(identitytest.Spec{Organization: "984661185", SelfSigned: true}), kit.Trust, "wrong-server-chain", "self-signed"},
		"another authority":         {stranger.Server, kit.Trust, "wrong-server-chain", "issued by"},
		"leaf without its chain":    {&identitytest.Issued{Chain: kit.Server.Chain[:1], Key: kit.Server.Key}, kit.Trust, "wrong-server-chain", "issued by"},
		"expired":                   {issue(identitytest.Spec{Organization: "984661185", NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.Add(-time.Minute)}), kit.Trust, "wrong-server-expired", "expired on 21 November 2026 09:59 UTC"},
		"not yet valid":             {issue(identitytest.Spec{Organization: "984661185", NotBefore: now.Add(time.Minute)}), kit.Trust, "wrong-server-not-yet-valid", "from 21 November 2026 10:01 UTC"},
		"test for production":       {issue(identitytest.Spec{Organization: "984661185", Issuer: builtin(t, "test").Intermediates[0]}), production, "wrong-server-environment", "belongs to the test environment"},
		"no organization expected":  {issue(named("nobody")), identity.Trust{Roots: kit.Trust.Roots}, "wrong-server-organization", "no organization"},
		"nobody trusted":            {kit.Server, identity.Trust{Organization: "984661185"}, "wrong-server-chain", "issued by"},
	} {
		t.Run(name, func(t *testing.T) {
			server := listen(t, kit.ServerConfigOf(c.server))
			_, err := dial(server, kit.Identity.TLSConfig(c.trust, clock(now)))
			if c.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, c.code, c.message, "nothing was sent")
			if e := identity.Explain(err); e == nil || e.Code != c.code {
				t.Errorf("explained as %v, want %s", e, c.code)
			}
		})
	}
}

// The name of a stranger's authority is shown to a person, and must not command the terminal.
func TestServersNameIsHarmless(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	evil := &x509.Certificate{RawSubject: kit.Issue(t, identitytest.Spec{SelfSigned: true,
		Subject: &pkix.Name{CommonName: "CA \x1b[2J\u202e" + strings.Repeat("x", 500)}}).Chain[0].RawSubject}
	server := listen(t, kit.ServerConfigOf(kit.Issue(t, identitytest.Spec{Organization: "984661185", Issuer: evil})))
	_, err := dial(server, kit.Identity.TLSConfig(kit.Trust, clock(now)))
	wantError(t, err, "wrong-server-chain", `"CA \x1b[2J\u202exxx`, "nothing was sent")
	if err != nil && len(err.Error()) > 300 {
		t.Errorf("the message has %d bytes", len(err.Error()))
	}
}

func TestClientShowsItsCertificate(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	server := listen(t, kit.ServerConfig())
	if _, err := dial(server, kit.Identity.TLSConfig(kit.Trust, clock(now))); err != nil {
		t.Fatal(err)
	}
	shown := <-server.clients
	if len(shown) != 2 || !shown[0].Equal(kit.Client.Chain[0]) || !shown[1].Equal(kit.Client.Chain[1]) {
		t.Errorf("the server was shown %d certificates, want leaf and intermediate", len(shown))
	}
}

// A server that lists other authorities than ours still sees our certificate, so that
// its refusal is about the certificate.
func TestClientShowsItsCertificateToWhoeverAsks(t *testing.T) {
	kit, stranger := identitytest.New(t, organization, now), identitytest.New(t, organization, now)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		config := stranger.ServerConfigOf(kit.Server)
		config.MaxVersion = version
		_, err := dial(listen(t, config), kit.Identity.TLSConfig(kit.Trust, clock(now)))
		e := identity.Explain(err)
		if e == nil || e.Code != "refused-authority" || !strings.Contains(e.Message, "does not trust the issuer of our certificate") {
			t.Errorf("%s: got %v, explained as %v", tls.VersionName(version), err, e)
		}
	}
}

func TestResumedSessionIsVerifiedAgain(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	lasting := *kit.Identity // whose own certificate outlives the server's
	lasting.Chain = kit.Issue(t, identitytest.Spec{Organization: organization, Key: kit.Client.Key, NotAfter: now.AddDate(3, 0, 0)}).Chain
	another := kit.Trust
	another.Organization = "988015814"
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for name, c := range map[string]struct {
			trust identity.Trust
			later time.Time
			code  string
		}{
			"still right":          {kit.Trust, now.Add(time.Hour), ""},
			"expired since":        {kit.Trust, kit.Server.Chain[0].NotAfter.Add(time.Second), "wrong-server-expired"},
			"another organization": {another, now, "wrong-server-organization"},
		} {
			config := kit.ServerConfig()
			config.MaxVersion = version
			server := listen(t, config)
			first := lasting.TLSConfig(kit.Trust, clock(now))
			first.Time = clock(now) // the library's own clock: the ticket stays fresh
			if _, err := dial(server, first); err != nil {
				t.Fatal(err)
			}
			second := lasting.TLSConfig(c.trust, clock(c.later))
			second.Time, second.ClientSessionCache = first.Time, first.ClientSessionCache
			resumed, verify := false, second.VerifyConnection
			second.VerifyConnection = func(cs tls.ConnectionState) error { resumed = cs.DidResume; return verify(cs) }
			_, err := dial(server, second)
			if !resumed {
				t.Fatalf("%s, %s: the session was not resumed", tls.VersionName(version), name)
			}
			if c.code != "" {
				wantError(t, err, c.code, "server's certificate", "nothing was sent")
			} else if err != nil {
				t.Errorf("%s, %s: %v", tls.VersionName(version), name, err)
			}
		}
	}
}

func TestOwnCertificateExpiresWhileRunning(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	server := listen(t, kit.ServerConfigOf(kit.Issue(t, identitytest.Spec{Organization: "984661185", NotAfter: now.AddDate(4, 0, 0)})))
	_, err := dial(server, kit.Identity.TLSConfig(kit.Trust, clock(kit.Client.Chain[0].NotAfter.Add(time.Second))))
	wantError(t, err, "certificate-expired", "expired on 21 November 2027", "order")
}

func TestOldTLSIsRefused(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	config := kit.ServerConfig()
	config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	_, err := dial(listen(t, config), kit.Identity.TLSConfig(kit.Trust, clock(now)))
	if e := identity.Explain(err); e == nil || e.Code != "refused-handshake" {
		t.Errorf("got %v, explained as %v", err, e)
	}
}

func TestExplain(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	plain := plainServer(t)
	_, err := dialAddress(plain, kit.Identity.TLSConfig(kit.Trust, clock(now)))
	if e := identity.Explain(err); e == nil || e.Code != "wrong-server-no-tls" {
		t.Errorf("got %v, explained as %v", err, e)
	}
	for text, code := range map[string]string{
		"tls: unknown certificate":    "refused-certificate",
		"tls: expired certificate":    "refused-expired",
		"tls: revoked certificate":    "refused-revoked",
		"tls: certificate required":   "refused-certificate",
		"tls: insufficient something": "refused-handshake",
	} {
		alert := &net.OpError{Op: "remote error", Err: errors.New(text)}
		if e := identity.Explain(alert); e == nil || e.Code != code || !errors.Is(e, alert) {
			t.Errorf("%s: explained as %v, want %s", text, e, code)
		}
	}
	for _, err := range []error{nil, io.EOF, &net.OpError{Op: "dial", Err: errors.New("connection refused")}} {
		if e := identity.Explain(err); e != nil {
			t.Errorf("%v is not about certificates, but explained as %v", err, e)
		}
	}
}

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
