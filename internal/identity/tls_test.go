package identity_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
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
	host := identitytest.Spec{Subject: &pkix.Name{CommonName: "api.signering.posten.no"}, DNSNames: []string{"api.signering.posten.no"}}
	const forEncryption = x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment
	production := builtin(t, "production")

	var said sentences
	for name, c := range map[string]struct {
		server  *identitytest.Issued
		trust   identity.Trust
		code    string // empty: trusted
		message string
	}{
		"right server":                 {kit.Server, kit.Trust, "", ""},
		"for clients only":             {issue(identitytest.Spec{Organization: "984661185", ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}), kit.Trust, "", ""},
		"SEID 1":                       {issue(identitytest.Spec{Subject: &pkix.Name{CommonName: "POSTEN", SerialNumber: "984661185"}}), kit.Trust, "", ""},
		"number ends the name":         {issue(named("POSTEN BRING AS - 984661185")), kit.Trust, "", ""},
		"another organization":         {issue(identitytest.Spec{Organization: "988015814"}), kit.Trust, "wrong-server-organization", "belongs to organization 988015814, not to organization 984661185"},
		"number in longer text":        {issue(named("Ikke 984661185 likevel")), kit.Trust, "wrong-server-number-in-name", "984661185 only inside a longer name"},
		"number in longer number":      {issue(named("1984661185")), kit.Trust, "wrong-server-number-in-name", "only inside a longer name or number"},
		"an employee of the portal":    {issue(identitytest.Spec{Subject: identitytest.Employee("984661185")}), kit.Trust, "wrong-server-person", "a person's certificate"},
		"host name":                    {issue(host), kit.Trust, "wrong-server-host", "web server's certificate for a host name"},
		"host name, other authority":   {stranger.Issue(t, host), kit.Trust, "wrong-server-host", "web server's certificate for a host name"},
		"right number, for seals":      {issue(identitytest.Spec{Organization: "984661185", KeyUsage: x509.KeyUsageContentCommitment}), kit.Trust, "wrong-server-key-usage", "seals (contentCommitment)"},
		"right number, for encryption": {issue(identitytest.Spec{Organization: "984661185", KeyUsage: forEncryption}), kit.Trust, "wrong-server-key-usage", "keyEncipherment"},
		"a client's":                   {kit.Client, kit.Trust, "wrong-server-organization", "belongs to organization 988015814"},
		"a leaf as authority":          {issue(identitytest.Spec{Organization: "984661185", By: kit.Client}), kit.Trust, "wrong-server-leaf-as-authority", "may issue none"},
		"self-signed, right number":    {issue(identitytest.Spec{Organization: "984661185", SelfSigned: true}), kit.Trust, "wrong-server-self-signed", "self-signed"},
		"another authority":            {stranger.Server, kit.Trust, "wrong-server-chain", "does not lead to an authority in the file that trust in [portal] of batch.toml names"},
		"leaf without its chain":       {&identitytest.Issued{Chain: kit.Server.Chain[:1], Key: kit.Server.Key}, kit.Trust, "wrong-server-chain-missing", "did not show the certificate of \"Kit Enterprise CA "},
		"expired":                      {issue(identitytest.Spec{Organization: "984661185", NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.Add(-time.Minute)}), kit.Trust, "wrong-server-expired", "expired on 2026-11-21 10:59"},
		"not yet valid":                {issue(identitytest.Spec{Organization: "984661185", NotBefore: now.Add(time.Minute)}), kit.Trust, "wrong-server-not-yet-valid", "from 2026-11-21 11:01"},
		"test for production":          {issue(identitytest.Spec{Organization: "984661185", Issuer: builtin(t, "test").Intermediates[0]}), production, "wrong-server-environment", "belongs to the test environment"},
		"no organization expected":     {issue(named("nobody")), identity.Trust{Roots: kit.Trust.Roots}, "wrong-server-no-organization", "no organization"},
		"nobody trusted":               {kit.Server, identity.Trust{Organization: "984661185"}, "wrong-server-chain", "issued by"},
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
			said.once(t, c.code, fmt.Sprint(err))
			if e := identity.Explain(err); e == nil || e.Code != c.code {
				t.Errorf("explained as %v, want %s", e, c.code)
			}
		})
	}
}

func TestServersAuthorityHasExpired(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	server := listen(t, kit.ServerConfigOf(kit.Issue(t, identitytest.Spec{Organization: "984661185", NotAfter: now.AddDate(20, 0, 0)})))
	_, err := dial(server, kit.Identity.TLSConfig(kit.Trust, clock(now.AddDate(6, 0, 0))))
	wantError(t, err, "wrong-server-chain-expired", "vouches for the server, expired on 2031-11-21 11:00", "nothing was sent")
}

// A server that was right once is looked at again whenever it shows a certificate.
func TestANewHandshakeWithAnotherCertificateIsRefused(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		config := kit.ServerConfig()
		config.MaxVersion, config.SessionTicketsDisabled = version, true
		var shown atomic.Pointer[identitytest.Issued]
		shown.Store(kit.Server)
		config.Certificates = nil
		config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			c := shown.Load().TLS()
			return &c, nil
		}
		server, client := listen(t, config), kit.Identity.TLSConfig(kit.Trust, clock(now))
		if _, err := dial(server, client); err != nil {
			t.Fatal(err)
		}
		shown.Store(kit.Issue(t, identitytest.Spec{Organization: organization}))
		_, err := dial(server, client)
		wantError(t, err, "wrong-server-organization", "belongs to organization "+organization, "nothing was sent")
	}
}

// The name of a stranger's authority is shown to a person, and must not command the terminal.
func TestServersNameIsHarmless(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	evil := &x509.Certificate{RawSubject: kit.Issue(t, identitytest.Spec{SelfSigned: true,
		Subject: &pkix.Name{CommonName: "CA \x1b[2J\u202e" + strings.Repeat("x", 500)}}).Chain[0].RawSubject}
	server := listen(t, kit.ServerConfigOf(kit.Issue(t, identitytest.Spec{Organization: "984661185", Issuer: evil})))
	_, err := dial(server, kit.Identity.TLSConfig(kit.Trust, clock(now)))
	wantError(t, err, "wrong-server-chain-missing", `"CA \x1b[2J\u202exxx`, "nothing was sent")
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
	another, stranger := kit.Trust, identitytest.New(t, organization, now).Trust
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
			"another authority":    {stranger, now, "wrong-server-chain"},
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
	wantError(t, err, "certificate-expired", "expired on 2027-11-21", "order")
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
