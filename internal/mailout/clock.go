package mailout

import "time"

// Passed is the time from one moment to another by the clock that has gone further: a
// laptop that slept has stopped its monotonic clock, and a wall clock may be put back.
func Passed(from, to time.Time) time.Duration {
	return max(to.Sub(from), to.Round(0).Sub(from.Round(0)))
}
