package simulation

import (
	"context"
	"net"
	"syscall"
	"time"
)

// network is the way from a process to the portal. Each connection takes its own time, by
// the seed, and may break.
type network struct {
	w      *world
	dialed chan net.Conn
	closed chan struct{}
}

func newNetwork(w *world) *network {
	return &network{w: w, dialed: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept is the portal's side.
func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.dialed:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error   { close(n.closed); return nil }
func (n *network) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443} }

// dial is a process's side of it. What is dialled at one instant fares alike: which of several
// calls gets which connection is not the seed's to say.
func (n *network) dial(l *life) func(ctx context.Context, _, _ string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		if l.dead() {
			return nil, refused()
		}
		r := n.w.dice("dial", time.Since(n.w.began))
		way := time.Duration(1+r.IntN(20_000_000)) + time.Millisecond
		if err := sleep(ctx, 2*way); err != nil {
			return nil, err
		}
		if n.w.strikes(r, 0.5) {
			n.w.netFault(l, "a connection is refused or hangs")
			if r.IntN(2) == 0 {
				return nil, refused()
			}
			return nil, hang(ctx)
		}
		client, server := newConn(l, way)
		if n.w.strikes(r, 0.2) {
			client.breakAfter(r.IntN(6_000)) // in the handshake, or when it is used again
		}
		if !l.connected(client) {
			return nil, refused()
		}
		select {
		case n.dialed <- server:
			return client, nil
		case <-n.closed:
			return nil, refused()
		}
	}
}

func refused() error { return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED} }

// hang is a connection that nobody answers: the system gives up after five seconds.
func hang(ctx context.Context) error {
	if err := sleep(ctx, 5*time.Second); err != nil {
		return err
	}
	return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ETIMEDOUT}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
