package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is something that goes wrong on purpose.
type Fault struct {
	When When   `json:"when"`
	Do   string `json:"do"` // see the package comment
}

// When says which calls a fault strikes. All that is given must fit.
type When struct {
	Call      string  `json:"call,omitempty"`      // a kind of call; empty: every kind
	Reference string  `json:"reference,omitempty"` // of the job the call is about; empty: any
	Nth       int     `json:"nth,omitempty"`       // only the n-th that fits, from 1
	Share     float64 `json:"share,omitempty"`     // this share of them, evenly spread; 0: all
}

// Names of faults.
const (
	refuseFault  = "refuse"
	dropBefore   = "drop-before"
	dropAfter    = "drop-after"
	resetMidBody = "reset-mid-body"
	slowBefore   = "slow-before"
	slowAfter    = "slow-after"
	statusBefore = "status"
	statusAfter  = "status-after"
	bare429      = "bare-429"
	garble       = "garble"
	truncate     = "truncate"
	htmlPage     = "html"
	redirect     = "redirect"
	block        = "block"
	requeue      = "requeue"
	duplicate    = "duplicate"
	foreign      = "foreign"
)

// onlyFor are the calls that some faults make sense for; the others fit all.
var onlyFor = map[string][]string{
	requeue:   {CallPoll, CallConfirm},
	duplicate: {CallCreate, CallPoll},
	foreign:   {CallPoll},
}

// effect is a fault ready to strike.
type effect struct {
	name   string
	delay  time.Duration
	status int
	code   string
	target string
}

// plannedFault counts the calls that fit it.
type plannedFault struct {
	when   When
	effect effect
	seen   int
	owed   float64 // of a share: strikes when it reaches one
}

