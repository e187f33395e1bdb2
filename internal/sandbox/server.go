package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"batch/internal/sandbox/asice"
	"batch/internal/sandbox/strictxml"
)

// Kinds of calls, as faults and the call log name them.
const (
	CallRoot    = "root"
	CallCreate  = "create"
	CallPoll    = "poll"
	CallConfirm = "confirm"
	CallCancel  = "cancel"
	CallPAdES   = "pades"
	CallXAdES   = "xades"
	CallDelete  = "delete"
	CallArchive = "archive"
	CallOther   = "other" // an address or method the portal does not have
)

// endpoint is one kind of call, in the steps between which faults may strike.
type endpoint struct {
	kind  string
	gives string                      // the type of its answer, where the caller's Accept must allow it
	find  func(*call) error           // learn the job or reference it is about
	read  func(*call) error           // take the rest of its body
	do    func(*call) (answer, error) // apply it
}

// call is one call while it is being answered.
type call struct {
	kind      string
	request   *http.Request
	began     time.Time
	caller    string // organization of the certificate
	sender    string // organization of the path
	reference string
	job       *job
	create    creation
	fault     effect // what goes wrong with it; zero: nothing
}

// serve answers one kind of call: who calls and how fast, what it is about, what goes
// wrong before, the call itself, what goes wrong after.
func (s *Sandbox) serve(e endpoint, w http.ResponseWriter, r *http.Request) {
	s.answering.RLock()
	defer s.answering.RUnlock()
	if s.closed {
		panic(http.ErrAbortHandler)
	}
	c := &call{kind: e.kind, request: r, began: s.calls.arrive(s.now), sender: r.PathValue("sender")}
	r.Body = http.MaxBytesReader(w, r.Body, asice.MaxBytes+strictxml.MaxBytes)
	defer func() { c.create.bundle.discard() }()
	a := s.answer(c, e)
	s.calls.add(c, a)
	if a.refused != nil {
		s.options.Log.Info("refused", "call", c.kind, "reference", c.reference, "status", a.status, "error", a.refused.Error())
	}
	a.header.Set("Date", s.now().UTC().Format(http.TimeFormat))
	a.write(w, r)
}

func (s *Sandbox) answer(c *call, e endpoint) answer {
	if err := s.identify(c); err != nil {
		return errorAnswer(err)
	}
	if !s.limits.admit(c.caller, c.began) {
		return blockedAnswer()
	}
	if err := s.authorize(c); err != nil {
		return errorAnswer(err)
	}
	if e.gives != "" && !accepts(c.request.Header.Values("Accept"), e.gives) {
		return errorAnswer(refuseWith(http.StatusNotAcceptable, codeInvalidRequest, "the answer is %s, which Accept does not allow", e.gives))
	}
	if e.find != nil {
		if err := e.find(c); err != nil {
			return errorAnswer(err)
		}
	}
	c.fault = s.strike(c)
	if c.fault.name == resetMidBody && c.request.ContentLength != 0 {
		return c.resetWhileReading()
	}
	if e.read != nil {
		if err := e.read(c); err != nil {
			return errorAnswer(err)
		}
	}
	if a, instead := s.before(c); instead {
		return a
	}
	a, err := e.do(c)
	if err == nil {
		err = s.unkept()
	}
	if err != nil {
		a = errorAnswer(err)
	}
	return s.after(c, a)
}

// identify takes the caller from the certificate; without one the TLS layer would not
// have let it through.
func (s *Sandbox) identify(c *call) error {
	state := c.request.TLS
	if state == nil || len(state.PeerCertificates) == 0 {
		return refuseWith(http.StatusForbidden, codeNotAuthorized, "a client certificate is needed")
	}
	c.caller = organizationOf(state.PeerCertificates[0])
	if c.caller == "" {
		return refuseWith(http.StatusForbidden, codeNotAuthorized, "the client certificate names no organization")
	}
	return nil
}

// authorize: a customer sends for itself, a broker for those listed. BROKER_NOT_AUTHORIZED
// is for who names another organization than that of the certificate, NOT_AUTHORIZED for
// who may not send at all.
func (s *Sandbox) authorize(c *call) error {
	switch customer := c.caller == organizationOf(s.PKI.Client.Leaf); {
	case c.kind == CallOther, customer && c.sender == c.caller, customer && slices.Contains(s.options.Brokers, c.sender):
		return nil
	case !organizationNumber.MatchString(c.sender):
		return refuseWith(http.StatusNotFound, codeNotFound, "the address names no organization")
	case !customer && c.sender == c.caller:
		return refuseWith(http.StatusForbidden, codeNotAuthorized, "%s has no agreement with the portal", c.caller)
	}
	return refuseWith(http.StatusForbidden, codeBrokerNotAuthorized,
		"%s may not send on behalf of the organization in the address", c.caller)
}

// findJob finds the job that the address names, among those of the sender.
func (s *Sandbox) findJob(c *call) error {
	id, err := strconv.ParseInt(c.request.PathValue("id"), 10, 64)
	s.mu.Lock()
	defer s.unlock()
	s.catchUp()
	j := s.jobs[id]
	if err != nil || j == nil || j.sender != c.sender {
		return refuseWith(http.StatusNotFound, codeNotFound, "there is no such job")
	}
	c.job, c.reference = j, j.reference
	if j.gone {
		return refuseWith(http.StatusGone, codeGone, "the job was deleted after its last confirmation")
	}
	return nil
}

// readNothing wants the empty body of a POST that has nothing to say.
func readNothing(c *call) error {
	n, err := io.Copy(io.Discard, io.LimitReader(c.request.Body, 1))
	if err != nil {
		return readingBroke(err)
	}
	if n > 0 {
		return refuse(codeInvalidRequest, "the body must be empty")
	}
	return nil
}

// readingBroke tells a body that is too large from a connection that broke.
func readingBroke(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return refuseWith(http.StatusRequestEntityTooLarge, codeInvalidRequest,
			"the request has more than %d bytes", tooLarge.Limit)
	}
	return refuse(codeInvalidRequest, "the body ended early")
}

func (s *Sandbox) whoAmI(c *call) (answer, error) {
	text := "You are " + c.caller
	if c.sender != c.caller {
		text = fmt.Sprintf("You are %s, operating on behalf of %s", c.caller, c.sender)
	}
	return content(http.StatusOK, "text/plain;charset=utf-8", []byte(text), "identified"), nil
}
