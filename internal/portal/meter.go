package portal

import (
	"sync"
	"time"
)

// meter knows what left on a connection. A request that found its connection closed before
// a byte went out is proved not sent, however far net/http had come with it.
type meter struct {
	mu       sync.Mutex
	writes   int       // those that are under way or took a byte along
	busy     int       // those that are under way
	last     time.Time // when one ended that took a byte along
	farewell bool      // what is written now belongs to no request, and is not counted
	shut     bool      // nothing is written any more
}

// begin counts a write that is to come; false: it must not.
func (m *meter) begin() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.shut && !m.farewell {
		m.writes++
		m.busy++
	}
	return !m.shut
}

// end counts the bytes that a write took along.
func (m *meter) end(bytes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.busy == 0 { // a farewell
		return
	}
	m.busy--
	if bytes == 0 {
		m.writes--
	} else {
		m.last = time.Now()
	}
}

// bidFarewell says that no request is written any more, only what TLS says at its end. It
// does not come to that while a write is under way.
func (m *meter) bidFarewell() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.farewell = true
}

// written counts the writes so far.
func (m *meter) written() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.writes
}

// lastSince is when the last byte left that was written since written gave this mark; now,
// while one may be leaving. It is zero where none did, and then none ever will: what
// net/http still holds in a buffer goes nowhere.
func (m *meter) lastSince(mark int) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.writes == mark:
		m.shut = true
		return time.Time{}
	case m.busy > 0:
		return time.Now()
	}
	return m.last
}
