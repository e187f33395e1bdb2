package portal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"batch/internal/mailout"
)

// request is one call before it is made.
type request struct {
	call   string // as in CallError.Call
	method string
	url    *url.URL
	accept string
	body   *content     // nil: none
	ready  func() error // of a create, see [Job]; nil: none
}

// exchange is a call whose answer has begun. It must be closed.
type exchange struct {
	*http.Response
	wire  *wire
	watch *watch
}

// close ends the call. Bytes of the request that have not left by now never will.
func (x *exchange) close() (lastByte time.Time) {
	lastByte = x.wire.seal()
	x.Body.Close()
	x.watch.stop()
	return lastByte
}

// encoded is an error where an answer is packed or wrapped, which nobody asked for.
func (x *exchange) encoded() error {
	if e := x.Header.Values("Content-Encoding"); len(e) > 0 && !(len(e) == 1 && e[0] == "identity") {
		return errors.New("it is encoded, which nobody asked for")
	}
	return nil
}

// read reads an answer of at most maxAnswer bytes.
func (x *exchange) read() ([]byte, error) {
	if err := x.encoded(); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(x.Body, maxAnswer+1))
	if err == nil && len(b) > maxAnswer {
		err = errors.New("the answer is larger than any answer of the portal")
	}
	return b, err
}

// send makes one call, once. Redirects are not followed: the transport is asked directly,
// and only http.Client follows them.
//
// The transport repeats a request by itself when a kept-alive connection breaks and it
// holds the request for harmless: every GET, and anything with GetBody. A repeated create
// is a second letter, a repeated poll is a call that the pace does not know of. So GetBody
// is nil always, and a GET has a body that is empty but not [http.NoBody], which the
// transport cannot rewind; on the wire nothing of it is seen.
func (c *Client) send(ctx context.Context, r request) (*exchange, *failure) {
	ctx, watch := newWatch(ctx)
	w := &wire{watch: watch, ready: r.ready}
	req := &http.Request{
		Method: r.method, URL: r.url, Host: r.url.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Accept": {r.accept}, "User-Agent": {c.userAgent}},
		Body:   io.NopCloser(strings.NewReader("")),
	}
	switch {
	case r.body != nil:
		req.Header.Set("Content-Type", r.body.kind)
		req.ContentLength, req.Body = r.body.length, w.carry(ctx, *r.body)
	case r.method == http.MethodPost:
		req.Body = http.NoBody // says Content-Length: 0; such a POST is repeated only if nothing of it left
	}
	res, err := c.transport.RoundTrip(req.WithContext(w.trace(ctx)))
	if err != nil {
		f := explain(ctx, err, w)
		watch.stop()
		return nil, f
	}
	return &exchange{Response: res, wire: w, watch: watch}, nil
}

// ask makes a call whose answer is a short text and returns it, as far as it came.
// Anything but a 2xx is an error.
func (c *Client) ask(ctx context.Context, r request) (*http.Response, []byte, *mailout.CallError) {
	x, failed := c.send(ctx, r)
	if failed != nil {
		return nil, nil, failed.callError(r.call)
	}
	defer x.close()
	body, err := x.read()
	if x.StatusCode/100 != 2 {
		return x.Response, body, refusal(r.call, x.Response, body, err)
	}
	if err != nil {
		return x.Response, body, unreadable(r.call, x.Response, err)
	}
	return x.Response, body, nil
}
