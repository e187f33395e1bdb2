package sandbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// anyPort is where a sandbox listens unless told otherwise.
const anyPort = "127.0.0.1:0"

// StartOptions say where a sandbox listens, beside how it behaves.
type StartOptions struct {
	Options
	Listen        string // address of the portal; empty: a free port of this machine
	ControlListen string // address of the control API, loopback only; empty: a free port
}

// Running is a sandbox that listens.
type Running struct {
	Sandbox *Sandbox
	URL     string // service root of the portal, https://127.0.0.1:PORT/api
	Control string // of the control API, http://127.0.0.1:PORT

	readyIn atomic.Pointer[string] // the folder with its sandbox.json
	servers []*http.Server
	serving sync.WaitGroup
	once    sync.Once
	closed  error
}

// Start makes a sandbox and lets it listen, the portal with mutual TLS. It ends with
// Close, or when ctx does.
func Start(ctx context.Context, o StartOptions) (*Running, error) {
	portal, err := listen(ctx, o.Listen)
	if err != nil {
		return nil, fmt.Errorf("listening for the portal: %w", err)
	}
	control, err := listenLoopback(ctx, o.ControlListen)
	if err != nil {
		portal.Close()
		return nil, fmt.Errorf("listening for the control API: %w", err)
	}
	s, err := New(o.Options)
	if err != nil {
		portal.Close()
		control.Close()
		return nil, err
	}
	r := &Running{
		Sandbox: s,
		URL:     "https://" + portal.Addr().String() + "/api",
		Control: "http://" + control.Addr().String(),
	}
	r.serve(tls.NewListener(portal, s.TLSConfig()), s.Handler())
	r.serve(control, s.Control())
	context.AfterFunc(ctx, func() { r.Close() })
	return r, nil
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	if address == "" {
		address = anyPort
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if errors.Is(err, addressInUse) {
		return nil, fmt.Errorf("%s is taken by another program; choose another port, or 0 for a free one", address)
	}
	return l, err
}

func listenLoopback(ctx context.Context, address string) (net.Listener, error) {
	l, err := listen(ctx, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := l.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		l.Close()
		return nil, fmt.Errorf("%s can be reached from other machines; use 127.0.0.1", address)
	}
	return l, nil
}

// TLSConfig is the portal's side of mutual TLS: an enterprise certificate without a host
// name, a client certificate of this sandbox's own authority demanded, and TLS 1.2 only,
// as the portal's documentation says.
func (s *Sandbox) TLSConfig() *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{s.PKI.Server},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    s.PKI.roots(),
		MinVersion:   tls.VersionTLS12,
		MaxVersion:   tls.VersionTLS12,
		NextProtos:   []string{"http/1.1"},
		Time:         s.options.Now,
	}
}

func (r *Running) serve(l net.Listener, h http.Handler) {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(r.Sandbox.options.Log.Handler(), slog.LevelInfo),
	}
	r.servers = append(r.servers, server)
	r.serving.Go(func() { server.Serve(l) }) // ends with ErrServerClosed, by Close only
}

// Close stops listening, breaks what is still going on, and removes sandbox.json and, with
// StateMemory, all documents. It may be called more than once.
func (r *Running) Close() error {
	r.once.Do(func() {
		var errs []error
		for _, server := range r.servers {
			errs = append(errs, server.Close())
		}
		r.serving.Wait()
		if dir := r.readyIn.Load(); dir != nil {
			errs = append(errs, removeReady(*dir))
		}
		r.closed = errors.Join(append(errs, r.Sandbox.Close())...)
	})
	return r.closed
}
