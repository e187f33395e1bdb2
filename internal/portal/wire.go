package portal

import (
	"context"
	"crypto/tls"
	"io"
	"net/http/httptrace"
	"sync"
	"time"
)

// wire watches one request go out. It answers the question that decides between "not
// sent" and "unknown": can a byte of this request have left? net/http's trace tells which
// connection the request got, and the connection whether anything was written since. The
// body is handed out through the wire, so that after [wire.seal] no more of it leaves,
// whatever the transport still does.
type wire struct {
	watch *watch
	ready func() error   // nil: nothing is to be done before the first byte
	body  *io.PipeReader // nil: none

	mu       sync.Mutex
	conn     *patientConn // nil: there was no connection
	mark     int          // what conn had written before this request
	answered bool         // a byte of an answer came
	fresh    *tls.Conn    // the connection, where this request was its first
}

func (w *wire) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			w.watch.extend(stallLimit, "sending")
			secured := info.Conn.(*tls.Conn)
			w.note(func() {
				w.conn = secured.NetConn().(*patientConn)
				w.mark = w.conn.written()
				if !info.Reused {
					w.fresh = secured
				}
			})
			w.getReady()
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				w.watch.extend(answerLimit, "waiting for the answer")
			}
		},
		GotFirstResponseByte: func() { w.note(func() { w.answered = true }) },
	})
}

// unready is why a call was given up before its first byte.
type unready struct{ error }

// getReady does what is to be done between having a connection and the first byte. The
// transport asks for that byte when this has returned; where it fails, the connection takes
// none any more.
func (w *wire) getReady() {
	if w.ready == nil {
		return
	}
	if err := w.ready(); err != nil {
		w.seal()
		w.watch.cancel(unready{err})
	}
}

func (w *wire) note(fact func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fact()
}

// seal stops the body and says when the last byte of the request can have left; zero
// where none did. What the kernel still holds of a request that was cut off leaves within
// its own retransmission limit, about a quarter of an hour.
func (w *wire) seal() (lastByte time.Time) {
	if w.body != nil {
		w.body.Close()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn == nil {
		return time.Time{}
	}
	last := w.conn.lastSince(w.mark)
	return leftBy(last, time.Now(), time.Since(last))
}

// leftBy is when the last byte can have left at the latest, of which the connection says
// that it left at last; since is how long ago that was by the monotonic clock. In a machine
// that falls asleep the kernel holds what was written to it, and sends it on waking up: a
// person who trusts that a call of yesterday cannot arrive any more must not be wrong.
func leftBy(last, now time.Time, since time.Duration) time.Time {
	if !last.IsZero() && now.Round(0).Sub(last.Round(0))-since > time.Second {
		return now
	}
	return last
}

// refusedHandshake is the alert by which the server broke off the handshake although bytes
// of the request are gone; nil where that is not proved.
//
// In TLS 1.3 the client sends its certificate and may write at once; the server's verdict
// on the certificate comes as an alert on the first read. By RFC 8446 §4.4 and §6.2 a
// server that sends one of these alerts has not completed the handshake, and one that has
// not completed it processes no application data (we never send early data). The alert is
// authenticated like everything the verified server says. So the request was not seen,
// and that is proved, but only on a connection of which this was the first request, and
// only while nothing was answered. In TLS 1.2 the handshake is complete before we write,
// so the same alert proves nothing there.
func (w *wire) refusedHandshake(err error) error {
	w.mu.Lock()
	conn, answered := w.fresh, w.answered
	w.mu.Unlock()
	if conn == nil || answered || conn.ConnectionState().Version < tls.VersionTLS13 {
		return nil
	}
	if alert := handshakeAlert(err); alert != nil {
		return alert
	}
	// The transport may report a broken write while its reader has seen the alert. A TLS
	// connection keeps its last read error. The deadline, which fails where the connection
	// is closed, makes sure that this only looks.
	_ = conn.SetReadDeadline(time.Unix(1, 0))
	_, kept := conn.Read(make([]byte, 1))
	return handshakeAlert(kept)
}