// SetFaults replaces all faults; their counting begins anew.
func (s *Sandbox) SetFaults(faults []Fault) error {
	var planned []*plannedFault
	for i, f := range faults {
		e, err := parseEffect(f.Do)
		if err != nil {
			return fmt.Errorf("reading fault %d: %w", i+1, err)
		}
		if err := f.When.check(); err != nil {
			return fmt.Errorf("reading fault %d: %w", i+1, err)
		}
		planned = append(planned, &plannedFault{when: f.When, effect: e})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = planned
	return nil
}

func (w When) check() error {
	kinds := []string{"", CallRoot, CallCreate, CallPoll, CallConfirm, CallCancel, CallPAdES, CallXAdES, CallDelete, CallArchive}
	if slices.Contains(kinds, w.Call) && w.Nth >= 0 && w.Share >= 0 && w.Share <= 1 {
		return nil
	}
	return fmt.Errorf("its call is none of%s, its nth negative, or its share not from 0 to 1", strings.Join(kinds, " "))
}

func parseEffect(do string) (effect, error) {
	name, argument, _ := strings.Cut(do, ":")
	e := effect{name: name}
	var err error
	switch name {
	case slowBefore, slowAfter:
		if e.delay, err = time.ParseDuration(argument); e.delay < 0 {
			err = fmt.Errorf("%v is less than no time", e.delay)
		}
	case statusBefore, statusAfter:
		e.status, err = strconv.Atoi(argument)
		if err == nil && (e.status < 200 || e.status > 599) {
			err = fmt.Errorf("%d is not a status from 200 to 599", e.status)
		}
	case refuseFault:
		e.code, err = refusedCode(argument)
	case redirect:
		e.target = argument
		if _, err = url.Parse(argument); argument == "" {
			err = errors.New("redirect needs a URL behind a colon")
		}
	case dropBefore, dropAfter, resetMidBody, bare429, garble, truncate, htmlPage, block, requeue, duplicate, foreign:
		if argument != "" {
			err = fmt.Errorf("%s takes nothing behind a colon", name)
		}
	default:
		err = fmt.Errorf("there is no fault %q", name)
	}
	return e, err
}

func refusedCode(argument string) (string, error) {
	code := cmp.Or(argument, codeInvalidJob)
	if !upperCase.MatchString(code) {
		return "", fmt.Errorf("%q is not a code as %s", code, codeNotAuthorized)
	}
	return code, nil
}

// refusedOnRequest has the status that the portal gives with the code.
func refusedOnRequest(code string) *refusal {
	status := http.StatusBadRequest
	if code == codeNotAuthorized || code == codeBrokerNotAuthorized {
		status = http.StatusForbidden
	}
	return refuseWith(status, code, "refused on request")
}

// strike decides what goes wrong with a call: the first fault whose turn it is, else what
// Options.Strike says.
func (s *Sandbox) strike(c *call) effect {
	struck := s.strikeInTurn(c)
	if struck.name != "" || s.options.Strike == nil {
		return struck
	}
	do := s.options.Strike(c.kind, c.reference)
	if do == "" {
		return effect{}
	}
	struck, err := parseEffect(do)
	if err != nil {
		panic(err) // a program of ours decided it
	}
	return struck
}

// strikeInTurn finds the first fault of the list whose turn it is. Every fault counts every
// call that fits it, struck by another or not.
func (s *Sandbox) strikeInTurn(c *call) effect {
	s.mu.Lock()
	defer s.mu.Unlock()
	var struck effect
	for _, f := range s.faults {
		if f.fits(c) && f.isTurn() && struck.name == "" {
			struck = f.effect
		}
	}
	return struck
}

func (f *plannedFault) fits(c *call) bool {
	kinds, limited := onlyFor[f.effect.name]
	if limited && !slices.Contains(kinds, c.kind) {
		return false
	}
	return (f.when.Call == "" || f.when.Call == c.kind) && (f.when.Reference == "" || f.when.Reference == c.reference)
}

// isTurn counts a call that fits, and says whether it is the one to strike.
func (f *plannedFault) isTurn() bool {
	f.seen++
	if f.when.Nth > 0 && f.seen != f.when.Nth {
		return false
	}
	if f.when.Share > 0 {
		f.owed += f.when.Share
		if f.owed < 1-1e-9 {
			return false
		}
		f.owed--
	}
	return true
}

// before applies what goes wrong before the call has any effect; instead is true where
// its answer replaces the call.
func (s *Sandbox) before(c *call) (a answer, instead bool) {
	switch c.fault.name {
	case refuseFault:
		return errorAnswer(refusedOnRequest(c.fault.code)), true
	case dropBefore:
		return unapplied(dropped), true
	case slowBefore:
		if !pause(c, c.fault.delay) {
			return unapplied(dropped), true
		}
	case statusBefore:
		return plain(c.fault.status), true
	case bare429:
		return noContent(http.StatusTooManyRequests, "not applied"), true
	case htmlPage:
		return content(http.StatusOK, "text/html", []byte("<html><body><h1>Please log in</h1></body></html>"), "not applied"), true
	case redirect:
		a := noContent(http.StatusTemporaryRedirect, "not applied")
		a.header.Set("Location", c.fault.target)
		return a, true
	case block:
		s.limits.block(c.caller, s.now())
		return blockedAnswer(), true
	}
	return answer{}, false
}

// after applies what goes wrong with the answer of a call that has had its effect.
func (s *Sandbox) after(c *call, a answer) answer {
	switch c.fault.name {
	case dropAfter:
		a.ending = dropped
	case slowAfter:
		pause(c, c.fault.delay)
	case statusAfter:
		replaced := plain(c.fault.status)
		replaced.outcome = a.outcome
		return replaced
	case garble:
		a.body = garbled(a.body)
	case truncate:
		a.ending = cut
	case resetMidBody:
		a.ending = cutReset
	}
	return a
}

// unapplied is no answer at all.
func unapplied(how ending) answer {
	a := noContent(0, "not applied")
	a.ending = how
	return a
}

// plain is an answer as a proxy in between gives it: no error document.
func plain(status int) answer {
	body := []byte(http.StatusText(status) + "\n")
	if status == http.StatusNoContent || status == http.StatusNotModified {
		body = nil
	}
	return content(status, "text/plain", body, "not applied")
}

// garbled keeps the length and makes every eighth byte another.
func garbled(body []byte) []byte {
	body = append([]byte{}, body...)
	for i := 0; i < len(body); i += 8 {
		body[i] ^= 0x15
	}
	return body
}

// pause waits, and says whether the caller is still there.
func pause(c *call, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.request.Context().Done():
		return false
	}
}

// resetWhileReading takes half of what the caller wants to send and resets; of a body in
// chunks, whose length nobody knows, what has been read to learn its reference.
func (c *call) resetWhileReading() answer {
	io.CopyN(io.Discard, c.request.Body, max(0, c.request.ContentLength/2))
	return unapplied(reset)
}
