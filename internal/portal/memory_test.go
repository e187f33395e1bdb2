package portal_test

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// network is a network of one server within the process, for tests whose time is a
// bubble's. Like TCP, and unlike net.Pipe, it lets a writer get ahead of its reader.
type network struct {
	window  int // bytes that a writer may be ahead
	dialled chan net.Conn
	closed  chan struct{}
}

func newNetwork(window int) *network {
	return &network{window: window, dialled: make(chan net.Conn), closed: make(chan struct{})}
}

func (n *network) dial(context.Context) (net.Conn, error) {
	there, back := newHalf(n.window), newHalf(n.window)
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
	window int

	mu      sync.Mutex
	changed *sync.Cond
	data    []byte
	ended   bool // the writer closed
	gone    bool // the reader closed
	reset   bool // the connection broke, and what was under way with it
	late    bool // the writer's deadline has passed
}

func newHalf(window int) *half {
	h := &half{window: window}
	h.changed = sync.NewCond(&h.mu)
	return h
}

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.data) == 0 && !h.ended && !h.gone && !h.reset {
		h.changed.Wait()
	}
	switch {
	case h.reset:
		return 0, syscall.ECONNRESET
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
		for len(h.data) >= h.window && !h.ended && !h.gone && !h.reset && !h.late {
			h.changed.Wait()
		}
		switch {
		case h.late:
			return n, os.ErrDeadlineExceeded
		case h.reset:
			return n, syscall.ECONNRESET
		case h.ended || h.gone:
			return n, syscall.EPIPE
		}
		k := min(h.window-len(h.data), len(p)-n)
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

// memoryConn is one end of a connection. Of deadlines it has the one that matters: TLS sets
// it for its farewell, and never takes it back.
type memoryConn struct{ in, out *half }

func (c memoryConn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c memoryConn) Write(p []byte) (int, error) { return c.out.write(p) }

func (c memoryConn) Close() error {
	c.in.end(&c.in.gone)
	c.out.end(&c.out.ended)
	return nil
}

// breakOff ends both directions as a reset does.
func (c memoryConn) breakOff() {
	c.in.end(&c.in.reset)
	c.out.end(&c.out.reset)
}

func (memoryConn) LocalAddr() net.Addr             { return &net.TCPAddr{} }
func (memoryConn) RemoteAddr() net.Addr            { return &net.TCPAddr{} }
func (memoryConn) SetDeadline(time.Time) error     { return nil }
func (memoryConn) SetReadDeadline(time.Time) error { return nil }

func (c memoryConn) SetWriteDeadline(t time.Time) error {
	time.AfterFunc(time.Until(t), func() { c.out.end(&c.out.late) })
	return nil
}
