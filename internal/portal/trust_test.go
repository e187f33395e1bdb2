package portal_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"batch/internal/identity"
	"batch/internal/identity/identitytest"
	"batch/internal/portal"
)

// Here the client trusts as the program does, by package identity, and the servers count
// every byte that they decrypt.

const (
	posten            = identitytest.PortalOrganization
	otherOrganization = "974760673"
)

// counting is a server that shows a certificate, answers what it is asked, and counts.
func counting(t *testing.T, config *tls.Config) (s *stub, decrypted *atomic.Int64) {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	s, decrypted = &stub{root: "https://" + listener.Addr().String() + "/api"}, new(atomic.Int64)
	s.serveAll(t, listener, func(s *stub, conn net.Conn, in *bufio.Reader) {
		counted := bufio.NewReader(io.TeeReader(in, adder{decrypted}))
		for s.receive(counted) {
			io.WriteString(conn, reply("200 OK", created))
		}
	})
	return s, decrypted
}

type adder struct{ to *atomic.Int64 }

func (a adder) Write(p []byte) (int, error) {
	a.to.Add(int64(len(p)))
	return len(p), nil
}

func TestNoWrongServerGetsAByte(t *testing.T) {
	now := time.Now()
	kit, stranger := identitytest.New(t, string(sender), now), identitytest.New(t, string(sender), now)
	named := func(commonName string) identitytest.Spec {
		return identitytest.Spec{Subject: &pkix.Name{Country: []string{"NO"}, CommonName: commonName}}
	}
	identified := func(by string) *pkix.Name {
		return &pkix.Name{CommonName: "Posten", ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: by}}}
	}
	byUnit := pkix.Name{CommonName: "Posten", OrganizationalUnit: []string{posten}, Organization: []string{"NTRNO-" + posten}}
	wrong := map[string]*identitytest.Issued{
		"self-signed, right number":        kit.Issue(t, identitytest.Spec{Organization: posten, SelfSigned: true}),
		"another authority, right number":  stranger.Server,
		"an authority's name alone":        kit.Issue(t, identitytest.Spec{Organization: posten, Issuer: &x509.Certificate{RawSubject: kit.Server.Chain[0].RawIssuer}}),
		"the chain is missing":             {Chain: kit.Server.Chain[:1], Key: kit.Server.Key},
		"another's chain behind it":        {Chain: append(kit.Server.Chain[:1:1], stranger.Server.Chain[1:]...), Key: kit.Server.Key},
		"right chain, other number":        kit.Issue(t, identitytest.Spec{Organization: otherOrganization}),
		"our own number":                   kit.Issue(t, identitytest.Spec{Organization: string(sender)}),
		"the number in a longer text":      kit.Issue(t, named("Ikke "+posten+" likevel")),
		"the number in a longer number":    kit.Issue(t, named("POSTEN BRING AS - 1"+posten)),
		"the number begins a longer one":   kit.Issue(t, named("POSTEN BRING AS - "+posten+"0")),
		"the number in another attribute":  kit.Issue(t, identitytest.Spec{Subject: &byUnit}),
		"a foreign register's number":      kit.Issue(t, identitytest.Spec{Subject: identified("NTRSE-" + posten)}),
		"the number and more":              kit.Issue(t, identitytest.Spec{Subject: identified("NTRNO-" + posten + "0")}),
		"a host's name":                    kit.Issue(t, identitytest.Spec{Subject: &pkix.Name{CommonName: "127.0.0.1"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}),
		"a host's name of a public issuer": stranger.Issue(t, identitytest.Spec{Subject: &pkix.Name{CommonName: "api.signering.posten.no"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}),
		"nobody":                           kit.Issue(t, identitytest.Spec{Subject: &pkix.Name{}}),
		"expired":                          kit.Issue(t, identitytest.Spec{Organization: posten, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.Add(-time.Minute)}),
		"not yet valid":                    kit.Issue(t, identitytest.Spec{Organization: posten, NotBefore: now.Add(time.Hour)}),
	}
	for name, server := range wrong {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+" "+tls.VersionName(version), func(t *testing.T) {
				config := kit.ServerConfigOf(server)
				config.MaxVersion = version
				s, decrypted := counting(t, config)
				c := newClient(t, portal.Options{Root: s.root, TLS: kit.Identity.TLSConfig(kit.Trust, time.Now)})
				refusesServer(t, c, s.root)
				if n := decrypted.Load(); n != 0 {
					t.Errorf("the server decrypted %d bytes", n)
				}
			})
		}
	}
}

