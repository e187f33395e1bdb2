package mailout

import "time"

// Ends is what the moment depends on by which every one of some jobs is over. It is noted
// while a batch is planned, so that nobody need look at a million rows to know it. The
// zero Ends knows of no job.
//
// Each order group has the availability anew (portal.xsd, signer/@order), from the end of
// the group before it; the first has it from activation, or from when the job is sent where
// that comes later.
type Ends struct {
	At    time.Time     // the latest end that is the same whenever jobs are sent; zero: none
	After time.Duration // how long after it is sent the last job may be over; zero: none does so
}

// Add takes in a job.
func (e *Ends) Add(j Job) {
	if j.Available == 0 && !j.Deadline.IsZero() {
		e.by(j.Deadline)
		return
	}
	each := j.Available
	if each == 0 {
		each = DefaultAvailable
	}
	all := time.Duration(j.OrderGroups()) * each
	e.After = max(e.After, all)
	if !j.Activation.IsZero() {
		e.by(j.Activation.Add(all))
	}
}

func (e *Ends) by(end time.Time) {
	if end.After(e.At) {
		e.At = end
	}
}

// Last is when the last of the jobs is over, if the last of them is sent at sent, or held
// until then; zero where nothing is known of any.
func (e Ends) Last(sent time.Time) time.Time {
	if e.After > 0 {
		e.by(sent.Add(e.After))
	}
	return e.At
}
