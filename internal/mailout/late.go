package mailout

import "time"

// What a row that is sent late may lose before a person is asked (design.md, Times).
const (
	leastLeft   = 24 * time.Hour // until its own deadline
	mostDelayed = time.Hour      // behind its own activation time
)

// NeverLate is when a job is late that has neither a start nor a deadline of its own.
var NeverLate = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// LateAfter is the last moment at which a job can be sent, or up to which it can be held,
// and not be late: it would start over an hour behind its own activation time, or leave
// less than a day until its own deadline. It is the zero time where it leaves less than
// that whenever it is sent.
func (j Job) LateAfter() time.Time {
	at := NeverLate
	if !j.Activation.IsZero() {
		at = j.Activation.Add(mostDelayed)
	}
	if j.Deadline.IsZero() {
		return at
	}
	last := j.Deadline.Add(-leastLeft)
	if last.Before(j.Activation) {
		return time.Time{}
	}
	if last.Before(at) {
		return last
	}
	return at
}

// Held is the job as it is sent while its batch is held until a moment (design.md, Times):
// it starts then, unless its own start is later. The zero time holds nothing.
func (j Job) Held(until time.Time) Job {
	if until.After(j.Activation) {
		j.Activation = until
	}
	return j
}
