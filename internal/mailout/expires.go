package mailout

import "time"

// ExpiresAt is when the portal ends the row's job unless those sign before whose turn it is,
// as far as the books know; zero where the job is over, or not made yet, or nobody's turn is
// left. Each order group has the availability anew, from the last signature of the group
// before it (portal.xsd, signer/@order). A sender can extend the deadline in the sender portal:
// it is expected, and a job has expired only when the portal says so.
func (r Record) ExpiresAt() time.Time {
	if r.State != Created || r.SentAt.IsZero() {
		return time.Time{}
	}
	turn, start := r.turn()
	switch {
	case turn < 0:
		return time.Time{}
	case r.Job.Available > 0:
		return start.Add(r.Job.Available)
	case !r.Job.Deadline.IsZero():
		return r.Job.Deadline
	}
	return start.Add(DefaultAvailable)
}

// turn is the order group whose turn it is, the lowest of which not all have signed, and when
// its turn began; -1 where all have signed.
func (r Record) turn() (order int, start time.Time) {
	if order = r.waiting(); order < 0 {
		return order, start
	}
	start = r.Starts()
	for i, s := range r.Job.Signers {
		if s.Order < order && r.settled(i).Since.After(start) {
			start = r.settled(i).Since
		}
	}
	return order, start
}

// Starts is when the portal begins to tell the row's signers: when it was sent, unless it is
// held or has an activation that is later. Zero: it was not sent, and nothing is fixed.
func (r Record) Starts() time.Time {
	start := r.SentAt
	for _, t := range []time.Time{r.HeldUntil, r.Job.Activation} {
		if t.After(start) {
			start = t
		}
	}
	return start
}

// AllSigned reports whether the books have the signature of every signer.
func (r Record) AllSigned() bool { return len(r.Job.Signers) > 0 && r.waiting() < 0 }

// waiting is the lowest order of a signer who has not signed; -1: all have.
func (r Record) waiting() int {
	order := -1
	for i, s := range r.Job.Signers {
		if r.settled(i).Status != SignerSigned && (order < 0 || s.Order < order) {
			order = s.Order
		}
	}
	return order
}

// settled is what is known of signer i; nothing where the books have no word of him.
func (r Record) settled(i int) SignerBook {
	if i < len(r.Settled) {
		return r.Settled[i]
	}
	return SignerBook{}
}
