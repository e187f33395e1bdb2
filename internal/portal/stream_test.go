package portal_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/portal"
)

// source is a bundle that is read in pieces, as one from disk, and may not be what it says.
type source struct {
	size  int64                  // what it announces
	piece []byte                 // again and again …
	holds int64                  // … up to so many bytes
	err   error                  // behind them
	pause func(n int64)          // before the byte n; may be nil
	begun func()                 // may be nil
	ended func(n int64, _ error) // may be nil
}

func whole(size int64) source { return source{size: size, piece: chunk, holds: size} }

var chunk = bytes.Repeat([]byte("PK\x03\x04"), 16<<10)

func (s source) Size() int64 { return s.size }

func (s source) WriteTo(w io.Writer) (n int64, err error) {
	if s.begun != nil {
		s.begun()
	}
	for n < s.holds && err == nil {
		if s.pause != nil {
			s.pause(n)
		}
		var k int
		k, err = w.Write(s.piece[:min(int64(len(s.piece)), s.holds-n)])
		n += int64(k)
	}
	if err == nil {
		err = s.err
	}
	if s.ended != nil {
		s.ended(n, err)
	}
	return n, err
}

// A bundle that turns out not to be what it is said to be, while it is under way: whatever
// the server does with it, it was not given a whole request, nor the end of the body.
func TestABundleThatFailsIsBrokenOff(t *testing.T) {
	changed := errors.New("writing a bundle: document 00_a.pdf: the prepared file is not the one that was approved")
	const large = 3 << 20
	for name, b := range map[string]source{
		"at its first byte":      {size: 1000, err: changed},
		"in the middle":          {size: 1000, piece: chunk, holds: 500, err: changed},
		"in the middle, large":   {size: large, piece: chunk, holds: large / 2, err: changed},
		"before its last byte":   {size: 1000, piece: chunk, holds: 999, err: changed},
		"behind its last byte":   {size: 1000, piece: chunk, holds: 1000, err: changed},
		"behind the last, large": {size: large, piece: chunk, holds: large, err: changed},
		"it ends too early":      {size: 1000, piece: chunk, holds: 999},
		"it ends too late":       {size: 1000, piece: chunk[:100], holds: 1001},
		"it does not end":        {size: 1000, piece: chunk[:100], holds: large},
	} {
		t.Run(name, func(t *testing.T) {
			var arrived []byte
			serve := func(_ *stub, _ net.Conn, in *bufio.Reader) { arrived, _ = io.ReadAll(in) }
			inBubble(t, serve, func(t *testing.T, s *stub, c *portal.Client) {
				o := c.Create(t.Context(), job(b))
				if got, want := of(o), (verdict{mailout.OutcomeUnknown, true, "bundle"}); got != want {
					t.Errorf("got %+v, want %+v", got, want)
				}
				checkConsistent(t, o)
				if b.err != nil && !strings.Contains(o.Message, changed.Error()) {
					t.Errorf("the message does not say what is wrong: %s", o.Message)
				}
				synctest.Wait()
				if n := s.connections(); n != 1 {
					t.Errorf("%d connections were made", n)
				}
				checkCutOff(t, arrived, b.size)
			})
		})
	}
}

// checkCutOff wants a request that was begun as it should be, and is not whole.
func checkCutOff(t *testing.T, arrived []byte, size int64) {
	t.Helper()
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(arrived)))
	if err != nil {
		t.Fatalf("reading what arrived: %v", err)
	}
	_, boundary, _ := strings.Cut(request.Header.Get("Content-Type"), "boundary=")
	body, err := io.ReadAll(request.Body)
	if err != io.ErrUnexpectedEOF || int64(len(body)) >= request.ContentLength || request.ContentLength <= size {
		t.Errorf("of %d bytes %d arrived, ending with %v", request.ContentLength, len(body), err)
	}
	if boundary == "" || !bytes.Contains(body, []byte("--"+boundary)) || bytes.Contains(body, []byte("--"+boundary+"--")) {
		t.Errorf("the body of %d bytes is closed, or was never opened", len(body))
	}
}

// The next create goes over another connection, and nothing of the last is in its way.
func TestAfterABundleThatFailedTheNextIsSent(t *testing.T) {
	inBubble(t, replying(reply("200 OK", created)), func(t *testing.T, s *stub, c *portal.Client) {
		c.Create(t.Context(), job(source{size: 1 << 20, piece: chunk, holds: 1 << 19, err: errors.New("torn")}))
		if o := c.Create(t.Context(), job(whole(1<<20))); o.Kind != mailout.OutcomeAccepted {
			t.Errorf("%+v", o)
		}
		if n := s.connections(); n != 2 {
			t.Errorf("%d connections were made", n)
		}
	})
}

func TestNothingIsReadBeforeThereIsAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, portal.Options{Root: plainRoot, TLS: newPKI(t).clientConfig()})
		c.DialWith(func(context.Context) (net.Conn, error) { return nil, errors.New("no route") })
		b := whole(1000)
		b.begun = func() { t.Error("the bundle was read") }
		untouched(t, c.Create(t.Context(), job(b)), notSent("unreachable"))
	})
}