// refusesServer checks that no call of c gets through to a server.
func refusesServer(t *testing.T, c *portal.Client, root string) {
	t.Helper()
	o := c.Create(t.Context(), job(bundle(strings.Repeat("x", 100_000))))
	untouched(t, o, halted("wrong-server"))
	if !strings.Contains(o.Message, "nothing was sent") {
		t.Errorf("it says %q", o.Message)
	}
	for _, call := range everyCall {
		err := call.make(t.Context(), c, root)
		if got := ofCall(t, err); got != halted("wrong-server") || identity.Explain(err) == nil {
			t.Errorf("%s: %+v, %v", call.name, got, err)
		}
	}
}

// The same server, as soon as it is the right one, gets the request: what the test above
// refuses is the certificate.
func TestTheRightServerIsTalkedTo(t *testing.T) {
	kit := identitytest.New(t, string(sender), time.Now())
	for name, server := range map[string]*identitytest.Issued{
		"SEID 2":                   kit.Server,
		"SEID 1":                   kit.Issue(t, identitytest.Spec{Subject: &pkix.Name{CommonName: "POSTEN", SerialNumber: posten}}),
		"the number ends the name": kit.Issue(t, identitytest.Spec{Subject: &pkix.Name{CommonName: "POSTEN BRING AS - " + posten}}),
	} {
		s, decrypted := counting(t, kit.ServerConfigOf(server))
		c := newClient(t, portal.Options{Root: s.root, TLS: kit.Identity.TLSConfig(kit.Trust, time.Now)})
		if o := c.Create(t.Context(), job(bundle("x"))); of(o) != accepted() || decrypted.Load() == 0 {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

// A session that was begun when the server was trusted is not gone on with when it is not.
func TestAResumedSessionIsRefusedToo(t *testing.T) {
	now := time.Now()
	kit := identitytest.New(t, string(sender), now)
	another, stranger := kit.Trust, identitytest.New(t, string(sender), now)
	another.Organization = otherOrganization
	for name, changed := range map[string]identity.Trust{"another organization": another, "another authority": stranger.Trust} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(name+" "+tls.VersionName(version), func(t *testing.T) {
				config := kit.ServerConfig()
				config.MaxVersion = version
				s, decrypted := counting(t, config)
				before := kit.Identity.TLSConfig(kit.Trust, time.Now)
				first := newClient(t, portal.Options{Root: s.root, TLS: before})
				if o := first.Create(t.Context(), job(bundle("x"))); of(o) != accepted() {
					t.Fatalf("%+v", o)
				}
				decrypted.Store(0)
				after := kit.Identity.TLSConfig(changed, time.Now)
				after.ClientSessionCache = before.ClientSessionCache
				resumed, verify := 0, after.VerifyConnection
				after.VerifyConnection = func(cs tls.ConnectionState) error {
					if cs.DidResume {
						resumed++
					}
					return verify(cs)
				}
				refusesServer(t, newClient(t, portal.Options{Root: s.root, TLS: after}), s.root)
				if resumed == 0 || decrypted.Load() != 0 {
					t.Errorf("%d sessions were resumed, %d bytes decrypted", resumed, decrypted.Load())
				}
			})
		}
	}
}

// A connection that was good says nothing of the next one.
func TestAnotherCertificateOnTheNextConnectionIsRefused(t *testing.T) {
	kit := identitytest.New(t, string(sender), time.Now())
	right, other := kit.Server.TLS(), kit.Issue(t, identitytest.Spec{Organization: otherOrganization}).TLS()
	var turned atomic.Bool
	config := kit.ServerConfig()
	config.Certificates, config.SessionTicketsDisabled = nil, true
	config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		if turned.Load() {
			return &other, nil
		}
		return &right, nil
	}
	s, decrypted := counting(t, config)
	c := newClient(t, portal.Options{Root: s.root, TLS: kit.Identity.TLSConfig(kit.Trust, time.Now)})
	if o := c.Create(t.Context(), job(bundle("x"))); of(o) != accepted() {
		t.Fatalf("%+v", o)
	}
	turned.Store(true)
	decrypted.Store(0)
	c.Close() // the kept connection is still the right server's
	refusesServer(t, c, s.root)
	if n := decrypted.Load(); n != 0 {
		t.Errorf("the server decrypted %d bytes", n)
	}
}

// A server that is let through by a proxy is judged as any other.
func TestAWrongServerBehindAProxyIsRefused(t *testing.T) {
	kit := identitytest.New(t, string(sender), time.Now())
	s, decrypted := counting(t, kit.ServerConfigOf(kit.Issue(t, identitytest.Spec{Organization: otherOrganization})))
	c := newClient(t, portal.Options{Root: s.root, TLS: kit.Identity.TLSConfig(kit.Trust, time.Now), Proxy: newProxy(t, "", "").url})
	refusesServer(t, c, s.root)
	if n := decrypted.Load(); n != 0 {
		t.Errorf("the server decrypted %d bytes", n)
	}
}
