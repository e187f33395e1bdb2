package portal

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"batch/internal/mailout"
)

// Bundle is a signed document bundle, ready to be written.
type Bundle interface {
	Size() int64 // exactly what WriteTo writes, in bytes
	WriteTo(w io.Writer) (int64, error)
}

// Job is one job to be created.
type Job struct {
	Sender mailout.OrgNumber
	Ref    mailout.Ref
	Queue  string // polling queue; empty: the default queue
	Bundle Bundle

	// Ready is called when the connection is there and nothing of the request has left on
	// it, which may be long after Create was: the moment to sign. An error of it ends the
	// call, proved not sent, with the code "given-up". nil: nothing is to be done.
	Ready func() error
}

// Create sends one job, once, and says what is known to have come of it. It never repeats
// anything. The rules are design.md's, "The life of a row":
//
//	accepted  a 2xx with a readable answer that names this Ref or none
//	refused   a 4xx with the portal's error document that is about this row
//	not sent  no byte of the request left; or a 429 with the portal's own marks; or the
//	          server broke off the handshake; or, fatal, the portal's error document about
//	          something that concerns every row
//	unknown   everything else
//
// A 4xx whose error document is not about this row is not sent and fatal: the portal said
// itself that it did not take the job, and would say so of every other (see [batchWide]).
// The exceptions are 408, 425 and 429, which speak of traffic and not of the job: unknown.
//
// The bundle is read while it goes out. One that shows only then to be another than it was
// said to be, or that cannot be read on, breaks the request off before its end: less has
// left than was announced, and not the boundary that closes the body. A server that keeps
// to HTTP has no request; but what it did with the part that it has is not proved, and so
// that is unknown. It is fatal all the same, as is what is found before anybody is called,
// which is not sent: a prepared file has changed or cannot be read, the next row's may be no
// better, and a person must look.
func (c *Client) Create(ctx context.Context, j Job) mailout.Outcome {
	where, err := c.at(j.Sender, "portal", "signature-jobs")
	if err != nil {
		return impossible("bad-sender", err)
	}
	body, err := createBody(j)
	if err != nil {
		return impossible("bundle", err)
	}
	x, failed := c.send(ctx, request{
		call: "create", method: http.MethodPost, url: where,
		accept: "application/xml", body: &body, ready: j.Ready,
	})
	if failed != nil {
		return failed.outcome()
	}
	document, err := x.read()
	lastByte := x.close()
	o := judge(answer{x.StatusCode, x.Header, document, err}, j.Ref)
	o.Status, o.LastByte = x.StatusCode, lastByte
	return o
}

// impossible is the outcome of a create that was never begun.
func impossible(code string, err error) mailout.Outcome {
	return mailout.Outcome{
		Kind: mailout.OutcomeNotSent, Fatal: true, Ours: true, Code: code,
		Message: "nothing was sent, the job could not be put together: " + safe(err),
	}
}

// answer is what came back.
type answer struct {
	status   int
	header   http.Header
	document []byte
	err      error // why document could not be read to its end
}

// judge says what an answer to a create proves.
func judge(a answer, ref mailout.Ref) mailout.Outcome {
	switch {
	case a.status/100 == 2:
		return judgeCreated(a, ref)
	case a.status == http.StatusTooManyRequests:
		return judgeTooMany(a.header)
	case a.status/100 == 4 && a.err == nil:
		if e, err := readError(a.document); err == nil {
			return judgeError(a, e)
		}
	}
	return unknown(without(a.status))
}

func judgeCreated(a answer, ref mailout.Ref) mailout.Outcome {
	if a.err != nil {
		return unknown("unreadable-answer", "the portal answered, but the answer cannot be read to its end: "+clean(a.err.Error()))
	}
	job, err := readCreated(a.document)
	switch {
	case err != nil:
		return unknown("unreadable-answer", "the portal answered, but not what it should: "+clean(err.Error()))
	case job.reference != "" && job.reference != ref:
		return unknown("other-reference", "the portal answered about another reference than the one that was sent")
	}
	return mailout.Outcome{Kind: mailout.OutcomeAccepted, JobID: job.id, CancellationURL: job.cancel}
}

func judgeTooMany(h http.Header) mailout.Outcome {
	kind, code, message := tooMany(h)
	if kind == mailout.OutcomeUnknown {
		return unknown(code, message)
	}
	return mailout.Outcome{Kind: kind, Code: code, Message: message, Speed: mailout.Speed{Blocked: isBlock(h)}}
}

func judgeError(a answer, e portalError) mailout.Outcome {
	switch {
	case ofTraffic(a.status):
		o := unknown(e.code, "the portal answered "+statusText(a.status)+": "+e.words())
		o.Speed = mailout.Speed{} // its own words: it has counted the call
		return o
	case batchWide(a.status, e):
		return mailout.Outcome{Kind: mailout.OutcomeNotSent, Fatal: true, Code: e.code, Message: "the portal takes no job from us: " + e.words()}
	}
	return mailout.Outcome{Kind: mailout.OutcomeRefused, Code: e.code, Message: "the portal refused the job: " + e.words()}
}

// unknown is the outcome of a call after which a job may exist, or may come to exist.
func unknown(code, message string) mailout.Outcome {
	return mailout.Outcome{Kind: mailout.OutcomeUnknown, Code: code, Message: message + "; a job may exist", Speed: unheard}
}

// without names an answer that has no document of the portal.
func without(status int) (code, message string) {
	what := statusText(status)
	switch {
	case status == http.StatusTooManyRequests:
		return "bare-429", "something between us and the portal answered " + what + ", without the portal's marks"
	case status/100 == 3:
		return "redirect", "the answer was " + what + ", which is not followed; check the portal's address and the proxy"
	case status/100 == 5:
		return "server-error", "the answer was " + what
	}
	return "no-error-document", "the answer was " + what + ", without the portal's error document"
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}
