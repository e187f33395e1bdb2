package sandbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

func TestMutualTLS(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	stranger, err := NewPKI(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for name, certificates := range map[string][]tls.Certificate{"none": nil, "of another authority": {stranger.Client}} {
		other := *c
		other.http = httpClient(t, certificates...)
		if res := other.get(""); res.err == nil {
			t.Errorf("a client certificate %s is taken: %d", name, res.status)
		}
	}
}

func TestServerCertificate(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	conn, err := tls.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(c.running.URL, "https://"), "/api"), c.http.Transport.(*http.Transport).TLSClientConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	state := conn.ConnectionState()
	leaf, intermediates, roots := state.PeerCertificates[0], x509.NewCertPool(), x509.NewCertPool()
	intermediates.AddCert(state.PeerCertificates[1])
	if !roots.AppendCertsFromPEM(testPKI().CAPEM()) {
		t.Fatal("ca.pem cannot be read")
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Error(err)
	}
	if organizationOf(leaf) != ServerOrganization || len(leaf.DNSNames)+len(leaf.IPAddresses) > 0 || state.Version != tls.VersionTLS12 {
		t.Errorf("the server is %v, TLS version %x", leaf.Subject, state.Version)
	}
}

func TestWriteFiles(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	dir := filepath.Join(t.TempDir(), "new")
	for range 2 { // a second sandbox may write over the first one's files
		if err := c.running.WriteFiles(dir); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) []byte {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	var ready struct {
		URL, Control string
		PID          int
	}
	if err := json.Unmarshal(read("sandbox.json"), &ready); err != nil || ready.URL != c.running.URL || ready.Control != c.running.Control || ready.PID != os.Getpid() {
		t.Errorf("sandbox.json says %+v, %v", ready, err)
	}
	key, leaf, chain, err := pkcs12.DecodeChain(read("client.p12"), strings.TrimSpace(string(read("client.password"))))
	if err != nil || key == nil || organizationOf(leaf) != Organization || len(chain) != 2 {
		t.Errorf("client.p12: %v, %v", leaf, err)
	}
	if block, _ := pem.Decode(read("server.pem")); block == nil || string(block.Bytes) != string(testPKI().Server.Leaf.Raw) {
		t.Error("server.pem is not the server's certificate")
	}
	if toml := string(read("batch.toml")); !strings.Contains(toml, c.running.URL) || !strings.Contains(toml, "password_file = \"client.password\"") {
		t.Errorf("batch.toml is\n%s", toml)
	}
	for _, secret := range []string{"client.p12", "client.password"} {
		if info, err := os.Stat(filepath.Join(dir, secret)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", secret, info.Mode(), err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 6 {
		t.Errorf("there are %d files, want 6", len(entries))
	}
	if err := c.running.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, readyName)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a sandbox that has ended is ready still: %v", err)
	}
}

