package portal

import (
	"errors"
	"fmt"
	"io"

	"batch/internal/mailout"
)

// download copies the body of an answer, at most limit bytes of it. The watch is extended by
// every read, so that a large document may take its time as long as it comes.
func (x *exchange) download(w io.Writer, limit int64) (int64, error) {
	if err := x.encoded(); err != nil {
		return 0, x.bad("encoded", "the document cannot be read: "+err.Error(), nil)
	}
	if x.ContentLength > limit {
		return 0, x.bad("too-large", fmt.Sprintf("the document has %d bytes, more than the %d that are accepted", x.ContentLength, limit), nil)
	}
	in := &moving{from: x}
	n, err := io.Copy(writer{w}, io.LimitReader(in, limit))
	if err == nil && n == limit {
		err = in.end()
	}
	var ours writeError
	var late stalled
	switch {
	case errors.As(err, &ours):
		return n, fmt.Errorf("keeping a download: %w", ours.error)
	case errors.Is(err, errTooLarge):
		return n, x.bad("too-large", fmt.Sprintf("the document has more than the %d bytes that are accepted", limit), nil)
	case errors.As(err, &late):
		return n, x.bad("timeout", fmt.Sprintf("the document stopped after %d bytes: %s", n, late), err)
	case err != nil:
		return n, x.bad("truncated", fmt.Sprintf("the document broke off after %d bytes: %s", n, clean(err.Error())), err)
	}
	return n, nil
}

// bad is the error of a download whose answer had begun: the portal has counted the call.
func (x *exchange) bad(code, message string, err error) *mailout.CallError {
	return &mailout.CallError{Call: "fetch", Kind: mailout.OutcomeUnknown, Status: x.StatusCode, Code: code, Message: message, Err: err}
}

// moving reads a body and tells the watch that it gets on.
type moving struct{ from *exchange }

func (m *moving) Read(p []byte) (int, error) {
	m.from.watch.extend(stallLimit, "downloading")
	return m.from.Body.Read(p)
}

var errTooLarge = errors.New("there is more")

// end reads on to see whether a body that filled its bound ends there.
func (m *moving) end() error {
	n, err := io.ReadFull(m, make([]byte, 1))
	switch {
	case n > 0:
		return errTooLarge
	case err == io.EOF:
		return nil
	}
	return err
}

// writer marks the errors of the receiving side.
type writer struct{ to io.Writer }

type writeError struct{ error }

func (w writer) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if err != nil {
		return n, writeError{err}
	}
	return n, nil
}
