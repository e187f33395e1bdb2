package portal_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"batch/internal/mailout"
	"batch/internal/portal"
)

const (
	sender = mailout.OrgNumber("988015814")
	ref    = mailout.Ref("k3v9xq-2026-11-21-a7-14-1-8fj2m0qz-c4t")
	ns     = `xmlns="http://signering.posten.no/schema/v1"`

	limit = 1 << 20 // bytes of a download
)

// pki is a certificate authority with one server and one client.
type pki struct {
	pool           *x509.CertPool
	server, client tls.Certificate
}

func newPKI(t *testing.T) pki {
	t.Helper()
	ca, caKey := issue(t, "Test CA", nil, nil)
	pool := x509.NewCertPool()
	pool.AddCert(ca.Leaf)
	server, _ := issue(t, "POSTEN BRING AS", ca.Leaf, caKey)
	client, _ := issue(t, "KOMMUNEN", ca.Leaf, caKey)
	return pki{pool, server, client}
}

func issue(t *testing.T, name string, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (tls.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: parent == nil, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, key
}

// clientConfig trusts as the program does: in VerifyConnection, whatever the host is called.
func (p pki) clientConfig() *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{p.client}, InsecureSkipVerify: true, MinVersion: tls.VersionTLS12,
		VerifyConnection: func(s tls.ConnectionState) error {
			_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: p.pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
			return err
		},
	}
}

func (p pki) serverConfig() *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{p.server}, MinVersion: tls.VersionTLS12,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: p.pool,
	}
}

// stub is a server that answers with bytes, not with a server's good manners.
type stub struct {
	pki  pki
	root string

	mu       sync.Mutex
	conns    int
	requests []string // method and path of every request whose head arrived
	hosts    []string
	bodies   [][]byte
	headers  []http.Header
}

// newStub serves every connection with serve until the test ends.
func newStub(t *testing.T, config func(*tls.Config), serve func(s *stub, conn net.Conn, in *bufio.Reader)) *stub {
	t.Helper()
	s := &stub{pki: newPKI(t)}
	tlsConfig := s.pki.serverConfig()
	if config != nil {
		config(tlsConfig)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", tlsConfig)
	if err != nil {
		t.Fatal(err)
	}
	s.root = "https://" + listener.Addr().String() + "/api"
	s.serveAll(t, listener, serve)
	return s
}

func (s *stub) serveAll(t *testing.T, listener net.Listener, serve func(*stub, net.Conn, *bufio.Reader)) {
	var group sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	group.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			mu.Unlock()
			s.mu.Lock()
			s.conns++
			s.mu.Unlock()
			group.Go(func() {
				defer conn.Close()
				serve(s, conn, bufio.NewReader(conn))
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for conn := range open {
			conn.Close()
		}
		mu.Unlock()
		group.Wait()
	})
}

// receive reads one whole request; false where the client was gone before its end.
func (s *stub) receive(in *bufio.Reader) bool {
	req, err := http.ReadRequest(in)
	if err != nil {
		return false
	}
	s.mu.Lock()
	s.requests = append(s.requests, req.Method+" "+req.URL.RequestURI())
	s.headers, s.hosts = append(s.headers, req.Header), append(s.hosts, req.Host)
	s.mu.Unlock()
	body, err := io.ReadAll(req.Body)
	s.mu.Lock()
	s.bodies = append(s.bodies, body)
	s.mu.Unlock()
	return err == nil
}

func (s *stub) calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

func (s *stub) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

// replying reads whole requests and answers each with the next of replies, the last one
// again and again.
func replying(replies ...string) func(*stub, net.Conn, *bufio.Reader) {
	var mu sync.Mutex
	return func(s *stub, conn net.Conn, in *bufio.Reader) {
		for s.receive(in) {
			mu.Lock()
			reply := replies[0]
			if len(replies) > 1 {
				replies = replies[1:]
			}
			mu.Unlock()
			if _, err := io.WriteString(conn, reply); err != nil {
				return
			}
		}
	}
}

func (s *stub) client(t *testing.T) *portal.Client {
	t.Helper()
	return newClient(t, portal.Options{Root: s.root, TLS: s.pki.clientConfig()})
}

func newClient(t *testing.T, o portal.Options) *portal.Client {
	t.Helper()
	c, err := portal.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// bundle is a bundle that is just bytes.
type bundle string

func (b bundle) Size() int64 { return int64(len(b)) }

func (b bundle) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, string(b))
	return int64(n), err
}

func job(b portal.Bundle) portal.Job {
	return portal.Job{Sender: sender, Ref: ref, Queue: "hr-avtaler", Bundle: b}
}

// reply writes an answer with the right length.
func reply(status, body string, header ...string) string {
	lines := append([]string{"HTTP/1.1 " + status}, header...)
	lines = append(lines, "Content-Length: "+itoa(len(body)), "", body)
	return strings.Join(lines, "\r\n")
}

func itoa(n int) string { return strconv.Itoa(n) }
func hex(n int) string  { return strconv.FormatInt(int64(n), 16) }

func errorXML(code, message string) string {
	return `<error ` + ns + `><error-code>` + code + `</error-code><error-message>` + message +
		`</error-message><error-type>CLIENT</error-type></error>`
}

func createdXML(inner string) string {
	return `<portal-signature-job-response ` + ns + `>` + inner + `</portal-signature-job-response>`
}

const jobElements = `<signature-job-id>4711</signature-job-id><cancellation-url>https://portal.example/api/988015814/portal/signature-jobs/4711/cancel</cancellation-url>`

// closing answers one request and closes.
func closing(answer string) func(*stub, net.Conn, *bufio.Reader) {
	return func(s *stub, conn net.Conn, in *bufio.Reader) {
		if s.receive(in) {
			io.WriteString(conn, answer)
		}
	}
}

const signatureXML = `<signatures><signature><status since="2026-11-21T10:00:00+01:00">WAITING</status><personal-identification-number>12345678910</personal-identification-number></signature></signatures>`

// changeXML is a status change with other elements than usual in two places.
func changeXML(status, signatures string) string {
	return `<portal-signature-job-status-change-response ` + ns + `><reference>r</reference><signature-job-id>1</signature-job-id>` + status +
		`<confirmation-url>https://portal.example/api/988015814/portal/signature-jobs/1/complete</confirmation-url>` + signatures +
		`</portal-signature-job-status-change-response>`
}

// dialling leads every connection to s, whatever address was asked for.
func dialling(s *stub) func(context.Context) (net.Conn, error) {
	address := strings.TrimSuffix(strings.TrimPrefix(s.root, "https://"), "/api")
	return func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}
}

// net/http tells the standard logger of bytes that no call has asked for; a program that
// must not show them silences it, as this one does.
func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)
	m.Run()
}