func TestWriteFilesSparesAWorkspace(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	const changed = "# my own\n[portal]\n"
	elsewhere := strings.Replace(settings, "%q", `"https://127.0.0.1:1/api"`, 1)
	for name, test := range map[string]struct {
		text  string
		files int // there afterwards; 1: nothing was written
		kept  bool
	}{
		"somebody's own":                  {"time_zone = \"Europe/Oslo\"\n", 1, true},
		"changed, for another sandbox":    {changed + "url = \"https://127.0.0.1:1/api\"\n", 1, true},
		"changed, for this very sandbox":  {changed + "url = '" + c.running.URL + "'\n", 6, true},
		"as written, for another address": {elsewhere, 6, false},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, settingsName)
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := c.running.WriteFiles(dir); (err == nil) != (test.files == 6) {
			t.Errorf("%s: %v", name, err)
		}
		if text, err := os.ReadFile(path); err != nil || (string(text) == test.text) != test.kept {
			t.Errorf("%s: afterwards it is %s, %v", name, text, err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != test.files {
			t.Errorf("%s: there are %d files, want %d", name, len(entries), test.files)
		}
	}
}

// A sandbox that nobody gave a folder holds bundles in memory, and none of one that is
// deleted; one with a folder shows them there.
func TestBundlesAreHeldInMemory(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	held := func(want int64) {
		t.Helper()
		s := c.running.Sandbox
		s.mu.Lock()
		defer s.mu.Unlock()
		bytes, files := int64(0), filesOf(t, s)
		for _, j := range s.jobs {
			bytes += int64(len(j.bundle))
		}
		if bundles := slices.DeleteFunc(files, func(name string) bool { return !strings.HasSuffix(name, ".asice") }); s.held != bytes || (bytes > 0) != (want > 0) || len(bundles) > 0 {
			t.Errorf("%d bytes are held, and counted as %d; files: %v", bytes, s.held, bundles)
		}
	}
	c.create("ref-1", newBundle(oneSigner))
	m := c.poll()
	held(1)
	c.get(m.PAdES).want(t, 200)
	c.confirm(m)
	held(0)
	c.get(m.PAdES).want(t, 410)
}

func TestABundleThatFindsNoRoomIsAFile(t *testing.T) {
	c := start(t, Options{NoLimits: true})
	c.running.Sandbox.held = heldBytes
	c.create("ref-1", newBundle(oneSigner))
	if files := filesOf(t, c.running.Sandbox); len(files) != 1 || !strings.HasSuffix(files[0], ".asice") {
		t.Errorf("the files are %v, want the bundle", files)
	}
	m := c.poll()
	c.get(m.PAdES).want(t, 200)
	c.confirm(m)
	if files := filesOf(t, c.running.Sandbox); len(files) > 0 || c.running.Sandbox.held != heldBytes {
		t.Errorf("the files are %v, %d bytes are held", files, c.running.Sandbox.held)
	}
}

func TestDocumentsAreRemoved(t *testing.T) {
	dir := t.TempDir()
	c := start(t, Options{NoLimits: true, Dir: dir})
	c.create("ref-1", newBundle(oneSigner))
	c.create("ref-2", newBundle(oneSigner))
	m := c.poll()
	c.get(m.PAdES).want(t, 200)
	kept := func() int {
		files, err := os.ReadDir(filepath.Join(dir, memoryFolder))
		if err != nil {
			return 0
		}
		return len(files)
	}
	if kept() != 3 {
		t.Errorf("%d files are kept, want two bundles and a signed document", kept())
	}
	c.confirm(m)
	if kept() != 1 {
		t.Errorf("%d files are kept after the confirmation, want the other bundle", kept())
	}
	c.advance(retention)
	if kept() != 0 {
		t.Errorf("%d files are kept after forty days", kept())
	}
	c.create("ref-3", newBundle(oneSigner))
	if err := c.running.Close(); err != nil || kept() != 0 {
		t.Errorf("%d files are left, %v", kept(), err)
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Start(ctx, StartOptions{Options: Options{PKI: testPKI()}})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	r.serving.Wait() // both listeners are closed
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestStartRefuses(t *testing.T) {
	for name, o := range map[string]StartOptions{
		"an open control API":  {ControlListen: "0.0.0.0:0"},
		"no address":           {Listen: "nowhere"},
		"a broker for nobody":  {Options: Options{Brokers: []string{"12"}}},
		"a folder it may not":  {Options: Options{Dir: "/dev/null"}},
		"state, and no folder": {Options: Options{State: StateFile}},
	} {
		o.PKI = testPKI()
		if r, err := Start(t.Context(), o); err == nil {
			r.Close()
			t.Errorf("%s: started", name)
		}
	}
}

func TestOrganizationOfCertificates(t *testing.T) {
	name := func(parts ...any) *x509.Certificate {
		var c x509.Certificate
		for i := 0; i < len(parts); i += 2 {
			c.Subject.Names = append(c.Subject.Names, pkix.AttributeTypeAndValue{Type: parts[i].(asn1.ObjectIdentifier), Value: parts[i+1]})
		}
		return &c
	}
	for _, test := range []struct {
		generation, want string
		certificate      *x509.Certificate
	}{
		{"SEID 2", "988015814", name(oidSerialNumber, "984661185", oidOrganizationIdentifier, "NTRNO-988015814")},
		{"SEID 1", "988015814", name(oidCommonName, "TEST 984661185", oidSerialNumber, "988015814")},
		{"older", "988015814", name(oidCommonName, "TEST AS - 988015814")},
		{"a person", "", name(oidCommonName, "Kari Nordmann", oidSerialNumber, "9578-4050-127091783")},
		{"foreign", "", name(oidOrganizationIdentifier, "NTRSE-988015814")},
	} {
		if got := organizationOf(test.certificate); got != test.want {
			t.Errorf("%s: %q, want %q", test.generation, got, test.want)
		}
	}
}