// disk is a bundle on a disk that gives so many bytes and answers no more.
func disk(gives int64) (b source, answer func(), readerEnded func() bool) {
	stuck, ended := make(chan struct{}), make(chan error, 1)
	b = whole(1 << 20)
	b.pause = func(n int64) {
		if n >= gives {
			<-stuck
		}
	}
	b.ended = func(_ int64, err error) { ended <- err }
	return b, sync.OnceFunc(func() { close(stuck) }), func() bool {
		select {
		case err := <-ended:
			return err != nil
		default:
			return false
		}
	}
}

// Nobody waits for a disk that does not answer. What it says when the call is long over
// goes nowhere.
func TestADiskThatStopsAnswering(t *testing.T) {
	spoilt := verdict{mailout.OutcomeUnknown, true, "bundle"}
	for name, test := range map[string]struct {
		serve  func(*stub, net.Conn, *bufio.Reader)
		gives  int64
		giveUp time.Duration
		want   verdict
		after  time.Duration
	}{
		"ends the call":              {draining, 1 << 19, time.Hour, spoilt, 30 * time.Second},
		"before it has begun":        {draining, 0, time.Hour, spoilt, 30 * time.Second},
		"does not hold up a stop":    {draining, 1 << 19, time.Second, unknown("stopped"), time.Second},
		"does not hide a block":      {early(reply("429 Too Many Requests", "", "DoSFilter: unavailable")), 0, time.Hour, notSent("blocked"), 0},
		"does not hide a refusal":    {early(errorReply("413 Content Too Large", "TOO_LARGE")), 0, time.Hour, refused("TOO_LARGE"), 0},
		"and a server that hangs up": {hangingUp, 0, time.Hour, spoilt, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, test.serve, func(t *testing.T, _ *stub, c *portal.Client) {
				ctx, cancel := context.WithTimeout(t.Context(), test.giveUp)
				defer cancel()
				b, answer, readerEnded := disk(test.gives)
				defer answer()
				start := time.Now()
				o := c.Create(ctx, job(b))
				checkEnd(t, "create", of(o), test.want, time.Since(start), test.after)
				checkSafe(t, o.Code, o.Message)
				synctest.Wait()
				if readerEnded() {
					t.Fatal("the reader ended by itself")
				}
				answer()
				synctest.Wait()
				if !readerEnded() {
					t.Error("the reader goes on, or ended without an error")
				}
			})
		})
	}
}

// early answers, and closes, when it has seen the request's first line.
func early(answer string) func(*stub, net.Conn, *bufio.Reader) {
	return func(_ *stub, conn net.Conn, in *bufio.Reader) {
		in.ReadString('\n')
		io.WriteString(conn, answer)
	}
}

// hangingUp closes when it has seen all that comes before the bundle.
func hangingUp(_ *stub, _ net.Conn, in *bufio.Reader) {
	for line := ""; !strings.Contains(line, "octet-stream"); {
		line, _ = in.ReadString('\n')
	}
	in.ReadString('\n')
}

// draining reads whole requests into nothing, and answers.
func draining(_ *stub, conn net.Conn, in *bufio.Reader) {
	for {
		request, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return
		}
		io.WriteString(conn, reply("200 OK", created))
	}
}

// A disk that is slow is not one that stands still.
func TestASlowDiskIsWaitedFor(t *testing.T) {
	inBubble(t, replying(reply("200 OK", created)), func(t *testing.T, _ *stub, c *portal.Client) {
		b := whole(4 * int64(len(chunk)))
		b.pause = func(int64) { time.Sleep(29 * time.Second) }
		start := time.Now()
		if o := c.Create(t.Context(), job(b)); o.Kind != mailout.OutcomeAccepted || time.Since(start) != 4*29*time.Second {
			t.Errorf("after %v: %+v", time.Since(start), o)
		}
	})
}

// Once it is said when the last byte left, none leaves.
func TestNothingIsHandedOutOnceACallIsJudged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wrote := make(chan error, 1)
		body, seal := portal.Body(t.Context(), func(w io.Writer) error {
			_, err := whole(1 << 20).WriteTo(w)
			wrote <- err
			return err
		})
		if n, err := body.Read(make([]byte, 100)); n != 100 || err != nil {
			t.Fatalf("%d bytes, %v", n, err)
		}
		seal()
		if n, err := body.Read(make([]byte, 100)); n != 0 || err != io.ErrClosedPipe {
			t.Errorf("%d bytes more, %v", n, err)
		}
		if err := <-wrote; err != io.ErrClosedPipe {
			t.Errorf("the reader ended with %v", err)
		}
	})
}

// An answer before the end of the body is the answer, and ends the reading of a bundle that
// the server does not take any more.
func TestAnAnswerBeforeTheEndEndsTheReading(t *testing.T) {
	serve := func(_ *stub, conn net.Conn, in *bufio.Reader) {
		in.ReadString('\n')
		io.WriteString(conn, errorReply("413 Content Too Large", "TOO_LARGE"))
		time.Sleep(time.Hour)
	}
	inBubble(t, serve, func(t *testing.T, _ *stub, c *portal.Client) {
		const size = 10 << 20
		b, read := whole(size), int64(-1)
		b.ended = func(n int64, err error) {
			if read = n; err == nil {
				t.Error("the bundle was read to its end")
			}
		}
		if o := c.Create(t.Context(), job(b)); of(o) != refused("TOO_LARGE") {
			t.Errorf("%+v", o)
		}
		synctest.Wait()
		if read < 0 || read > size/2 {
			t.Errorf("%d bytes of the bundle were read", read)
		}
	})
}
