package app

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/bundle"
	"batch/internal/identity"
	"batch/internal/mailout"
	"batch/internal/portal"
	"batch/internal/sandbox"
)

// counter is a post in a bubble of its own, in front of a sandbox that it reaches through
// memory. What is slow or asleep is said for each test.
type counter struct {
	*post
	t          *testing.T
	portal     *sandbox.Sandbox
	connecting time.Duration // how long a connection takes
	ahead      time.Duration // how far the wall clock has gone on alone, while the machine slept
	asleep     time.Duration // … and goes on while a connection is made
	disk       func()        // what opening a document waits for; nil: nothing
	row        mailout.Record
}

func inCounter(t *testing.T, test func(t *testing.T, c *counter)) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "samples", "avtaler", "1042.pdf"))
	must(t, err)
	synctest.Test(t, func(t *testing.T) {
		pki, err := sandbox.NewPKI(time.Now())
		must(t, err)
		c := &counter{t: t}
		c.portal, err = sandbox.New(sandbox.Options{PKI: pki, NoLimits: true})
		must(t, err)
		defer c.portal.Close()
		door := &door{arriving: make(chan net.Conn), closed: make(chan struct{})}
		server := &http.Server{Handler: c.portal.Handler()}
		go server.Serve(tls.NewListener(door, c.portal.TLSConfig()))
		defer server.Close()
		c.post = c.newPost(pki, page, door)
		defer c.client.Close()
		c.row = mailout.Record{Row: mailout.Row{Line: 2,
			Job: mailout.Job{Sender: sandbox.Organization, Title: "Avtale", Signers: []mailout.Signer{{Email: "kari@example.com", Notify: mailout.NotifyGiven}}},
			Documents: []mailout.Document{{Title: "Avtale", Name: "avtale.pdf",
				Prepared: mailout.Prepared{SHA256: mailout.SumDigest(page), CRC32: crc32.ChecksumIEEE(page), Bytes: int64(len(page)), Pages: 1}}}}}
		test(t, c)
	})
}

func (c *counter) newPost(pki *sandbox.PKI, page []byte, door *door) *post {
	c.t.Helper()
	trust, err := identity.FromPEM(pki.CAPEM(), sandbox.ServerOrganization)
	must(c.t, err)
	own := &identity.Identity{Chain: clientChain(pki), Key: pki.Client.PrivateKey.(crypto.Signer), Organization: sandbox.Organization}
	p := &post{root: "https://portal.example/api", now: func() time.Time { return time.Now().Round(0).Add(c.ahead) },
		open: func(mailout.Document) (io.ReadCloser, error) {
			if c.disk != nil {
				c.disk()
			}
			return io.NopCloser(bytes.NewReader(page)), nil
		}}
	p.sealer, err = bundle.NewSealer(own.Chain, own.Key)
	must(c.t, err)
	p.client, err = portal.New(portal.Options{Root: p.root, TLS: own.TLSConfig(trust, time.Now), Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		time.Sleep(c.connecting)
		c.ahead += c.asleep
		return door.knock()
	}})
	must(c.t, err)
	return p
}

func clientChain(pki *sandbox.PKI) []*x509.Certificate {
	return []*x509.Certificate{pki.Client.Leaf, pki.Issuing, pki.Root}
}

// create prepares the row and makes the call.
func (c *counter) create() mailout.Outcome {
	c.t.Helper()
	jobXML, err := c.JobXML(c.row, c.now())
	must(c.t, err)
	create, err := c.Prepare(c.t.Context(), c.row, jobXML)
	must(c.t, err)
	return create(c.t.Context(), mailout.NewRef(mailout.RefParts{Workspace: "k3v9xq", Batch: "2026-11-21-a7", Line: 2, Attempt: 1}), "queue")
}

// door lets connections in, each a pipe.
type door struct {
	arriving chan net.Conn
	closed   chan struct{}
}

