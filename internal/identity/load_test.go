package identity_test

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"batch/internal/identity"
	"batch/internal/identity/identitytest"

	"software.sslmate.com/src/go-pkcs12"
)

const (
	organization = "988015814"
	password     = "hemmelig Æøå 7"
)

var now = time.Date(2026, 11, 21, 11, 0, 0, 0, time.FixedZone("CET", 3600))

func TestLoadFindsTheChain(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	leaf, middle, root := kit.Client.Chain[0], kit.Client.Chain[1], kit.Client.Chain[2]
	withMiddle := kit.Trust
	withMiddle.Intermediates = []*x509.Certificate{middle}
	before := kit.Issue(t, identitytest.Spec{Organization: organization, Key: kit.Client.Key, NotBefore: now.AddDate(-3, 0, 0), NotAfter: now.AddDate(0, -1, 0)}).Chain[0]
	later := kit.Issue(t, identitytest.Spec{Organization: organization, Key: kit.Client.Key, NotBefore: now.AddDate(0, 1, 0), NotAfter: now.AddDate(3, 0, 0)}).Chain[0]

	for name, test := range map[string]struct {
		certs []*x509.Certificate
		trust identity.Trust
	}{
		"whole chain":                       {[]*x509.Certificate{leaf, middle, root}, kit.Trust},
		"without the root":                  {[]*x509.Certificate{leaf, middle}, kit.Trust},
		"certificate alone":                 {[]*x509.Certificate{leaf}, withMiddle},
		"root first":                        {[]*x509.Certificate{root, middle, leaf}, kit.Trust},
		"leaf in the middle":                {[]*x509.Certificate{middle, leaf, root}, kit.Trust},
		"everything twice":                  {[]*x509.Certificate{leaf, root, middle, leaf, middle, root}, kit.Trust},
		"with the expired one for this key": {[]*x509.Certificate{before, leaf, middle, root}, kit.Trust},
		"with the next one for this key":    {[]*x509.Certificate{later, leaf, middle, root}, kit.Trust},
	} {
		path := identitytest.WriteFile(t, "client.p12", kit.Client.PKCS12(t, password, test.certs...))
		id, err := identity.Load(path, password, test.trust, now)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(id.Chain) != 3 || !id.Chain[0].Equal(leaf) || !id.Chain[1].Equal(middle) || !id.Chain[2].Equal(root) {
			t.Errorf("%s: the chain has %d certificates or another order than leaf, intermediate, root", name, len(id.Chain))
		}
		if id.Organization != organization {
			t.Errorf("%s: organization %q", name, id.Organization)
		}
		if !kit.Client.Key.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(id.Key.Public()) {
			t.Errorf("%s: another key", name)
		}
	}
}

