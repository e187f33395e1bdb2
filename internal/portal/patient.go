package portal

import (
	"context"
	"net"
	"sync"
	"time"
)

// patience is how long a failed write waits for what the server may have said before it
// closed the connection.
const patience = 2 * time.Second

// patiently dials connections whose failed writes are reported late.
func patiently(dial Dial) Dial {
	if dial == nil {
		dial = (&net.Dialer{Timeout: connectLimit}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return newPatientConn(conn), nil
	}
}

// patientConn is a connection on which a write that fails first lets the reader come to
// its end. A server that blocks us, or does not take our certificate, says so and closes
// while we are still sending a bundle: net/http would report the broken write and throw
// the answer away, and a row that was proved not sent would be unknown.
type patientConn struct {
	net.Conn
	meter
	once    sync.Once
	readEnd chan struct{} // closed when nothing more can be read
}

func newPatientConn(c net.Conn) *patientConn {
	return &patientConn{Conn: c, readEnd: make(chan struct{})}
}

func (c *patientConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		c.endReading()
	}
	return n, err
}

// Close also ends the patience: TLS that has read an alert reads no further, and closes.
func (c *patientConn) Close() error {
	c.endReading()
	return c.Conn.Close()
}

// SetWriteDeadline ends the patience too: TLS bounds only its farewell, on the way to Close.
func (c *patientConn) SetWriteDeadline(t time.Time) error {
	c.endReading()
	c.bidFarewell()
	return c.Conn.SetWriteDeadline(t)
}

func (c *patientConn) endReading() { c.once.Do(func() { close(c.readEnd) }) }

func (c *patientConn) Write(p []byte) (int, error) {
	if !c.begin() {
		return 0, net.ErrClosed
	}
	n, err := c.Conn.Write(p)
	c.end(n)
	if err != nil {
		c.awaitReader()
	}
	return n, err
}

func (c *patientConn) awaitReader() {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-c.readEnd:
	case <-timer.C:
	}
}
