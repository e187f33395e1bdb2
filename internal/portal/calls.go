package portal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"batch/internal/mailout"
)

// afterEmpty is the wait after an empty queue that gave no readable time of its own: the
// portal's in production (portal-api.md, "Status changes").
const afterEmpty = 10 * time.Minute

// Poll takes the next status change from a queue of sender; queue empty: the default
// queue. A change that cannot be read is an error; it comes again after ten minutes.
//
// Poll.Next is the permitted poll time minus the Date of the same answer. Where one of
// them is missing or garbled it is ten minutes after an empty queue or a poll too early,
// and zero after a change, behind which the next poll may follow at once; so it is where
// the time named lies within the second that Date leaves out. Change.TakenAt
// is when the poll began: the portal cannot have handed the change out earlier, so that a
// deadline counted from there is on the safe side of the portal's own.
func (c *Client) Poll(ctx context.Context, sender mailout.OrgNumber, queue string) (mailout.Poll, error) {
	where, err := c.at(sender, "portal", "signature-jobs")
	if err != nil {
		return mailout.Poll{}, notCalled("poll", "bad-sender", err)
	}
	if queue != "" {
		where.RawQuery = url.Values{"polling_queue": {queue}}.Encode()
	}
	begun := time.Now()
	res, document, failed := c.ask(ctx, request{call: "poll", method: http.MethodGet, url: where, accept: "application/xml"})
	if failed != nil {
		if wait, ok := tooEarly(failed, res); ok {
			return mailout.Poll{TooEarly: true, Next: wait, Speed: failed.Speed}, nil
		}
		return mailout.Poll{Speed: failed.Speed}, failed
	}
	wait, said := permittedIn(res.Header)
	if res.StatusCode == http.StatusNoContent {
		if !said {
			wait = afterEmpty
		}
		return mailout.Poll{Next: wait}, nil
	}
	change, err := readChange(document)
	if err != nil {
		return mailout.Poll{Next: wait, Speed: unheard}, unreadable("poll", res, err)
	}
	if wait <= time.Second { // what Date, cut to whole seconds, leaves out: a second lost with every change
		wait = 0
	}
	change.Sender, change.Queue, change.TakenAt = sender, queue, begun.UTC()
	return mailout.Poll{Change: &change, Next: wait}, nil
}

// tooEarly reports whether a poll failed because its time had not come: a 429 that says
// when it will have, however garbled, and is no block.
func tooEarly(failed *mailout.CallError, res *http.Response) (time.Duration, bool) {
	if failed.Status != http.StatusTooManyRequests || failed.Speed.Blocked || len(res.Header.Values("X-Next-Permitted-Poll-Time")) == 0 {
		return 0, false
	}
	wait, said := permittedIn(res.Header)
	if !said {
		wait = afterEmpty
	}
	return wait, true
}

// Confirm says that a status change is safe with us. A 404 or 410, as on a repeat, is a
// *mailout.CallError with that Status. A 2xx with a page of something in between confirms
// nothing (see tell).
func (c *Client) Confirm(ctx context.Context, sender mailout.OrgNumber, confirmationURL string) (mailout.Speed, error) {
	_, failed := c.tell(ctx, "confirm", http.MethodPost, sender, confirmationURL)
	if failed != nil {
		return failed.Speed, failed
	}
	return mailout.Speed{}, nil
}

// WhoAmI asks the portal whom it takes us for, and compares clocks. It creates nothing
// and takes nothing from a queue: the way to find out whether certificate and
// authorization are good before anything depends on it. The clocks are compared with every
// answer, a refusal too.
func (c *Client) WhoAmI(ctx context.Context, sender mailout.OrgNumber) (Greeting, mailout.Speed, error) {
	where, err := c.at(sender)
	if err != nil {
		return Greeting{}, mailout.Speed{}, notCalled("who am I", "bad-sender", err)
	}
	before := time.Now()
	res, text, failed := c.ask(ctx, request{call: "who am I", method: http.MethodGet, url: where, accept: "text/plain, application/xml"})
	var clock Clock
	if res != nil {
		clock = clockIn(res.Header, before, time.Now())
	}
	if failed != nil {
		return Greeting{Clock: clock}, failed.Speed, failed
	}
	answer := limited(oneLine(string(text)))
	if !strings.HasPrefix(answer, "You are ") {
		return Greeting{Clock: clock}, unheard, unreadable("who am I", res, errors.New("it does not say whom it takes us for"))
	}
	return Greeting{Text: answer, Clock: clock}, mailout.Speed{}, nil
}

// Fetch copies a signed document, or one signer's XAdES, to w as it comes. announced is the
// length in the answer's header, -1 where none was said; bytes is what was written to w. A
// document that is longer than limit (bytes), shorter than announced, encoded, or that
// stalls for 30 seconds, is an error; there is no limit to the whole time. An error of w
// itself is returned wrapped, not as a *mailout.CallError.
func (c *Client) Fetch(ctx context.Context, sender mailout.OrgNumber, documentURL string, limit int64, w io.Writer) (bytes, announced int64, speed mailout.Speed, err error) {
	where, err := c.own(sender, documentURL)
	if err != nil {
		return 0, -1, mailout.Speed{}, foreign("fetch", err)
	}
	x, failed := c.send(ctx, request{call: "fetch", method: http.MethodGet, url: where, accept: "application/octet-stream, application/xml"})
	if failed != nil {
		e := failed.callError("fetch")
		return 0, -1, e.Speed, e
	}
	defer x.close()
	if x.StatusCode != http.StatusOK {
		document, readErr := x.read()
		e := refusal("fetch", x.Response, document, readErr)
		return 0, -1, e.Speed, e
	}
	bytes, err = x.download(w, limit)
	return bytes, x.ContentLength, mailout.Speed{}, err
}

// notCalled is the error of a call that was not made.
func notCalled(call, code string, err error) *mailout.CallError {
	return &mailout.CallError{Call: call, Kind: mailout.OutcomeNotSent, Code: code, Message: "nothing was sent: " + safe(err), Err: err}
}

func foreign(call string, err error) *mailout.CallError {
	return notCalled(call, "foreign-url", fmt.Errorf("the portal gave an address that is not its own: %w", err))
}
