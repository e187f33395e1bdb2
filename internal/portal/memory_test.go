package portal_test

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// network is a network of one server within the process, for tests whose time is a
// bubble's. Like TCP, and unlike net.Pipe, it lets a writer get ahead of its reader.
type network struct {
	dialled chan net.Conn
	closed  chan struct{}
}

func newNetwork() *network {
	return &network{dialled: make(chan net.Conn), closed: make(chan struct{})}
}

func (n *network) dial(context.Context) (net.Conn, error) {
	there, back := newHalf(), newHalf()
	select {
	case n.dialled <- memoryConn{in: there, out: back}:
		return memoryConn{in: back, out: there}, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case conn := <-n.dialled:
		return conn, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error   { close(n.closed); return nil }
func (n *network) Addr() net.Addr { return &net.TCPAddr{} }

// half is one direction of a connection.
type half struct {
	mu      sync.Mutex
	changed *sync.Cond
	data    []byte
	ended   bool // the writer closed
	gone    bool // the reader closed
}

func newHalf() *half {
	h := &half{}
	h.changed = sync.NewCond(&h.mu)
	return h
}

// inFlight is how many bytes a writer may be ahead.
const inFlight = 64 << 10

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.data) == 0 && !h.ended && !h.gone {
		h.changed.Wait()
	}
	switch {
	case h.gone:
		return 0, net.ErrClosed
	case len(h.data) == 0:
		return 0, io.EOF
	}
	n := copy(p, h.data)
	h.data = h.data[n:]
	h.changed.Broadcast()
	return n, nil
}

func (h *half) write(p []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for n < len(p) {
		for len(h.data) >= inFlight && !h.ended && !h.gone {
			h.changed.Wait()
		}
		if h.ended || h.gone {
			return n, io.ErrClosedPipe
		}
		k := min(inFlight-len(h.data), len(p)-n)
		h.data = append(h.data, p[n:n+k]...)
		n += k
		h.changed.Broadcast()
	}
	return n, nil
}

func (h *half) end(mark *bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	*mark = true
	h.changed.Broadcast()
}

// memoryConn is one end of a connection. It has no deadlines: nothing here depends on one.
type memoryConn struct{ in, out *half }

func (c memoryConn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c memoryConn) Write(p []byte) (int, error) { return c.out.write(p) }

func (c memoryConn) Close() error {
	c.in.end(&c.in.gone)
	c.out.end(&c.out.ended)
	return nil
}

func (memoryConn) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (memoryConn) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (memoryConn) SetDeadline(time.Time) error      { return nil }
func (memoryConn) SetReadDeadline(time.Time) error  { return nil }
func (memoryConn) SetWriteDeadline(time.Time) error { return nil }