func (d *door) knock() (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case d.arriving <- there:
		return here, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

func (d *door) Accept() (net.Conn, error) {
	select {
	case conn := <-d.arriving:
		return conn, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

func (d *door) Close() error   { close(d.closed); return nil }
func (d *door) Addr() net.Addr { return &net.TCPAddr{} }

// The signing time is right within five seconds, or the sandbox refuses the bundle: also
// where documents come slowly from disk, and where a connection takes longer than that.
func TestABundleIsSignedWhenItsFirstByteLeaves(t *testing.T) {
	inCounter(t, func(t *testing.T, c *counter) {
		c.connecting = 8 * time.Second
		c.disk = func() { time.Sleep(9 * time.Second) }
		jobXML, err := c.JobXML(c.row, c.now())
		must(t, err)
		create, err := c.Prepare(t.Context(), c.row, jobXML)
		must(t, err)
		c.disk = nil
		time.Sleep(time.Minute)
		if o := create(t.Context(), "k3v9xq-2026-11-21-a7-2-1-8fj2m0qz-c4t", "queue"); o.Kind != mailout.OutcomeAccepted {
			t.Errorf("%+v", o)
		}
	})
}

// A machine that falls asleep while it connects has sent nothing when it wakes up, and
// sends nothing on that connection; it sends when the row is begun anew.
func TestAMachineThatSleepsWhileItConnects(t *testing.T) {
	inCounter(t, func(t *testing.T, c *counter) {
		c.asleep = time.Hour
		o := c.create()
		if o.Kind != mailout.OutcomeNotSent || o.Fatal || !o.LastByte.IsZero() || !strings.Contains(o.Message, "asleep") {
			t.Errorf("%+v", o)
		}
		if n := len(c.portal.Calls()); n != 0 {
			t.Errorf("%d calls arrived", n)
		}
	})
	inCounter(t, func(t *testing.T, c *counter) {
		if o := c.create(); o.Kind != mailout.OutcomeAccepted {
			t.Errorf("awake: %+v", o)
		}
	})
}

// A disk that does not answer keeps nobody for longer than half a minute; nor does it keep
// whoever stops at once.
func TestADiskThatHangsIsNotWaitedFor(t *testing.T) {
	for _, stops := range []bool{false, true} {
		inCounter(t, func(t *testing.T, c *counter) {
			stuck, began := make(chan struct{}), time.Now()
			defer close(stuck)
			c.disk = func() { <-stuck }
			jobXML, err := c.JobXML(c.row, c.now())
			must(t, err)
			ctx, want := t.Context(), 30*time.Second
			if stops {
				want = time.Second
				var stop context.CancelFunc
				ctx, stop = context.WithTimeout(ctx, want)
				defer stop()
			}
			_, err = c.Prepare(ctx, c.row, jobXML)
			if err == nil || time.Since(began) != want {
				t.Errorf("after %v: %v", time.Since(began), err)
			}
			if stops != errors.Is(err, context.DeadlineExceeded) || !stops && !strings.Contains(err.Error(), "has not answered for 30s") {
				t.Errorf("stopped %v: %v", stops, err)
			}
		})
	}
}

// lockedKey is a key that is not there any more.
type lockedKey struct{ crypto.Signer }

func (lockedKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("the card was taken out")
}

// A key that does not sign concerns every row. Nothing was sent.
func TestAKeyThatDoesNotSign(t *testing.T) {
	inCounter(t, func(t *testing.T, c *counter) {
		pki, err := sandbox.NewPKI(time.Now())
		must(t, err)
		c.sealer, err = bundle.NewSealer(clientChain(pki), lockedKey{pki.Client.PrivateKey.(crypto.Signer)})
		must(t, err)
		o := c.create()
		if o.Kind != mailout.OutcomeNotSent || !o.Fatal || o.Ours || !strings.Contains(o.Message, "taken out") {
			t.Errorf("%+v", o)
		}
		if n := len(c.portal.Calls()); n != 0 {
			t.Errorf("%d calls arrived", n)
		}
	})
}
