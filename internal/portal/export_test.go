package portal

import (
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// Clean is what every text of the portal goes through, ReadChange what every change does.
var (
	Clean      = clean
	ReadChange = readChange
)

// Readable reports why one of the portal's documents cannot be read.
func Readable(document []byte) error {
	_, change := readChange(document)
	_, created := readCreated(document)
	_, failure := readError(document)
	if change == nil || created == nil || failure == nil {
		return nil
	}
	return errors.Join(change, created, failure)
}

// DialWith makes a client connect in another way, as to a server in the same bubble.
func (c *Client) DialWith(dial func(context.Context) (net.Conn, error)) {
	c.transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := dial(ctx)
		if err != nil {
			return nil, err
		}
		return newPatientConn(conn), nil
	}
}

var ClockIn = clockIn

var LeftBy = leftBy

// Meter is a connection of the client's, with what it knows of what left on it.
func Meter(conn net.Conn) (metered net.Conn, written func() int, lastSince func(mark int) time.Time) {
	c := newPatientConn(conn)
	return c, c.written, c.lastSince
}

// Body is the body of a call that sends what write writes, and seals it.
func Body(ctx context.Context, write func(io.Writer) error) (body io.Reader, seal func() time.Time) {
	ctx, watch := newWatch(ctx)
	w := &wire{watch: watch}
	return w.carry(ctx, content{write: write}), w.seal
}
