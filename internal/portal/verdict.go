package portal

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"batch/internal/mailout"
)

// words is what the portal says, for a person: code and sentence.
func (e portalError) words() string {
	if e.message == "" {
		return e.code
	}
	return limited(e.code + ": " + e.message)
}

// batchWide reports whether an error of the portal concerns every row and not the one
// that was sent: who we are, for whom we may send, our clock, our certificate and
// signature, or how and where we call.
//
// Two codes are documented (NOT_AUTHORIZED, BROKER_NOT_AUTHORIZED). Others are judged by
// the words in them, and where those say nothing, by the status. To take a row's error
// for a batch's stops the sending and loses nothing; the other way round, row after row
// would end as refused for what is none of their fault.
func batchWide(status int, e portalError) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired,
		http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusGone,
		http.StatusLengthRequired, http.StatusRequestURITooLong, http.StatusUnsupportedMediaType,
		http.StatusMisdirectedRequest, http.StatusUpgradeRequired, http.StatusRequestHeaderFieldsTooLarge:
		return true
	}
	return aboutUs(e.code)
}

// aboutUs looks for the words of a code that speak of us and not of a job.
func aboutUs(code string) bool {
	parts := strings.FieldsFunc(strings.ToUpper(code), func(r rune) bool { return r == '_' || r == '-' || r == '.' || r == ' ' })
	for i, part := range parts {
		switch part {
		case "AUTHORIZED", "UNAUTHORIZED", "AUTHORIZATION", "FORBIDDEN", "BROKER",
			"CERTIFICATE", "CERTIFICATES", "CLOCK", "TIMESTAMP", "XADES":
			return true
		case "TIME":
			if i > 0 && parts[i-1] == "SIGNING" {
				return true
			}
		case "SIGNATURE": // of the bundle; a signature job and a signature type are the row's
			if next := parts[i+1:]; len(next) == 0 || !slices.Contains([]string{"JOB", "JOBS", "TYPE", "TYPES"}, next[0]) {
				return true
			}
		}
	}
	return false
}

// isBlock reports whether a 429 is the portal's block for speed.
func isBlock(h http.Header) bool { return len(h.Values("DoSFilter")) > 0 }

// farthestPoll is the most that a permitted poll time lies ahead; it is ten minutes in
// production (portal-api.md). What says more is garbled.
const farthestPoll = time.Hour

// permittedIn is how long it is until the next permitted poll, as difference to the Date
// of the same answer, so that our clock plays no part. Date is cut to whole seconds: the
// wait comes out up to a second too long, never too short. ok is false where one of the
// two is missing, doubled or garbled.
func permittedIn(h http.Header) (wait time.Duration, ok bool) {
	next := h.Values("X-Next-Permitted-Poll-Time")
	now, dated := dateOf(h)
	if len(next) != 1 || !dated {
		return 0, false
	}
	at, err := parsePollTime(next[0])
	if err != nil || at.Sub(now) > farthestPoll {
		return 0, false
	}
	return max(0, at.Sub(now)), true
}

// parsePollTime reads an ISO date-time with offset as Java writes it: seconds are left out
// where they are zero, and a zone's name may follow in brackets.
func parsePollTime(s string) (time.Time, error) {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "[")
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Parse("2006-01-02T15:04Z07:00", s)
	}
	return t, nil
}

// tooMany says what a 429 proves. Only one that bears the portal's marks is the portal's
// (portal-api.md, "The rest"). One without comes from something in between, which may have
// passed the call on.
func tooMany(h http.Header) (kind mailout.OutcomeKind, code, message string) {
	if isBlock(h) {
		return mailout.OutcomeNotSent, "blocked", "the portal blocks calls for 30 seconds: more than ten came in one second from this organization"
	}
	if _, ok := permittedIn(h); ok {
		return mailout.OutcomeNotSent, "too-early", "the portal does not take the call yet"
	}
	code, message = without(http.StatusTooManyRequests)
	return mailout.OutcomeUnknown, code, message
}

// unheard is what an answer says about our pace that anybody on the way may have given: a
// bare 429, a 5xx or 3xx, a page, what cannot be read. A gateway that gave up waiting may
// have passed the call on, or be about to, so that the portal counts it later than the
// answer came. To the pace such a call is one that was never answered. What has the portal's
// marks (its documents, a 2xx that is what it should be, its own 429) comes behind the
// counting.
var unheard = mailout.Speed{TimedOut: true}

// ofTraffic reports whether a status speaks of the way here and not of what was asked.
func ofTraffic(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooEarly
}

// refusal is the error of a call, other than create, that was answered with anything but a
// 2xx. Only an error document of the portal's own is a refusal, and fatal: what stands in
// between may say 403 for a moment.
func refusal(call string, res *http.Response, document []byte, readErr error) *mailout.CallError {
	e := &mailout.CallError{Call: call, Kind: mailout.OutcomeUnknown, Status: res.StatusCode, Err: readErr}
	doc, err := readError(document)
	switch class := res.StatusCode / 100; {
	case res.StatusCode == http.StatusTooManyRequests:
		e.Kind, e.Code, e.Message = tooMany(res.Header)
		e.Speed = mailout.Speed{TimedOut: e.Kind == mailout.OutcomeUnknown, Blocked: isBlock(res.Header)}
	case readErr != nil || err != nil || class != 4 && class != 5:
		e.Code, e.Message = without(res.StatusCode)
		e.Speed = unheard
	default:
		e.Code, e.Message = doc.code, "the portal answered "+statusText(res.StatusCode)+": "+doc.words()
		if class == 4 && !ofTraffic(res.StatusCode) {
			e.Kind = mailout.OutcomeRefused
			e.Fatal = res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden || aboutUs(doc.code)
		}
	}
	return e
}

// unreadable is the error of a call that was answered with 2xx and something that cannot
// be read.
func unreadable(call string, res *http.Response, err error) *mailout.CallError {
	return &mailout.CallError{
		Call: call, Kind: mailout.OutcomeUnknown, Status: res.StatusCode, Code: "unreadable-answer", Err: err, Speed: unheard,
		Message: "the portal answered, but not what it should: " + clean(err.Error()),
	}
}