func TestLoadReadsOldAndNewEncryption(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	for name, encoder := range map[string]*pkcs12.Encoder{"modern": pkcs12.Modern, "triple DES": pkcs12.LegacyDES, "RC2": pkcs12.LegacyRC2} {
		raw, err := encoder.Encode(kit.Client.Key, kit.Client.Chain[0], kit.Client.Chain[1:], password)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := identity.Load(identitytest.WriteFile(t, "client.p12", raw), password, kit.Trust, now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every way in which a file is met broken: its code, and words that its message must hold.
func TestLoadRefuses(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	stranger := identitytest.New(t, organization, now)
	production, test := builtin(t, "production"), builtin(t, "test")
	good := kit.Client.PKCS12(t, password)
	issued := func(s identitytest.Spec) []byte { return kit.Issue(t, s).PKCS12(t, password) }
	person := identitytest.Employee(organization)
	person.ExtraNames = person.ExtraNames[1:] // who works for nobody
	falseIssuer := func(trust identity.Trust) []byte {
		return issued(identitytest.Spec{Organization: organization, Issuer: trust.Intermediates[0]})
	}

	said := sentences{sameCause: map[string]string{
		"one byte changed": "wrong password", // the MAC holds in neither case: no program could tell
		"PEM behind text":  "PEM", "an employee's": "a person's",
	}}
	for name, c := range map[string]struct {
		raw      []byte
		password string
		trust    identity.Trust
		code     string
		message  string
		remedy   string
	}{
		"wrong password":            {good, "x", kit.Trust, "wrong-password", "password is wrong", "each .p12 of a delivery"},
		"password with line break":  {good, password + "\n", kit.Trust, "wrong-password", "or a line break", "take it away"},
		"no password":               {good, "", kit.Trust, "no-password", "none was given", "password_file"},
		"password of no such file":  {good, "🔑", kit.Trust, "wrong-password", "no PKCS#12 password can hold", "emoji"},
		"missing MAC":               {kit.Client.PKCS12(t, ""), password, kit.Trust, "pkcs12-no-mac", "integrity check (MAC)", "export"},
		"several keys":              {withTwoKeys(t, kit.Client.PKCS12(t, "")), "", kit.Trust, "several-keys", "several keys", "digitalSignature"},
		"certificates without key":  {trustStore(t, kit), password, kit.Trust, "no-key", "no key", "export"},
		"EC key":                    {issued(identitytest.Spec{Organization: organization, Key: ecKey(t)}), password, kit.Trust, "not-rsa", "not an RSA key", "RSA"},
		"key of another":            {kit.Server.PKCS12(t, password, kit.Client.Chain...), password, kit.Trust, "key-without-certificate", "belongs to its key", "export"},
		"expired":                   {issued(identitytest.Spec{Organization: organization, NotAfter: now.Add(-time.Hour), NotBefore: now.AddDate(-3, 0, 0)}), password, kit.Trust, "certificate-expired", "expired on 2026-11-21 10:00", "order"},
		"not yet valid":             {issued(identitytest.Spec{Organization: organization, NotBefore: now.Add(time.Hour)}), password, kit.Trust, "certificate-not-yet-valid", "from 2026-11-21 12:00 only, and this machine's clock says 2026-11-21 11:00", "clock"},
		"for encryption":            {issued(identitytest.Spec{Organization: organization, KeyUsage: x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment}), password, kit.Trust, "wrong-key-usage", "keyEncipherment", "other .p12"},
		"for seals":                 {issued(identitytest.Spec{Organization: organization, KeyUsage: x509.KeyUsageContentCommitment}), password, kit.Trust, "wrong-key-usage", "contentCommitment", "other .p12"},
		"for revocation lists":      {issued(identitytest.Spec{Organization: organization, KeyUsage: x509.KeyUsageCRLSign}), password, kit.Trust, "wrong-key-usage", "other uses", "other .p12"},
		"a person's":                {issued(identitytest.Spec{Subject: person}), password, kit.Trust, "person-certificate", "a person's", "virksomhetssertifikat"},
		"an employee's":             {issued(identitytest.Spec{Subject: identitytest.Employee(organization)}), password, kit.Trust, "person-certificate", "a person's", "an employee"},
		"a web server's":            {issued(identitytest.Spec{Subject: &pkix.Name{CommonName: "www.example.no"}, DNSNames: []string{"www.example.no"}}), password, kit.Trust, "host-certificate", "a web server's", "virksomhetssertifikat"},
		"nobody's":                  {issued(identitytest.Spec{Subject: &pkix.Name{CommonName: "Avdeling 7"}}), password, kit.Trust, "no-organization", "no organization number", "virksomhetssertifikat"},
		"self-signed":               {issued(identitytest.Spec{Organization: organization, SelfSigned: true}), password, kit.Trust, "self-signed", "self-signed", "Buypass"},
		"another authority":         {good, password, stranger.Trust, "chain-untrusted", `does not lead to an authority in the file that trust in [portal] of batch.toml names`, "portal.environment"},
		"chain missing":             {kit.Client.PKCS12(t, password, kit.Client.Chain[0]), password, kit.Trust, "chain-missing", `"Kit Enterprise CA `, "whole chain"},
		"test in production":        {falseIssuer(test), password, production, "wrong-environment", "for the test environment", "production environment"},
		"production in test":        {falseIssuer(production), password, test, "wrong-environment", "for the production environment", `portal.environment = "production"`},
		"test against a sandbox":    {falseIssuer(test), password, kit.Trust, "wrong-environment", "for the test environment", "own trust file"},
		"claims the right issuer":   {falseIssuer(test), password, test, "chain-missing", "neither in the file", "whole chain"},
		"empty":                     {[]byte{}, password, kit.Trust, "not-pkcs12", "empty", "openssl"},
		"PEM":                       {kit.PEM, password, kit.Trust, "not-pkcs12", "PEM", "openssl"},
		"PEM behind text":           {append([]byte("Bag Attributes\n"), kit.PEM...), password, kit.Trust, "not-pkcs12", "PEM", "openssl"},
		"Java keystore":             {[]byte("\xfe\xed\xfe\xed\x00\x00\x00\x02"), password, kit.Trust, "not-pkcs12", "Java", "keytool"},
		"BER":                       {[]byte{0x30, 0x80, 2, 1, 3, 0, 0}, password, kit.Trust, "pkcs12-unsupported", "BER", "openssl"},
		"certificate alone":         {kit.Client.Chain[0].Raw, password, kit.Trust, "not-pkcs12", "without the key", "openssl"},
		"text":                      {[]byte("hei"), password, kit.Trust, "not-pkcs12", "not a PKCS#12", "openssl"},
		"cut off":                   {good[:len(good)/2], password, kit.Trust, "not-pkcs12", "damaged", "openssl"},
		"huge":                      {make([]byte, 1<<20+1), password, kit.Trust, "not-pkcs12", "1 MB", "openssl"},
		"one byte changed":          {changed(good), password, kit.Trust, "wrong-password", "password is wrong", "damaged on its way"},
		"version of the far future": {[]byte{0x30, 16, 2, 1, 9, 0x30, 11, 6, 9, 42, 134, 72, 134, 247, 13, 1, 7, 1}, password, kit.Trust, "pkcs12-unsupported", "not supported", "openssl"},
	} {
		t.Run(name, func(t *testing.T) {
			path := identitytest.WriteFile(t, "client.p12", c.raw)
			_, err := identity.Load(path, c.password, c.trust, now)
			wantError(t, err, c.code, c.message, c.remedy)
			said.once(t, name, strings.TrimPrefix(fmt.Sprint(err), "certificate file "+path))
			if err != nil && !strings.Contains(err.Error(), path) {
				t.Errorf("the message does not name the file: %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "Nordmann") {
				t.Errorf("the message names a person: %v", err)
			}
		})
	}
}

func TestLoadSaysWhichAuthorityExpired(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	long := kit.Issue(t, identitytest.Spec{Organization: organization, NotAfter: now.AddDate(20, 0, 0)})
	path := identitytest.WriteFile(t, "client.p12", long.PKCS12(t, password))
	_, err := identity.Load(path, password, kit.Trust, now.AddDate(6, 0, 0))
	wantError(t, err, "chain-expired", `which vouches for it, expired on 2031-11-21 11:00`, "order")
}

func TestLoadLooksAtTheFileFirst(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	path := identitytest.WriteFile(t, "client.p12", kit.Client.PKCS12(t, password))
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o644} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := identity.Load(path, password, kit.Trust, now)
		wantError(t, err, "certificate-open-to-others", fmt.Sprintf("mode %04o", mode), "chmod 600 "+path)
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := identity.Load(path, password, kit.Trust, now); err != nil {
		t.Errorf("mode 0400: %v", err)
	}
	link := filepath.Join(t.TempDir(), "link.p12") // a link has no mode of its own
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if _, err := identity.Load(link, password, kit.Trust, now); err != nil {
		t.Errorf("a link to a closed file: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := identity.Load(link, password, kit.Trust, now)
	wantError(t, err, "certificate-open-to-others", "mode 0644", "chmod 600 "+link)
	_, err = identity.Load(path+".not-there", password, kit.Trust, now)
	wantError(t, err, "certificate-missing", "no such file", "identity.certificate")
	_, err = identity.Load(filepath.Dir(path), password, kit.Trust, now)
	wantError(t, err, "certificate-unreadable", "not a regular file", "path")
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = identity.Load(pipe, password, kit.Trust, now) // and does not wait for its other end
	wantError(t, err, "certificate-unreadable", "not a regular file", "path")
}

func TestFromPEM(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	middle := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: kit.Client.Chain[1].Raw})
	trust, err := identity.FromPEM(append(middle, kit.PEM...), "984661185")
	if err != nil {
		t.Fatal(err)
	}
	if len(trust.Roots) != 1 || len(trust.Intermediates) != 1 || trust.Organization != "984661185" {
		t.Errorf("got %d roots, %d intermediates, organization %q", len(trust.Roots), len(trust.Intermediates), trust.Organization)
	}
	for name, c := range map[string]struct {
		text               []byte
		organization, code string
	}{
		"no organization":     {kit.PEM, "", "trust-organization"},
		"not an organization": {kit.PEM, "98466118x", "trust-organization"},
		"empty":               {nil, "984661185", "trust-no-root"},
		"no root":             {middle, "984661185", "trust-no-root"},
		"a key":               {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}), "984661185", "trust-not-a-certificate"},
		"garbage":             {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}}), "984661185", "trust-not-a-certificate"},
	} {
		_, err := identity.FromPEM(c.text, c.organization)
		if e, ok := errors.AsType[*identity.Error](err); !ok || e.Code != c.code || e.Remedy == "" {
			t.Errorf("%s: got %v, want code %s", name, err, c.code)
		}
	}
	if _, err := identity.Builtin("staging"); err == nil {
		t.Error("an unknown environment has anchors")
	}
}
