package portal

import (
	"context"
	"io"
	"sync"
)

// outgoing is the body of a create on its way from disk to the connection, a buffer at a
// time.
//
// A disk, or a share on the network, may stop answering, and a read from it cannot be broken
// off. So another goroutine reads, and hands on through a pipe; when the call is over the
// pipe is closed, nobody waits, and the reader ends with the next bytes that it brings.
type outgoing struct {
	*io.PipeReader
	watch *watch
	begin func()
}

// carry makes a body of c. Nothing of it is read before the connection is there and takes
// the first byte; all of it ends with ctx, which is the call's.
func (w *wire) carry(ctx context.Context, c content) *outgoing {
	from, to := io.Pipe()
	context.AfterFunc(ctx, func() { from.Close() })
	w.body = from
	return &outgoing{from, w.watch, sync.OnceFunc(func() {
		go func() {
			if err := c.write(to); err != nil {
				to.CloseWithError(spoilt{err})
				return
			}
			to.Close()
		}()
	})}
}

// fromDisk is the phase of a call in which it waits for the next bytes of its bundle.
const fromDisk = "reading the documents"

func (o *outgoing) Read(p []byte) (int, error) {
	o.begin()
	o.watch.extend(stallLimit, fromDisk)
	defer o.watch.extend(stallLimit, "sending")
	return o.PipeReader.Read(p)
}

// spoilt marks an error of the bundle, so that it is told from those of the connection. The
// transport gives up a request whose body fails, and closes the connection, before anything
// else of it is written.
type spoilt struct{ error }

func (s spoilt) Unwrap() error { return s.error }
