package sandbox

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// maxCalls bounds the log; older calls are forgotten, their counts are not.
const maxCalls = 500_000

// Call is one line of the portal's own log.
type Call struct {
	Time      time.Time `json:"time"` // when it came
	Kind      string    `json:"kind"`
	Sender    string    `json:"sender"`
	Reference string    `json:"reference,omitempty"`
	Job       int64     `json:"job,omitempty"`
	Status    int       `json:"status"` // of the answer; 0: none was given
	Outcome   string    `json:"outcome"`
	Fault     string    `json:"fault,omitempty"`
}

// Summary counts the calls of the log.
type Summary struct {
	Calls         int            `json:"calls"`
	MostInASecond int            `json:"most_in_a_second"` // in any second, wherever it begins
	Kinds         map[string]int `json:"kinds"`
	Blocked       int            `json:"blocked"`
}

// callLog is what came in, in the order in which it was answered.
type callLog struct {
	mu      sync.Mutex
	calls   []Call
	recent  []time.Time // arrivals within the last second, in their order
	summary Summary
}

// arrive counts a call that has just come and says when that was.
func (l *callLog) arrive(now func() time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := now()
	for len(l.recent) > 0 && at.Sub(l.recent[0]) >= time.Second {
		l.recent = l.recent[1:]
	}
	l.recent = append(l.recent, at)
	l.summary.MostInASecond = max(l.summary.MostInASecond, len(l.recent))
	return at
}

// add logs a call with what was answered.
func (l *callLog) add(c *call, a answer) {
	line := Call{
		Time: c.began.UTC(), Kind: c.kind, Sender: c.sender, Reference: c.reference,
		Status: a.status, Outcome: a.outcome, Fault: c.fault.name,
	}
	if c.job != nil {
		line.Job = c.job.id
	}
	if a.ending == dropped || a.ending == reset {
		line.Status = 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls = append(l.calls, line); len(l.calls) > maxCalls {
		l.calls = slices.Clone(l.calls[maxCalls/10:])
	}
	l.count(line)
}

func (l *callLog) count(line Call) {
	l.summary.Calls++
	if l.summary.Kinds == nil {
		l.summary.Kinds = map[string]int{}
	}
	l.summary.Kinds[line.Kind]++
	if line.Outcome == blockedOutcome {
		l.summary.Blocked++
	}
}

// Calls is the portal's own log, in the order in which calls were answered.
func (s *Sandbox) Calls() []Call {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	return slices.Clone(s.calls.calls)
}

// CallSummary counts all calls since the start.
func (s *Sandbox) CallSummary() Summary {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	summary := s.calls.summary
	summary.Kinds = maps.Clone(summary.Kinds)
	return summary
}
