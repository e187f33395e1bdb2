package sandbox

import (
	"sync"
	"time"
)

// The portal's speed limit (portal-api.md): all calls of one certificate's organization
// are counted.
const (
	callsPerSecond = 10
	blockTime      = 30 * time.Second
)

// limiter applies the rule of Jetty's DoSFilter: a call is one too many where the tenth
// before it came less than a second ago. The portal then blocks for thirty seconds.
type limiter struct {
	off bool // only a planted block counts

	mu    sync.Mutex
	rates map[string]*rate
}

// rate holds the times of the last ten calls, in a ring.
type rate struct {
	last         [callsPerSecond]time.Time
	next         int
	blockedUntil time.Time
}

func newLimiter(off bool) *limiter {
	return &limiter{off: off, rates: map[string]*rate{}}
}

// admit counts a call and says whether it may go on.
func (l *limiter) admit(organization string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rate(organization)
	if now.Before(r.blockedUntil) {
		return false
	}
	if l.off {
		return true
	}
	tenth := r.last[r.next]
	r.last[r.next] = now
	r.next = (r.next + 1) % callsPerSecond
	if !tenth.IsZero() && now.Sub(tenth) < time.Second {
		r.blockedUntil = now.Add(blockTime)
		return false
	}
	return true
}

// block silences an organization as if it had been too fast.
func (l *limiter) block(organization string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate(organization).blockedUntil = now.Add(blockTime)
}

func (l *limiter) rate(organization string) *rate {
	if l.rates[organization] == nil {
		l.rates[organization] = &rate{}
	}
	return l.rates[organization]
}
