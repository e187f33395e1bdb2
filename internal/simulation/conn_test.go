package simulation

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// conn is one end of a connection within the bubble. Like TCP's, and unlike net.Pipe's, its
// writers run ahead of the reader, and what was written when a process is killed arrives.
type conn struct {
	life    *life
	client  bool
	in, out *half
}

func newConn(l *life, way time.Duration) (client, server *conn) {
	there, back := newHalf(way), newHalf(way+1)
	return &conn{l, true, back, there}, &conn{l, false, there, back}
}

// breakAfter resets the connection once so many more bytes have been written at this end.
func (c *conn) breakAfter(n int) { c.out.breakAfter(n) }

// Read is, at a process's end, a step behind which the bytes are the process's.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	if c.client && c.life.step("net", "answer read") {
		return 0, syscall.ECONNRESET
	}
	return n, err
}

// Write is, at a process's end, two steps: before the bytes leave, and behind.
func (c *conn) Write(p []byte) (int, error) {
	if c.client && c.life.step("net", "before writing") {
		return 0, syscall.ECONNRESET
	}
	n, broke, err := c.out.write(p)
	if broke {
		c.life.w.netFault(c.life, "a connection breaks")
		c.reset()
	}
	if c.client && c.life.step("net", "written") {
		return 0, syscall.ECONNRESET
	}
	return n, err
}

// Close says farewell: what was written before arrives.
func (c *conn) Close() error {
	c.in.end(&c.in.gone)
	c.out.finish()
	return nil
}

// CloseWrite closes one direction.
func (c *conn) CloseWrite() error {
	c.out.finish()
	return nil
}

// SetLinger(0) makes a Close a reset, as with TCP.
func (c *conn) SetLinger(int) error {
	c.reset()
	return nil
}

// reset ends both directions at once; what is on its way is lost.
func (c *conn) reset() {
	c.in.end(&c.in.broken)
	c.out.end(&c.out.broken)
}

func (c *conn) LocalAddr() net.Addr  { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }
func (c *conn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2} }

func (c *conn) SetDeadline(t time.Time) error {
	c.in.setDeadline(t)
	c.out.setWriteDeadline(t)
	return nil
}
func (c *conn) SetReadDeadline(t time.Time) error  { c.in.setDeadline(t); return nil }
func (c *conn) SetWriteDeadline(t time.Time) error { c.out.setWriteDeadline(t); return nil }

// half is one direction of a connection: what is written can be read after the time that
// the way takes, in order.
type half struct {
	way time.Duration

	mu       sync.Mutex
	changed  *sync.Cond
	parts    []part
	limit    int       // bytes until it breaks; negative: it does not
	ended    time.Time // when the farewell arrives; zero: none was said
	gone     bool      // the reader has closed
	broken   bool      // by a reset
	readBy   time.Time
	writeBy  time.Time
	deadline *time.Timer
}

type part struct {
	at   time.Time
	data []byte
}

func (h *half) breakAfter(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.limit = n
}

func newHalf(way time.Duration) *half {
	h := &half{way: way, limit: -1}
	h.changed = sync.NewCond(&h.mu)
	return h
}

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		now := time.Now()
		switch {
		case h.broken:
			return 0, syscall.ECONNRESET
		case h.gone:
			return 0, net.ErrClosed
		case !h.readBy.IsZero() && !now.Before(h.readBy):
			return 0, os.ErrDeadlineExceeded
		case len(p) == 0:
			return 0, nil
		case len(h.parts) > 0 && !now.Before(h.parts[0].at):
			return h.take(p), nil
		case len(h.parts) == 0 && !h.ended.IsZero() && !now.Before(h.ended):
			return 0, io.EOF
		}
		h.changed.Wait()
	}
}

func (h *half) take(p []byte) int {
	n := copy(p, h.parts[0].data)
	if h.parts[0].data = h.parts[0].data[n:]; len(h.parts[0].data) == 0 {
		h.parts = h.parts[1:]
	}
	return n
}

// write takes all of p, unless the connection is over. broke says that it breaks here.
func (h *half) write(p []byte) (n int, broke bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.broken:
		return 0, false, syscall.ECONNRESET
	case h.gone || !h.ended.IsZero():
		return 0, false, syscall.EPIPE
	case !h.writeBy.IsZero() && !time.Now().Before(h.writeBy):
		return 0, false, os.ErrDeadlineExceeded
	}
	if h.limit >= 0 && len(p) > h.limit {
		return h.limit, true, syscall.ECONNRESET
	}
	if h.limit >= 0 {
		h.limit -= len(p)
	}
	h.parts = append(h.parts, part{time.Now().Add(h.way), append([]byte(nil), p...)})
	time.AfterFunc(h.way, h.changed.Broadcast)
	return len(p), false, nil
}

func (h *half) finish() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended.IsZero() {
		h.ended = time.Now().Add(h.way)
		time.AfterFunc(h.way, h.changed.Broadcast)
	}
}

func (h *half) end(mark *bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	*mark = true
	h.changed.Broadcast()
}

func (h *half) setDeadline(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.readBy = t; h.deadline != nil {
		h.deadline.Stop()
	}
	if !t.IsZero() {
		h.deadline = time.AfterFunc(time.Until(t), h.changed.Broadcast)
	}
	h.changed.Broadcast()
}

func (h *half) setWriteDeadline(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.writeBy = t
}
