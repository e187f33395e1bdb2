package portal

import (
	"net/http"
	"time"
)

// Greeting is the portal's answer to [Client.WhoAmI].
type Greeting struct {
	Text  string // as "You are 988015814", safe for a terminal
	Clock Clock
}

// Clock says how far the portal's clock is ahead of this machine's; what is negative is
// behind. It is a span: Date has whole seconds, and when between question and answer it
// was written is not known.
type Clock struct {
	Known       bool // false: the answer has no Date that can be read
	Least, Most time.Duration
}

// clockIn compares the Date of an answer with our clock just before the call and just
// after it.
func clockIn(h http.Header, before, after time.Time) Clock {
	date, ok := dateOf(h)
	if !ok {
		return Clock{}
	}
	return Clock{Known: true, Least: date.Sub(after), Most: date.Add(time.Second).Sub(before)}
}

// dateOf is the Date of an answer, in whole seconds; ok is false where it is missing,
// doubled or garbled.
func dateOf(h http.Header) (date time.Time, ok bool) {
	given := h.Values("Date")
	if len(given) != 1 {
		return time.Time{}, false
	}
	date, err := http.ParseTime(given[0])
	return date, err == nil
}
